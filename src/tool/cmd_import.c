/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/db.h"
#include "local/record.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/progress.h"
#include "tool/say.h"
#include "tool/stop.h"
#include "tool/take.h"
#include "tool/tool.h"
#include "tool/units.h"
#include "tool/walk.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define BATCH_FILES 256
#define BATCH_BYTES (64 << 20)
#define IO_FAILURES_MAX 3 /* in a row; then it is the disk, not the file */

/* A file whose content is in the batch. */
struct item {
	const char *path;
	const char *doc_id;
	const char *variant;
	const char *stable_id; /* of the record that was made, or found */
	const char *file_type;
	char id[HASH_HEX_SIZE];
	int64_t size_bytes;
	bool was_there;
};

struct import {
	struct tool *tool;
	struct out out;
	const char *doc_id;      /* for all, or NULL */
	const char *collections; /* canonical, or NULL */

	struct mem *mem; /* of the batch */
	struct blob_batch *batch;
	struct item items[BATCH_FILES];
	int n;
	int64_t bytes;

	struct progress progress;
	int io_failures;
	int64_t added;
	int64_t there;
	int64_t failed;
};

/* clang-format off */
static const struct out_column columns[] = {
	{ "result",    "RESULT", 6 },
	{ "stable_id", "ID",    12 },
	{ "file_type", "TYPE",   4 },
	{ "doc_id",    "DOCUMENT", 24 },
	{ "path",      "FILE",   0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

/* ---- results ------------------------------------------------------------ */

static int
tell_item(struct import *im, const struct item *it)
{
	if (it->was_there)
		im->there++;
	else
		im->added++;
	out_text(&im->out, "result", it->was_there ? "there" : "new");
	out_text(&im->out, "stable_id", it->stable_id);
	out_text(&im->out, "file_type", it->file_type);
	out_text(&im->out, "doc_id", it->doc_id);
	if (im->out.is_json) {
		out_text(&im->out, "id", it->id);
		out_int(&im->out, "file_size", it->size_bytes);
	}
	out_text(&im->out, "path", it->path);
	return out_row(&im->out);
}

/* A file that cannot be had is named, and the rest goes on. */
static int
tell_failed(struct import *im, const char *path)
{
	char reason[512];

	snprintf(reason, sizeof(reason), "%s", err_text());
	im->failed++;
	complain("%s: %s", path, reason);
	if (!im->out.is_json)
		return 0;
	out_text(&im->out, "result", "failed");
	out_text(&im->out, "path", path);
	out_text(&im->out, "reason", reason);
	return out_row(&im->out);
}

static bool
is_about_file(int rc)
{
	return rc == E_INPUT || rc == E_ABSENT || rc == E_EXISTS ||
	    rc == E_DENIED || rc == E_CONFLICT;
}

/* ---- a batch ------------------------------------------------------------ */

static int
item_add(struct import *im, struct item *it)
{
	struct record_new n = {
		.id = it->id,
		.file_size = it->size_bytes,
		.file_type = it->file_type,
		.filename = it->path,
		.doc_id = it->doc_id,
		.variant = it->variant,
		.doc_collections = im->collections,
		.upload_source = "cli",
		.user = open_user(im->tool),
	};
	char *stable_id;
	int rc = record_add(im->tool->site.db, im->mem, &n, &stable_id,
	    &it->was_there);

	if (rc == 0)
		it->stable_id = stable_id;
	return rc;
}

static int
items_add(struct import *im, struct item *items, int n)
{
	int rc;
	int i;

	if ((rc = db_begin(im->tool->site.db)) != 0)
		return rc;
	for (i = 0; rc == 0 && i < n; i++)
		rc = item_add(im, &items[i]);
	return db_end(im->tool->site.db, rc);
}

/* Its content went away before it was held: once more, by itself. */
static int
item_again(struct import *im, struct item *it)
{
	struct taken t;
	struct hash id;
	int rc;

	if ((rc = take_open(it->path, &t)) != 0)
		return rc;
	it->file_type = tei_kind_name(t.kind);
	rc = blob_put(im->tool->site.blobs, t.fd, it->file_type, 0, &id,
	    &it->size_bytes);
	take_close(&t);
	if (rc != 0)
		return rc;
	hash_hex(&id, it->id);
	return items_add(im, it, 1);
}

static int
item_alone(struct import *im, struct item *it)
{
	int rc = items_add(im, it, 1);

	if (rc == E_CONFLICT)
		rc = item_again(im, it);
	if (rc == 0)
		return tell_item(im, it);
	return is_about_file(rc) ? tell_failed(im, it->path) : rc;
}

/* All in one transaction; if one of them will not do, each by itself. */
static int
batch_add(struct import *im)
{
	int rc = items_add(im, im->items, im->n);
	int end = 0;
	int i;

	if (rc != 0 && !is_about_file(rc))
		return rc;
	for (i = 0; end == 0 && i < im->n; i++)
		end = rc == 0 ? tell_item(im, &im->items[i])
			      : item_alone(im, &im->items[i]);
	return end;
}

static int
batch_end(struct import *im, int rc)
{
	if (im->batch != NULL)
		rc = blob_batch_end(im->batch, rc);
	im->batch = NULL;
	if (rc == 0 && im->n > 0)
		rc = batch_add(im);
	im->n = 0;
	im->bytes = 0;
	mem_reset(im->mem);
	return rc;
}

/* ---- a file ------------------------------------------------------------- */

static int
batch_take(struct import *im, const char *path, const struct taken *t)
{
	struct item *it = &im->items[im->n];
	struct hash id;
	int rc;

	memset(it, 0, sizeof(*it));
	it->path = mem_strdup(im->mem, path);
	it->file_type = tei_kind_name(t->kind);
	rc = take_doc_id(im->mem, t, path, &it->doc_id, &it->variant);
	if (rc != 0)
		return rc;
	if (im->doc_id != NULL)
		it->doc_id = im->doc_id;
	rc = blob_batch_put(im->batch, t->fd, it->file_type, 0, &id,
	    &it->size_bytes);
	if (rc != 0)
		return rc;
	hash_hex(&id, it->id);
	im->n++;
	im->bytes += it->size_bytes;
	return 0;
}

static int
file_take(struct import *im, const char *path)
{
	struct taken t;
	int rc;

	if ((rc = take_open(path, &t)) != 0)
		return rc;
	rc = batch_take(im, path, &t);
	take_close(&t);
	return rc;
}

static int
import_failed(void *arg, const char *path, int rc)
{
	(void)rc;
	return tell_failed(arg, path);
}

static int
import_file(void *arg, const char *path, int64_t size_bytes)
{
	struct import *im = arg;
	int rc;

	if ((rc = stop_asked(NULL)) != 0)
		return rc;
	progress_show(&im->progress);
	if (im->batch == NULL &&
	    (rc = blob_batch_begin(im->tool->site.blobs, &im->batch)) != 0)
		return rc;
	rc = file_take(im, path);
	im->progress.files_done++;
	im->progress.bytes_done += size_bytes;
	im->io_failures = rc == E_IO ? im->io_failures + 1 : 0;
	if (is_about_file(rc) ||
	    (rc == E_IO && im->io_failures < IO_FAILURES_MAX))
		return tell_failed(im, path);
	if (rc != 0)
		return err_wrap(rc, "%s", path);
	if (im->n == BATCH_FILES || im->bytes >= BATCH_BYTES)
		return batch_end(im, 0);
	return 0;
}

/* ---- all of them -------------------------------------------------------- */

static int
count_file(void *arg, const char *path, int64_t size_bytes)
{
	struct progress *p = arg;

	(void)path;
	p->files_total++;
	p->bytes_total += size_bytes;
	return stop_asked(NULL);
}

static int
count_failed(void *arg, const char *path, int rc)
{
	(void)arg;
	(void)path;
	(void)rc;
	return 0;
}

static int
walk_all(struct walk *w, char **paths)
{
	int rc = 0;

	for (; rc == 0 && *paths != NULL; paths++)
		rc = walk_path(w, *paths);
	return rc;
}

static int
import_walk(struct import *im, char **paths)
{
	struct walk w = { .file = count_file,
		.failed = count_failed,
		.arg = &im->progress };
	int rc;

	if ((rc = open_forbid(im->tool, &w)) != 0 ||
	    (rc = walk_all(&w, paths)) != 0)
		return rc;
	w.file = import_file;
	w.failed = import_failed;
	w.arg = im;
	rc = walk_all(&w, paths);
	/* what is complete stays, also when a person wants to stop */
	if (rc == E_STOPPED) {
		rc = batch_end(im, 0);
		return rc != 0 ? rc : stop_asked(NULL);
	}
	return batch_end(im, rc);
}

static void
import_summary(const struct import *im, int64_t started_ms)
{
	char size[UNITS_SIZE];
	double seconds = (double)(clock_mono_ms() - started_ms) / 1000;

	say("%" PRId64 " new, %" PRId64 " there already, %" PRId64
	    " failed; %s in %.1f s",
	    im->added, im->there, im->failed,
	    units_bytes(im->progress.bytes_done, size), seconds);
}

static int
import_run(struct import *im, char **paths)
{
	int64_t started_ms = clock_mono_ms();
	int rc;

	stop_catch();
	im->mem = mem_new();
	im->progress.what = "Importing";
	rc = import_walk(im, paths);
	progress_clear();
	import_summary(im, started_ms);
	mem_free(im->mem);
	if (rc != 0)
		return rc;
	return im->failed > 0 ? STATUS_FAILED : STATUS_DONE;
}

static int
collections_of(struct tool *tool, const struct option_list *names,
    const char **collections)
{
	int rc = 0;
	int i;

	*collections = names->n > 0 ? "[]" : NULL;
	for (i = 0; rc == 0 && i < names->n; i++)
		rc = collections_change(tool->site.mem, *collections,
		    names->items[i], true, collections);
	return rc;
}

int
cmd_import(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	struct option_list collections = { NULL, 0 };
	struct import im = { .tool = tool };
	const struct option_row rows[] = {
		{ 'd', "doc-id", "ID", "the document that all of it belongs to",
		    .text = &im.doc_id },
		{ 'C', "collection", "NAME",
		    "put it into a collection; may be repeated",
		    .list = &collections },
		{ 'j', "json", NULL, "JSON, one file a line",
		    .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "import", "PATH...",
		"Take in PDF and TEI files, and all that is below folders",
		"The document is what a TEI says in its idno of type fileref, "
		"else the file's name\nwithout extensions: x.pdf and x.tei.xml "
		"meet.",
		rows, 1, -1, false };
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	out_init(&im.out, is_json, columns);
	if ((rc = site_library(&tool->site, false)) == 0 &&
	    (rc = collections_of(tool, &collections, &im.collections)) == 0)
		rc = import_run(&im, argv);
	out_release(&im.out);
	option_list_release(&collections);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/adopt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "local/blob.h"
#include "local/meta.h"
#include "sync/adopt_wave.h"
#include "sync/apply.h"
#include "sync/fetch.h"
#include "sync/listing.h"
#include "sync/name.h"
#include "sync/push.h"
#include "sync/store.h"
#include "sync/tidy.h"

void
adopt_leave(struct adopt *a, const char *path, const char *why)
{
	a->counts->left++;
	run_fail(a->s, path, why);
}

/* ---- which contents ------------------------------------------------------------- */

static int
by_name(const void *key, const void *item)
{
	return strcmp(key, ((const struct listed *)item)->name);
}

static bool
is_in(const struct listed *page, int n, const char *name)
{
	return bsearch(name, page, (size_t)n, sizeof(*page), by_name) != NULL;
}

/* "<name>.deleted", or "<sha256>.deleted". */
static bool
is_marked(struct adopt *a, const struct listed *page, int n, const char *name)
{
	return is_in(page, n, mem_printf(a->one, "%s.deleted", name)) ||
	    is_in(page, n, mem_printf(a->one, "%.64s.deleted", name));
}

/* 1: the state names this content, or a commit that is under way will. */
static int
is_known(struct adopt *a, const char *id, const char *file_type)
{
	int64_t generation;
	int rc = name_find(a->s->db, id, file_type, &generation);

	if (rc == 0)
		rc = name_is_named(a->s->db, id, file_type, 0);
	return rc != 0 ? rc : upload_find(a->s->db, id, file_type, 0);
}

static struct adopt_item *
add(struct adopt *a, const char *id, const char *file_type)
{
	struct adopt_item *item = &a->items[a->n++];

	memset(item, 0, sizeof(*item));
	memcpy(item->id, id, HASH_HEX_SIZE);
	item->file_type = mem_strdup(a->mem, file_type);
	item->path = name_content(a->mem, id, file_type, 0);
	item->file = blob_incoming(a->s->blobs, a->mem, id, file_type);
	item->size_bytes = item->mtime = -1;
	return item;
}

static int
wave_if_full(struct adopt *a)
{
	return a->n == ADOPT_WAVE_FILES || a->bytes >= ADOPT_WAVE_BYTES
	    ? adopt_wave(a)
	    : 0;
}

static int
take_content(struct adopt *a, const struct listed *file, const char *id,
    const char *file_type, bool marked)
{
	struct adopt_item *item;
	int rc;

	if ((rc = is_known(a, id, file_type)) != 0) {
		a->counts->there += rc == 1;
		return rc < 0 ? rc : 0;
	}
	item = add(a, id, file_type);
	item->size_bytes = file->size_bytes;
	item->mtime = file->mtime;
	item->is_marked = marked;
	if (file->size_bytes > 0)
		a->bytes += file->size_bytes;
	return wave_if_full(a);
}

/* A folder's page, and which folder it is. */
struct turn {
	struct adopt *a;
	const char *dir;
};

/* Names with a generation are a Stemma's: uploads, or what it left. */
static int
take_file(struct turn *t, const struct listed *page, int n,
    const struct listed *file)
{
	struct adopt *a = t->a;
	const char *path = mem_printf(a->one, "%s/%s", t->dir, file->name);
	char id[HASH_HEX_SIZE];
	const char *file_type;
	int64_t generation;

	if (file->is_dir || name_is_upload(file->name) ||
	    str_ends(file->name, ".deleted"))
		return 0;
	if (!name_content_parse(NULL, file->name, id, &file_type,
		&generation)) {
		adopt_leave(a, path,
		    "it is not named as a content; it is left alone");
		return 0;
	}
	if (generation != 0)
		return 0;
	if (strncmp(id, t->dir, 2) != 0) {
		adopt_leave(a, path,
		    "its name belongs into another folder; it is left alone");
		return 0;
	}
	return take_content(a, file, id, file_type,
	    is_marked(a, page, n, file->name));
}

static int
take_page(void *arg, const struct listed *page, int n)
{
	struct turn *t = arg;
	int rc = 0;

	for (int i = 0; rc == 0 && i < n; i++) {
		mem_reset(t->a->one);
		rc = take_file(t, page, n, &page[i]);
	}
	return rc;
}

static int
take_folders(struct adopt *a)
{
	char name[3];
	struct turn t = { .a = a };
	int rc = 0;

	for (int i = 0; rc == 0 && i < 256; i++) {
		t.dir = listing_folder(i, name);
		rc = listing_each(a->s, t.dir, take_page, &t);
	}
	return rc != 0 ? rc : adopt_wave(a);
}

/* A listing proves no absence: what metadata.db names is asked for by name. */
static int
take_row(void *arg, const struct foreign_row *row)
{
	struct adopt *a = arg;
	struct adopt_item *last = a->n > 0 ? &a->items[a->n - 1] : NULL;
	int rc;

	if (row->deleted ||
	    (a->left.len > 0 && strstr(a->left.data, row->id) != NULL) ||
	    (last != NULL && strcmp(last->id, row->id) == 0 &&
		strcmp(last->file_type, row->file_type) == 0))
		return 0;
	if ((rc = is_known(a, row->id, row->file_type)) != 0)
		return rc < 0 ? rc : 0;
	add(a, row->id, row->file_type)->is_asked_for = true;
	return wave_if_full(a);
}

static int
take_unseen(struct adopt *a)
{
	int rc;

	if (a->foreign == NULL)
		return 0;
	rc = foreign_each(a->foreign, NULL, NULL, take_row, a);
	return rc != 0 ? rc : adopt_wave(a);
}

/* ---- metadata.db ---------------------------------------------------------------- */

struct root {
	bool has_metadata;
	int64_t size_bytes;
};

static int
look_at(void *arg, const struct remote_entry *entry)
{
	struct root *root = arg;

	if (!entry->is_dir && strcmp(entry->name, "metadata.db") == 0) {
		root->has_metadata = true;
		root->size_bytes = entry->size_bytes;
	}
	return 0;
}

static int
fetch_metadata(struct adopt *a, const struct root *root, const char *file)
{
	struct remote_transfer get = {
		.kind = REMOTE_GET_FILE,
		.path = "metadata.db",
		.file = file,
		.size_bytes = root->size_bytes,
		.limit_bytes = root->size_bytes > 0 ? root->size_bytes : 0,
		.any_hash = true,
	};
	int rc;

	if ((rc = file_remove(file)) != 0)
		return rc;
	return run_transfer(a->s, &get);
}

static int
read_metadata(struct adopt *a, const char *file)
{
	int64_t rows;
	int rc;

	rc = foreign_open(file,
	    path_join(a->s->mem, a->s->opt->work_dir, "adopt.db"), &a->foreign,
	    &rows);
	if (rc == E_CORRUPT)
		return err_wrap(rc,
		    "What the older software says of its files cannot be used. "
		    " Rename metadata.db there, or take them without it "
		    "(--without-metadata)");
	if (rc == 0)
		run_say(a->s, "metadata.db tells of %" PRId64 " files.", rows);
	return rc;
}

static int
open_metadata(struct adopt *a, bool without)
{
	const char *file = path_join(a->s->mem, a->s->opt->work_dir,
	    "metadata.db");
	struct root root = { false, -1 };
	int rc;

	if (without)
		return 0;
	if ((rc = remote_list(a->s->remote, "", look_at, &root)) != 0 ||
	    !root.has_metadata)
		return rc;
	if ((rc = fetch_metadata(a, &root, file)) == 0)
		rc = read_metadata(a, file);
	file_remove(file);
	return rc;
}

/* ---- its end -------------------------------------------------------------------- */

static int
check_unread(const struct adopt *a)
{
	if (a->unread == 0)
		return 0;
	return err_set(E_CONFLICT,
	    "%" PRId64 " files could not be read, so "
	    "the folder is not adopted yet.  Run the same command again: it "
	    "goes on with them.",
	    a->unread);
}

static int
say_adopted(struct adopt *a)
{
	int rc = 0;

	a->s->adopts = true;
	while (rc == 0 && a->s->last.adopted == 0)
		if ((rc = run_stopped(a->s)) == 0)
			rc = push_empty(a->s, false);
	a->s->adopts = false;
	return rc;
}

static int
adopt_all(struct adopt *a, const struct adopt_wish *wish)
{
	struct sync *s = a->s;
	int rc;

	if ((rc = store_ask_lock(s->remote, wish->even_if_locked)) != 0 ||
	    (rc = apply_pull(s)) != 0 ||
	    (rc = open_metadata(a, wish->without_metadata)) != 0)
		return rc;
	run_phase(s, SYNC_DOWNLOAD, 0, 0);
	if ((rc = push_changes(s)) != 0 || (rc = take_folders(a)) != 0 ||
	    (rc = take_unseen(a)) != 0 || (rc = check_unread(a)) != 0 ||
	    (rc = say_adopted(a)) != 0 || (rc = fetch_contents(s)) != 0)
		return rc;
	return tidy_up(s, true);
}

static int
adopt_locked(struct sync *s, const struct adopt_wish *wish,
    struct adopt_counts *counts)
{
	struct adopt *a = xmalloc(sizeof(*a));
	int rc;

	memset(a, 0, sizeof(*a));
	a->s = s;
	a->mem = mem_new();
	a->one = mem_new();
	a->counts = counts;
	rc = adopt_all(a, wish);
	foreign_close(a->foreign);
	buf_release(&a->left);
	mem_free(a->mem);
	mem_free(a->one);
	free(a);
	return rc;
}

int
adopt_run(const struct sync_options *opt, const struct adopt_wish *wish,
    struct adopt_counts *counts)
{
	struct sync_summary sum;
	struct sync s;
	int lock, rc;

	memset(counts, 0, sizeof(*counts));
	if ((rc = run_open(&s, opt, &sum)) == 0) {
		rc = lock = run_lock(&s);
		if (lock >= 0) {
			rc = adopt_locked(&s, wish, counts);
			close(lock);
		}
	}
	run_close(&s);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/adopt_wave.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "local/blob.h"
#include "local/db.h"
#include "local/meta.h"
#include "sync/push.h"
#include "tei/fileref.h"

/* ---- reading -------------------------------------------------------------------- */

static int
next_content(void *arg, struct remote_transfer *t)
{
	struct adopt *a = arg;
	struct adopt_item *item;

	if (a->next == a->n)
		return 0;
	item = &a->items[a->next++];
	memset(t, 0, sizeof(*t));
	t->kind = REMOTE_GET_FILE;
	t->path = item->path;
	t->file = item->file;
	t->size_bytes = item->size_bytes;
	t->limit_bytes = item->size_bytes > 0 ? item->size_bytes : 0;
	t->arg = item;
	return hash_parse(item->id, &t->want) != 0 ? E_CORRUPT : 1;
}

/* What concerns this one file; anything else would meet all. */
static bool
is_its_own(int rc)
{
	return rc == E_REMOTE || rc == E_DENIED || rc == E_INPUT;
}

static int
was_not_had(struct adopt *a, const struct adopt_item *item, int rc)
{
	if (rc == E_CORRUPT) {
		buf_printf(&a->left, "%s\n", item->id);
		adopt_leave(a, item->path,
		    "its bytes are not those of its name: torn, or misnamed; "
		    "it is left alone");
		return 0;
	}
	if (rc == E_ABSENT && item->is_asked_for) {
		a->counts->missing++;
		run_fail(a->s, item->path,
		    "metadata.db names it, but it is not there");
		return 0;
	}
	if (rc == E_ABSENT)
		return 0; /* it went meanwhile */
	if (!is_its_own(rc))
		return rc;
	a->unread++;
	run_fail(a->s, item->path, mem_strdup(a->mem, err_text()));
	return 0;
}

static int
got_content(void *arg, const struct remote_transfer *t, int rc)
{
	struct adopt *a = arg;
	struct adopt_item *item = t->arg;

	a->s->progress.files_done++;
	run_progress(a->s);
	item->has_arrived = rc == 0;
	if (rc != 0 && (rc = was_not_had(a, item, rc)) != 0)
		return rc;
	return run_stopped(a->s);
}

/* ---- what it is ----------------------------------------------------------------- */

static int
see_row(void *arg, const struct foreign_row *row)
{
	struct adopt_item *item = arg;

	item->doc_id = ""; /* a row says it */
	item->is_live |= !row->deleted;
	return 0;
}

/* What is not well-formed says nothing, and is a content all the same. */
static void
ask_file(struct adopt *a, struct adopt_item *item)
{
	struct fileref ref = { "", "" };
	int fd;

	if (strcmp(item->file_type, "tei") != 0 ||
	    (fd = open(item->file, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	if (fileref_find(fd, &ref) >= 0) {
		if (ref.key[0] != '\0')
			item->doc_id = mem_strdup(a->mem, ref.key);
		if (ref.variant[0] != '\0')
			item->variant = mem_strdup(a->mem, ref.variant);
	}
	close(fd);
}

static int
look_at(struct adopt *a, struct adopt_item *item)
{
	int rc = 0;

	if (a->foreign != NULL)
		rc = foreign_each(a->foreign, item->id, item->file_type,
		    see_row, item);
	if (rc == 0 && item->doc_id == NULL) {
		item->is_live = true;
		ask_file(a, item);
	}
	if (item->is_marked)
		item->is_live = false;
	return rc != 0 ? rc : file_size(item->file, &item->size_bytes);
}

static int
look_at_all(struct adopt *a)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < a->n; i++)
		if (a->items[i].has_arrived)
			rc = look_at(a, &a->items[i]);
	return rc;
}

/* ---- keeping -------------------------------------------------------------------- */

/* Of what only tombstones name, nothing stays here. */
static int
keep_files(struct adopt *a)
{
	struct blob_batch *batch;
	int rc;

	if ((rc = blob_batch_begin(a->s->blobs, &batch)) != 0)
		return rc;
	for (int i = 0; rc == 0 && i < a->n; i++) {
		const struct adopt_item *item = &a->items[i];

		if (item->has_arrived && item->is_live)
			rc = blob_batch_take(batch, item->file, item->id,
			    item->file_type);
		else if (item->has_arrived)
			rc = file_remove(item->file);
	}
	return blob_batch_end(batch, rc);
}

/* Its name may be used as it is by commits of the generation 0. */
static int
note_item(struct adopt *a, const struct adopt_item *item)
{
	int rc = 0;

	if (a->s->last.gc == 0)
		rc = upload_put(a->s->db, item->id, item->file_type, 0,
		    item->size_bytes);
	a->counts->contents++;
	return rc != 0 ? rc : adopt_record(a, item);
}

static int
note_items(struct adopt *a)
{
	int rc;

	if ((rc = db_begin(a->s->db)) != 0)
		return rc;
	for (int i = 0; rc == 0 && i < a->n; i++) {
		mem_reset(a->one);
		if (a->items[i].has_arrived)
			rc = note_item(a, &a->items[i]);
	}
	return db_end(a->s->db, rc);
}

int
adopt_wave(struct adopt *a)
{
	int rc;

	a->next = 0;
	if (a->n == 0)
		return 0;
	if ((rc = remote_run(a->s->remote, next_content, got_content, a)) !=
		0 ||
	    (rc = look_at_all(a)) != 0 || (rc = keep_files(a)) != 0 ||
	    (rc = note_items(a)) != 0)
		return rc;
	a->n = 0;
	a->bytes = 0;
	mem_reset(a->mem);
	return push_changes(a->s);
}

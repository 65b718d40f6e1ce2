/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/upload.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "local/blob.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "sync/name.h"

#define WAVE_FILES 8192
#define WAVE_BYTES (1024LL * 1024 * 1024)

/*
 * Is a name of the state one that is there?  Who looks at all contents looks at
 * those that records have; what was let go may be lost with a backup, and is
 * sent again before it is named again, where it is here.
 */
static int
is_trusted(struct sync *s, const struct record *rec, int64_t generation)
{
	int64_t refs = 0, dropped;
	int rc;

	if (!s->opt->force && s->recover == NULL)
		return 1;
	rc = name_look(s->db, rec->id, rec->file_type, generation, &refs,
	    &dropped);
	if (rc < 0 || refs > 0)
		return rc;
	return !blob_is_here(s->blobs, rec->id, rec->file_type);
}

int
upload_name(struct sync *s, const struct record *rec, int64_t *generation)
{
	int rc;

	rc = name_find(s->db, rec->id, rec->file_type, generation);
	if (rc == 1)
		rc = is_trusted(s, rec, *generation);
	if (rc != 0)
		return rc;
	*generation = s->last.gc;
	return upload_find(s->db, rec->id, rec->file_type, *generation);
}

struct sending {
	const char *id;
	const char *file_type;
	const char *path;
	const char *file;
	const char *who; /* a record that needs it, for messages */
	int64_t size_bytes;
	bool sent;
	bool seen;
	bool is_torn; /* the name is taken, by something of another size */
};

struct wave {
	struct sync *s;
	struct mem *mem;
	struct sending *items; /* sorted by path before they are sent */
	int n;
	int64_t bytes;
	int next;
	int64_t generation;
	bool is_full; /* there is more */
};

/* ---- which ------------------------------------------------------------------ */

static void
wave_add(struct wave *w, const char *id, const char *file_type,
    int64_t size_bytes, const char *who)
{
	struct sending *item = &w->items[w->n++];

	memset(item, 0, sizeof(*item));
	item->id = mem_strdup(w->mem, id);
	item->file_type = mem_strdup(w->mem, file_type);
	item->path = name_content(w->mem, item->id, item->file_type,
	    w->generation);
	item->file = blob_path(w->s->blobs, w->mem, item->id, item->file_type);
	item->who = mem_strdup(w->mem, who);
	item->size_bytes = size_bytes;
	w->bytes += size_bytes;
}

static int
wave_files(const struct sync *s)
{
	return s->wave_files > 0 ? s->wave_files : WAVE_FILES;
}

static int
collect(void *arg, const struct held *held)
{
	struct wave *w = arg;
	int64_t generation;
	int rc;

	if (w->n == wave_files(w->s) || w->bytes >= WAVE_BYTES)
		return 1;
	if (held->rec.deleted)
		return 0;
	if ((rc = upload_name(w->s, &held->rec, &generation)) != 0)
		return rc < 0 ? rc : 0;
	if (run_gave_up(w->s, held->rec.stable_id))
		return 0;
	if (!blob_is_here(w->s->blobs, held->rec.id, held->rec.file_type)) {
		run_give_up(w->s, held->rec.stable_id, held->rec.filename,
		    "its content is not here; stemma fsck tells more");
		return 0;
	}
	wave_add(w, held->rec.id, held->rec.file_type, held->rec.file_size,
	    held->rec.stable_id);
	return 0;
}

static int
by_path(const void *a, const void *b)
{
	const struct sending *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* Several records may share one content. */
static void
sort_and_fold(struct wave *w)
{
	int n = 0;

	qsort(w->items, (size_t)w->n, sizeof(*w->items), by_path);
	for (int i = 0; i < w->n; i++) {
		if (n > 0 && by_path(&w->items[n - 1], &w->items[i]) == 0)
			w->bytes -= w->items[i].size_bytes;
		else
			w->items[n++] = w->items[i];
	}
	w->n = n;
}

/* A content that several records share counts for each. */
static int
add_up(void *arg, const struct held *held)
{
	struct sync *s = arg;
	int64_t generation;
	int rc;

	if (held->rec.deleted || run_gave_up(s, held->rec.stable_id))
		return 0;
	if ((rc = upload_name(s, &held->rec, &generation)) != 0)
		return rc < 0 ? rc : 0;
	s->to_send.files++;
	s->to_send.bytes += held->rec.file_size;
	return 0;
}

static int
each_unsynced(struct sync *s, int (*fn)(void *arg, const struct held *held),
    void *arg)
{
	static const char *const status[] = { "pending_upload", "modified" };
	int rc = 0;

	for (int i = 0; i < 2 && rc == 0; i++) {
		struct record_filter filter = { .status = status[i] };

		rc = record_each(s->db, &filter, fn, arg);
	}
	return rc;
}

/* How much there is in all is asked for once, where one wave does not do. */
static int
collect_all(struct wave *w)
{
	struct sync *s = w->s;
	int rc = each_unsynced(s, collect, w);

	w->is_full = rc == 1;
	if (w->is_full && s->to_send.files == 0)
		rc = each_unsynced(s, add_up, s);
	sort_and_fold(w);
	return rc < 0 ? rc : 0;
}

/* ---- sending ------------------------------------------------------------------ */

static int
make_dirs(struct wave *w)
{
	char dir[3] = "";
	int rc;

	for (int i = 0; i < w->n; i++) {
		if (strncmp(dir, w->items[i].path, 2) == 0)
			continue;
		memcpy(dir, w->items[i].path, 2);
		if ((rc = run_stopped(w->s)) != 0 ||
		    (rc = remote_make_dir(w->s->remote, dir)) != 0)
			return rc;
	}
	return 0;
}

static int
next_put(void *arg, struct remote_transfer *t)
{
	struct wave *w = arg;
	struct sending *item;

	if (w->next == w->n)
		return 0;
	item = &w->items[w->next++];
	memset(t, 0, sizeof(*t));
	t->kind = REMOTE_PUT_FILE;
	t->path = item->path;
	t->file = item->file;
	t->size_bytes = item->size_bytes;
	t->arg = item;
	return 1;
}

/* What concerns this one content only; anything else would meet all. */
static int
is_its_own(int rc)
{
	return rc == E_IO || rc == E_INPUT || rc == E_REMOTE || rc == E_CORRUPT;
}

static int
put_done(void *arg, const struct remote_transfer *t, int rc)
{
	struct wave *w = arg;
	struct sending *item = t->arg;

	w->s->progress.files_done++;
	w->s->progress.bytes_done = w->s->sent.bytes +
	    remote_progress(w->s->remote);
	run_progress(w->s);
	item->sent = rc == 0 || rc == E_EXISTS;
	if (!item->sent && !is_its_own(rc))
		return rc;
	if (!item->sent)
		run_give_up(w->s, item->who, item->path, err_text());
	w->s->sum->uploaded += rc == 0;
	return run_stopped(w->s);
}

/* ---- looking -------------------------------------------------------------------- */

static int
see_entry(void *arg, const struct remote_entry *entry)
{
	struct sending *first = arg;
	const char *name;
	int cmp;

	/* Items of one folder stand together; the last one closes them. */
	for (struct sending *item = first;
	     item->path != NULL && strncmp(item->path, first->path, 3) == 0;
	     item++) {
		name = item->path + 3;
		cmp = strcmp(name, entry->name);
		if (cmp > 0)
			break;
		if (cmp == 0) {
			item->seen = entry->size_bytes == item->size_bytes;
			item->is_torn = !item->seen;
		}
	}
	return 0;
}

static int
next_listing(void *arg, struct remote_transfer *t)
{
	struct wave *w = arg;
	struct sending *first;

	if (w->next >= w->n)
		return 0;
	first = &w->items[w->next];
	while (w->next < w->n &&
	    strncmp(w->items[w->next].path, first->path, 3) == 0)
		w->next++;
	memset(t, 0, sizeof(*t));
	t->kind = REMOTE_LIST_SIZES;
	t->path = mem_printf(w->mem, "%.2s", first->path);
	t->entry = see_entry;
	t->arg = first;
	return 1;
}

static int
listing_done(void *arg, const struct remote_transfer *t, int rc)
{
	(void)arg;
	(void)t;
	return rc;
}

/* A name is never written over: it is sent again under a new generation, which
 * push_changes begins. */
static void
leave_for_renewal(struct sync *s, const struct sending *item)
{
	s->wants_renewal = true;
	run_skip(s, item->who);
}

static int
note_seen(struct wave *w)
{
	int rc;

	if ((rc = db_begin(w->s->db)) != 0)
		return rc;
	for (int i = 0; rc == 0 && i < w->n; i++) {
		struct sending *item = &w->items[i];

		if (item->seen)
			rc = upload_put(w->s->db, item->id, item->file_type,
			    w->generation, item->size_bytes);
		else if (item->is_torn && !w->s->renewed)
			leave_for_renewal(w->s, item);
		else if (item->sent)
			run_give_up(w->s, item->who, item->path,
			    "it was sent, but the store does not show it "
			    "complete");
	}
	return db_end(w->s->db, rc);
}

/* One bar for all waves. */
static void
tell_phase(struct wave *w)
{
	struct sync *s = w->s;
	int64_t files = s->sent.files + w->n, bytes = s->sent.bytes + w->bytes;

	if (w->is_full && files < s->to_send.files)
		files = s->to_send.files;
	if (w->is_full && bytes < s->to_send.bytes)
		bytes = s->to_send.bytes;
	run_phase_from(s, SYNC_UPLOAD, files, bytes, s->sent.files,
	    s->sent.bytes);
}

static int
send_and_look(struct wave *w)
{
	int rc;

	tell_phase(w);
	w->next = 0;
	if ((rc = make_dirs(w)) != 0)
		return rc;
	run_moving(w->s, w->s->sent.bytes);
	rc = remote_run(w->s->remote, next_put, put_done, w);
	run_moved(w->s);
	if (rc != 0)
		return rc;
	w->next = 0;
	w->items[w->n].path = NULL;
	if ((rc = remote_run(w->s->remote, next_listing, listing_done, w)) != 0)
		return rc;
	return note_seen(w);
}

static void
wave_init(struct wave *w, struct sync *s, int items, int64_t generation)
{
	memset(w, 0, sizeof(*w));
	w->s = s;
	w->mem = mem_new();
	w->generation = generation;
	w->items = xmalloc(((size_t)items + 1) * sizeof(*w->items));
}

static void
wave_release(struct wave *w)
{
	mem_free(w->mem);
	free(w->items);
}

int
upload_wave(struct sync *s)
{
	struct wave w;
	int rc;

	wave_init(&w, s, wave_files(s), s->last.gc);
	if ((rc = db_begin(s->db)) == 0)
		rc = db_end(s->db, collect_all(&w));
	if (rc == 0 && w.n > 0)
		rc = send_and_look(&w);
	s->sent.files += w.n;
	s->sent.bytes += w.bytes;
	if (rc == 0)
		rc = w.n > 0;
	wave_release(&w);
	return rc;
}

int
upload_one(struct sync *s, const char *id, const char *file_type,
    int64_t size_bytes, int64_t generation)
{
	struct wave w;
	int rc;

	wave_init(&w, s, 1, generation);
	wave_add(&w, id, file_type, size_bytes, id);
	if ((rc = send_and_look(&w)) == 0 && !w.items[0].seen)
		rc = err_set(E_REMOTE,
		    "%s was sent, but the store does not "
		    "show it complete",
		    w.items[0].path);
	wave_release(&w);
	return rc;
}

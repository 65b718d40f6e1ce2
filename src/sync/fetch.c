/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/fetch.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/db.h"
#include "local/meta.h"
#include "sync/name.h"

/*
 * Contents that are made durable together.  Each wave writes most pages of the
 * tables that say so, since contents come in the order of their hashes.
 */
#define WAVE_FILES 2048
#define WAVE_BYTES (64LL * 1024 * 1024)

struct wanted {
	const char *id;
	const char *file_type;
	int64_t size_bytes;
	const char *path; /* on the store; NULL: the store does not name it */
	const char *file;
	bool arrived;
	bool was_here; /* after a crash before it was noted */
};

/* One wave: handed out, fetched, made durable, noted. */
struct wave {
	struct sync *s;
	struct mem *mem;
	struct wanted wanted[WAVE_FILES];
	int n;
	int64_t bytes;
	int next;
	int64_t before; /* bytes of earlier waves */
	/* while it is made durable, the next one is fetched */
	pthread_t keeper;
	bool is_fetched; /* and not noted yet */
	bool has_keeper; /* that is to be waited for */
	int rc;          /* of making it durable */
	char *why;       /* it could not be; NULL: it is */
};

static int
name_of(struct wave *w, struct wanted *want)
{
	int64_t generation;
	int rc;

	rc = name_find(w->s->db, want->id, want->file_type, &generation);
	if (rc == 1)
		want->path = name_content(w->mem, want->id, want->file_type,
		    generation);
	return rc < 0 ? rc : 0;
}

static int
collect(void *arg, const char *id, const char *file_type, int64_t size_bytes,
    int64_t tries)
{
	struct wave *w = arg;
	struct wanted *want = &w->wanted[w->n];

	(void)tries;
	if (w->n == WAVE_FILES || (w->n > 0 && w->bytes > WAVE_BYTES))
		return 1;
	memset(want, 0, sizeof(*want));
	want->id = mem_strdup(w->mem, id);
	want->file_type = mem_strdup(w->mem, file_type);
	want->size_bytes = size_bytes;
	want->file = blob_incoming(w->s->blobs, w->mem, id, file_type);
	w->bytes += size_bytes;
	w->n++;
	return 0;
}

static int
look_here(struct wave *w, struct wanted *want)
{
	int64_t size_bytes;
	int rc = blob_find(w->s->blobs, want->id, want->file_type, &size_bytes);

	want->was_here = rc == 1 && size_bytes == want->size_bytes;
	return rc < 0 ? rc : 0;
}

/* A run looks twice; what could not be had is told once. */
static bool
was_missed(const struct wave *w, const char *id)
{
	return w->s->missed.len > 0 && strstr(w->s->missed.data, id) != NULL;
}

/* All questions to the library in one snapshot, before the first request. */
static int
look_up(struct wave *w)
{
	int rc;

	if ((rc = db_begin_read(w->s->db)) != 0)
		return rc;
	for (int i = 0; rc == 0 && i < w->n; i++) {
		rc = look_here(w, &w->wanted[i]);
		if (rc == 0 && !w->wanted[i].was_here)
			rc = name_of(w, &w->wanted[i]);
	}
	return db_end(w->s->db, rc);
}

/* Contents that the store does not name are on their way from nowhere: the
 * other side of an edit that was never published.  They are not asked for. */
static int
next_content(void *arg, struct remote_transfer *t)
{
	struct wave *w = arg;
	struct wanted *want;

	do {
		if (w->next == w->n)
			return 0;
		want = &w->wanted[w->next++];
	} while (want->path == NULL || was_missed(w, want->id));
	memset(t, 0, sizeof(*t));
	t->kind = REMOTE_GET_FILE;
	t->path = want->path;
	t->file = want->file;
	t->size_bytes = want->size_bytes;
	t->limit_bytes = want->size_bytes;
	t->arg = want;
	return hash_parse(want->id, &t->want) != 0 ? E_CORRUPT : 1;
}

static const char *
why(int rc)
{
	if (rc == E_ABSENT)
		return "its content is not on the store (any more)";
	if (rc == E_CORRUPT)
		return "its content on the store is damaged";
	return err_text();
}

static int
is_fatal(int rc)
{
	return rc == E_STOPPED || rc == E_LOGIN || rc == E_IO;
}

static int
got_content(void *arg, const struct remote_transfer *t, int rc)
{
	struct wave *w = arg;
	struct wanted *want = t->arg;
	const char *reason;
	char *text;

	w->s->progress.files_done++;
	w->s->progress.bytes_done = w->before + remote_progress(w->s->remote);
	run_progress(w->s);
	want->arrived = rc == 0;
	if (rc == 0)
		return run_stopped(w->s);
	if (is_fatal(rc))
		return rc;
	reason = why(rc);
	text = mem_strdup(w->mem, reason);
	run_fail(w->s, want->path, text);
	buf_printf(&w->s->missed, "%s\n", want->id);
	return blob_missing(w->s->db, want->id, want->file_type, text);
}

static int
take_files(struct wave *w)
{
	struct blob_batch *batch;
	int rc;

	if ((rc = blob_batch_begin(w->s->blobs, &batch)) != 0)
		return rc;
	for (int i = 0; rc == 0 && i < w->n; i++) {
		if (w->wanted[i].arrived)
			rc = blob_batch_take(batch, w->wanted[i].file,
			    w->wanted[i].id, w->wanted[i].file_type);
	}
	return blob_batch_end(batch, rc);
}

static int
note_files(struct wave *w)
{
	int rc;

	if ((rc = db_begin(w->s->db)) != 0)
		return rc;
	for (int i = 0; rc == 0 && i < w->n; i++) {
		if (!w->wanted[i].arrived && !w->wanted[i].was_here)
			continue;
		w->s->sum->downloaded += w->wanted[i].arrived;
		rc = blob_arrived(w->s->db, w->wanted[i].id,
		    w->wanted[i].file_type);
	}
	return db_end(w->s->db, rc);
}

static void *
keep(void *arg)
{
	struct wave *w = arg;

	if ((w->rc = take_files(w)) != 0)
		w->why = xstrdup(err_text());
	return NULL;
}

/* Where there is no thread to be had, it is waited for now. */
static void
begin_keep(struct wave *w)
{
	w->is_fetched = true;
	w->has_keeper = pthread_create(&w->keeper, NULL, keep, w) == 0;
	if (!w->has_keeper)
		keep(w);
}

/* What is not durable is not noted, and fetched again. */
static int
end_keep(struct wave *w)
{
	int rc;

	if (!w->is_fetched)
		return 0;
	w->is_fetched = false;
	if (w->has_keeper)
		pthread_join(w->keeper, NULL);
	rc = w->rc == 0 ? note_files(w) : err_set(w->rc, "%s", w->why);
	free(w->why);
	w->why = NULL;
	return rc;
}

struct total {
	int64_t files, bytes;
	char last[HASH_HEX_SIZE + 8];
};

static int
add_up(void *arg, const char *id, const char *file_type, int64_t size_bytes,
    int64_t tries)
{
	struct total *t = arg;

	(void)tries;
	(void)file_type;
	t->files++;
	t->bytes += size_bytes;
	memcpy(t->last, id, HASH_HEX_SIZE);
	return 0;
}

static int
count_wanted(struct sync *s)
{
	struct total t = { 0, 0, "" };
	int rc;

	while ((rc = blob_wanted(s->db, t.last, 1000, add_up, &t)) == 1)
		continue;
	run_phase(s, SYNC_DOWNLOAD, t.files, t.bytes);
	return rc;
}

/* The next ones after `last`, which then is the last of these. */
static int
fill_wave(struct wave *w, char *last)
{
	int rc;

	mem_reset(w->mem);
	w->n = w->next = 0;
	w->bytes = 0;
	rc = blob_wanted(w->s->db, last, WAVE_FILES, collect, w);
	if (rc >= 0 && w->n > 0)
		memcpy(last, w->wanted[w->n - 1].id, HASH_HEX_SIZE);
	return rc < 0 ? rc : look_up(w);
}

/*
 * Two waves by turns: what one fetched is made durable while the other fetches.
 * What arrived before a wave broke off is kept.
 */
static int
run_waves(struct wave waves[2])
{
	char last[HASH_HEX_SIZE + 8] = "";
	int rc, kept;

	for (int turn = 0;; turn = !turn) {
		struct wave *w = &waves[turn], *other = &waves[!turn];

		if ((rc = fill_wave(w, last)) != 0 || w->n == 0)
			return rc;
		w->before = other->before + other->bytes;
		run_moving(w->s, w->before);
		rc = remote_run(w->s->remote, next_content, got_content, w);
		run_moved(w->s);
		kept = end_keep(other);
		begin_keep(w);
		if (rc != 0 || kept != 0)
			return kept != 0 ? kept : rc;
	}
}

static void
waves_init(struct wave waves[2], struct sync *s)
{
	memset(waves, 0, 2 * sizeof(*waves));
	for (int i = 0; i < 2; i++) {
		waves[i].s = s;
		waves[i].mem = mem_new();
	}
}

static int
waves_end(struct wave waves[2], int rc)
{
	for (int i = 0; i < 2; i++) {
		int kept = end_keep(&waves[i]);

		rc = kept != 0 ? kept : rc;
		mem_free(waves[i].mem);
	}
	free(waves);
	return rc;
}

int
fetch_contents(struct sync *s)
{
	struct wave *waves = xmalloc(2 * sizeof(*waves));
	int rc;

	waves_init(waves, s);
	if ((rc = count_wanted(s)) == 0)
		rc = run_waves(waves);
	return waves_end(waves, rc);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/sync.h"

#include "base/err.h"
#include "base/mem.h"
#include "local/blob.h"
#include "local/meta.h"
#include "local/side.h"
#include "sync/name.h"
#include "sync/run.h"

#include <unistd.h>

/* What is to be had, and where. */
struct wish {
	const char *id;
	const char *file_type;
	int64_t size_bytes;
	const char *path; /* on the store */
	const char *file; /* here, while it grows */
};

/* 1: it is here, 0: it is wanted. */
static int
look(struct sync *s, struct wish *w)
{
	int64_t generation, here;
	int rc;

	rc = content_size(s->db, w->id, w->file_type, &w->size_bytes);
	if (rc != 0)
		return rc;
	rc = blob_find(s->blobs, w->id, w->file_type, &here);
	if (rc < 0 || (rc == 1 && here == w->size_bytes))
		return rc;
	rc = name_find(s->db, w->id, w->file_type, &generation);
	if (rc == 0)
		return err_set(E_ABSENT, "the store has no content %s", w->id);
	if (rc < 0)
		return rc;
	w->path = name_content(s->mem, w->id, w->file_type, generation);
	return 0;
}

/* Into a file of this process: a sync may be fetching the same. */
static int
fetch(struct sync *s, struct wish *w)
{
	struct remote_transfer t = { .kind = REMOTE_GET_FILE };
	int rc;

	w->file = blob_temp(s->blobs, s->mem);
	t.path = w->path;
	t.file = w->file;
	t.size_bytes = w->size_bytes;
	t.limit_bytes = w->size_bytes;
	if (hash_parse(w->id, &t.want) != 0)
		return err_set(E_CORRUPT, "%s is no hash", w->id);
	if ((rc = run_transfer(s, &t)) != 0) {
		unlink(w->file);
		unlink(mem_printf(s->mem, "%s.tag", w->file));
	}
	return rc;
}

static int
keep(struct sync *s, const struct wish *w)
{
	struct blob_batch *batch;
	int rc;

	if ((rc = blob_batch_begin(s->blobs, &batch)) != 0)
		return rc;
	rc = blob_batch_take(batch, w->file, w->id, w->file_type);
	return blob_batch_end(batch, rc);
}

int
sync_fetch_one(const struct sync_options *options, const char *id,
    const char *file_type)
{
	struct wish w = { .id = id, .file_type = file_type };
	struct sync_summary sum;
	struct sync s;
	int rc;

	if ((rc = run_open(&s, options, &sum)) == 0 &&
	    (rc = look(&s, &w)) == 0 && (rc = fetch(&s, &w)) == 0)
		rc = keep(&s, &w);
	if (rc >= 0)
		rc = blob_arrived(s.db, id, file_type);
	run_close(&s);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/blob.h"

#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/ref.h"

/* One that is wanted; read before anybody is called, who may write. */
struct wanted {
	struct wanted *next;
	char *id;
	char *file_type;
	int64_t size;
	int64_t tries;
};

static struct wanted *
wanted_row(struct stmt *st, struct mem *mem)
{
	struct wanted *w = mem_alloc(mem, sizeof(*w));

	w->id = db_text_dup(st, 0, mem);
	w->file_type = db_text_dup(st, 1, mem);
	w->size = db_int(st, 2);
	w->tries = db_int(st, 3);
	return w;
}

/* At most `max`, but never half of one id: the next call begins behind it. */
static int
wanted_read(struct db *db, struct mem *mem, const char *after, int max,
    struct wanted **first)
{
	struct wanted **end = first, *last = NULL;
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, BLOB_WANTED, &st)) != 0)
		return rc;
	db_bind_text(st, 1, after);
	while ((rc = db_step(st)) == 1) {
		if (max-- <= 0 && last != NULL &&
		    !str_eq(last->id, db_text(st, 0)))
			break;
		last = *end = wanted_row(st, mem);
		end = &last->next;
	}
	db_reset(st);
	return rc < 0 ? rc : 0;
}

int
blob_wanted(struct db *db, const char *after, int max,
    int (*fn)(void *arg, const char *id, const char *file_type,
	int64_t size_bytes, int64_t tries),
    void *arg)
{
	struct mem *mem = mem_new();
	struct wanted *first = NULL, *w;
	int rc;

	rc = wanted_read(db, mem, after, max, &first);
	for (w = first; rc == 0 && w != NULL; w = w->next)
		rc = fn(arg, w->id, w->file_type, w->size, w->tries);
	if (rc == 0)
		rc = first != NULL;
	mem_free(mem);
	return rc;
}

int
blob_arrived(struct db *db, const char *id, const char *file_type)
{
	return ref_arrived(db, id, file_type);
}

int
blob_missing(struct db *db, const char *id, const char *file_type,
    const char *reason)
{
	return ref_missing(db, id, file_type, reason);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/ref.h"

#include "base/err.h"
#include "local/blob.h"
#include "local/db.h"

#include <stdbool.h>
#include <stddef.h>

/* A row of storage_refs; zeros: there is none. */
struct ref {
	int64_t refs;
	int64_t size;
	bool is_here;
};

static int
ref_stmt(struct db *db, enum sql sql, const char *id, const char *file_type,
    struct stmt **st)
{
	int rc = db_stmt(db, sql, st);

	if (rc != 0)
		return rc;
	db_bind_text(*st, 1, id);
	db_bind_text(*st, 2, file_type);
	return 0;
}

static int
ref_find(struct db *db, const char *id, const char *file_type, struct ref *ref)
{
	struct stmt *st;
	int rc;

	*ref = (struct ref){ 0 };
	if ((rc = ref_stmt(db, REF_FIND, id, file_type, &st)) != 0 ||
	    (rc = db_step(st)) != 1)
		return rc;
	ref->refs = db_int(st, 0);
	ref->size = db_int(st, 1);
	ref->is_here = db_int(st, 2) != 0;
	db_reset(st);
	return 1;
}

/* As noted, or, where it can be looked at, as it is. */
static int
is_here(struct db *db, const char *id, const char *file_type,
    const struct ref *ref)
{
	const struct blobs *blobs = db_blobs(db);
	int64_t size;
	int rc;

	if (blobs == NULL)
		return ref->is_here;
	rc = blob_find(blobs, id, file_type, &size);
	return rc == 1 ? size == ref->size : rc;
}

static int
waiting(struct db *db, enum sql sql, const char *id, const char *file_type,
    const char *reason)
{
	struct stmt *st;
	int rc;

	if ((rc = ref_stmt(db, sql, id, file_type, &st)) != 0)
		return rc;
	if (reason != NULL)
		db_bind_text(st, 3, reason);
	return db_run(st);
}

static int
ref_put(struct db *db, const char *id, const char *file_type,
    const struct ref *ref)
{
	struct stmt *st;
	int rc;

	if ((rc = ref_stmt(db, REF_PUT, id, file_type, &st)) != 0)
		return rc;
	db_bind_int(st, 3, ref->size);
	db_bind_int(st, 4, ref->is_here);
	return db_run(st);
}

int
ref_take(struct db *db, const char *id, const char *file_type,
    int64_t size_bytes)
{
	struct ref ref;
	bool was_here;
	int rc;

	if (!db_is_writing(db))
		return err_set(E_INPUT, "ref_take: no transaction");
	if ((rc = ref_find(db, id, file_type, &ref)) < 0)
		return rc;
	/* The length of a content that is here was seen, not told. */
	was_here = ref.is_here;
	if (!was_here)
		ref.size = size_bytes;
	if ((rc = is_here(db, id, file_type, &ref)) < 0)
		return rc;
	ref.is_here = rc == 1;
	if ((rc = ref_put(db, id, file_type, &ref)) != 0)
		return rc;
	if (ref.is_here && !was_here)
		rc = ref_arrived(db, id, file_type);
	else if (!ref.is_here && was_here)
		rc = ref_lost(db, id, file_type, "its file is gone");
	return rc != 0 ? rc : ref.is_here;
}

int
ref_drop(struct db *db, const char *id, const char *file_type)
{
	struct stmt *st;
	int rc;

	if (!db_is_writing(db))
		return err_set(E_INPUT, "ref_drop: no transaction");
	if ((rc = ref_stmt(db, REF_DROP, id, file_type, &st)) != 0 ||
	    (rc = db_run(st)) != 0)
		return rc;
	return db_changes(db) > 0
	    ? 0
	    : err_set(E_CORRUPT,
		  "content %.12s… (%s): references were counted wrongly; "
		  "\"stemma fsck --repair\" sets them right",
		  id, file_type);
}

int
ref_is_here(struct db *db, const char *id, const char *file_type)
{
	struct ref ref;
	int rc = ref_find(db, id, file_type, &ref);

	return rc == 1 ? ref.is_here : rc;
}

int
ref_arrived(struct db *db, const char *id, const char *file_type)
{
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	rc = waiting(db, REF_ARRIVED, id, file_type, NULL);
	if (rc == 0)
		rc = waiting(db, REF_WAITING_DONE, id, file_type, NULL);
	return db_end(db, rc);
}

int
ref_missing(struct db *db, const char *id, const char *file_type,
    const char *reason)
{
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	rc = waiting(db, REF_MISSING, id, file_type, reason);
	if (rc == 0)
		rc = waiting(db, REF_WAITING_WHY, id, file_type, reason);
	return db_end(db, rc);
}

int
ref_lost(struct db *db, const char *id, const char *file_type,
    const char *reason)
{
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	rc = waiting(db, REF_LOST, id, file_type, reason);
	if (rc == 0)
		rc = waiting(db, REF_WAITING_AGAIN, id, file_type, reason);
	return db_end(db, rc);
}

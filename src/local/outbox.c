/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/meta_private.h"

#include "base/err.h"
#include "base/mem.h"
#include "local/resolution.h"

#include <string.h>

/* ---- the commit under way ------------------------------------------------ */

int
outbox_find(struct db *db, struct mem *mem, struct outbox *o)
{
	const void *bytes;
	struct stmt *st;
	void *copy;
	int rc;

	if ((rc = db_stmt(db, OUTBOX_FIND, &st)) != 0 ||
	    (rc = db_step(st)) != 1)
		return rc;
	o->txn = db_text_dup(st, 0, mem);
	o->counter = db_int(st, 1);
	o->version = db_int(st, 2);
	o->commit_id = db_text_dup(st, 3, mem);
	bytes = db_blob(st, 4, &o->len);
	copy = mem_alloc(mem, o->len);
	if (o->len > 0)
		memcpy(copy, bytes, o->len);
	o->bytes = copy;
	o->frozen = (int)db_int(st, 5);
	db_reset(st);
	return 1;
}

int
outbox_put(struct db *db, const struct outbox *o)
{
	struct stmt *st;
	int rc;

	if ((rc = meta_stmt(db, OUTBOX_PUT, o->txn, NULL, &st)) != 0)
		return rc;
	db_bind_int(st, 2, o->counter);
	db_bind_int(st, 3, o->version);
	db_bind_text(st, 4, o->commit_id);
	db_bind_blob(st, 5, o->bytes, o->len);
	db_bind_int(st, 6, o->frozen != 0);
	return db_run(st);
}

static int
freeze(struct db *db)
{
	int rc = meta_run(db, OUTBOX_FREEZE);

	if (rc == 0 && db_changes(db) == 0)
		rc = err_set(E_ABSENT, "nothing to freeze");
	return rc != 0 ? rc : resolution_forget_sent(db);
}

int
outbox_freeze(struct db *db)
{
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	return db_end(db, freeze(db));
}

int
outbox_clear(struct db *db)
{
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	if ((rc = meta_run(db, OUTBOX_CLEAR)) == 0)
		rc = meta_run(db, OUTBOX_ROWS_CLEAR);
	return db_end(db, rc);
}

int
outbox_row_put(struct db *db, const char *stable_id, int64_t revision)
{
	struct stmt *st;
	int rc;

	if ((rc = meta_stmt(db, OUTBOX_ROW_PUT, stable_id, NULL, &st)) != 0)
		return rc;
	db_bind_int(st, 2, revision);
	return db_run(st);
}

int
outbox_row_find(struct db *db, const char *stable_id, int64_t *revision)
{
	struct stmt *st;
	int rc = meta_stmt(db, OUTBOX_ROW_FIND, stable_id, NULL, &st);

	return rc != 0 ? rc : meta_number(st, revision);
}

int
outbox_rows_clear(struct db *db)
{
	return meta_run(db, OUTBOX_ROWS_CLEAR);
}

/* A commit has at most 1,000 rows: their ids fit the caller's memory. */
int
outbox_row_each(struct db *db, struct mem *mem,
    int (*fn)(void *arg, const char *stable_id, int64_t revision), void *arg)
{
	const char *after = "";
	int64_t revision;
	struct stmt *st;
	int rc;

	do {
		rc = meta_stmt(db, OUTBOX_ROW_EACH, after, NULL, &st);
		if (rc != 0 || (rc = db_step(st)) != 1)
			return rc;
		after = db_text_dup(st, 0, mem);
		revision = db_int(st, 1);
		db_reset(st);
	} while ((rc = fn(arg, after, revision)) == 0);
	return rc;
}

/* ---- contents that were sent --------------------------------------------- */

int
upload_put(struct db *db, const char *id, const char *file_type,
    int64_t generation, int64_t size_bytes)
{
	struct stmt *st;
	int rc;

	if ((rc = meta_stmt(db, UPLOAD_PUT, id, file_type, &st)) != 0)
		return rc;
	db_bind_int(st, 3, generation);
	db_bind_int(st, 4, size_bytes);
	return db_run(st);
}

int
upload_find(struct db *db, const char *id, const char *file_type,
    int64_t generation)
{
	struct stmt *st;
	int rc;

	if ((rc = meta_stmt(db, UPLOAD_FIND, id, file_type, &st)) != 0)
		return rc;
	db_bind_int(st, 3, generation);
	return meta_is_there(st);
}

int
upload_clear(struct db *db)
{
	return meta_run(db, UPLOAD_CLEAR);
}

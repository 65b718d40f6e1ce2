/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/meta.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"

#include <string.h>

#define VERSIONS_KEPT 1000 /* of dropped names, at least */
#define RUNS_KEPT 10000

/* ---- helpers ------------------------------------------------------------- */

/* The statement with its first parameters, texts. */
static int
stmt_with(struct db *db, enum sql sql, const char *one, const char *two,
    struct stmt **st)
{
	int rc = db_stmt(db, sql, st);

	if (rc != 0)
		return rc;
	db_bind_text(*st, 1, one);
	if (two != NULL)
		db_bind_text(*st, 2, two);
	return 0;
}

static int
run_plain(struct db *db, enum sql sql)
{
	struct stmt *st;
	int rc = db_stmt(db, sql, &st);

	return rc != 0 ? rc : db_run(st);
}

/* Is there a row? */
static int
is_there(struct stmt *st)
{
	int rc = db_step(st);

	if (rc == 1)
		db_reset(st);
	return rc;
}

/* The first column of the only row, a text. */
static int
one_text(struct stmt *st, struct mem *mem, char **text)
{
	int rc = db_step(st);

	if (rc != 1)
		return rc;
	*text = db_text_dup(st, 0, mem);
	db_reset(st);
	return 1;
}

/* The same, a number. */
static int
one_int(struct stmt *st, int64_t *value)
{
	int rc = db_step(st);

	if (rc != 1)
		return rc;
	*value = db_int(st, 0);
	db_reset(st);
	return 1;
}

/* ---- single values ------------------------------------------------------- */

int
meta_find(struct db *db, struct mem *mem, const char *key, char **value)
{
	struct stmt *st;
	int rc = stmt_with(db, META_FIND, key, NULL, &st);

	return rc != 0 ? rc : one_text(st, mem, value);
}

int
meta_put(struct db *db, const char *key, const char *value)
{
	char now[CLOCK_TEXT_SIZE];
	struct stmt *st;
	int rc;

	rc = stmt_with(db, value != NULL ? META_PUT : META_REMOVE, key, value,
	    &st);
	if (rc != 0)
		return rc;
	if (value != NULL)
		db_bind_text(st, 3, clock_text(clock_wall_ms(), now));
	return db_run(st);
}

int
meta_int(struct db *db, const char *key, int64_t *value)
{
	struct mem *mem = mem_new();
	char *text;
	int rc;

	rc = meta_find(db, mem, key, &text);
	if (rc == 0)
		*value = 0;
	else if (rc == 1 && (rc = str_int64(text, value)) != 0)
		rc = err_set(E_CORRUPT, "library: %s is not a number", key);
	mem_free(mem);
	return rc < 0 ? rc : 0;
}

int
meta_put_int(struct db *db, const char *key, int64_t value)
{
	struct mem *mem = mem_new();
	int rc;

	rc = meta_put(db, key, mem_printf(mem, "%lld", (long long)value));
	mem_free(mem);
	return rc;
}

int
state_find(struct db *db, struct hash *state)
{
	struct mem *mem = mem_new();
	char *text;
	int rc;

	rc = meta_find(db, mem, "state", &text);
	if (rc == 0)
		memset(state, 0, sizeof(*state));
	else if (rc == 1 && hash_parse(text, state) != 0)
		rc = err_set(E_CORRUPT, "library: the state is no digest");
	mem_free(mem);
	return rc < 0 ? rc : 0;
}

/* ---- versions that were passed ------------------------------------------- */

int
passed_put(struct db *db, int64_t version, const char *commit_id)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, PASSED_PUT, &st)) != 0)
		return rc;
	db_bind_int(st, 1, version);
	db_bind_text(st, 2, commit_id);
	return db_run(st);
}

int
passed_find(struct db *db, struct mem *mem, int64_t version, char **commit_id)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, PASSED_FIND, &st)) != 0)
		return rc;
	db_bind_int(st, 1, version);
	return one_text(st, mem, commit_id);
}

/* ---- replicas in the chain ----------------------------------------------- */

static int
replica_row(struct stmt *st, struct mem *mem, struct replica *r)
{
	int rc = db_step(st);

	if (rc != 1)
		return rc;
	r->replica = db_text_dup(st, 0, mem);
	r->counter = db_int(st, 1);
	r->txn = db_text_dup(st, 2, mem);
	r->version = db_int(st, 3);
	r->commit_id = db_text_dup(st, 4, mem);
	db_reset(st);
	return 1;
}

int
replica_put(struct db *db, const struct replica *r)
{
	struct stmt *st;
	int rc;

	if ((rc = stmt_with(db, REPLICA_PUT, r->replica, NULL, &st)) != 0)
		return rc;
	db_bind_int(st, 2, r->counter);
	db_bind_text(st, 3, r->txn);
	db_bind_int(st, 4, r->version);
	db_bind_text(st, 5, r->commit_id);
	return db_run(st);
}

int
replica_find(struct db *db, struct mem *mem, const char *replica,
    struct replica *r)
{
	struct stmt *st;
	int rc = stmt_with(db, REPLICA_FIND, replica, NULL, &st);

	return rc != 0 ? rc : replica_row(st, mem, r);
}

/* A read for each one: no row is under way while `fn` is called. */
int
replica_each(struct db *db, int (*fn)(void *arg, const struct replica *r),
    void *arg)
{
	struct mem *now = mem_new(), *next = mem_new(), *swap;
	struct replica r = { .replica = "" };
	struct stmt *st;
	int rc;

	do {
		swap = now, now = next, next = swap;
		mem_reset(next);
		rc = stmt_with(db, REPLICA_EACH, r.replica, NULL, &st);
		if (rc == 0)
			rc = replica_row(st, next, &r);
	} while (rc == 1 && (rc = fn(arg, &r)) == 0);
	mem_free(now);
	mem_free(next);
	return rc;
}

/* ---- names of contents on the store -------------------------------------- */

int
name_is_named(struct db *db, const char *id, const char *file_type,
    int64_t generation)
{
	struct stmt *st;
	int rc;

	if ((rc = stmt_with(db, NAME_IS_NAMED, id, file_type, &st)) != 0)
		return rc;
	db_bind_int(st, 3, generation);
	return is_there(st);
}

int
name_find(struct db *db, const char *id, const char *file_type,
    int64_t *generation)
{
	struct stmt *st;
	int rc = stmt_with(db, NAME_FIND, id, file_type, &st);

	return rc != 0 ? rc : one_int(st, generation);
}

int
name_forget(struct db *db, const char *before, int64_t version)
{
	struct stmt *st;
	int rc;

	if ((rc = stmt_with(db, NAME_FORGET, before, NULL, &st)) != 0)
		return rc;
	db_bind_int(st, 2, version - VERSIONS_KEPT);
	return db_run(st);
}

/* ---- the commit under way ------------------------------------------------ */

int
outbox_find(struct db *db, struct mem *mem, struct outbox *o)
{
	const void *bytes;
	struct stmt *st;
	void *copy;
	int rc;

	if ((rc = db_stmt(db, OUTBOX_FIND, &st)) != 0 || (rc = db_step(st)) != 1)
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

	if ((rc = stmt_with(db, OUTBOX_PUT, o->txn, NULL, &st)) != 0)
		return rc;
	db_bind_int(st, 2, o->counter);
	db_bind_int(st, 3, o->version);
	db_bind_text(st, 4, o->commit_id);
	db_bind_blob(st, 5, o->bytes, o->len);
	db_bind_int(st, 6, o->frozen != 0);
	return db_run(st);
}

int
outbox_freeze(struct db *db)
{
	int rc = run_plain(db, OUTBOX_FREEZE);

	if (rc != 0)
		return rc;
	return db_changes(db) > 0 ? 0 : err_set(E_ABSENT, "nothing to freeze");
}

int
outbox_clear(struct db *db)
{
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	if ((rc = run_plain(db, OUTBOX_CLEAR)) == 0)
		rc = run_plain(db, OUTBOX_ROWS_CLEAR);
	return db_end(db, rc);
}

int
outbox_row_put(struct db *db, const char *stable_id, int64_t revision)
{
	struct stmt *st;
	int rc;

	if ((rc = stmt_with(db, OUTBOX_ROW_PUT, stable_id, NULL, &st)) != 0)
		return rc;
	db_bind_int(st, 2, revision);
	return db_run(st);
}

int
outbox_row_find(struct db *db, const char *stable_id, int64_t *revision)
{
	struct stmt *st;
	int rc = stmt_with(db, OUTBOX_ROW_FIND, stable_id, NULL, &st);

	return rc != 0 ? rc : one_int(st, revision);
}

int
outbox_rows_clear(struct db *db)
{
	return run_plain(db, OUTBOX_ROWS_CLEAR);
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
		rc = stmt_with(db, OUTBOX_ROW_EACH, after, NULL, &st);
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

	if ((rc = stmt_with(db, UPLOAD_PUT, id, file_type, &st)) != 0)
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

	if ((rc = stmt_with(db, UPLOAD_FIND, id, file_type, &st)) != 0)
		return rc;
	db_bind_int(st, 3, generation);
	return is_there(st);
}

int
upload_clear(struct db *db)
{
	return run_plain(db, UPLOAD_CLEAR);
}

/* ---- syncs --------------------------------------------------------------- */

static int
run_insert(struct db *db, int64_t *run_id)
{
	char now[CLOCK_TEXT_SIZE];
	struct stmt *st;
	int rc;

	rc = stmt_with(db, RUN_BEGIN, clock_text(clock_wall_ms(), now), NULL,
	    &st);
	if (rc == 0 && (rc = db_run(st)) == 0)
		*run_id = db_last_rowid(db);
	return rc;
}

static int
run_forget(struct db *db, int64_t last)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RUN_FORGET, &st)) != 0)
		return rc;
	db_bind_int(st, 1, last);
	return db_run(st);
}

int
run_begin(struct db *db, int64_t *run_id)
{
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	if ((rc = run_insert(db, run_id)) == 0)
		rc = run_forget(db, *run_id - RUNS_KEPT);
	return db_end(db, rc);
}

static int
run_changed(struct db *db, struct stmt *st, int64_t run_id)
{
	int rc;

	if ((rc = db_run(st)) != 0)
		return rc;
	return db_changes(db) > 0
	    ? 0
	    : err_set(E_ABSENT, "no sync %lld", (long long)run_id);
}

int
run_update(struct db *db, int64_t run_id, const char *summary_json,
    int64_t deleted)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RUN_UPDATE, &st)) != 0)
		return rc;
	db_bind_int(st, 1, run_id);
	db_bind_text(st, 2, summary_json);
	db_bind_int(st, 3, deleted);
	return run_changed(db, st, run_id);
}

int
run_end(struct db *db, int64_t run_id, const char *outcome, const char *error,
    const char *summary_json, int64_t deleted, int confirmed)
{
	char now[CLOCK_TEXT_SIZE];
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RUN_END, &st)) != 0)
		return rc;
	db_bind_int(st, 1, run_id);
	db_bind_text(st, 2, clock_text(clock_wall_ms(), now));
	db_bind_text(st, 3, outcome);
	db_bind_text(st, 4, error);
	db_bind_text(st, 5, summary_json);
	db_bind_int(st, 6, deleted);
	db_bind_int(st, 7, confirmed != 0);
	return run_changed(db, st, run_id);
}

int
run_deleted(struct db *db, const char *since, int64_t *n)
{
	struct stmt *st;
	int rc = stmt_with(db, RUN_DELETED, since, NULL, &st);

	if (rc == 0)
		rc = one_int(st, n);
	return rc < 0 ? rc : 0;
}

static int
run_row(struct db *db, struct mem *mem, int64_t before, struct run *run)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RUN_EACH, &st)) != 0)
		return rc;
	db_bind_int(st, 1, before);
	if ((rc = db_step(st)) != 1)
		return rc;
	run->run_id = db_int(st, 0);
	run->started_at = db_text_dup(st, 1, mem);
	run->ended_at = db_text_dup(st, 2, mem);
	run->outcome = db_text_dup(st, 3, mem);
	run->error = db_text_dup(st, 4, mem);
	run->summary = db_text_dup(st, 5, mem);
	db_reset(st);
	return 1;
}

int
run_each(struct db *db, int limit, int (*fn)(void *arg, const struct run *run),
    void *arg)
{
	struct run run = { .run_id = INT64_MAX };
	struct mem *mem = mem_new();
	int rc = 0;

	while (rc == 0 && limit-- > 0) {
		mem_reset(mem);
		rc = run_row(db, mem, run.run_id, &run);
		if (rc != 1)
			break;
		rc = fn(arg, &run);
	}
	mem_free(mem);
	return rc;
}

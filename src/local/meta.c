/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/meta_private.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

/* ---- helpers ------------------------------------------------------------- */

int
meta_stmt(struct db *db, enum sql sql, const char *one, const char *two,
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

int
meta_run(struct db *db, enum sql sql)
{
	struct stmt *st;
	int rc = db_stmt(db, sql, &st);

	return rc != 0 ? rc : db_run(st);
}

int
meta_is_there(struct stmt *st)
{
	int rc = db_step(st);

	if (rc == 1)
		db_reset(st);
	return rc;
}

int
meta_text(struct stmt *st, struct mem *mem, char **text)
{
	int rc = db_step(st);

	if (rc != 1)
		return rc;
	*text = db_text_dup(st, 0, mem);
	db_reset(st);
	return 1;
}

int
meta_number(struct stmt *st, int64_t *value)
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
	int rc = meta_stmt(db, META_FIND, key, NULL, &st);

	return rc != 0 ? rc : meta_text(st, mem, value);
}

int
meta_put(struct db *db, const char *key, const char *value)
{
	char now[CLOCK_TEXT_SIZE];
	struct stmt *st;
	int rc;

	rc = meta_stmt(db, value != NULL ? META_PUT : META_REMOVE, key, value,
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
	char *text = NULL;
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
	char *text = NULL;
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
	return meta_text(st, mem, commit_id);
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

	if ((rc = meta_stmt(db, REPLICA_PUT, r->replica, NULL, &st)) != 0)
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
	int rc = meta_stmt(db, REPLICA_FIND, replica, NULL, &st);

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
		rc = meta_stmt(db, REPLICA_EACH, r.replica, NULL, &st);
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

	if ((rc = meta_stmt(db, NAME_IS_NAMED, id, file_type, &st)) != 0)
		return rc;
	db_bind_int(st, 3, generation);
	return meta_is_there(st);
}

int
name_find(struct db *db, const char *id, const char *file_type,
    int64_t *generation)
{
	struct stmt *st;
	int rc = meta_stmt(db, NAME_FIND, id, file_type, &st);

	return rc != 0 ? rc : meta_number(st, generation);
}

int
name_look(struct db *db, const char *id, const char *file_type,
    int64_t generation, int64_t *refs, int64_t *dropped_version)
{
	struct stmt *st;
	int rc;

	if ((rc = meta_stmt(db, NAME_LOOK, id, file_type, &st)) != 0)
		return rc;
	db_bind_int(st, 3, generation);
	if ((rc = db_step(st)) != 1)
		return rc;
	*refs = db_int(st, 0);
	*dropped_version = db_int(st, 1);
	db_reset(st);
	return 1;
}

int
name_was_once(struct db *db, const char *id, const char *file_type,
    int64_t version)
{
	struct stmt *st;
	int rc;

	if ((rc = meta_stmt(db, NAME_ONCE, id, file_type, &st)) != 0)
		return rc;
	db_bind_int(st, 3, version);
	return meta_is_there(st);
}

int
name_in_files(struct db *db, const char *id, const char *file_type,
    int64_t generation)
{
	struct stmt *st;
	int rc;

	if ((rc = meta_stmt(db, NAME_IN_FILES, id, file_type, &st)) != 0)
		return rc;
	db_bind_int(st, 3, generation);
	return meta_is_there(st);
}

int
name_over(struct db *db, int64_t version, int64_t *n)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, NAME_OVER, &st)) != 0)
		return rc;
	db_bind_int(st, 1, version);
	rc = meta_number(st, n);
	return rc < 0 ? rc : 0;
}

/* A statement with one number. */
static int
run_number(struct db *db, enum sql sql, int64_t number)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, sql, &st)) != 0)
		return rc;
	db_bind_int(st, 1, number);
	return db_run(st);
}

int
name_forget(struct db *db, int64_t version)
{
	return run_number(db, NAME_FORGET, version);
}

int
dropped_begin(struct db *db)
{
	return meta_run(db, NAME_DROPPED_MARK);
}

int
dropped_put(struct db *db, const char *id, const char *file_type,
    int64_t generation, int64_t version, const char *at)
{
	struct stmt *st;
	int rc;

	if ((rc = meta_stmt(db, NAME_DROPPED_PUT, id, file_type, &st)) != 0)
		return rc;
	db_bind_int(st, 3, generation);
	db_bind_int(st, 4, version);
	db_bind_text(st, 5, at);
	return db_run(st);
}

int
dropped_end(struct db *db)
{
	return meta_run(db, NAME_DROPPED_END);
}

/* ---- checkpoints that the chain named ------------------------------------ */

int
checkpoint_named(struct db *db, int64_t version)
{
	return run_number(db, NAMED_PUT, version);
}

int
checkpoint_newest(struct db *db, int64_t version, int64_t *found)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, NAMED_NEWEST, &st)) != 0)
		return rc;
	db_bind_int(st, 1, version);
	return meta_number(st, found);
}

int
checkpoint_forget(struct db *db, int64_t version)
{
	return run_number(db, NAMED_FORGET, version);
}

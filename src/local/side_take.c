/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "local/day.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "local/side.h"

/* ---- what two libraries have in common -------------------------------------- */

int
side_common(struct db *db, struct db *other, int64_t *version)
{
	struct mem *mem = mem_new();
	struct stmt *st;
	char *known;
	int rc, found = 0;

	*version = 0;
	if ((rc = db_stmt(other, PASSED_EACH, &st)) == 0) {
		while (found == 0 && (rc = db_step(st)) == 1) {
			mem_reset(mem);
			found = passed_find(db, mem, db_int(st, 0), &known);
			if (found == 1 && strcmp(known, db_text(st, 1)) == 0)
				*version = db_int(st, 0);
			else if (found == 1)
				found = 0;
		}
		db_reset(st);
	}
	mem_free(mem);
	return found < 0 ? found : rc < 0 ? rc : 0;
}

/* ---- from one library into the other ------------------------------------------ */

static int
forget_above(struct db *db, enum sql sql, int64_t version)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, sql, &st)) != 0)
		return rc;
	db_bind_int(st, 1, version);
	return db_run(st);
}

static int
take_passed(struct db *db, struct db *from, int64_t common)
{
	struct stmt *st;
	int rc, put = 0;

	if ((rc = forget_above(db, PASSED_FORGET, common)) != 0 ||
	    (rc = db_stmt(from, PASSED_EACH, &st)) != 0)
		return rc;
	while (put == 0 && (rc = db_step(st)) == 1) {
		if (db_int(st, 0) <= common)
			break;
		put = passed_put(db, db_int(st, 0), db_text(st, 1));
	}
	db_reset(st);
	return put != 0 ? put : rc < 0 ? rc : 0;
}

static int
take_lineage(struct db *db, struct db *from, int64_t common)
{
	struct stmt *st;
	int rc, put = 0;

	if ((rc = forget_above(db, LINEAGE_FORGET, common)) != 0 ||
	    (rc = db_stmt(from, LINEAGE_EACH, &st)) != 0)
		return rc;
	db_bind_int(st, 1, common);
	while (put == 0 && (rc = db_step(st)) == 1) {
		struct lineage l = { db_text(st, 0), db_int(st, 1),
			db_text(st, 2), db_int(st, 3) != 0, db_text(st, 4),
			db_text(st, 5), db_text(st, 6), db_text(st, 7) };

		put = lineage_put(db, &l);
	}
	db_reset(st);
	return put != 0 ? put : rc;
}

static int
put_name(struct db *db, struct stmt *name)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, SIDE_NAME_PUT, &st)) != 0)
		return rc;
	db_bind_text(st, 1, db_text(name, 0));
	db_bind_text(st, 2, db_text(name, 1));
	db_bind_int(st, 3, db_int(name, 2));
	db_bind_int(st, 4, db_int(name, 3));
	if (!db_is_null(name, 4))
		db_bind_int(st, 5, db_int(name, 4));
	db_bind_text(st, 6, db_text(name, 5));
	return db_run(st);
}

static int
run(struct db *db, enum sql sql)
{
	struct stmt *st;
	int rc = db_stmt(db, sql, &st);

	return rc != 0 ? rc : db_run(st);
}

static int
take_names(struct db *db, struct db *from)
{
	struct stmt *st;
	int rc, put = 0;

	if ((rc = run(db, SIDE_FORGET_NAMES)) != 0 ||
	    (rc = db_stmt(from, SIDE_NAME_EACH, &st)) != 0)
		return rc;
	while (put == 0 && (rc = db_step(st)) == 1)
		put = put_name(db, st);
	db_reset(st);
	return put != 0 ? put : rc;
}

static int
take_replica(void *arg, const struct replica *r)
{
	return replica_put(arg, r);
}

/* All of chain_load, and what it is told by. */
static int
take_values(struct db *db, struct db *from)
{
	static const char *const keys[] = { "store", "version", "commit", "gc",
		"floor", "floor_before", "forget", "gc_first", "adopted",
		"min_reader", "min_writer", "checkpoint", "checkpoint_size",
		"checkpoint_hash", "weight" };
	struct mem *mem = mem_new();
	char *value;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(keys) / sizeof(*keys); i++) {
		rc = meta_find(from, mem, keys[i], &value);
		if (rc >= 0)
			rc = meta_put(db, keys[i], rc == 1 ? value : NULL);
	}
	mem_free(mem);
	return rc;
}

static int
take_checkpoints(struct db *db, struct db *from)
{
	int64_t version = INT64_MAX;
	int rc = checkpoint_forget(db, INT64_MAX);

	while (
	    rc == 0 && (rc = checkpoint_newest(from, version, &version)) == 1)
		rc = checkpoint_named(db, version);
	return rc;
}

/* When a generation began is not known: not before today.  And of the versions
 * that the store has by now, none above the common one was reached before. */
static int
begin_days(struct db *db, int64_t common)
{
	int64_t day;
	int rc;

	if ((rc = day_number(db, &day)) != 0 ||
	    (rc = meta_put_int(db, "gc_day", day)) != 0)
		return rc;
	return day_set_back(db, common);
}

static int
same_state(struct db *db, struct db *from)
{
	struct hash ours, theirs;
	int rc;

	if ((rc = state_find(db, &ours)) < 0 ||
	    (rc = state_find(from, &theirs)) < 0)
		return rc;
	if (!hash_eq(&ours, &theirs))
		return err_set(E_CORRUPT,
		    "the store's side of the records here does not come to the "
		    "store's own state; stemma fsck tells more");
	return 0;
}

int
side_take(struct db *db, struct db *from, int64_t common)
{
	int rc;

	if ((rc = same_state(db, from)) != 0 ||
	    (rc = take_names(db, from)) != 0 ||
	    (rc = take_passed(db, from, common)) != 0 ||
	    (rc = take_lineage(db, from, common)) != 0 ||
	    (rc = run(db, SIDE_FORGET_REPLICAS)) != 0 ||
	    (rc = replica_each(from, take_replica, db)) != 0 ||
	    (rc = take_checkpoints(db, from)) != 0 ||
	    (rc = begin_days(db, common)) != 0)
		return rc;
	return take_values(db, from);
}

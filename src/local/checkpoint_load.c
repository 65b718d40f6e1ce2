/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/str.h"
#include "local/checkpoint_rows.h"
#include "local/db.h"
#include "local/record_row.h"
#include "local/ref.h"

/* ---- forgetting the store's side ---------------------------------------------- */

int
side_reset(struct db *db)
{
	static const enum sql all[] = { SIDE_FORGET_BASE, SIDE_FORGET_NAMES,
		SIDE_FORGET_LINEAGE, SIDE_FORGET_REPLICAS, SIDE_FORGET };
	struct stmt *st;
	size_t i;
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	for (i = 0; rc == 0 && i < sizeof(all) / sizeof(*all); i++)
		if ((rc = db_stmt(db, all[i], &st)) == 0)
			rc = db_run(st);
	if (rc == 0)
		rc = meta_put(db, "state", NULL);
	return db_end(db, rc);
}

/* ---- loading -------------------------------------------------------------------- */

struct loading {
	struct db *db;
	struct hash state;       /* sum so far */
	struct buf drop, create; /* SQL: the indexes of files */
};

static int
expect_empty(struct db *db)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RECORD_ANY, &st)) != 0)
		return rc;
	rc = db_step(st);
	db_reset(st);
	if (rc == 1)
		return err_set(E_INPUT, "the library has records already");
	return rc;
}

/*
 * An index is made faster at once than row by row in another order: so those of
 * files are dropped until all rows are there, in the same transaction.
 */
static int
drop_indexes(struct loading *l)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(l->db, CHECKPOINT_INDEXES, &st)) != 0)
		return rc;
	while ((rc = db_step(st)) == 1) {
		buf_printf(&l->drop, "DROP INDEX %s;", db_text(st, 0));
		buf_printf(&l->create, "%s;", db_text(st, 1));
	}
	return rc < 0 ? rc : db_exec(l->db, buf_text(&l->drop));
}

static int
create_indexes(struct loading *l)
{
	return db_exec(l->db, buf_text(&l->create));
}

static int
load_record(void *arg, const struct record *rec, int64_t version)
{
	struct loading *l = arg;
	struct held held = { .rec = *rec };
	struct hash digest;
	struct stmt *st;
	int rc;

	shared_digest(rec, &digest);
	hash_sum_add(&l->state, &digest);
	held.remote_version = version;
	held.sync_status = rec->deleted ? "synced" : "pending_download";
	held.sync_hash = rec->id;
	if ((rc = db_stmt(l->db, RECORD_INSERT, &st)) != 0)
		return rc;
	row_bind_held(st, &held);
	return db_run(st);
}

static int
put_names(struct db *db)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, CHECKPOINT_PUT_NAMES, &st)) != 0)
		return rc;
	return db_run(st);
}

static int
take_content(struct loading *l, struct stmt *live)
{
	int rc;

	rc = ref_take(l->db, db_text(live, 1), db_text(live, 2),
	    db_int(live, 3));
	if (rc == 1)
		rc = record_set_status(l->db, db_text(live, 0), "synced", NULL);
	return rc;
}

/*
 * In order of their ids, not of the records': a table that is filled in the
 * order of its key needs no page twice.
 */
static int
take_contents(struct loading *l)
{
	struct stmt *live;
	int rc, bad = 0;

	if ((rc = db_stmt(l->db, CHECKPOINT_LIVE, &live)) != 0)
		return rc;
	while (bad == 0 && (rc = db_step(live)) == 1)
		bad = take_content(l, live);
	db_reset(live);
	return bad != 0 ? bad : rc;
}

static int
load_lineage(void *arg, const struct lineage *lineage)
{
	struct loading *l = arg;

	return lineage_put(l->db, lineage);
}

static int
load_replica(void *arg, const struct replica *replica)
{
	struct loading *l = arg;

	return replica_put(l->db, replica);
}

static int
load_dropped(void *arg, const char *id, const char *file_type,
    int64_t generation, int64_t version, const char *at)
{
	struct loading *l = arg;
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(l->db, CHECKPOINT_PUT_DROPPED, &st)) != 0)
		return rc;
	db_bind_text(st, 1, id);
	db_bind_text(st, 2, file_type);
	db_bind_int(st, 3, generation);
	db_bind_int(st, 4, version);
	db_bind_text(st, 5, at);
	if ((rc = db_run(st)) == 0 && db_changes(l->db) == 0)
		rc = err_set(E_CORRUPT,
		    "checkpoint: %s is dropped, and a record has it", id);
	return rc;
}

static int
put_state(struct loading *l, const struct hash *said)
{
	char text[HASH_HEX_SIZE];

	if (!hash_eq(&l->state, said))
		return err_set(E_CORRUPT,
		    "checkpoint: its records are not the state it says");
	return meta_put(l->db, "state", hash_hex(&l->state, text));
}

static int
load_all(struct loading *l, struct checkpoint *cp)
{
	int rc;

	if ((rc = expect_empty(l->db)) != 0 || (rc = side_reset(l->db)) != 0 ||
	    (rc = drop_indexes(l)) != 0 ||
	    (rc = checkpoint_each(cp, load_record, l)) != 0 ||
	    (rc = create_indexes(l)) != 0 || (rc = put_names(l->db)) != 0 ||
	    (rc = take_contents(l)) != 0 ||
	    (rc = checkpoint_each_dropped(cp, load_dropped, l)) != 0 ||
	    (rc = checkpoint_each_lineage(cp, load_lineage, l)) != 0 ||
	    (rc = checkpoint_each_replica(cp, load_replica, l)) != 0)
		return rc;
	return put_state(l, &cp->head.state);
}

int
checkpoint_load(struct db *db, struct checkpoint *cp)
{
	struct loading l = { .db = db };
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	rc = load_all(&l, cp);
	buf_release(&l.drop);
	buf_release(&l.create);
	return db_end(db, rc);
}

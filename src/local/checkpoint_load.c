/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
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
	struct hash state; /* sum so far */
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

static int
put_name(struct db *db, const struct record *rec)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, NAME_TAKE, &st)) != 0)
		return rc;
	db_bind_text(st, 1, rec->id);
	db_bind_text(st, 2, rec->file_type);
	db_bind_int(st, 3, rec->generation);
	return db_run(st);
}

static int
put_row(struct db *db, const struct record *rec, int64_t version,
    const char *status)
{
	struct held held = { .rec = *rec };
	struct stmt *st;
	int rc;

	held.remote_version = version;
	held.sync_status = status;
	held.sync_hash = rec->id;
	if ((rc = db_stmt(db, RECORD_PUT, &st)) != 0)
		return rc;
	row_bind_held(st, &held);
	return db_run(st);
}

static int
load_record(void *arg, const struct record *rec, int64_t version)
{
	struct loading *l = arg;
	struct hash digest;
	int rc, is_here = 1;

	shared_digest(rec, &digest);
	hash_sum_add(&l->state, &digest);
	if (!rec->deleted)
		is_here = ref_take(l->db, rec->id, rec->file_type,
		    rec->file_size);
	if (is_here < 0)
		return is_here;
	if ((rc = put_name(l->db, rec)) != 0)
		return rc;
	return put_row(l->db, rec, version,
	    is_here ? "synced" : "pending_download");
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
	    (rc = checkpoint_each(cp, load_record, l)) != 0 ||
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
	return db_end(db, load_all(&l, cp));
}

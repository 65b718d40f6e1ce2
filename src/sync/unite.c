/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/unite.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "local/blob.h"
#include "local/conflict.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "local/side.h"
#include "sync/apply.h"

struct unite {
	struct sync *s;
	struct db *there; /* of the library beside */
	struct recover *r;
	struct mem *mem; /* of one record */
	int64_t common;
	/* the present one */
	struct record_both both;
	struct theirs theirs;
};

/* ---- one record ------------------------------------------------------------- */

/* Ours stays, as a change of what the store has. */
static int
keep_over(struct unite *u)
{
	const struct held *held = &u->both.held;
	const struct record *rec = u->theirs.rec;
	struct record_write w = { .row = &held->rec,
		.side = rec,
		.side_version = u->theirs.version,
		.side_at = u->theirs.at,
		.was = &u->both };

	if (!rec->deleted && strcmp(rec->id, held->rec.id) != 0)
		w.parents = mem_printf(u->mem, "[[\"%s\",\"%s\"]]",
		    rec->stable_id, rec->id);
	return record_write(u->s->db, &w);
}

/* It is the same there, under another version perhaps. */
static int
keep_same(struct unite *u)
{
	const struct held *held = &u->both.held;
	struct record_write w = { .row = &held->rec,
		.side = u->theirs.rec,
		.side_version = u->theirs.version,
		.side_at = u->theirs.at,
		.reason = held->sync_reason,
		.parents = held->parents,
		.was = &u->both };

	if (held->remote_version == u->theirs.version)
		return 0;
	if (strcmp(held->sync_status, "conflict") == 0)
		w.status = "conflict";
	return record_write(u->s->db, &w);
}

static int
ask(struct unite *u, const char *type, const struct record *ancestor)
{
	int rc = apply_conflict(u->s, u->mem, &u->theirs, type, ancestor);

	if (rc != 0)
		return rc;
	u->r->found->to_decide++;
	return recover_tell(u->r, "decide", &u->both.held.rec);
}

static int
send_again(struct unite *u)
{
	u->r->found->sent_again++;
	if (!blob_is_here(u->s->blobs, u->both.held.rec.id,
		u->both.held.rec.file_type))
		u->r->found->not_here++;
	return recover_tell(u->r, "send again", &u->both.held.rec);
}

static int
take(struct unite *u)
{
	int64_t conflicts = u->s->sum->conflicts, merged = u->s->sum->merged;
	int rc = apply_record(u->s, u->mem, &u->theirs);

	if (rc != 0)
		return rc;
	if (u->s->sum->conflicts > conflicts) {
		u->r->found->to_decide++;
		return recover_tell(u->r, "decide", u->theirs.rec);
	}
	if (u->s->sum->merged > merged) {
		u->r->found->merged++;
		return recover_tell(u->r, "merge", u->theirs.rec);
	}
	u->r->found->taken++;
	return recover_tell(u->r, "take", u->theirs.rec);
}

/* The store went back: what it has is what ours was made from. */
static int
store_is_older(struct unite *u)
{
	bool ours_deleted = u->both.held.rec.deleted;
	bool theirs_deleted = u->theirs.rec->deleted;
	int rc;

	if (ours_deleted && theirs_deleted)
		return apply_record(u->s, u->mem, &u->theirs);
	if (ours_deleted && u->both.side.deleted)
		return ask(u, "deleted_local", u->theirs.rec);
	if ((rc = keep_over(u)) != 0)
		return rc;
	return ours_deleted ? 0 : send_again(u);
}

/* Nobody can say what both came from. */
static int
both_changed(struct unite *u)
{
	bool ours_deleted = u->both.held.rec.deleted;
	bool theirs_deleted = u->theirs.rec->deleted;
	int rc;

	if (ours_deleted && theirs_deleted)
		return apply_record(u->s, u->mem, &u->theirs);
	if (ours_deleted)
		return ask(u, "deleted_local", u->theirs.rec);
	if (theirs_deleted)
		return ask(u, "deleted_remote", NULL);
	if ((rc = side_forget_one(u->s->db, u->theirs.rec->stable_id)) != 0)
		return rc;
	u->theirs.found = NULL;
	return take(u);
}

static int
store_is_newer(struct unite *u)
{
	if (u->theirs.rec->deleted && !u->both.held.rec.deleted)
		return ask(u, "deleted_remote", NULL);
	return take(u);
}

/* ---- an open conflict --------------------------------------------------------- */

/* The other side was published, and the store lost it: it goes into the
 * history, and ours comes back to the front. */
static int
keep_both(struct unite *u, const struct held *ours, const struct record *side)
{
	struct record_write theirs = { .row = side, .kind = "merge" };
	struct record_write again = { .row = &ours->rec,
		.parents = ours->parents,
		.kind = "merge" };
	int rc;

	if (!side->deleted && (rc = record_write(u->s->db, &theirs)) != 0)
		return rc;
	if (!ours->rec.deleted || side->deleted)
		return record_write(u->s->db, &again);
	return 0;
}

/* What waits for a person's word anyway. */
static int
is_proposed(struct unite *u)
{
	struct conflict c;
	int rc = conflict_find(u->s->db, u->mem, u->both.held.rec.stable_id,
	    &c);

	return rc == 1 ? strcmp(c.type, "proposed") == 0 : rc;
}

static int
end_conflict(struct unite *u)
{
	const char *id = u->both.held.rec.stable_id;
	int rc;

	if (strcmp(u->both.held.sync_status, "conflict") != 0 ||
	    (rc = is_proposed(u)) == 1)
		return 0;
	if (rc < 0 || (rc = keep_both(u, &u->both.held, &u->both.side)) != 0 ||
	    (rc = conflict_remove(u->s->db, id)) != 0)
		return rc;
	return record_find_both(u->s->db, u->mem, id, &u->both);
}

/* ---- all that the store has ------------------------------------------------------- */

static int
compare(struct unite *u)
{
	bool lost = u->both.held.remote_version > u->common;
	bool fresh = u->theirs.version > u->common;
	int rc;

	if (shared_equal(&u->both.side, u->theirs.rec))
		return keep_same(u);
	if (!lost && fresh)
		return store_is_newer(u);
	if ((rc = is_proposed(u)) != 0)
		return rc < 0 ? rc : apply_record(u->s, u->mem, &u->theirs);
	if ((rc = end_conflict(u)) != 0)
		return rc;
	return lost && !fresh ? store_is_older(u) : both_changed(u);
}

static int
meet(void *arg, const struct held *held)
{
	struct unite *u = arg;
	int rc;

	mem_reset(u->mem);
	if ((rc = run_stopped(u->s)) != 0 ||
	    (rc = record_find_both(u->s->db, u->mem, held->rec.stable_id,
		 &u->both)) != 0)
		return rc;
	u->theirs = (struct theirs){ &held->rec, held->remote_version,
		held->rec.updated_at, NULL, NULL, &u->both };
	return u->both.have_row && u->both.have_side ? compare(u) : take(u);
}

/* ---- all that it lacks -------------------------------------------------------------- */

static int
forget_side(struct unite *u)
{
	struct record side;
	int rc;

	if ((rc = record_side(u->there, u->mem, u->both.held.rec.stable_id,
		 &side, NULL)) != 0)
		return rc < 0 ? rc : 0;
	if ((rc = end_conflict(u)) != 0 ||
	    (rc = side_forget_one(u->s->db, u->both.held.rec.stable_id)) != 0)
		return rc;
	if (!u->both.held.rec.deleted)
		return send_again(u);
	u->r->found->forgotten++;
	return 0;
}

static int
miss(void *arg, const struct held *held)
{
	struct unite *u = arg;
	int rc;

	if (held->remote_version == 0)
		return 0;
	mem_reset(u->mem);
	if ((rc = record_find_both(u->s->db, u->mem, held->rec.stable_id,
		 &u->both)) != 0)
		return rc;
	return forget_side(u);
}

/* ---- where we are --------------------------------------------------------------------- */

/* What we published last, as the store knows it. */
static int
take_counter(struct unite *u)
{
	struct replica r = { 0 };
	int64_t counter;
	int rc;

	mem_reset(u->mem);
	if ((rc = meta_int(u->s->db, "counter", &counter)) != 0 ||
	    (rc = replica_find(u->s->db, u->mem, u->s->replica, &r)) < 0)
		return rc;
	if (rc == 1 && r.counter > counter)
		return apply_become_another(u->s);
	return meta_put_int(u->s->db, "counter", rc == 1 ? r.counter : 0);
}

static int
unite_all(struct unite *u)
{
	static const struct record_filter all = { 0 };
	struct db *db = u->s->db;
	int rc;

	if ((rc = record_each(u->there, &all, meet, u)) != 0 ||
	    (rc = record_each(db, &all, miss, u)) != 0 ||
	    (rc = side_take(db, u->there, u->common)) != 0 ||
	    (rc = outbox_clear(db)) != 0 || (rc = upload_clear(db)) != 0 ||
	    (rc = take_counter(u)) != 0)
		return rc;
	if ((rc = meta_put(db, "last_fetch", NULL)) != 0)
		return rc;
	return meta_put(db, "digest_differs", NULL);
}

/* What a dry run did is taken back as if it had failed. */
static int
end(struct unite *u, int rc)
{
	if (rc != 0 || !u->r->wish->dry_run)
		return db_end(u->s->db, rc);
	db_end(u->s->db, err_set(E_CONFLICT, "only to see"));
	return 0;
}

int
unite_run(struct sync *s, struct beside *b, int64_t common, struct recover *r)
{
	struct unite u = { .s = s,
		.there = b->sync.db,
		.r = r,
		.mem = mem_new(),
		.common = common };
	int rc;

	if ((rc = db_begin(s->db)) == 0)
		rc = end(&u, unite_all(&u));
	mem_free(u.mem);
	return rc;
}

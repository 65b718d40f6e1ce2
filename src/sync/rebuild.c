/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/rebuild.h"

#include <inttypes.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "local/side.h"
#include "sync/apply.h"
#include "sync/beside.h"

/* Ours, and the same store's as it says itself. */
struct rebuild {
	struct sync *s;
	struct beside b;
	struct mem *mem; /* of one record */
	int64_t mended;
};

/* What the library beside has and ours has otherwise. */
static int
mend_record(void *arg, const struct held *held)
{
	struct rebuild *r = arg;
	struct theirs theirs = { &held->rec, held->remote_version,
		held->rec.updated_at, NULL, NULL, NULL };
	struct record side;
	int64_t version;
	int rc;

	mem_reset(r->mem);
	rc = record_side(r->s->db, r->mem, held->rec.stable_id, &side,
	    &version);
	if (rc < 0 || (rc == 1 && shared_equal(&side, &held->rec)))
		return rc < 0 ? rc : 0;
	log_line(LOG_WARN, "sync", "record %s differed from the store's",
	    held->rec.stable_id);
	r->mended++;
	if ((rc = db_begin(r->s->db)) != 0)
		return rc;
	return db_end(r->s->db, apply_record(r->s, r->mem, &theirs));
}

/* What ours believes to be on the store, and is not. */
static int
forget_record(void *arg, const struct held *held)
{
	struct rebuild *r = arg;
	struct record side;
	int rc;

	if (held->remote_version == 0)
		return 0;
	mem_reset(r->mem);
	rc = record_side(r->b.sync.db, r->mem, held->rec.stable_id, &side,
	    NULL);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	log_line(LOG_WARN, "sync", "record %s is not on the store",
	    held->rec.stable_id);
	r->mended++;
	if ((rc = db_begin(r->s->db)) != 0)
		return rc;
	return db_end(r->s->db, side_forget_one(r->s->db, held->rec.stable_id));
}

static int
mend(struct rebuild *r)
{
	static const struct record_filter all = { 0 };
	char hex[HASH_HEX_SIZE];
	struct hash state;
	int rc;

	if ((rc = record_each(r->b.sync.db, &all, mend_record, r)) != 0 ||
	    (rc = record_each(r->s->db, &all, forget_record, r)) != 0 ||
	    (rc = state_find(r->b.sync.db, &state)) != 0)
		return rc;
	return meta_put(r->s->db, "state", hash_hex(&state, hex));
}

static int
report(struct sync *s)
{
	s->digest_reported = true;
	run_say(s,
	    "The state digest at version %" PRId64 " is not the one "
	    "that its commit says.  Please report this; the sync goes on.",
	    s->last.version);
	return meta_put_int(s->db, "digest_differs", s->last.version);
}

int
rebuild_run(struct sync *s)
{
	struct rebuild r = { .s = s, .mem = mem_new() };
	struct remote_head head = { s->last.version, s->last_id };
	int rc;

	run_say(s,
	    "The state digest differs: building the store's side anew "
	    "to compare.");
	if ((rc = beside_open(&r.b, s, s->store)) == 0 &&
	    (rc = beside_build(&r.b, &head)) == 0)
		rc = mend(&r);
	beside_close(&r.b);
	mem_free(r.mem);
	if (rc == E_STOPPED || rc == E_NOMEM)
		return rc;
	if (rc != 0)
		log_line(LOG_WARN, "sync", "rebuild: %s", err_text());
	s->diverged = rc != 0 || r.b.sync.diverged;
	if (s->diverged)
		return report(s);
	run_say(s, "%" PRId64 " records were set right.", r.mended);
	return 0;
}

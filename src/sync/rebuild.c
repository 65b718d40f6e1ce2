/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/rebuild.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "local/side.h"
#include "sync/apply.h"

/* The library beside: the same store, nothing of ours. */
struct beside {
	struct sync *s; /* ours */
	struct sync b;
	struct sync_options opt;
	struct sync_summary sum;
	struct mem *mem; /* of one record */
	char *path;
	int64_t mended;
};

static void
remove_files(const struct beside *r)
{
	file_remove(r->path);
	file_remove(mem_printf(r->s->mem, "%s-wal", r->path));
	file_remove(mem_printf(r->s->mem, "%s-shm", r->path));
}

static int
open_beside(struct beside *r)
{
	char uuid[37];
	int rc;

	r->path = mem_printf(r->s->mem, "%s/rebuild.db", r->s->opt->work_dir);
	remove_files(r);
	r->b = *r->s;
	r->b.db = NULL;
	if ((rc = db_open(r->path, DB_LIBRARY, true, &r->b.db)) != 0)
		return rc;
	r->opt = *r->s->opt;
	r->opt.confirm_deletions = true;
	r->opt.message = NULL;
	r->b.opt = &r->opt;
	r->b.sum = &r->sum;
	r->b.replica = mem_strdup(r->s->mem, rand_uuid(uuid));
	r->b.diverged = false;
	r->b.digest_reported = true;
	memset(&r->b.last, 0, sizeof(r->b.last));
	memset(&r->b.last_id, 0, sizeof(r->b.last_id));
	return 0;
}

/* What the library beside has and ours has otherwise. */
static int
mend_record(void *arg, const struct held *held)
{
	struct beside *r = arg;
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
	struct beside *r = arg;
	struct record side;
	int rc;

	if (held->remote_version == 0)
		return 0;
	mem_reset(r->mem);
	rc = record_side(r->b.db, r->mem, held->rec.stable_id, &side, NULL);
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
mend(struct beside *r)
{
	static const struct record_filter all = { 0 };
	char hex[HASH_HEX_SIZE];
	struct hash state;
	int rc;

	if ((rc = record_each(r->b.db, &all, mend_record, r)) != 0 ||
	    (rc = record_each(r->s->db, &all, forget_record, r)) != 0 ||
	    (rc = state_find(r->b.db, &state)) != 0)
		return rc;
	return meta_put(r->s->db, "state", hash_hex(&state, hex));
}

static int
build(struct beside *r)
{
	struct remote_head head = { r->s->last.version, r->s->last_id };
	int rc;

	if ((rc = meta_put(r->b.db, "store", r->s->store)) != 0 ||
	    (rc = meta_put(r->b.db, "replica", r->b.replica)) != 0)
		return rc;
	return apply_from(&r->b, &head);
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
	struct beside r = { .s = s, .mem = mem_new() };
	int rc;

	run_say(s,
	    "The state digest differs: building the store's side anew "
	    "to compare.");
	if ((rc = open_beside(&r)) == 0 && (rc = build(&r)) == 0)
		rc = mend(&r);
	db_close(r.b.db);
	remove_files(&r);
	mem_free(r.mem);
	if (rc == E_STOPPED || rc == E_NOMEM)
		return rc;
	if (rc != 0)
		log_line(LOG_WARN, "sync", "rebuild: %s", err_text());
	s->diverged = rc != 0 || r.b.diverged;
	if (s->diverged)
		return report(s);
	run_say(s, "%" PRId64 " records were set right.", r.mended);
	return 0;
}

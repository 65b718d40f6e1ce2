/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "local/checkpoint.h"
#include "local/db.h"
#include "local/meta.h"
#include "sync/beside.h"
#include "sync/bootstrap.h"
#include "sync/chain.h"
#include "sync/fsck_parts.h"

/* What concerns the objects of the store is a finding; the rest ends it. */
static bool
is_finding(int rc)
{
	return rc == E_CORRUPT || rc == E_ABSENT || rc == E_INPUT;
}

static int
broken(struct fsck *k)
{
	k->is_broken = true;
	return fsck_tell(k, FSCK_FAULT, "%s", err_text());
}

/* ---- commits -------------------------------------------------------------------- */

static int
see_change(void *arg, const struct commit_change *change)
{
	(void)arg;
	(void)change;
	return 0;
}

static void
note_checkpoint(struct fsck *k, const struct commit *c)
{
	if (c->checkpoint.version == 0 ||
	    k->checkpoints_n == FSCK_CHECKPOINTS ||
	    (k->checkpoints_n > 0 &&
		hash_eq(&k->checkpoints[k->checkpoints_n - 1],
		    &c->checkpoint.hash)))
		return;
	k->checkpoints[k->checkpoints_n++] = c->checkpoint.hash;
}

/* One after another from the floor on: contiguous, nothing goes back, and each
 * record in bounds. */
static int
read_commits(struct fsck *k)
{
	struct commit before = { 0 }, c;
	struct hash before_id, id;
	int64_t size;
	int rc;

	for (int64_t v = k->lowest; v <= k->head.version; v++) {
		mem_reset(k->mem);
		if ((rc = run_stopped(k->s)) != 0 ||
		    (rc = chain_header(k->s, k->mem, v, &c, &id, &size)) != 0 ||
		    (v > k->lowest &&
			(rc = commit_follows(&c, &before, &before_id)) != 0) ||
		    (rc = commit_each(chain_file(k->s, k->mem, v), see_change,
			 NULL)) != 0)
			return rc;
		note_checkpoint(k, &c);
		before = c;
		before_id = id;
	}
	return 0;
}

static int
check_commits(struct fsck *k)
{
	struct hash arrival;
	int rc;

	k->s->hasty = true;
	rc = chain_fetch(k->s, &k->head, k->lowest - 1, &arrival);
	k->s->hasty = false;
	k->counts->commits = k->head.version - k->lowest + 1;
	if (rc == 0)
		rc = read_commits(k);
	k->is_chain_whole = rc == 0;
	return is_finding(rc) ? broken(k) : rc;
}

/* ---- the checkpoint ------------------------------------------------------------- */

/* The commit of its version says which digest it must have. */
static int
check_state(struct fsck *k, const struct checkpoint_head *at)
{
	const struct commit_checkpoint *cp = &k->s->last.checkpoint;
	struct commit c;
	struct hash id;
	int64_t size;
	int rc;

	if (at->version != cp->version)
		return err_set(E_CORRUPT,
		    "the checkpoint of version %" PRId64
		    " says that it is of version %" PRId64,
		    cp->version, at->version);
	if (!k->is_chain_whole || cp->version < k->lowest)
		return 0;
	if ((rc = chain_header(k->s, k->mem, cp->version, &c, &id, &size)) != 0)
		return rc;
	if (!hash_eq(&c.state, &at->state))
		return err_set(E_CORRUPT,
		    "the checkpoint of version %" PRId64
		    " has another digest than its commit says",
		    cp->version);
	return 0;
}

static int
load_checkpoint(struct fsck *k)
{
	struct checkpoint_head at;
	struct checkpoint *file;
	char *plain;
	int rc;

	if ((rc = bootstrap_get(k->s, &k->s->last.checkpoint, &plain)) != 0)
		return rc;
	if ((rc = checkpoint_open(plain, &file, &at)) == 0) {
		if ((rc = checkpoint_verify(file, NULL)) == 0)
			rc = check_state(k, &at);
		checkpoint_close(file);
	}
	file_remove(plain);
	return rc;
}

static int
check_checkpoint(struct fsck *k)
{
	int rc;

	mem_reset(k->mem);
	if (k->s->last.checkpoint.version == 0)
		return 0;
	rc = load_checkpoint(k);
	return is_finding(rc) ? broken(k) : rc;
}

/* ---- as a newcomer -------------------------------------------------------------- */

static int
compare(struct fsck *k, struct beside *b)
{
	struct hash ours, theirs;
	int rc;

	if ((rc = state_find(k->s->db, &ours)) != 0 ||
	    (rc = state_find(b->sync.db, &theirs)) != 0)
		return rc;
	if (b->sync.diverged)
		return fsck_tell(k, FSCK_FAULT,
		    "the commits lead to another digest than version %" PRId64
		    " says",
		    k->head.version);
	if (!hash_eq(&ours, &theirs))
		return fsck_tell(k, FSCK_FAULT,
		    "this library has another digest than the store's records "
		    "at version %" PRId64,
		    k->head.version);
	return 0;
}

static int
build(struct fsck *k)
{
	struct beside b;
	int rc;

	if ((rc = beside_open(&b, k->s, k->s->store)) == 0 &&
	    (rc = beside_build(&b, &k->head)) == 0)
		rc = compare(k, &b);
	beside_close(&b);
	return rc;
}

int
fsck_chain(struct fsck *k)
{
	int rc;

	if (k->head.version == 0)
		return 0;
	rc = check_commits(k);
	return rc != 0 ? rc : check_checkpoint(k);
}

int
fsck_build(struct fsck *k)
{
	int rc;

	if (k->head.version == 0 || k->is_broken)
		return 0;
	rc = build(k);
	return is_finding(rc) ? broken(k) : rc;
}

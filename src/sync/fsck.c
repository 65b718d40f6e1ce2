/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/fsck.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "sync/chain.h"
#include "sync/fsck_parts.h"
#include "sync/moved.h"
#include "sync/push.h"
#include "sync/tidy.h"

#define HEADS 8

int
fsck_tell(struct fsck *k, enum fsck_kind kind, const char *fmt, ...)
{
	struct mem *mem = mem_new();
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = k->wish->told(k->wish->arg, kind, mem_vprintf(mem, fmt, ap));
	va_end(ap);
	mem_free(mem);
	k->counts->faults += kind == FSCK_FAULT;
	k->counts->lost += kind == FSCK_LOST;
	k->counts->strays += kind == FSCK_STRAY;
	return rc;
}

/* ---- the head ------------------------------------------------------------------- */

/* Of several the newest is looked at; chain_head would have waited by now. */
static int
choose_head(struct fsck *k, const struct remote_head *seen, int n)
{
	k->head = seen[0];
	for (int i = 1; i < n; i++)
		if (seen[i].version > k->head.version)
			k->head = seen[i];
	return fsck_tell(k, FSCK_FAULT,
	    "head/ shows %d names and must show one: nobody can publish "
	    "(\"stemma recover\" removes a leftover)",
	    n);
}

/* Two names may be a rename under way: chain_head waits for its end. */
static int
look_at_head(struct fsck *k)
{
	struct remote_head seen[HEADS];
	int n = 0, rc = chain_head(k->s, &k->head);

	if (rc != E_CORRUPT && rc != E_ROLLBACK)
		return rc;
	if (remote_head_look(k->s->remote, seen, HEADS, &n) != E_BUSY || n < 2)
		return chain_head(k->s, &k->head);
	return choose_head(k, seen, n < HEADS ? n : HEADS);
}

/* A seal is not behind: it is the end. */
static int
not_in_step(struct fsck *k)
{
	struct sync *s = k->s;
	struct commit c;

	if (chain_peek(s, s->mem, &k->head, &c) == 0 && c.moved_to != NULL)
		return moved_say(s, &c);
	return err_set(E_CONFLICT,
	    "the store is at version %" PRId64 ", this library at %" PRId64
	    ": stemma sync first",
	    k->head.version, s->last.version);
}

static int
check_head(struct fsck *k)
{
	int rc;

	if ((rc = moved_check(k->s)) != 0 || (rc = look_at_head(k)) != 0 ||
	    (rc = chain_check(k->s, &k->head)) != 0)
		return rc;
	k->lowest = k->s->last.floor > 0 ? k->s->last.floor : 1;
	return k->head.version != k->s->last.version ? not_in_step(k) : 0;
}

/* ---- mending -------------------------------------------------------------------- */

/* Published once for all contents; then a beginning for whoever is new. */
static int
mend(struct fsck *k)
{
	int rc;

	if (!k->wish->repair)
		return 0;
	if ((rc = push_changes(k->s)) != 0 || !k->is_broken)
		return rc;
	run_say(k->s,
	    "Writing a new checkpoint: nobody needs what is broken below it.");
	return tidy_begin_here(k->s);
}

/* ---- all of it ------------------------------------------------------------------ */

static void
forget_commits(struct fsck *k)
{
	for (int64_t v = k->lowest; v <= k->head.version; v++) {
		mem_reset(k->s->step);
		file_remove(chain_file(k->s, k->s->step, v));
	}
}

static int
check_all(struct fsck *k)
{
	int rc;

	if ((rc = check_head(k)) != 0)
		return rc;
	if (k->wish->repair && (rc = push_frozen(k->s)) != 0)
		return rc;
	if ((rc = fsck_chain(k)) == 0 && (rc = fsck_strays(k)) == 0)
		rc = fsck_build(k);
	forget_commits(k);
	if (rc != 0 || (rc = fsck_contents(k)) != 0)
		return rc;
	return mend(k);
}

static int
check_locked(struct sync *s, const struct fsck_wish *wish,
    struct fsck_counts *counts)
{
	struct fsck *k = xmalloc(sizeof(*k));
	int rc;

	memset(k, 0, sizeof(*k));
	k->s = s;
	k->wish = wish;
	k->counts = counts;
	k->mem = mem_new();
	rc = check_all(k);
	mem_free(k->mem);
	free(k);
	return rc;
}

int
fsck_store(const struct sync_options *opt, const struct fsck_wish *wish,
    struct fsck_counts *counts)
{
	struct sync_summary sum;
	struct sync s;
	int rc, lock;

	memset(counts, 0, sizeof(*counts));
	if ((rc = run_open(&s, opt, &sum)) == 0) {
		rc = lock = run_lock(&s);
		if (lock >= 0) {
			rc = check_locked(&s, wish, counts);
			close(lock);
		}
	}
	run_close(&s);
	return rc;
}

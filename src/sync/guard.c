/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/guard.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "local/day.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "sync/plan.h"

#define DAY_MS (24 * 60 * 60 * 1000LL)

/* Of the last 24 hours by the clock, and of this and the last day on which
 * there was a sync: a clock that jumps ahead forgets nothing. */
static int
deleted_lately(struct sync *s, int64_t *n)
{
	char since[CLOCK_TEXT_SIZE];
	int64_t history_seq, after_run = 0;
	int rc;

	clock_text(clock_wall_ms() - DAY_MS, since);
	if ((rc = day_ago(s->db, 1, &history_seq, &after_run)) < 0)
		return rc;
	return run_deleted(s->db, since, after_run, n);
}

int
guard_check(struct sync *s, int64_t n, const char *where)
{
	struct record_counts counts;
	struct buf summary = { 0 };
	int64_t before = 0, live;
	int rc;

	if (n == 0 || s->opt->confirm_deletions)
		return 0;
	sync_summary_json(s->sum, &summary);
	rc = s->sum->run_id == 0
	    ? 0
	    : run_update(s->db, s->sum->run_id, buf_text(&summary), s->deleted);
	buf_release(&summary);
	if (rc != 0 || (rc = record_counts(s->db, &counts)) != 0 ||
	    (rc = deleted_lately(s, &before)) != 0)
		return rc;
	live = counts.live + counts.pending_delete + before;
	if (!plan_guard(n + before, live, s->opt->max_delete_percent))
		return 0;
	return err_set(E_GUARD,
	    "This would delete %" PRId64 " of %" PRId64 " records %s (%" PRId64
	    " more in the last day), over the "
	    "limit of %d %%.  Nothing was deleted.  If it is what you want: "
	    "stemma sync --confirm-deletions",
	    n, live, where, before, s->opt->max_delete_percent);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/sync.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "local/choice.h"
#include "local/day.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "local/resolution.h"
#include "remote/remote.h"
#include "sync/apply.h"
#include "sync/chain.h"
#include "sync/fetch.h"
#include "sync/gc.h"
#include "sync/moved.h"
#include "sync/push.h"
#include "sync/recover.h"
#include "sync/repair.h"
#include "sync/resolve.h"
#include "sync/run.h"
#include "sync/tidy.h"

/* ---- nothing to do? --------------------------------------------------------------- */

/* What waits here, but for what only a person or the store can settle. */
static int
work_waits(struct sync *s)
{
	struct record_counts counts;
	struct outbox outbox;
	int rc;

	if ((rc = record_counts(s->db, &counts)) != 0 ||
	    (rc = outbox_find(s->db, s->mem, &outbox)) < 0)
		return rc;
	if (rc == 1 && outbox.frozen)
		return 1;
	return counts.to_send > 0;
}

/* Contents that could not be had are asked for again, but not each time. */
#define RETRY_MS (10 * 60 * 1000LL)

static int
retry_is_due(struct sync *s)
{
	struct record_counts counts;
	char *text;
	int64_t at_ms = 0;
	int rc;

	if ((rc = record_counts(s->db, &counts)) != 0)
		return rc;
	if (counts.pending_download == counts.unwanted)
		return 0;
	if ((rc = meta_find(s->db, s->mem, "last_fetch", &text)) < 0)
		return rc;
	if (rc == 1 && clock_parse(text, &at_ms) != 0)
		at_ms = 0;
	return clock_wall_ms() - at_ms > RETRY_MS || clock_wall_ms() < at_ms;
}

static int
something_waits(struct sync *s)
{
	int rc;

	if ((rc = db_begin_read(s->db)) != 0)
		return rc;
	if ((rc = work_waits(s)) == 0 && (rc = retry_is_due(s)) == 0 &&
	    (rc = gc_is_due(s)) == 0)
		rc = choice_has_changed(s->db, s->opt->collections);
	return db_end(s->db, rc);
}

/* 1: there is nothing to do.  One request: the listing of head/. */
static int
nothing_to_do(struct sync *s)
{
	struct remote_head head;
	int rc;

	if (s->opt->force || s->recover != NULL)
		return 0;
	if ((rc = moved_check(s)) != 0)
		return rc;
	if ((rc = something_waits(s)) != 0)
		return rc < 0 ? rc : 0;
	run_phase(s, SYNC_CHECK, 0, 0);
	if ((rc = chain_head(s, &head)) != 0)
		return rc;
	return head.version == s->last.version &&
	    hash_eq(&head.commit, &s->last_id);
}

/* ---- the run ------------------------------------------------------------------------ */

static int
note_fetch(struct sync *s)
{
	char now[CLOCK_TEXT_SIZE];

	return meta_put(s->db, "last_fetch", clock_text(clock_wall_ms(), now));
}

static int
get_contents(struct sync *s)
{
	int rc;

	/* Who dies on the way does not wait: the next sync goes on. */
	if ((rc = meta_put(s->db, "last_fetch", NULL)) != 0 ||
	    (rc = choice_apply(s->db, s->opt->collections)) != 0 ||
	    (rc = fetch_contents(s)) != 0 || (rc = note_fetch(s)) != 0)
		return rc;
	return resolve_propose(s->db, s->blobs);
}

static int
run_steps(struct sync *s)
{
	int64_t started = s->last.version, before;
	int rc;

	if (s->recover != NULL && (rc = recover_begin(s, s->recover)) != 0)
		return rc;
	if ((rc = apply_pull(s)) != 0 || (rc = get_contents(s)) != 0)
		return rc;
	/* What was sent before may have gone since, named or not. */
	if ((s->opt->force || s->recover != NULL) &&
	    ((rc = upload_clear(s->db)) != 0 || (rc = repair_contents(s)) != 0))
		return rc;
	if ((rc = push_changes(s)) != 0 || (rc = get_contents(s)) != 0)
		return rc;
	if (s->recover != NULL && (rc = recover_end(s, s->recover)) != 0)
		return rc;
	before = s->last.version;
	if ((rc = tidy_up(s, s->last.version != started)) != 0 ||
	    s->last.version == before)
		return rc;
	return get_contents(s); /* of what a race in tidy brought */
}

static const char *
outcome_of(int rc)
{
	switch (rc) {
	case 0:
		return "done";
	case E_STOPPED:
		return "stopped";
	case E_GUARD:
		return "guard";
	default:
		return "failed";
	}
}

static void
sum_up(struct sync *s)
{
	struct remote_stats now = remote_stats(s->remote);
	struct record_counts counts;

	s->sum->new_version = s->last.version;
	s->sum->duration_ms = clock_mono_ms() - s->started_ms;
	s->sum->bytes_up = now.bytes_up - s->before.bytes_up;
	s->sum->bytes_down = now.bytes_down - s->before.bytes_down;
	s->sum->requests = now.requests - s->before.requests;
	for (int i = 0; i < 4; i++)
		s->sum->answered[i] = now.answered[i] - s->before.answered[i];
	if (record_counts(s->db, &counts) == 0) {
		s->sum->left = counts.to_send + counts.pending_download -
		    counts.unwanted;
		s->sum->open_conflicts = counts.conflicts;
	}
}

static int
write_end(struct sync *s, int rc, const char *error)
{
	struct buf json = { 0 };
	int ended;

	sum_up(s);
	run_summary_json(s, &json);
	ended = run_end(s->db, s->sum->run_id, outcome_of(rc),
	    rc == 0 ? NULL : error, buf_text(&json), s->deleted,
	    rc == 0 && s->opt->confirm_deletions && !s->sum->skipped);
	buf_release(&json);
	if (ended == 0 && rc != 0)
		ended = meta_put(s->db, "last_error", error);
	if (ended == 0 && (rc == E_ROLLBACK || rc == E_CORRUPT))
		ended = meta_put(s->db, "needs_recovery", error);
	return ended;
}

/* Who looks every second need not write every second. */
#define FRESH_MS 10000

static int
is_fresh(struct sync *s)
{
	int64_t then_ms, age_ms;
	char *text;
	int rc = meta_find(s->db, s->mem, "last_success", &text);

	if (rc != 1 || clock_parse(text, &then_ms) != 0)
		return rc < 0 ? rc : 0;
	age_ms = clock_wall_ms() - then_ms;
	return age_ms >= 0 && age_ms < FRESH_MS;
}

static int
forget_error(struct sync *s, const char *key)
{
	char *error;
	int rc = meta_find(s->db, s->mem, key, &error);

	return rc == 1 ? meta_put(s->db, key, NULL) : rc;
}

static int
note_success(struct sync *s)
{
	char now[CLOCK_TEXT_SIZE];
	int rc;

	if ((rc = forget_error(s, "last_error")) == 0)
		rc = forget_error(s, "needs_recovery");
	if (rc == 0)
		rc = moved_forget(s);
	if (rc < 0 || (s->sum->skipped && (rc = is_fresh(s)) != 0))
		return rc < 0 ? rc : 0;
	if ((rc = day_note(s->db)) != 0)
		return rc;
	return meta_put(s->db, "last_success",
	    clock_text(clock_wall_ms(), now));
}

static int
note_begin(struct sync *s)
{
	int rc;

	if (s->sum->run_id != 0)
		return 0;
	rc = day_note(s->db);
	return rc != 0 ? rc : run_begin(s->db, &s->sum->run_id);
}

/* `rc`: of the look whether there is anything to do. */
static int
run_noted(struct sync *s, int rc)
{
	char *error = mem_strdup(s->mem, err_text());
	int ended;

	if ((ended = note_begin(s)) != 0)
		return rc != 0 ? err_set(rc, "%s", error) : ended;
	if (rc == 0 && !s->sum->skipped) {
		rc = run_steps(s);
		error = mem_strdup(s->mem, err_text());
	}
	ended = write_end(s, rc, error);
	if (rc != 0)
		return err_set(rc, "%s", error);
	return ended;
}

static int
run_locked(struct sync *s)
{
	int rc;

	/* Who asked learns the number before anything takes its time. */
	if (s->opt->note_skipped && (rc = note_begin(s)) != 0)
		return rc;
	rc = nothing_to_do(s);
	s->sum->skipped = rc == 1;
	if (rc != 1 || s->opt->note_skipped)
		rc = run_noted(s, rc == 1 ? 0 : rc);
	if (rc < 0 || (rc = resolution_forget_over(s->db)) != 0)
		return rc;
	return note_success(s);
}

int
sync_run(const struct sync_options *opt, struct sync_summary *sum)
{
	struct sync s;
	int lock, rc;

	if ((rc = run_open(&s, opt, sum)) == 0) {
		rc = lock = run_lock(&s);
		if (lock >= 0) {
			rc = run_locked(&s);
			close(lock);
		}
		sum_up(&s);
	}
	run_close(&s);
	return rc;
}

static int
look_only(struct sync *s, struct sync_summary *sum)
{
	int rc = recover_begin(s, s->recover);

	sum->skipped = true;
	sum->conflicts = sum->merged = sum->metadata_synced = 0;
	return rc;
}

int
sync_recover(const struct sync_options *opt,
    const struct sync_recover_wish *wish, struct sync_recovery *found,
    struct sync_summary *sum)
{
	struct recover r = { .wish = wish, .found = found };
	struct sync s;
	int lock, rc;

	memset(found, 0, sizeof(*found));
	if ((rc = run_open(&s, opt, sum)) == 0) {
		rc = lock = run_lock(&s);
		if (lock >= 0) {
			s.recover = &r;
			rc = wish->dry_run ? look_only(&s, sum)
					   : run_locked(&s);
			close(lock);
		}
		sum_up(&s);
	}
	run_close(&s);
	return rc;
}

/* ---- telling ----------------------------------------------------------------------- */

void
sync_summary_json(const struct sync_summary *sum, struct buf *out)
{
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{ "uploaded", sum->uploaded },
		{ "downloaded", sum->downloaded },
		{ "deleted_local", sum->deleted_local },
		{ "deleted_remote", sum->deleted_remote },
		{ "metadata_synced", sum->metadata_synced },
		{ "merged", sum->merged },
		{ "conflicts", sum->conflicts },
		{ "errors", sum->errors },
		{ "new_version", sum->new_version },
		{ "duration_ms", sum->duration_ms },
		{ "bytes_up", sum->bytes_up },
		{ "bytes_down", sum->bytes_down },
		{ "requests", sum->requests },
		{ "answered_2xx", sum->answered[0] },
		{ "answered_3xx", sum->answered[1] },
		{ "answered_4xx", sum->answered[2] },
		{ "answered_5xx", sum->answered[3] },
		{ "left", sum->left },
		{ "open_conflicts", sum->open_conflicts },
		{ "run_id", sum->run_id },
	};

	buf_printf(out, "{\"skipped\":%s", sum->skipped ? "true" : "false");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		buf_printf(out, ",\"%s\":%" PRId64, numbers[i].key,
		    numbers[i].value);
	buf_putc(out, '}');
}

bool
sync_is_running(const char *work_dir)
{
	char path[4096];
	int lock;

	snprintf(path, sizeof(path), "%s/lock", work_dir);
	if (!path_is_file(path))
		return false;
	if ((lock = file_lock(path, 0)) >= 0)
		close(lock);
	return lock == E_BUSY;
}

static void
ask_store(struct sync *s, struct sync_status *status)
{
	struct remote_head head;
	int rc = chain_head(s, &head);

	status->reachable = rc == 0;
	if (rc == 0)
		rc = chain_check(s, &head);
	if (status->reachable)
		status->remote_version = head.version;
	status->reachable |= rc == E_ROLLBACK;
	if (rc != 0)
		snprintf(status->remote_error, sizeof(status->remote_error),
		    "%s", err_text());
	if (rc == E_ROLLBACK)
		snprintf(status->needs_recovery, sizeof(status->needs_recovery),
		    "%s", err_text());
	if (rc == 0 && head.version != s->last.version)
		status->needs_sync = true;
	if (moved_check(s) != E_MOVED)
		return;
	status->needs_recovery[0] = '\0'; /* whatever lies there now */
	snprintf(status->remote_error, sizeof(status->remote_error), "%s",
	    err_text());
}

static int
read_moved(struct sync *s, struct sync_status *status)
{
	char *to;
	int rc = meta_find(s->db, s->mem, "moved_to", &to);

	if (rc == 1)
		snprintf(status->moved_to, sizeof(status->moved_to), "%s", to);
	return rc < 0 ? rc : 0;
}

/* What the last sync found. */
static int
ask_library(struct sync *s, struct sync_status *status)
{
	char *text;
	int rc = meta_find(s->db, s->mem, "needs_recovery", &text);

	if (rc == 1)
		snprintf(status->needs_recovery, sizeof(status->needs_recovery),
		    "%s", text);
	return rc < 0 ? rc : 0;
}

int
sync_status(struct db *db, struct remote *remote, const char *work_dir,
    struct sync_status *status)
{
	struct sync_summary sum = { 0 };
	struct sync_options opt = { .db = db,
		.remote = remote,
		.work_dir = work_dir };
	struct sync s = { .opt = &opt,
		.db = db,
		.remote = remote,
		.sum = &sum,
		.mem = mem_new(),
		.step = mem_new() };
	int rc;

	memset(status, 0, sizeof(*status));
	status->remote_version = -1;
	if ((rc = run_identity(&s)) == 0 &&
	    (rc = read_moved(&s, status)) == 0) {
		status->local_version = s.last.version;
		status->in_progress = sync_is_running(work_dir);
		if ((rc = work_waits(&s)) >= 0) {
			status->needs_sync = rc;
			rc = 0;
		}
		if (rc == 0)
			rc = ask_library(&s, status);
		if (rc == 0 && remote != NULL)
			ask_store(&s, status);
	}
	mem_free(s.step);
	mem_free(s.mem);
	return rc;
}

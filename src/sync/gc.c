/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/gc.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/day.h"
#include "local/db.h"
#include "local/litter.h"
#include "local/meta.h"
#include "local/record.h"
#include "sync/apply.h"
#include "sync/chain.h"
#include "sync/collect.h"
#include "sync/compact.h"
#include "sync/name.h"
#include "sync/push.h"

#define DAY_MS (24 * 60 * 60 * INT64_C(1000))
#define SHARE_STEPS 16    /* folders that a sync looks at, once a day */
#define ROUND_DAYS 30     /* a round at least so often */
#define GENERATION_DAYS 7 /* by itself, a new one not more often */
#define LITTER_DAYS 400   /* what was not seen since is not there */
#define BEGIN_TRIES 5     /* each lost to another who published */

/* ---- the library ------------------------------------------------------------------ */

/* History and trash; `n` rows. */
static int
forget_history(struct sync *s, int64_t *n)
{
	char before[CLOCK_TEXT_SIZE];
	int64_t up_to, run_id;
	int rc;

	*n = 0;
	if (s->opt->retention_days <= 0)
		return 0;
	rc = day_ago(s->db, s->opt->retention_days, &up_to, &run_id);
	if (rc != 1)
		return rc;
	clock_text(clock_wall_ms() - s->opt->retention_days * DAY_MS, before);
	return history_prune(s->db, before, up_to, n);
}

int
gc_library(struct sync *s)
{
	int64_t n;
	int rc = forget_history(s, &n);

	return rc != 0 ? rc : blob_collect(s->blobs, s->db, NULL);
}

static int
tell_unheld(void *arg, const char *id, const char *file_type,
    int64_t size_bytes)
{
	struct garbage *g = arg;
	struct sync_garbage told = { "library", NULL, size_bytes,
		"nothing refers to it" };
	int rc = 0;

	mem_reset(g->s->step);
	told.name = name_content(g->s->step, id, file_type, 0);
	g->sum->contents++;
	g->sum->bytes += size_bytes;
	if (g->told != NULL)
		rc = g->told(g->arg, &told);
	return rc;
}

/* As it would be: in a transaction that is taken back. */
static int
look_at_library(struct garbage *g)
{
	int rc, back;

	if ((rc = db_begin(g->s->db)) != 0)
		return rc;
	if ((rc = forget_history(g->s, &g->sum->history)) == 0)
		rc = blob_each_unheld(g->s->db, tell_unheld, g);
	back = db_end(g->s->db, rc < 0 ? rc : E_STOPPED);
	return rc != 0 ? rc : back == E_STOPPED ? 0 : back;
}

static int
collect_library(struct garbage *g)
{
	int rc;

	if (g->is_looking)
		return look_at_library(g);
	if ((rc = forget_history(g->s, &g->sum->history)) != 0 ||
	    (rc = blob_each_unheld(g->s->db, tell_unheld, g)) != 0)
		return rc;
	return blob_collect(g->s->blobs, g->s->db, NULL);
}

/* ---- a generation, a floor ---------------------------------------------------------- */

/* What there is to gain: a threshold below which names are over, 0 where none
 * is; and a floor. */
struct gain {
	int64_t over;
	int64_t floor;
};

static int
gain_find(struct sync *s, struct gain *gain)
{
	int64_t n = 0;
	int rc;

	gain->floor = 0;
	if ((rc = collect_over(s, &gain->over)) != 0 ||
	    (rc = compact_floor(s, s->last.checkpoint.version, &gain->floor)) !=
		0)
		return rc;
	if (gain->over > 0 && (rc = name_over(s->db, gain->over, &n)) != 0)
		return rc;
	if (n == 0)
		gain->over = 0;
	return 0;
}

/* One commit without changes.  A race may be lost to one who gains the same. */
static int
begin_once(struct sync *s, bool generation, const struct gain *gain)
{
	int rc;

	s->raise_floor = gain->floor;
	s->raise_forget = gain->over;
	rc = push_empty(s, generation);
	s->raise_floor = s->raise_forget = 0;
	return rc;
}

/*
 * Begin what there is to gain; `wanted`: a generation whether names are over or
 * not.  Computed anew after each race.
 */
static int
begin_gain(struct garbage *g, bool wanted)
{
	struct sync *s = g->s;
	int64_t gc = s->last.gc, floor = s->last.floor;
	struct gain gain;
	int rc = 0;

	for (int i = 0; rc == 0 && i < BEGIN_TRIES; i++) {
		bool generation;

		if ((rc = gain_find(s, &gain)) != 0)
			return rc;
		generation = s->last.gc == gc && (wanted || gain.over > 0);
		if (!generation && gain.floor == 0)
			break;
		rc = begin_once(s, generation, &gain);
	}
	g->sum->generation = s->last.gc > gc ? s->last.gc : 0;
	g->sum->floor = s->last.floor > floor ? s->last.floor : 0;
	garbage_head(g);
	return rc;
}

/* ---- a round --------------------------------------------------------------------------- */

/* Its steps: the folders of contents, from any of them on; checkpoints; what
 * lies at the top; the folders of commits. */
struct round {
	int64_t step; /* 0: none is under way; the next one is step - 1 */
	int64_t start;
	int64_t gc; /* the generation when it began */
	int64_t day;
};

#define STEP_CHECKPOINTS COLLECT_FOLDERS
#define STEP_ROOT (COLLECT_FOLDERS + 1)
#define STEP_COMMITS (COLLECT_FOLDERS + 2)

static int
round_load(struct sync *s, struct round *r)
{
	int rc;

	if ((rc = meta_int(s->db, "gc_step", &r->step)) != 0 ||
	    (rc = meta_int(s->db, "gc_start", &r->start)) != 0 ||
	    (rc = meta_int(s->db, "gc_round", &r->gc)) != 0)
		return rc;
	return meta_int(s->db, "gc_round_day", &r->day);
}

static int
round_store(struct sync *s, const struct round *r)
{
	int rc;

	if ((rc = meta_put_int(s->db, "gc_step", r->step)) != 0 ||
	    (rc = meta_put_int(s->db, "gc_start", r->start)) != 0 ||
	    (rc = meta_put_int(s->db, "gc_round", r->gc)) != 0)
		return rc;
	return meta_put_int(s->db, "gc_round_day", r->day);
}

static int
round_begin(struct sync *s, struct round *r)
{
	r->step = 1;
	r->start = (int64_t)rand_below(COLLECT_FOLDERS);
	r->gc = s->last.gc;
	return day_number(s->db, &r->day);
}

static int
round_end(struct sync *s, struct round *r)
{
	int rc;

	r->step = 0;
	if ((rc = meta_put_int(s->db, "gc_swept", r->gc)) != 0 ||
	    (rc = litter_forget(s->db, LITTER_DAYS)) != 0)
		return rc;
	return compact_done(s);
}

static int
commits_step(struct garbage *g, struct round *r, int64_t step)
{
	int64_t first, last;
	int rc;

	if ((rc = compact_folders(g->s, &first, &last)) != 0)
		return rc;
	if (first + step <= last &&
	    (rc = compact_commits(g, first + step)) != 0)
		return rc;
	if (first + step < last || g->is_looking)
		return first + step < last ? 0 : 1;
	return (rc = round_end(g->s, r)) != 0 ? rc : 1;
}

/* One step: 1 when it was the last. */
static int
round_step(struct garbage *g, struct round *r)
{
	int64_t step = r->step++ - 1;

	if (step < COLLECT_FOLDERS)
		return collect_folder(g,
		    (int)((r->start + step) % COLLECT_FOLDERS));
	if (step == STEP_CHECKPOINTS)
		return compact_checkpoints(g);
	if (step == STEP_ROOT)
		return compact_root(g);
	return commits_step(g, r, step - STEP_COMMITS);
}

/* ---- a share in each sync ---------------------------------------------------------------- */

static const char *
today(char text[CLOCK_TEXT_SIZE])
{
	clock_text(clock_wall_ms(), text)[10] = '\0';
	return text;
}

static int
was_done_today(struct sync *s)
{
	char now[CLOCK_TEXT_SIZE];
	char *last;
	int rc = meta_find(s->db, s->step, "gc_share", &last);

	return rc == 1 ? str_eq(last, today(now)) : rc;
}

/* May a generation be begun by itself, and would it gain something? */
static int
generation_is_due(struct sync *s)
{
	struct gain gain;
	int64_t day, begun;
	int rc;

	if ((rc = gain_find(s, &gain)) != 0 || gain.over == 0)
		return rc;
	if ((rc = day_number(s->db, &day)) != 0 ||
	    (rc = meta_int(s->db, "gc_day", &begun)) != 0)
		return rc;
	return begun == 0 || day - begun >= GENERATION_DAYS;
}

static int
is_unswept(struct sync *s, const struct round *r)
{
	int64_t swept;
	int rc = meta_int(s->db, "gc_swept", &swept);

	return rc != 0 ? rc : r->step > 0 || s->last.gc > swept;
}

int
gc_is_due(struct sync *s)
{
	struct round r;
	int rc;

	if (s->digest_reported || (rc = was_done_today(s)) == 1)
		return 0;
	if (rc < 0 || (rc = round_load(s, &r)) != 0 ||
	    (rc = is_unswept(s, &r)) != 0)
		return rc;
	return generation_is_due(s);
}

/* A round that is under way, or is due. */
static int
round_take(struct sync *s, struct round *r)
{
	int64_t day;
	int rc;

	if ((rc = round_load(s, r)) != 0 || (rc = day_number(s->db, &day)) != 0)
		return rc;
	if (r->step > 0)
		return 1;
	if ((rc = is_unswept(s, r)) == 0)
		rc = day - r->day >= ROUND_DAYS;
	if (rc != 1)
		return rc;
	return (rc = round_begin(s, r)) != 0 ? rc : 1;
}

static int
some_steps(struct garbage *g, struct round *r)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < SHARE_STEPS; i++) {
		if ((rc = round_step(g, r)) < 0)
			return rc;
		if (round_store(g->s, r) != 0)
			return E_IO;
	}
	return rc < 0 ? rc : 0;
}

static int
do_share(struct garbage *g)
{
	struct sync *s = g->s;
	struct round r;
	int rc;

	if ((rc = generation_is_due(s)) == 1)
		rc = begin_gain(g, false);
	if (rc == 0 && (rc = round_take(s, &r)) == 1)
		rc = some_steps(g, &r);
	return rc;
}

static void
say_share(struct sync *s, const struct sync_gc_summary *sum)
{
	if (sum->store_files > 0)
		run_say(s,
		    "Removed from the store what nobody needs any more: "
		    "%lld files, %lld bytes.",
		    (long long)sum->store_files, (long long)sum->store_bytes);
}

/* Noted before: what cannot be done today is tried tomorrow, not in a minute. */
int
gc_share(struct sync *s)
{
	struct sync_gc_summary sum = { 0 };
	char now[CLOCK_TEXT_SIZE];
	struct garbage g;
	int rc;

	if (s->diverged || s->digest_reported || s->last.version == 0)
		return 0;
	mem_reset(s->step);
	if ((rc = was_done_today(s)) != 0 ||
	    (rc = meta_put(s->db, "gc_share", today(now))) != 0)
		return rc < 0 ? rc : 0;
	garbage_init(&g, s, &sum);
	garbage_head(&g);
	rc = do_share(&g);
	garbage_release(&g);
	say_share(s, &sum);
	return rc;
}

/* ---- all of it, at once ---------------------------------------------------------------------- */

static int
sweep_contents(struct garbage *g)
{
	int rc = 0;

	g->waiting = 0;
	for (int i = 0; rc == 0 && i < COLLECT_FOLDERS; i++)
		rc = collect_folder(g, i);
	return rc;
}

/* Commits, checkpoints, the top; and with that a round has come by all. */
static int
sweep_rest(struct garbage *g)
{
	struct round r = { .step = STEP_CHECKPOINTS + 1, .gc = g->s->last.gc };
	int rc;

	if ((rc = day_number(g->s->db, &r.day)) != 0)
		return rc;
	while ((rc = round_step(g, &r)) == 0)
		continue;
	if (rc < 0 || g->is_looking)
		return rc < 0 ? rc : 0;
	return round_store(g->s, &r);
}

/* Names of the present generation that nobody names become garbage in the next
 * one. */
static int
collect_store(struct garbage *g)
{
	int rc;

	if ((rc = begin_gain(g, false)) != 0 || (rc = sweep_contents(g)) != 0)
		return rc;
	if (g->waiting > 0 && g->sum->generation == 0 &&
	    ((rc = begin_gain(g, true)) != 0 || (rc = sweep_contents(g)) != 0))
		return rc;
	return sweep_rest(g);
}

static int
look_at_store(struct garbage *g)
{
	struct sync *s = g->s;
	struct remote_head head;
	struct gain gain;
	int rc;

	if ((rc = chain_head(s, &head)) != 0 ||
	    (rc = chain_check(s, &head)) != 0)
		return rc;
	if (head.version != s->last.version)
		return err_set(E_CONFLICT,
		    "the store is at version %lld, this library at %lld: "
		    "stemma sync first",
		    (long long)head.version, (long long)s->last.version);
	if ((rc = gain_find(s, &gain)) != 0)
		return rc;
	g->over = gain.over;
	if ((rc = sweep_contents(g)) != 0)
		return rc;
	return sweep_rest(g);
}

static int
gc_store(struct garbage *g)
{
	struct sync *s = g->s;
	int rc;

	if (s->digest_reported)
		return err_set(E_CONFLICT,
		    "the state digest of this library differs from the "
		    "store's: it removes nothing there.  Another replica may");
	if (g->is_looking)
		return look_at_store(g);
	if ((rc = apply_pull(s)) != 0 || s->last.version == 0)
		return rc;
	return collect_store(g);
}

static int
gc_all(struct garbage *g, int flags)
{
	int rc = 0;

	if (!g->is_looking && (rc = day_note(g->s->db)) != 0)
		return rc;
	if (flags & SYNC_GC_STORE)
		rc = gc_store(g);
	return rc != 0 ? rc : collect_library(g);
}

/* The library alone needs no store, nor that no sync runs. */
static int
with_library(struct sync *s, const struct sync_options *opt, struct garbage *g,
    int flags)
{
	s->opt = opt;
	s->db = opt->db;
	s->blobs = opt->blobs;
	s->mem = mem_new();
	s->step = mem_new();
	return gc_all(g, flags);
}

static int
with_store(struct sync *s, const struct sync_options *opt, struct garbage *g,
    int flags)
{
	struct sync_summary unused;
	int lock, rc;

	if ((rc = run_open(s, opt, &unused)) != 0)
		return rc;
	if ((lock = run_lock(s)) < 0)
		return lock;
	run_phase(s, SYNC_TIDY, 0, 0);
	garbage_head(g);
	rc = gc_all(g, flags);
	close(lock);
	if (rc == 0 && g->failed > 0)
		return err_set(E_REMOTE,
		    "%d files could not be removed from the store; the "
		    "others were",
		    g->failed);
	return rc;
}

int
sync_gc(const struct sync_options *opt, int flags,
    int (*told)(void *arg, const struct sync_garbage *garbage), void *arg,
    struct sync_gc_summary *sum)
{
	struct sync s = { .opt = NULL };
	struct garbage g;
	int rc;

	memset(sum, 0, sizeof(*sum));
	garbage_init(&g, &s, sum);
	g.told = told;
	g.arg = arg;
	g.is_looking = flags & SYNC_GC_DRY_RUN;
	if (flags & SYNC_GC_STORE) {
		rc = with_store(&s, opt, &g, flags);
		run_close(&s);
	} else {
		rc = with_library(&s, opt, &g, flags);
		mem_free(s.step);
		mem_free(s.mem);
	}
	garbage_release(&g);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sim/story.h"

#include <string.h>

#include "base/err.h"
#include "sim/model.h"
#include "sim/plan.h"
#include "sim/user.h"

#define RETRY_MS (11 * 60 * 1000) /* the engine waits ten minutes */
#define ROUNDS_MAX 40

/* ---- one step ---------------------------------------------------------------------- */

static void
begin_job(struct world *w, struct proc *p, const char *what,
    int (*job)(struct proc *p))
{
	if (p->is_busy)
		return;
	p->rng.state = rng_next(&w->rng);
	p->confirms = rng_chance(&p->rng, 20);
	proc_do(p, what, job);
}

static void
maybe_crash(struct world *w, struct site *s)
{
	enum crash_kind kind = CRASH_PROCESS;

	if ((w->plan.trouble & TROUBLE_CRASH) == 0)
		return;
	if (w->plan.trouble & TROUBLE_DISK)
		kind = (enum crash_kind)rng_below(&w->rng, 3);
	world_say("%c will crash", 'a' + s->at);
	site_crash(s, kind, (int64_t)rng_below(&w->rng, 400));
}

static void
maybe_jump(struct world *w, struct site *s)
{
	static const int64_t days[] = { -400, -1, 0, 1, 40, 4000 };
	int64_t by = days[rng_below(&w->rng, 6)] * 86400000 +
	    (int64_t)rng_below(&w->rng, 7200000);

	if ((w->plan.trouble & TROUBLE_CLOCK) == 0)
		return;
	s->clock_ms = by;
	world_say("%c's clock is off by %lld s", 'a' + s->at,
	    (long long)by / 1000);
}

static void
change_weather(struct world *w)
{
	struct weather *weather = &w->net.weather;
	int how = (int)rng_below(&w->rng, 4) * 15;

	memset(weather, 0, sizeof(*weather));
	w->net.is_down = (w->plan.trouble & TROUBLE_DOWN) != 0 &&
	    rng_chance(&w->rng, 15);
	if (w->net.is_down)
		world_say("the server is away");
	if (w->plan.trouble & TROUBLE_NET)
		*weather = (struct weather){ .refused = how,
			.lost = how / 3,
			.late = how,
			.mute = how,
			.twice = how,
			.error = how,
			.done_500 = how,
			.cut = how };
	if (w->plan.trouble & TROUBLE_LIES)
		weather->lies = how / 3;
}

static void
pass_night(struct world *w)
{
	world_say("a night passes");
	w->now_ms += 86400000;
}

/* A sync that does not notice would name what is gone. */
static void
stop_syncs(struct world *w)
{
	for (int i = 0; i < w->sites_n; i++) {
		if (w->sites[i].procs[PROC_SYNC].is_busy)
			site_crash(&w->sites[i], CRASH_PROCESS, 0);
	}
}

/* The copy is one of an instant, and made while nobody was served. */
static void
back_up(struct world *w)
{
	if (w->has_backup && rng_chance(&w->rng, 70)) {
		world_say("the store is restored from its backup");
		net_cut(&w->net);
		stop_syncs(w);
		tree_free(&w->server.tree);
		tree_copy(&w->server.tree, &w->backup);
		model_restore();
		return;
	}
	world_say("the store is backed up");
	tree_free(&w->backup);
	tree_copy(&w->backup, &w->server.tree);
	w->has_backup = true;
	model_backup();
}

static void
sync_or_recover(struct world *w, struct proc *p)
{
	if (p->rc == E_ROLLBACK && (w->plan.trouble & TROUBLE_RESTORE) &&
	    rng_chance(&w->rng, 50))
		begin_job(w, p, "recovers", user_recovers);
	else
		begin_job(w, p, "syncs", user_syncs);
}

static void
step(struct world *w)
{
	struct site *s = &w->sites[rng_below(&w->rng, (uint64_t)w->sites_n)];
	int dice = (int)rng_below(&w->rng, 100);

	if (dice < 40)
		begin_job(w, &s->procs[PROC_USER], "works", user_does);
	else if (dice < 63)
		sync_or_recover(w, &s->procs[PROC_SYNC]);
	else if (dice < 67)
		maybe_crash(w, s);
	else if (dice < 70)
		maybe_jump(w, s);
	else if (dice < 75)
		change_weather(w);
	else if (dice < 78 && w->plan.trouble & TROUBLE_AGE)
		begin_job(w, &s->procs[PROC_SYNC], "cleans up", user_cleans);
	else if (dice < 80 && w->plan.trouble & TROUBLE_AGE)
		pass_night(w);
	else if (dice < 82 && w->plan.trouble & TROUBLE_RESTORE)
		back_up(w);
	for (int n = (int)rng_below(&w->rng, 24); n > 0; n--) {
		if (!world_event(w))
			break;
	}
}

/* ---- calm --------------------------------------------------------------------------- */

static void
become_calm(struct world *w)
{
	world_say("it is calm");
	w->step = -1;
	w->rng.state = rng_mix(w->plan.seed, 3);
	memset(&w->net.weather, 0, sizeof(w->net.weather));
	w->net.is_down = false;
	for (int i = 0; i < w->sites_n; i++)
		w->sites[i].disk->crash_at = 0;
	world_settle(w);
	w->is_calm = true;
}

/* One sync without any fault: it succeeds; true: there was nothing to do. */
static bool
sync_calmly(struct world *w, struct site *s)
{
	struct proc *p = &s->procs[PROC_SYNC];
	int rc;

	begin_job(w, p, "syncs", user_syncs);
	if ((rc = proc_finish(p)) == E_ROLLBACK &&
	    (w->plan.trouble & TROUBLE_RESTORE) && !w->has_failed) {
		begin_job(w, p, "recovers", user_recovers);
		rc = proc_finish(p);
	}
	if (rc == E_GUARD && !w->has_failed) {
		begin_job(w, p, "syncs, and says yes", user_syncs);
		p->confirms = true;
		rc = proc_finish(p);
	}
	if (rc != 0)
		world_fail("%c: a sync without any fault fails: %s",
		    'a' + s->at, err_name(rc));
	return p->sum.skipped;
}

/* After a restored backup somebody says so to each of them. */
static void
recover_all(struct world *w)
{
	for (int i = 0; i < w->sites_n && !w->has_failed; i++) {
		struct proc *p = &w->sites[i].procs[PROC_SYNC];

		begin_job(w, p, "recovers", user_recovers);
		p->confirms = true;
		if (proc_finish(p) != 0)
			world_fail("%c: a recovery without any fault fails",
			    'a' + i);
	}
}

static bool
round_of_syncs(struct world *w)
{
	bool is_quiet = true;

	for (int i = 0; i < w->sites_n && !w->has_failed; i++) {
		struct site *s = &w->sites[i];

		if (!sync_calmly(w, s))
			is_quiet = false;
		begin_job(w, &s->procs[PROC_USER], "settles all",
		    user_resolves);
		proc_finish(&s->procs[PROC_USER]);
		if (s->procs[PROC_USER].settled > 0)
			is_quiet = false;
	}
	return is_quiet;
}

static void
until_quiet(struct world *w)
{
	for (int n = 0; n < ROUNDS_MAX && !w->has_failed; n++) {
		if (round_of_syncs(w))
			return;
	}
	world_fail("after %d rounds of syncs there is still something to do",
	    ROUNDS_MAX);
}

/* What could not be had before another put it there is asked for again, but
 * not at each sync. */
static void
until_all_is_here(struct world *w)
{
	until_quiet(w);
	world_say("a while passes");
	w->now_ms += RETRY_MS;
	if (!w->has_failed)
		until_quiet(w);
}

/* Idle ones ask once, and make no version. */
static void
must_be_quiet(struct world *w)
{
	int64_t version = model_version();

	for (int i = 0; i < w->sites_n && !w->has_failed; i++) {
		struct site *s = &w->sites[i];

		if (!sync_calmly(w, s) || s->procs[PROC_SYNC].sum.requests != 1)
			world_fail("%c: an idle sync takes %lld requests",
			    'a' + s->at,
			    (long long)s->procs[PROC_SYNC].sum.requests);
	}
	if (model_version() != version)
		world_fail("idle syncs made a version");
}

static void
one_more(struct world *w)
{
	struct site *s = &w->sites[w->sites_n];

	site_init(s, w, w->sites_n++);
	for (int k = 0; k < PROC_KINDS; k++) {
		s->procs[k].site = s;
		s->procs[k].kind = (enum proc_kind)k;
		s->procs[k].disk = s->disk;
	}
	world_say("%c is new", 'a' + s->at);
	sync_calmly(w, s);
}

void
story_tell(struct world *w)
{
	world_say("seed %llu, %s", (unsigned long long)w->plan.seed,
	    w->server.profile->name);
	for (w->step = 0; w->step < w->plan.steps && !w->has_failed;
	     w->step++) {
		w->rng.state = rng_mix(w->plan.seed, 100 + (uint64_t)w->step);
		if (!plan_leaves_out(&w->plan, w->step))
			step(w);
	}
	become_calm(w);
	if (w->has_backup)
		recover_all(w);
	until_all_is_here(w);
	if (!w->has_failed)
		must_be_quiet(w);
	if (!w->has_failed)
		one_more(w);
	if (!w->has_failed)
		until_quiet(w);
	if (!w->has_failed)
		model_check_end(w);
}

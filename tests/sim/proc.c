/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "local/blob.h"
#include "local/db.h"
#include "remote/remote.h"
#include "sim/files.h"
#include "sim/model.h"
#include "sim/world.h"

/* ---- where code runs ------------------------------------------------------------ */

static int64_t
file_time(void)
{
	return clock_wall_ms();
}

/* In virtual time; an answer that arrives ends it. */
static void
wait_for_net(int64_t ms)
{
	struct proc *p = world->running;

	if (p == NULL || p->disk->is_dead)
		return;
	p->waits_for_net = true;
	p->wake_ms = world->now_ms + (ms > 1000 ? ms : 1000);
	co_yield ();
	p->waits_for_net = false;
}

void
proc_use(struct proc *p)
{
	world->running = p;
	if (p == NULL)
		return;
	files_use(p->disk, file_time);
	curl_use(&world->net, p->site->at, wait_for_net);
}

static void
proc_resume(struct proc *p)
{
	proc_use(p);
	co_resume(p->co);
	proc_use(NULL);
}

/* ---- its handles ------------------------------------------------------------------- */

static int
stop(void *arg)
{
	struct proc *p = arg;

	return p->disk->is_dead;
}

static void
hear(void *arg, const char *sentence)
{
	struct proc *p = arg;

	world_say("  %c hears: %s", 'a' + p->site->at, sentence);
}

static void
hear_failure(void *arg, const char *file, const char *reason)
{
	struct proc *p = arg;

	world_say("  %c hears: %s: %s", 'a' + p->site->at, file, reason);
}

static void
proc_close(struct proc *p)
{
	remote_close(p->remote);
	blobs_close(p->blobs);
	db_close(p->db);
	p->remote = NULL;
	p->blobs = NULL;
	p->db = NULL;
}

static int
open_remote(struct proc *p)
{
	struct remote_config config = { .url = "http://127.0.0.1:1/dav/s" };
	struct remote_traits traits = {
		.put_is_whole = world->server.profile->put_is_whole
	};
	int rc;

	if (p->kind != PROC_SYNC)
		return 0;
	if ((rc = remote_open(&config, &p->remote)) == 0)
		remote_set_traits(p->remote, traits);
	return rc;
}

static int
proc_open(struct proc *p)
{
	int rc;

	p->disk = p->site->disk;
	files_use(p->disk, file_time);
	if ((rc = db_open("/sim/library.db", DB_LIBRARY, false, &p->db)) != 0 ||
	    (rc = blobs_open("/sim/content", &p->blobs)) != 0 ||
	    (rc = open_remote(p)) != 0)
		return rc;
	db_set_blobs(p->db, p->blobs);
	p->opt = (struct sync_options){
		.db = p->db,
		.blobs = p->blobs,
		.remote = p->remote,
		.work_dir = "/sim/work",
		.max_delete_percent = 10,
		.retention_days = world->plan.trouble & TROUBLE_AGE
		    ? RETENTION_DAYS
		    : 0,
		.message = hear,
		.failure = hear_failure,
		.stop = stop,
		.arg = p,
	};
	return 0;
}

/* ---- its jobs ------------------------------------------------------------------------ */

/* Who is dead cannot know what it failed of. */
static bool
is_grave(const struct proc *p, int rc)
{
	bool lied_to = (world->plan.trouble & TROUBLE_LIES) != 0;

	return !p->disk->is_dead &&
	    (rc == E_IO || rc == E_NOMEM ||
		(rc == E_CORRUPT && (world->is_calm || !lied_to)));
}

static void
run_job(void *arg)
{
	struct proc *p = arg;
	int rc = 0;

	if (p->db == NULL && (rc = proc_open(p)) != 0 && !p->disk->is_dead)
		world_fail("%c: %s does not open: %s", 'a' + p->site->at,
		    p->kind == PROC_USER ? "a user's program" : "a sync",
		    err_text());
	if (rc == 0)
		rc = p->job(p);
	p->rc = rc;
	world_say("  %c %s: %s%s%s", 'a' + p->site->at, p->what,
	    rc < 0 ? err_name(rc) : "done", rc < 0 ? ": " : "",
	    rc < 0 ? err_text() : "");
	if (is_grave(p, rc))
		model_grave(p, rc, err_text());
	if (p->disk->is_dead || p->db == NULL || rng_chance(&p->rng, 4))
		proc_close(p);
	p->is_busy = false;
}

void
proc_do(struct proc *p, const char *what, int (*job)(struct proc *p))
{
	p->what = what;
	p->job = job;
	p->is_busy = true;
	p->dead_ms = 0;
	p->wake_ms = world->now_ms;
	if (p->db == NULL)
		p->disk = p->site->disk;
	if (p->co == NULL)
		p->co = co_new();
	co_start(p->co, run_job, p);
	world_say("%c %s", 'a' + p->site->at, what);
}

int
proc_finish(struct proc *p)
{
	while (p->is_busy && !world->has_failed && world_event(world))
		continue;
	return p->rc;
}

/* ---- a replica ------------------------------------------------------------------------- */

void
site_init(struct site *s, struct world *w, int at)
{
	memset(s, 0, sizeof(*s));
	s->w = w;
	s->at = at;
	s->engine.state = rng_mix(w->plan.seed, 1000 + (uint64_t)at);
	s->disk = disk_copy(world_image());
	s->disk->rng.state = rng_mix(w->plan.seed, 2000 + (uint64_t)at);
}

void
site_crash(struct site *s, enum crash_kind kind, int64_t calls)
{
	s->disk->crash_kind = kind;
	if (calls > 0)
		s->disk->crash_at = s->disk->calls + calls;
	else
		disk_crash(s->disk, kind);
}

/* The dead notice that they are: nothing of what they do has an effect. */
static void
end_procs(struct site *s)
{
	for (int i = 0; i < PROC_KINDS; i++) {
		struct proc *p = &s->procs[i];
		int64_t turns = 0;

		while (p->is_busy && ++turns < 100000)
			proc_resume(p);
		if (p->is_busy)
			world_fail("%c: a dead process does not end",
			    'a' + s->at);
		if (p->db != NULL || p->blobs != NULL || p->remote != NULL) {
			proc_use(p);
			proc_close(p);
			proc_use(NULL);
		}
	}
}

void
site_mourn(struct site *s)
{
	struct disk *old = s->disk;

	if (!old->is_dead)
		return;
	end_procs(s);
	world_say("%c starts again", 'a' + s->at);
	if (old->handles != 0 && !world->has_failed)
		world_fail("%c: %d files were left open", 'a' + s->at,
		    old->handles);
	s->disk = old->after;
	old->after = NULL;
	disk_free(old);
}

void
site_release(struct site *s)
{
	if (s->disk == NULL)
		return;
	if (!s->disk->is_dead)
		disk_crash(s->disk, CRASH_PROCESS);
	end_procs(s);
	for (int i = 0; i < PROC_KINDS; i++)
		co_free(s->procs[i].co);
	disk_free(s->disk);
	s->disk = NULL;
}

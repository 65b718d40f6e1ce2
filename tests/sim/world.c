/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sim/world.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rand.h"
#include "local/db.h"
#include "sim/files.h"
#include "sim/model.h"
#include "sim/story.h"

#define BEGIN_MS INT64_C(1790000000000)
#define EVENTS_MAX 100000 /* some 3,000 are usual */

struct world *world;
static struct disk *image;

/* ---- telling ------------------------------------------------------------------------ */

/* Requests are numbered. */
static bool
is_for_people(const char *line)
{
	return line[0] != ' ' || line[2] < '0' || line[2] > '9';
}

void
world_say(const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	hash_stream_add(world->trace, line, strlen(line));
	if (world->is_traced || (world->tells_people && is_for_people(line)))
		printf("%8lld %s\n", (long long)world->now_ms, line);
}

/* Without numbers, and without who it was. */
static void
note_kind(struct world *w)
{
	const char *from = w->failure;
	size_t n = 0;

	if (from[0] != '\0' && from[1] == ':')
		from += 2;
	for (; *from != '\0' && n < sizeof(w->failed_as) - 1; from++) {
		if (strchr("0123456789abcdef", *from) == NULL)
			w->failed_as[n++] = *from;
	}
	w->failed_as[n] = '\0';
}

void
world_fail(const char *fmt, ...)
{
	va_list ap;

	if (world->has_failed)
		return;
	world->has_failed = true;
	va_start(ap, fmt);
	vsnprintf(world->failure, sizeof(world->failure), fmt, ap);
	va_end(ap);
	note_kind(world);
	world_say("FAILED: %s", world->failure);
}

/* ---- time and chance, as the engine asks for them ---------------------------------------- */

/* Days are counted as the engine could count them: by what it was told. */
static int64_t
wall_ms(void *arg)
{
	struct proc *p = world != NULL ? world->running : NULL;
	int64_t ms = BEGIN_MS + (world != NULL ? world->now_ms : 0), day;

	(void)arg;
	if (p == NULL)
		return ms;
	ms += p->site->clock_ms;
	day = ms / 86400000;
	p->site->days += day != p->site->day;
	p->site->day = day;
	return ms;
}

/* Whoever is dead has no time to wait. */
static int64_t
mono_ms(void *arg)
{
	struct proc *p = world != NULL ? world->running : NULL;

	(void)arg;
	if (p != NULL && p->disk->is_dead)
		p->dead_ms += 1000;
	return (world != NULL ? world->now_ms : 0) +
	    (p != NULL ? p->dead_ms : 0);
}

static void
sleep_ms(void *arg, int64_t ms)
{
	struct proc *p = world != NULL ? world->running : NULL;

	(void)arg;
	if (p == NULL || p->disk->is_dead)
		return;
	p->wake_ms = world->now_ms + (ms > 0 ? ms : 0);
	co_yield ();
}

static void
fill(void *arg, void *data, size_t len)
{
	static struct rng nobody;

	(void)arg;
	if (world == NULL)
		nobody.state = 0;
	rng_fill(world != NULL && world->running != NULL
		? &world->running->site->engine
		: &nobody,
	    data, len);
}

int __real_db_end(struct db *db, int rc);
int __wrap_db_end(struct db *db, int rc);
int
__wrap_db_end(struct db *db, int rc)
{
	bool was_writing = db_is_writing(db);

	rc = __real_db_end(db, rc);
	if (was_writing && !db_is_writing(db))
		sleep_ms(NULL, 0);
	return rc;
}

/* ---- the world ------------------------------------------------------------------------------ */

struct disk *
world_image(void)
{
	return image;
}

static int64_t
begin_ms(void)
{
	return BEGIN_MS;
}

void
world_prepare(void)
{
	static const struct clock_source source = { wall_ms, mono_ms, sleep_ms,
		NULL };
	struct db *db;

	clock_set(&source);
	rand_set(fill, NULL);
	files_register();
	image = disk_new();
	files_use(image, begin_ms);
	disk_create(image, "/sim", true, 0750, BEGIN_MS);
	disk_create(image, "/sim/work", true, 0750, BEGIN_MS);
	if (db_open("/sim/library.db", DB_LIBRARY, true, &db) != 0) {
		fprintf(stderr, "sim: %s\n", err_text());
		exit(2);
	}
	db_close(db);
	disk_sync_all(image);
}

static int64_t
now_ms(void)
{
	return world->now_ms;
}

static void
arrival(int who)
{
	struct site *s = &world->sites[who];

	for (int i = 0; i < PROC_KINDS; i++) {
		if (s->procs[i].waits_for_net)
			s->procs[i].wake_ms = world->now_ms;
	}
}

static void
init_net(struct world *w)
{
	const struct profile *profile = &profiles[0];

	if (w->plan.trouble & TROUBLE_RACES)
		profile = &profiles[rng_below(&w->rng, (uint64_t)profiles_n)];
	server_init(&w->server, profile);
	w->server.rng = &w->rng;
	w->server.now_ms = now_ms;
	w->server.on_head = model_head;
	w->server.arg = w;
	net_init(&w->net);
	w->net.server = &w->server;
	w->net.rng = &w->rng;
	w->net.now_ms = now_ms;
	w->net.say = world_say;
	w->net.on_arrival = arrival;
}

static void
world_init(struct world *w, const struct plan *plan)
{
	memset(w, 0, sizeof(*w));
	world = w;
	w->plan = *plan;
	w->mem = mem_new();
	w->rng.state = rng_mix(plan->seed, 1);
	w->trace = hash_stream_new();
	w->sites_n = plan->sites;
	sqlite3_randomness(0, NULL);
	init_net(w);
	for (int i = 0; i < w->sites_n; i++) {
		struct site *s = &w->sites[i];

		site_init(s, w, i);
		for (int k = 0; k < PROC_KINDS; k++) {
			s->procs[k].site = s;
			s->procs[k].kind = (enum proc_kind)k;
			s->procs[k].disk = s->disk;
		}
	}
	w->model = model_new(w);
}

void
world_release(struct world *w)
{
	for (int i = 0; i < SITES_MAX; i++)
		site_release(&w->sites[i]);
	net_release(&w->net);
	server_release(&w->server);
	tree_free(&w->backup);
	model_free(w->model);
	hash_stream_free(w->trace);
	mem_free(w->mem);
	world = NULL;
}

bool
world_run(struct world *w, const struct plan *plan, struct hash *trace)
{
	bool is_traced = w->is_traced, tells_people = w->tells_people;

	world_init(w, plan);
	w->is_traced = is_traced;
	w->tells_people = tells_people;
	story_tell(w);
	if (trace != NULL)
		hash_stream_end(w->trace, trace);
	return !w->has_failed;
}

/* ---- what happens next ------------------------------------------------------------------------ */

static bool
is_ready(const struct world *w, const struct proc *p)
{
	return p->is_busy && p->wake_ms <= w->now_ms;
}

/* The next time at which something could happen; -1: never. */
static int64_t
next_time(const struct world *w)
{
	int64_t at = net_due(&w->net);

	for (int i = 0; i < w->sites_n * PROC_KINDS; i++) {
		const struct proc *p = &w->sites[i / PROC_KINDS]
					    .procs[i % PROC_KINDS];

		if (p->is_busy && (at < 0 || p->wake_ms < at))
			at = p->wake_ms;
	}
	return at;
}

static void
run_ready(struct world *w, int which)
{
	for (int i = 0; i < w->sites_n * PROC_KINDS; i++) {
		struct proc *p = &w->sites[i / PROC_KINDS]
				      .procs[i % PROC_KINDS];

		if (is_ready(w, p) && which-- == 0) {
			proc_use(p);
			co_resume(p->co);
			proc_use(NULL);
			return;
		}
	}
}

static int
count_ready(const struct world *w)
{
	int n = 0;

	for (int i = 0; i < w->sites_n * PROC_KINDS; i++)
		n += is_ready(w,
		    &w->sites[i / PROC_KINDS].procs[i % PROC_KINDS]);
	return n;
}

bool
world_event(struct world *w)
{
	int ready = count_ready(w), flights = net_ready(&w->net);
	int which;

	if (++w->events == EVENTS_MAX)
		world_fail("the story does not come to its end");
	w->now_ms += (int64_t)rng_below(&w->rng, 6);
	if (ready + flights == 0) {
		int64_t at = next_time(w);

		if (at < 0)
			return false;
		if (at > w->now_ms)
			w->now_ms = at;
		return true;
	}
	which = (int)rng_below(&w->rng, (uint64_t)(ready + flights));
	if (which < ready)
		run_ready(w, which);
	else
		net_step(&w->net, which - ready);
	for (int i = 0; i < w->sites_n; i++)
		site_mourn(&w->sites[i]);
	return !w->has_failed;
}

void
world_settle(struct world *w)
{
	while (world_event(w))
		continue;
}

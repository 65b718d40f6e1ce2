/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config.h"

#include "base/log.h"
#include "sim/plan.h"
#include "sim/world.h"

static const char usage[] =
    "usage: sim [OPTION]...\n"
    "\n"
    "Tells stories of replicas and a store, and holds them against what must\n"
    "always hold.  Exits with 1 when something did not.\n"
    "\n"
    "  --seeds A-B    these, each as it decides by itself\n"
    "  --seconds N    seeds from A on, for so long (with --seeds A-B)\n"
    "  --jobs N       in so many processes\n"
    "  --twice        each twice: both must be the same, byte for byte\n"
    "  --failures N   stop after so many (10)\n"
    "  --no-shrink    do not look for a shorter story\n"
    "\n"
    "or one story:\n"
    "  --seed N [--sites N] [--steps N] [--trouble LIST] [--only LIST]\n"
    "  --trace        all of it; otherwise what people do and hear\n"
    "\n"
    "Troubles: crash disk net lies races clock down age\n"
    "restore, all, none.\n";

struct options {
	struct plan plan;
	bool has_seed, is_traced, is_twice, shrinks;
	int failures; /* after so many: enough */
	uint64_t from, to;
	int jobs;
	long seconds;
};

static struct world one;

/* ---- one story -------------------------------------------------------------------------- */

static bool
tell(const struct plan *plan, bool is_traced, bool tells_people,
    struct hash *trace)
{
	bool held;

	memset(&one, 0, sizeof(one));
	one.is_traced = is_traced;
	one.tells_people = tells_people;
	held = world_run(&one, plan, trace);
	world_release(&one);
	return held;
}

static const char *
fails(const struct plan *plan)
{
	return tell(plan, false, false, NULL) ? NULL : one.failed_as;
}

static void
report(const struct options *o, const struct plan *plan)
{
	struct plan shorter = *plan;

	printf("seed %llu: %s\n", (unsigned long long)plan->seed, one.failure);
	if (o->shrinks) {
		plan_shrink(&shorter, fails);
		printf("    sim ");
		plan_print(&shorter, stdout);
		printf("\n");
		tell(&shorter, false, true, NULL);
	}
	fflush(stdout);
}

static bool
tell_twice(const struct plan *plan)
{
	struct hash a, b;

	tell(plan, false, false, &a);
	tell(plan, false, false, &b);
	if (hash_eq(&a, &b))
		return true;
	printf("seed %llu tells two stories\n", (unsigned long long)plan->seed);
	return false;
}

/* ---- many ----------------------------------------------------------------------------------- */

static int
tell_many(const struct options *o, int job)
{
	time_t until = time(NULL) + o->seconds;
	uint64_t n = 0;
	int bad = 0;

	for (uint64_t seed = o->from + (uint64_t)job; seed <= o->to;
	     seed += (uint64_t)o->jobs) {
		struct plan plan;

		if (o->seconds > 0 && time(NULL) >= until)
			break;
		plan_of(seed, &plan);
		n++;
		if (o->is_twice ? tell_twice(&plan)
				: tell(&plan, false, false, NULL))
			continue;
		if (!o->is_twice)
			report(o, &plan);
		if (++bad == o->failures)
			break;
	}
	printf("%llu stories, %d failed\n", (unsigned long long)n, bad);
	fflush(stdout);
	return bad > 0;
}

static int
tell_in_jobs(const struct options *o)
{
	int status, bad = 0;

	if (o->jobs == 1)
		return tell_many(o, 0);
	fflush(stdout);
	for (int i = 0; i < o->jobs; i++) {
		if (fork() == 0)
			_exit(tell_many(o, i));
	}
	while (wait(&status) > 0)
		bad |= status != 0;
	return bad;
}

static int
tell_one(const struct options *o)
{
	bool held;

	if (o->is_twice)
		return !tell_twice(&o->plan);
	held = tell(&o->plan, o->is_traced, !o->is_traced, NULL);
	printf("seed %llu: %s\n", (unsigned long long)o->plan.seed,
	    held ? "all held" : one.failure);
	return !held;
}

/* ---- options ------------------------------------------------------------------------------------ */

static int
wrong(const char *option)
{
	fprintf(stderr, "sim: %s?\n%s", option, usage);
	return 2;
}

static bool
take_flag(struct options *o, const char *name)
{
	if (strcmp(name, "--trace") == 0)
		o->is_traced = true;
	else if (strcmp(name, "--twice") == 0)
		o->is_twice = true;
	else if (strcmp(name, "--version") == 0)
		exit(puts(PACKAGE_STRING) < 0);
	else if (strcmp(name, "--no-shrink") == 0)
		o->shrinks = false;
	else
		return false;
	return true;
}

static bool
take_value(struct options *o, const char *name, const char *value)
{
	char *end;

	if (strcmp(name, "--seeds") == 0) {
		o->from = strtoull(value, &end, 10);
		o->to = *end == '-' ? strtoull(end + 1, NULL, 10) : o->from;
	} else if (strcmp(name, "--seconds") == 0) {
		o->seconds = atol(value);
	} else if (strcmp(name, "--failures") == 0) {
		o->failures = atoi(value);
	} else if (strcmp(name, "--jobs") == 0) {
		o->jobs = atoi(value);
	} else {
		o->has_seed = o->has_seed || strcmp(name, "--seed") == 0;
		return plan_option(&o->plan, name, value);
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct options o = { .jobs = 1,
		.shrinks = true,
		.failures = 10,
		.from = 1,
		.to = 20 };

	for (int i = 1; i < argc; i++) {
		if (take_flag(&o, argv[i]))
			continue;
		if (i + 1 == argc || !take_value(&o, argv[i], argv[i + 1]))
			return wrong(argv[i]);
		i++;
	}
	if (o.jobs < 1)
		return wrong("--jobs");
	log_set_level(LOG_ERROR);
	world_prepare();
	return o.has_seed ? tell_one(&o) : tell_in_jobs(&o);
}

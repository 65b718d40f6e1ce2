/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sim/world.h"

static struct world one;

static void
plan_of(uint64_t seed, struct plan *plan)
{
	struct rng rng = { rng_mix(seed, 7) };

	memset(plan, 0, sizeof(*plan));
	plan->seed = seed;
	plan->steps = 200;
	plan->sites = 2 + (int)rng_below(&rng, 4);
	plan->trouble = 0;
}

static bool
tell(const struct plan *plan, bool is_traced, struct hash *trace)
{
	bool held;

	memset(&one, 0, sizeof(one));
	one.is_traced = is_traced;
	held = world_run(&one, plan, trace);
	if (!held)
		printf("seed %llu: %s\n", (unsigned long long)plan->seed,
		    one.failure);
	world_release(&one);
	return held;
}

int
main(int argc, char **argv)
{
	uint64_t from = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	unsigned trouble = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	struct plan plan;
	int bad = 0;

	log_set_level(LOG_ERROR);
	world_prepare();
	for (uint64_t seed = from; seed < from + n; seed++) {
		plan_of(seed, &plan);
		plan.trouble = trouble;
		bad += !tell(&plan, n == 1, NULL);
	}
	printf("%d of %llu failed\n", bad, (unsigned long long)n);
	return bad > 0;
}

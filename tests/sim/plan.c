/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sim/plan.h"

#include <stdlib.h>
#include <string.h>

#define STEPS 200

static const struct {
	unsigned trouble;
	const char *name;
} troubles[] = {
	{ TROUBLE_CRASH, "crash" },
	{ TROUBLE_DISK, "disk" },
	{ TROUBLE_NET, "net" },
	{ TROUBLE_LIES, "lies" },
	{ TROUBLE_RACES, "races" },
	{ TROUBLE_CLOCK, "clock" },
	{ TROUBLE_DOWN, "down" },
	{ TROUBLE_AGE, "age" },
	{ TROUBLE_RESTORE, "restore" },
};
#define TROUBLES (sizeof(troubles) / sizeof(troubles[0]))

/* One story in eight has no trouble at all, most have some of each. */
void
plan_of(uint64_t seed, struct plan *plan)
{
	static const int sites[20] = { 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3,
		3, 3, 4, 4, 4, 5 };
	struct rng rng = { rng_mix(seed, 7) };

	memset(plan, 0, sizeof(*plan));
	plan->seed = seed;
	plan->steps = STEPS;
	plan->sites = sites[rng_below(&rng, 20)];
	for (size_t i = 0; i < TROUBLES; i++) {
		int often = troubles[i].trouble == TROUBLE_RESTORE ? 15 : 60;

		if (rng_chance(&rng, often))
			plan->trouble |= troubles[i].trouble;
	}
	if (rng_chance(&rng, 12))
		plan->trouble = 0;
}

bool
plan_leaves_out(const struct plan *plan, int step)
{
	return (plan->left_out[step / 64] >> (step % 64)) & 1;
}

static void
leave_out(struct plan *plan, int step)
{
	plan->left_out[step / 64] |= UINT64_C(1) << (step % 64);
}

/* ---- as text ------------------------------------------------------------------------ */

static int
steps_left(const struct plan *plan)
{
	int n = 0;

	for (int i = 0; i < plan->steps; i++)
		n += !plan_leaves_out(plan, i);
	return n;
}

void
plan_print(const struct plan *plan, FILE *out)
{
	const char *comma = "";

	fprintf(out, "--seed %llu --sites %d --steps %d --trouble ",
	    (unsigned long long)plan->seed, plan->sites, plan->steps);
	for (size_t i = 0; i < TROUBLES; i++) {
		if ((plan->trouble & troubles[i].trouble) == 0)
			continue;
		fprintf(out, "%s%s", comma, troubles[i].name);
		comma = ",";
	}
	fprintf(out, "%s", plan->trouble == 0 ? "none" : "");
	if (steps_left(plan) == plan->steps)
		return;
	fprintf(out, " --only ");
	comma = "";
	for (int i = 0; i < plan->steps; i++) {
		if (plan_leaves_out(plan, i))
			continue;
		fprintf(out, "%s%d", comma, i);
		comma = ",";
	}
}

static bool
take_troubles(struct plan *plan, const char *value)
{
	char *copy = strdup(value), *rest = copy, *word;
	bool known = true;

	plan->trouble = 0;
	while ((word = strsep(&rest, ",")) != NULL) {
		bool found = strcmp(word, "none") == 0;

		for (size_t i = 0; i < TROUBLES; i++) {
			if (strcmp(word, troubles[i].name) == 0) {
				plan->trouble |= troubles[i].trouble;
				found = true;
			}
		}
		if (strcmp(word, "all") == 0) {
			plan->trouble = TROUBLE_ALL;
			found = true;
		}
		known = known && found;
	}
	free(copy);
	return known;
}

static bool
take_only(struct plan *plan, const char *value)
{
	memset(plan->left_out, 0xff, sizeof(plan->left_out));
	while (*value != '\0') {
		char *end;
		long step = strtol(value, &end, 10);

		if (end == value || step < 0 || step >= STEPS_MAX)
			return false;
		plan->left_out[step / 64] &= ~(UINT64_C(1) << (step % 64));
		value = *end == ',' ? end + 1 : end;
	}
	return true;
}

bool
plan_option(struct plan *plan, const char *name, const char *value)
{
	if (strcmp(name, "--seed") == 0)
		plan_of(strtoull(value, NULL, 10), plan);
	else if (strcmp(name, "--sites") == 0)
		plan->sites = atoi(value);
	else if (strcmp(name, "--steps") == 0)
		plan->steps = atoi(value);
	else if (strcmp(name, "--trouble") == 0)
		return take_troubles(plan, value);
	else if (strcmp(name, "--only") == 0)
		return take_only(plan, value);
	else
		return false;
	return plan->sites > 0 && plan->sites < SITES_MAX && plan->steps >= 0 &&
	    plan->steps < STEPS_MAX;
}

/* ---- shorter --------------------------------------------------------------------------- */

struct shrink {
	struct plan *best;
	const char *(*fails)(const struct plan *plan);
	char how[128];
	int tries;
};

#define TRIES_MAX 400

static bool
try(struct shrink *s, const struct plan *plan)
{
	const char *how;

	if (++s->tries > TRIES_MAX)
		return false;
	how = s->fails(plan);
	if (how == NULL || strcmp(how, s->how) != 0)
		return false;
	*s->best = *plan;
	return true;
}

static void
less_trouble(struct shrink *s)
{
	for (size_t i = 0; i < TROUBLES; i++) {
		struct plan plan = *s->best;

		if ((plan.trouble & troubles[i].trouble) == 0)
			continue;
		plan.trouble &= ~troubles[i].trouble;
		try(s, &plan);
	}
}

static void
fewer_sites(struct shrink *s)
{
	while (s->best->sites > 1) {
		struct plan plan = *s->best;

		plan.sites--;
		if (!try(s, &plan))
			return;
	}
}

static void
without_some(struct shrink *s, int from, int n)
{
	struct plan plan = *s->best;
	bool any = false;

	for (int i = from; i < from + n && i < plan.steps; i++) {
		any = any || !plan_leaves_out(&plan, i);
		leave_out(&plan, i);
	}
	if (any)
		try(s, &plan);
}

static void
fewer_steps(struct shrink *s)
{
	for (int n = 128; n > 0; n /= 2) {
		for (int from = 0; from < s->best->steps; from += n)
			without_some(s, from, n);
	}
}

static void
end_early(struct plan *plan)
{
	while (plan->steps > 0 && plan_leaves_out(plan, plan->steps - 1))
		plan->steps--;
}

void
plan_shrink(struct plan *plan, const char *(*fails)(const struct plan *plan))
{
	struct shrink s = { .best = plan, .fails = fails };
	const char *how = fails(plan);
	int before;

	if (how == NULL)
		return;
	snprintf(s.how, sizeof(s.how), "%s", how);
	do {
		before = steps_left(plan);
		less_trouble(&s);
		fewer_sites(&s);
		fewer_steps(&s);
	} while (steps_left(plan) < before);
	end_early(plan);
}

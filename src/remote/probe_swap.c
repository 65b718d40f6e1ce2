/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "remote/probe_parts.h"

/*
 * What a store must keep to where nothing is renamed: an object is replaced
 * only while it has the tag that was named, and made only while there is none.
 */

enum { PARTED_BYTES = 17 * 1024 * 1024 }; /* more than goes in one piece */

static int
swap(struct probe *p, const char *name, const char *tag, const char *text)
{
	char path[PROBE_PATH_SIZE];
	struct buf body = { 0 };
	int rc;

	buf_puts(&body, text);
	rc = p->r->ops->swap(p->r, probe_path(p, name, path), tag, &body);
	buf_release(&body);
	return rc;
}

static int
holds(struct probe *p, const char *name, const char *text)
{
	return probe_holds(p, name, text, strlen(text));
}

/* ---- one after the other ----------------------------------------------------- */

static int
tag_of(struct probe *p, const char *name, char tag[static 256])
{
	char path[PROBE_PATH_SIZE];

	return p->r->ops->tag(p->r, probe_path(p, name, path), tag);
}

/* 1: a wrong tag and one that was once right are refused; 0: not so. */
static int
refuses_tags(struct probe *p)
{
	char first[256], second[256];
	int rc;

	if ((rc = probe_put(p, "swapped", "one", 3)) != 0 ||
	    (rc = tag_of(p, "swapped", first)) != 0)
		return rc;
	if (swap(p, "swapped", "\"00000000000000000000000000000000\"", "no") ==
	    0)
		return 0;
	if ((rc = holds(p, "swapped", "one")) <= 0)
		return rc;
	if ((rc = swap(p, "swapped", first, "two")) != 0)
		return probe_is_end(rc) ? rc : 0;
	if ((rc = tag_of(p, "swapped", second)) != 0)
		return rc;
	if (strcmp(first, second) == 0 ||
	    swap(p, "swapped", first, "three") == 0 ||
	    swap(p, "absent", first, "four") == 0)
		return 0;
	return holds(p, "swapped", "two");
}

static int
probe_refuses(struct probe *p)
{
	int rc;

	probe_say(p, "Is an object replaced only while it is what it was?");
	if (probe_is_end(rc = refuses_tags(p)))
		return rc;
	p->found->swap_refuses = probe_found(rc);
	return 0;
}

/* What goes in parts is put where something small is already. */
static int
parts_leave(struct probe *p, const char *name, const char *text)
{
	struct source src = { .fd = -1, .size_bytes = PARTED_BYTES };
	char path[PROBE_PATH_SIZE];
	char *large = xmalloc(PARTED_BYTES);
	int rc;

	memset(large, 'p', PARTED_BYTES);
	src.data = large;
	rc = p->r->ops->put(p->r, probe_path(p, name, path), &src);
	free(large);
	if (probe_is_end(rc))
		return rc;
	return rc == 0 ? 0 : holds(p, name, text);
}

static int
probe_keeps(struct probe *p)
{
	int rc;

	probe_say(p, "Does an upload leave an existing object alone?");
	if ((rc = probe_put(p, "kept", "one", 3)) != 0)
		return probe_is_end(rc) ? rc : 0;
	rc = probe_put(p, "kept", "two", 3);
	if (!probe_is_end(rc))
		rc = rc == 0 ? 0 : holds(p, "kept", "one");
	if (rc > 0)
		rc = parts_leave(p, "kept", "one");
	if (probe_is_end(rc))
		return rc;
	p->found->put_keeps = probe_found(rc);
	return 0;
}

/* ---- races ------------------------------------------------------------------ */

struct prizes {
	char tags[PROBE_ROUNDS][256];
	atomic_int replaced[PROBE_ROUNDS]; /* how many were told so */
	atomic_int made[PROBE_ROUNDS];
	atomic_int by[PROBE_ROUNDS]; /* who of them was it last */
};

static void
name_of(const char *what, int round, char name[static 32])
{
	snprintf(name, 32, "%s-%02d", what, round);
}

static void
race_to_replace(struct probe_racer *racer, int round)
{
	struct prizes *prizes = racer->what;
	char name[32], path[PROBE_PATH_SIZE];
	struct buf body = { 0 };

	name_of("race", round, name);
	buf_printf(&body, "by %d", racer->number);
	pthread_barrier_wait(racer->line);
	if (racer->r->ops->swap(racer->r, probe_path(racer->p, name, path),
		prizes->tags[round], &body) == 0) {
		atomic_fetch_add(&prizes->replaced[round], 1);
		atomic_store(&prizes->by[round], racer->number);
	}
	buf_release(&body);
}

static void
race_to_make(struct probe_racer *racer, int round)
{
	struct prizes *prizes = racer->what;
	char name[32], text[32], path[PROBE_PATH_SIZE];
	struct source src = { .data = text, .fd = -1 };

	name_of("new", round, name);
	/* Of different lengths: who lost does not take it for his own. */
	snprintf(text, sizeof(text), "%.*s", racer->number + 1, "xxxxxxxxxx");
	src.size_bytes = (int64_t)strlen(text);
	pthread_barrier_wait(racer->line);
	if (racer->r->ops->put(racer->r, probe_path(racer->p, name, path),
		&src) == 0)
		atomic_fetch_add(&prizes->made[round], 1);
}

static void *
race(void *arg)
{
	int round;

	for (round = 0; round < PROBE_ROUNDS; round++) {
		race_to_replace(arg, round);
		race_to_make(arg, round);
	}
	return NULL;
}

static int
put_prizes(struct probe *p, struct prizes *prizes)
{
	char name[32];
	int round, rc = 0;

	for (round = 0; round < PROBE_ROUNDS && rc == 0; round++) {
		name_of("race", round, name);
		if ((rc = probe_put(p, name, "prize", 5)) == 0)
			rc = tag_of(p, name, prizes->tags[round]);
	}
	return rc;
}

/* 1: in each round exactly one was told so, and it is so; 0: not so. */
static int
judge(struct probe *p, struct prizes *prizes)
{
	char name[32], text[32];
	int round, rc = 1;

	for (round = 0; round < PROBE_ROUNDS && rc > 0; round++) {
		name_of("race", round, name);
		snprintf(text, sizeof(text), "by %d",
		    atomic_load(&prizes->by[round]));
		if (atomic_load(&prizes->replaced[round]) != 1 ||
		    atomic_load(&prizes->made[round]) != 1)
			return 0;
		rc = holds(p, name, text);
	}
	return rc;
}

static int
probe_races(struct probe *p)
{
	struct prizes *prizes = xmalloc(sizeof(*prizes));
	int rc;

	probe_say(p, "Of eight writers that race, does exactly one win?");
	memset(prizes, 0, sizeof(*prizes));
	if ((rc = put_prizes(p, prizes)) == 0 &&
	    (rc = probe_race(p, race, prizes)) == 0)
		rc = judge(p, prizes);
	free(prizes);
	if (probe_is_end(rc))
		return rc;
	p->found->exact_swap = probe_found(rc);
	return 0;
}

int
probe_swaps(struct probe *p)
{
	int rc;

	if ((rc = probe_refuses(p)) != 0 || (rc = probe_keeps(p)) != 0)
		return rc;
	return probe_races(p);
}

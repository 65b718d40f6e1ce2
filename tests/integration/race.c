/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
/*
 * Writers that race for the head of a store, as a sync does it: one swap, then
 * a look.
 *
 *	race URL WRITERS ROUNDS
 *
 * STEMMA_RACE_USER and STEMMA_RACE_PASSWORD say who we are there.  The store's
 * folder must be empty.  Prints one line of JSON; exits with 1 when a round had
 * not exactly one winner.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/rand.h"
#include "base/str.h"
#include "remote/remote.h"

enum { WRITERS_MAX = 64, LOOK_AGAIN_MS = 50, LOOK_MS = 15000 };

struct race {
	int rounds;
	pthread_barrier_t line;
	atomic_int winners;      /* of this round, as they see it themselves */
	struct remote_head head; /* at the beginning of this round */
	struct remote_head next; /* as the winner left it */
	atomic_int unexact;      /* rounds without exactly one */
	atomic_int lies;         /* told that it was done, but lost */
	atomic_int modest;       /* won without being told so */
	atomic_int unsettled;    /* looks that saw no name, or several */
};

struct writer {
	struct race *race;
	struct remote *r;
	pthread_t thread;
};

static void
fail(const char *what)
{
	fprintf(stderr, "race: %s: %s\n", what, err_text());
	exit(2);
}

/* Exactly one name, and it is no longer that of before. */
static void
look(struct writer *w, struct remote_head *head)
{
	int64_t until = clock_mono_ms() + LOOK_MS;
	int rc;

	while ((rc = remote_head_read(w->r, head)) != 0) {
		if ((rc != E_BUSY && rc != E_ABSENT) || clock_mono_ms() > until)
			fail("look");
		atomic_fetch_add(&w->race->unsettled, 1);
		clock_sleep_ms(LOOK_AGAIN_MS);
	}
}

static void
swap_and_look(struct writer *w)
{
	struct remote_head mine = { .version = w->race->head.version + 1 };
	struct remote_head now;
	bool is_ours;
	int told;

	rand_bytes(mine.commit.bytes, sizeof(mine.commit.bytes));
	pthread_barrier_wait(&w->race->line);
	do {
		told = remote_head_swap(w->r, &w->race->head, &mine);
		look(w, &now);
		is_ours = now.version == mine.version &&
		    hash_eq(&now.commit, &mine.commit);
	} while (now.version == w->race->head.version);
	if (is_ours) {
		atomic_fetch_add(&w->race->winners, 1);
		w->race->next = mine;
	}
	if (is_ours && told != 0)
		atomic_fetch_add(&w->race->modest, 1);
	if (!is_ours && told == 0)
		atomic_fetch_add(&w->race->lies, 1);
}

static void *
write_rounds(void *arg)
{
	struct writer *w = arg;
	struct race *race = w->race;
	int i;

	for (i = 0; i < race->rounds; i++) {
		swap_and_look(w);
		if (pthread_barrier_wait(&race->line) ==
		    PTHREAD_BARRIER_SERIAL_THREAD) {
			if (atomic_exchange(&race->winners, 0) != 1)
				atomic_fetch_add(&race->unexact, 1);
			race->head = race->next;
		}
		pthread_barrier_wait(&race->line);
	}
	return NULL;
}

static struct remote *
open_one(const char *url)
{
	struct remote_config config = { .url = url,
		.username = getenv("STEMMA_RACE_USER"),
		.password = getenv("STEMMA_RACE_PASSWORD"),
		.connections = 1 };
	struct remote *r;

	if (remote_open(&config, &r) != 0)
		fail("open");
	return r;
}

static void
make_head(struct remote *r)
{
	static const char body[] = "{\"layout\":1}\n";
	char uuid[37];

	if (remote_make_root(r) != 0 ||
	    remote_head_create(r, rand_uuid(uuid), body, strlen(body)) != 0)
		fail("create");
}

static void
run(struct race *race, struct writer *writers, int n, const char *url)
{
	int i;

	for (i = 0; i < n; i++) {
		writers[i].race = race;
		writers[i].r = open_one(url);
		if (i == 0)
			make_head(writers[i].r);
		look(&writers[i], &race->head);
	}
	atomic_store(&race->unsettled, 0);
	pthread_barrier_init(&race->line, NULL, (unsigned)n);
	for (i = 0; i < n; i++)
		if (pthread_create(&writers[i].thread, NULL, write_rounds,
			&writers[i]) != 0)
			fail("thread");
	for (i = 0; i < n; i++)
		pthread_join(writers[i].thread, NULL);
}

static int
number(const char *text, int64_t max)
{
	int64_t n;

	if (str_int64(text, &n) != 0 || n < 1 || n > max) {
		fprintf(stderr, "race: no such number: %s\n", text);
		exit(2);
	}
	return (int)n;
}

int
main(int argc, char **argv)
{
	struct writer writers[WRITERS_MAX];
	struct race race = { .rounds = 0 };
	int64_t began_ms = clock_mono_ms();
	int i, n;

	if (argc != 4) {
		fprintf(stderr, "usage: race URL WRITERS ROUNDS\n");
		return 2;
	}
	n = number(argv[2], WRITERS_MAX);
	race.rounds = number(argv[3], 1000000);
	run(&race, writers, n, argv[1]);
	printf("{\"rounds\":%d,\"version\":%lld,\"unexact\":%d,\"lies\":%d,"
	       "\"modest\":%d,\"unsettled\":%d,\"ms\":%lld}\n",
	    race.rounds, (long long)race.head.version,
	    atomic_load(&race.unexact), atomic_load(&race.lies),
	    atomic_load(&race.modest), atomic_load(&race.unsettled),
	    (long long)(clock_mono_ms() - began_ms));
	for (i = 0; i < n; i++)
		remote_close(writers[i].r);
	return atomic_load(&race.unexact) > 0;
}

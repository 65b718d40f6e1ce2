/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_FEED_H
#define RESPOND_FEED_H

#include <stdbool.h>
#include <stdint.h>

struct event;
struct event_place;
struct loop;

/*
 * The connection of a responder to the hub, in its loop.  The hub is started
 * where there is none, in a thread of its own, since that takes its time; after
 * it has gone it is tried again, less and less often (1 to 30 s).
 */
struct feed;

struct feed_calls {
	/* It is there (again).  `last`: the newest event that there is; events
	 * that follow are told. */
	void (*up)(void *arg, const char *last);
	void (*event)(void *arg, const struct event *e);
	void *arg;
};

struct feed *feed_new(struct loop *loop, const struct event_place *place,
    const struct feed_calls *calls);
void feed_free(struct feed *f); /* NULL is fine */

/*
 * feed_want - from now on it is to be there; waits for at most `wait_ms`,
 * unless it failed a moment ago.  Is it?
 */
bool feed_want(struct feed *f, int wait_ms);

/* feed_rest - nobody listens: closed, and not tried again until feed_want. */
void feed_rest(struct feed *f);

bool feed_is_up(const struct feed *f);

#endif

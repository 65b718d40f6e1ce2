/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_LOOK_H
#define RESPOND_LOOK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Looks at the store, for all threads of a responder: made by one thread in the
 * background, at most one every five seconds, and only when somebody asked.
 * Without questions nothing wakes up.
 */
#define LOOK_EVERY_MS 5000

struct look {
	bool is_known; /* false: nobody has looked yet */
	int64_t at_ms; /* when, by clock_mono_ms */
	bool reachable;
	bool needs_sync;        /* the store has more than we */
	bool needs_recovery;    /* it is not what we know: `error` says */
	int64_t local_version;  /* that it was compared with */
	int64_t remote_version; /* -1: not known */
	char error[512];        /* without a name or password; "": none */
};

/*
 * look_start - once in each thread that is going to ask; look_stop after each
 * (the last ends the thread that looks, within a fifth of a second).
 *
 *   conf_file  as in struct site; copied
 */
int look_start(const char *conf_file);
void look_stop(void);

/*
 * look_ask - the last look, and have a new one made when it is old.
 *
 *   wait_ms  wait for a new one, for so long; 0: answer at once.  Where none
 *            came in time, the store counts as not reachable
 */
void look_ask(int64_t wait_ms, struct look *look);

/* look_remote - open a site's store for somebody who is waiting: with less
 * patience than a sync has. */
struct site;
int look_remote(struct site *site);

/* look_is_syncing - does a sync of this library run?  Looked at five times a
 * second at most, unless `now`: the library was just seen to have changed. */
bool look_is_syncing(const char *work_dir, bool now);

#endif

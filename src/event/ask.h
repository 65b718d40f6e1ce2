/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef EVENT_ASK_H
#define EVENT_ASK_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct event_place;

/* What the hub is asked to do: a sync, as a child of its own. */
struct ask_sync {
	bool force;
	bool confirm_deletions;
	bool recover; /* `stemma recover` in its place, */
	bool dry_run; /* which only looks (and has no run_id), */
	bool join;    /* or may go over to another store */
	const char *user; /* who asks, for the log; or NULL */
};

/* How it went. */
struct ask_end {
	bool is_over;   /* false: it goes on */
	int64_t run_id; /* 0: not known (yet) */
	int code;       /* 0, or the error of the sync (base/err.h) */
	char detail[1024];
	struct buf *summary; /* JSON object of the Summary; "" if none */
};

/*
 * ask_sync - start a sync and wait: until it is over, for at most `wait_ms`
 * (-1: for ever; 0: until its run_id is known).  The sync goes on when the
 * caller leaves.  E_BUSY: one is running for this library; E_REMOTE: no hub.
 */
int ask_sync(const struct event_place *place, const struct ask_sync *ask,
    int64_t wait_ms, struct ask_end *end);

/* ask_state - what the hub knows: {"running":bool,"run_id":n,"state":{...},
 * "subscribers":n,"uptime_s":n} as JSON into `out`.  Never starts the hub. */
int ask_state(const struct event_place *place, struct buf *out);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_RING_H
#define RESPOND_RING_H

#include <stdint.h>

struct event;

/*
 * The last events that came from the hub, so that browsers that come back at
 * once, all of them, need not ask it: at most RING_EVENTS, RING_BYTES in all.
 */
#define RING_EVENTS 1024
#define RING_BYTES (1024 * 1024)

struct ring;

struct ring *ring_new(void);
void ring_free(struct ring *r); /* NULL is fine */

/* ring_begin - forget all; what comes from now on comes after the event `last`
 * ("": nothing is known). */
void ring_begin(struct ring *r, const char *last);

/* ring_add - the next; answers its offset, -1 for one without an id. */
int64_t ring_add(struct ring *r, const struct event *e);

/* ring_last - the id of the newest event; "" when it is not known. */
const char *ring_last(const struct ring *r);

/*
 * ring_since - `fn` for what `user` may see after `since`, in order: 1; 0, and
 * nothing was called: it does not reach back that far.
 */
int ring_since(const struct ring *r, const char *since, const char *user,
    int (*fn)(void *arg, const struct event *e), void *arg);

/*
 * ring_offset - split an id, "<epoch>-<offset>": the offset, and the length of
 * the epoch; -1: it is none.
 */
int64_t ring_offset(const char *id, int *epoch_len);

#endif

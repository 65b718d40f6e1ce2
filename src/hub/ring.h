/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef HUB_RING_H
#define HUB_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

struct line;
struct message;

/* All events together; and those directed at one user, who may not push out
 * what others wait for. */
#define RING_EVENTS 10000
#define RING_BYTES ((size_t)8 * 1024 * 1024)
#define RING_USER_EVENTS 1000
#define RING_USER_BYTES ((size_t)1024 * 1024)

/*
 * The last events, for those who were away.  Each gets an id, "<epoch>-<n>",
 * with n counting up over all of them.  Of syncProgress and syncState only the
 * newest is kept: progress is state.
 */
struct ring;
struct ring *ring_new(const char *epoch); /* 16 hex digits */
void ring_free(struct ring *ring);

/*
 * ring_put - give the event an id and keep it.  Answers its line, with a
 * reference for the caller; NULL (E_INPUT): it is too long.
 */
struct line *ring_put(struct ring *ring, const struct message *event);

/* ring_last - the newest id there is; of number 0 before the first. */
void ring_last(const struct ring *ring, char id[EVENT_ID_SIZE]);

/*
 * ring_each - call `fn` with the events after `since` that `user` may see
 * (NULL: only those that everybody may), in order.  Answers whether nothing
 * between was lost.  An id of another life of the hub comes before all; one
 * that is none (or NULL) after all, and so nothing is called.
 */
bool ring_each(struct ring *ring, const char *user, const char *since,
    void (*fn)(void *arg, struct line *line), void *arg);

#endif

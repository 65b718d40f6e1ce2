/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef EVENT_SUBSCRIBE_H
#define EVENT_SUBSCRIBE_H

#include <stdbool.h>

struct event;
struct event_place;

/*
 * Listening, without blocking after subscribe_open: for a loop.  A subscriber
 * gets every event, whoever it is for.
 */
struct subscriber;
int subscribe_open(const struct event_place *place, struct subscriber **s);
void subscribe_close(struct subscriber *s); /* NULL is fine */
int subscribe_fd(const struct subscriber *s);

/*
 * subscribe_read - what has come: `fn` for each event.  E_REMOTE: the hub has
 * gone; open again.
 */
int subscribe_read(struct subscriber *s,
    int (*fn)(void *arg, const struct event *e), void *arg);

/*
 * subscribe_replay - events that `user` may see after `since` ("" or NULL: none,
 * only `last` is of interest), in order, on a connection of its own; at most
 * 10,000.  `last` receives the newest id there is.  `is_whole` false: some
 * are lost (the hub was restarted, or its ring is too short).  E_REMOTE.
 */
int subscribe_replay(const struct event_place *place, const char *user,
    const char *since, int (*fn)(void *arg, const struct event *e), void *arg,
    char *last, bool *is_whole);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef EVENT_PUBLISH_H
#define EVENT_PUBLISH_H

struct event_place;

/*
 * Telling.  A publisher connects when it first has something to say, and again
 * after the hub has gone; nothing it does may hold up or fail the work it tells
 * of: where the hub is away or stuck (100 ms), the event is lost.
 */
struct publisher;
struct publisher *publish_new(const struct event_place *place); /* copied */
void publish_free(struct publisher *p); /* NULL is fine */

/*
 * publish - an event; `user` NULL: to everybody.  Several threads may not use
 * one publisher at once.  NULL for `p` is fine.
 */
void publish(struct publisher *p, const char *name, const char *data,
    const char *user);

/*
 * publish_watch - somebody has a document open here, or edits it: for a while
 * the hub has the locks of other replicas looked at, and ours told.  Said at
 * most every few seconds, however often it is called.
 */
void publish_watch(struct publisher *p);

#endif

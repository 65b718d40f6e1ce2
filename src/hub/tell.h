/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef HUB_TELL_H
#define HUB_TELL_H

struct conn;
struct hub;
struct message;

/*
 * tell_event - give it an id, keep it, hand it to all who subscribed; and learn
 * from it how syncs stand, and what has changed.
 *
 *   from  who publishes it; NULL: the hub itself
 *
 * E_INPUT: it is too long.
 */
int tell_event(struct hub *hub, const struct conn *from,
    const struct message *event);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef EVENT_START_H
#define EVENT_START_H

#include <stdint.h>

#include "event/event.h"

struct link;

/*
 * start_link - as link_open; where nobody listens and the place names a
 * program, start it first.  Of many that come at once, one starts it, the others
 * wait for that.  Safe in a process with threads.  Internal to event/.
 */
int start_link(struct link *l, const struct event_place *place,
    int64_t until_ms);

#endif

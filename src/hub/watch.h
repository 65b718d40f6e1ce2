/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef HUB_WATCH_H
#define HUB_WATCH_H

#include <stdint.h>

#include "hub/child.h"

struct hub;
struct loop_timer;

/*
 * Looking at the locks of other replicas (sync/elsewhere.h): a child of ours,
 * `stemma locks --watch`, which lives while somebody has a document open.
 */
struct watch {
	struct child child;
	struct loop_timer *end; /* when nobody has asked for a while */
	int64_t started_ms;     /* last; 0: never */
};

/* watch_wanted - somebody has a document open, now. */
void watch_wanted(struct hub *hub);

/* watch_reap - after SIGCHLD: did it end? */
void watch_reap(struct hub *hub);

void watch_close(struct hub *hub);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_GC_H
#define SYNC_GC_H

#include "sync/run.h"

/*
 * gc_share - what a sync does of sync_gc's work on the store: once a day, a
 * bounded number of folders, in a round that comes by all of them when a
 * generation was begun, and every 30 days.  It begins a generation itself, a
 * week after the last one at the earliest, when names that were let go are over.
 * Nothing is removed by a library whose state digest differs.
 */
int gc_share(struct sync *s);

/*
 * gc_is_due - does this library know of garbage, and did not work at it today?
 * Then an idle sync goes on: so nobody must remember it.  No request.
 */
int gc_is_due(struct sync *s);

/* gc_library - in the library: history and trash past their time, and then what
 * nothing refers to any more. */
int gc_library(struct sync *s);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_PUSH_H
#define SYNC_PUSH_H

#include <stdbool.h>

#include "sync/run.h"

/*
 * push_changes - publish what is unsynced: contents in waves, then commits of
 * at most 1,000 changes, each by a swap of the head.  Races that are lost are
 * pulled, merged and tried again.  A frozen outbox of an earlier run is brought
 * to its end first.  E_GUARD: too many deletions.
 */
int push_changes(struct sync *s);

/*
 * push_frozen - bring the frozen outbox of an earlier run, if there is one, to
 * its end: before anything else is published, or rows change for the store's
 * sake.
 */
int push_frozen(struct sync *s);

/*
 * push_empty - a commit without changes: to name s->offer as the checkpoint, or
 * to begin a generation (s->last.gc + 1).  Given up, with 0, when a race was
 * lost: whoever wants it looks again.
 */
int push_empty(struct sync *s, bool new_generation);

#endif

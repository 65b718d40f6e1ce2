/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_COMPACT_H
#define SYNC_COMPACT_H

#include <stdint.h>

#include "sync/garbage.h"

/* Commits of so many days stay: who was away for less walks. */
#define COMPACT_DAYS 60

/*
 * compact_floor - the version that a commit which names (or keeps) `newest` as
 * the newest checkpoint may raise the floor to: the newest checkpoint before it
 * that is as old as COMPACT_DAYS, by the clock and by the count of days.  0:
 * the floor stays.
 */
int compact_floor(struct sync *s, int64_t newest, int64_t *floor);

/*
 * compact_checkpoints - remove those below the floor before the present one.
 * compact_commits - the same in one folder of commits, and those that lost a
 * race: of a version up to the head's, and not the one that the chain has.
 * compact_root - uploads of courtesies that came to nothing.
 */
int compact_checkpoints(struct garbage *g);
int compact_commits(struct garbage *g, int64_t folder);
int compact_root(struct garbage *g);

/* compact_folders - from which to which folder of commits there is something to
 * look at. */
int compact_folders(struct sync *s, int64_t *first, int64_t *last);

/* compact_done - all of them were looked at. */
int compact_done(struct sync *s);

#endif

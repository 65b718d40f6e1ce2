/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_TIDY_H
#define SYNC_TIDY_H

#include "sync/run.h"

/*
 * tidy_up - what a sync does at its end: a checkpoint when the commits since
 * the last one outweigh a quarter of it (written, sent, had back, loaded by the
 * reader's code, and only then named by a commit, which may raise the floor), a
 * share of the store's garbage, version.txt when the version `moved`, and the
 * retention of history, trash and contents here.  Only E_STOPPED
 * and faults of this machine are errors: the rest is told and tried again.
 */
int tidy_up(struct sync *s, bool moved);

/*
 * tidy_begin_here - a checkpoint of where we are, whether one is due or not, and
 * a commit that names it and raises the floor above it: nobody needs what lies
 * below any more.  Given up, with 0, when a race was lost.  E_CONFLICT: the
 * state digest of this library differs.
 */
int tidy_begin_here(struct sync *s);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_PROPOSE_H
#define SYNC_PROPOSE_H

#include <stdbool.h>

#include "sync/run.h"

/*
 * What a replica did that was away for longer than anybody remembers becomes
 * proposals: conflicts of the kind "proposed", which a person publishes or
 * drops.  Nothing of it is sent, deleted or merged by itself.
 */

/*
 * propose_if_away - in the caller's transaction, at a jump over the floor: was
 * the last good sync longer ago than retention_days, by the clock here or by
 * that of the head's commit (`at`)?  Then every change made here and not yet
 * published becomes a proposal.
 */
int propose_if_away(struct sync *s, const char *at);

/* propose_would - would it?  1 yes, 0 no. */
int propose_would(struct sync *s, const char *at);

/* propose_record - in the caller's transaction: this one.  The store may not
 * have it at all. */
int propose_record(struct sync *s, const char *stable_id);

/* propose_is - is that the type of a proposal? */
bool propose_is(const char *conflict_type);

#endif

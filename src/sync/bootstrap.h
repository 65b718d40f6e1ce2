/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_BOOTSTRAP_H
#define SYNC_BOOTSTRAP_H

#include <stdbool.h>

#include "remote/remote.h"
#include "sync/commit.h"
#include "sync/run.h"

/*
 * bootstrap_is_due - must (behind the floor), or should (new here), this
 * library jump to the checkpoint that the head's commit names?
 */
bool bootstrap_is_due(const struct sync *s, const struct commit *head);

/*
 * bootstrap_run - load the checkpoint that `c`, the head's commit, names, in one
 * transaction.  The walk from the head must arrive at it; where this library
 * was joined before, each row not newer than us must equal ours, ours must all
 * be in it, and our own transactions too: E_ROLLBACK.  E_ABSENT: it is no longer
 * there: read the head again.  E_CORRUPT: it is not what it should be.
 * Afterwards s->last is the checkpoint's version.
 */
int bootstrap_run(struct sync *s, const struct remote_head *head,
    const struct commit *c);

/* bootstrap_get - the checkpoint as a plain file, fetched, verified, unpacked;
 * the path is memory of s->mem. */
int bootstrap_get(struct sync *s, const struct commit_checkpoint *cp,
    char **plain);

#endif

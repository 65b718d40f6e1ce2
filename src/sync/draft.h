/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_DRAFT_H
#define SYNC_DRAFT_H

#include "local/meta.h"
#include "sync/run.h"

/*
 * A commit that is being written: changed records as they are now, on top of
 * s->last.
 */
struct draft;

int draft_new(struct sync *s, struct draft **draft);
void draft_free(struct draft *draft); /* NULL is fine */

/*
 * draft_fill - take unsynced records in, at most COMMIT_CHANGES_MAX and
 * COMMIT_BYTES_MAX: those whose content the store has or was sent.  One that
 * turns out to be what the store has (but for times) is synced, and not sent.
 */
int draft_fill(struct draft *draft);

/* draft_changes - how many were taken in. */
int draft_changes(const struct draft *draft);

/* draft_new_generation - it begins generation gc + 1; it must have no changes
 * of contents. */
void draft_new_generation(struct draft *draft);

/*
 * draft_seal - the bytes of a last commit, which says that the store is at
 * `moved_to` now: without changes, for readers that know what that means, and
 * of no outbox, since whose seal it is does not matter.
 */
struct buf;
int draft_seal(struct draft *draft, struct mem *mem, const char *moved_to,
    struct buf *out);

/*
 * draft_to_outbox - write header and lines (with a nonce of its own, so under a
 * new id at each call) and put them into the outbox, in one transaction with the
 * revisions of its rows; the txn and counter of an outbox that was not finished
 * are kept.  `outbox` is memory of `mem`.
 */
int draft_to_outbox(struct draft *draft, struct mem *mem,
    struct outbox *outbox);

#endif

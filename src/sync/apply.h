/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_APPLY_H
#define SYNC_APPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "local/meta.h"
#include "local/record.h"
#include "sync/commit.h"
#include "sync/run.h"

/* What came from the store is brought together with what is here. */

/* A record as the store has it, and who made it so. */
struct theirs {
	const struct record *rec;
	int64_t version;
	const char *at;
	const char *replica;             /* or NULL */
	const char *user;                /* or NULL */
	const struct record_both *found; /* what is here, found before in the
					    same transaction; NULL: found */
};

/*
 * apply_record - in the caller's transaction: the store's side of this record
 * is `theirs` from now on; the row becomes what the plan says: theirs, ours, a
 * merge, or ours in conflict.  Twice is fine.
 */
int apply_record(struct sync *s, struct mem *mem, const struct theirs *theirs);

/*
 * apply_conflict - in the caller's transaction: the store's side is `theirs` from
 * now on, and a person has to say what is meant: a conflict of this type (of
 * conflicts.conflict_type), whatever the plan would say.  The row stays.
 *
 *   ancestor  what both came from; NULL: not known
 */
int apply_conflict(struct sync *s, struct mem *mem, const struct theirs *theirs,
    const char *type, const struct record *ancestor);

/*
 * apply_commit - one fetched commit (chain_file) after the one we are at, in
 * one transaction.  Our own (replica and txn of the outbox) finishes the outbox;
 * another at its version proves that its swap was lost, and thaws it.  A commit
 * under our own replica id that we never made shows that we are a copy: a new
 * id is taken.  A digest that differs sets s->diverged.  E_CORRUPT: it breaks
 * the rules of the chain; nothing was changed.
 */
int apply_commit(struct sync *s, int64_t version);

/*
 * apply_become_another - in the caller's transaction: another library publishes
 * under our id, so we take a new one; what was under way is no longer ours.
 */
int apply_become_another(struct sync *s);

/*
 * apply_outbox - in the caller's transaction: the outbox is in the chain, but
 * its commit is not walked by (it lies below a checkpoint that was jumped to):
 * finish it from its own bytes.
 */
int apply_outbox(struct sync *s, const struct outbox *outbox);

/*
 * apply_rehearse - read a commit that is to be published, which lies at
 * chain_file, with the reader's code and checks, and sum up the digest that it
 * leads to; writes nothing.  E_CORRUPT.
 */
int apply_rehearse(struct sync *s, int64_t version);

/* apply_deletions - how many live records a fetched commit would delete. */
int apply_deletions(struct sync *s, int64_t version, int64_t *n);

/*
 * apply_from - everything from `head` down to us: the checkpoint where one is
 * due, the commits, looked at by the guard, applied.  E_ABSENT: an object is no
 * longer there: read the head again.  E_MOVED: the store was moved.
 */
int apply_from(struct sync *s, const struct remote_head *head);

/* apply_pull - apply_from the head as it is; afterwards s->last is that head.
 * A state digest that differs is looked into (rebuild_run).  E_MOVED: the store
 * was moved, or a seal was seen here before (moved_check). */
int apply_pull(struct sync *s);

#endif

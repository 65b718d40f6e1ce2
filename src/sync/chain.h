/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_CHAIN_H
#define SYNC_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "remote/remote.h"
#include "sync/run.h"

/* The chain of commits: where we are in it, and the way from the head to us. */

/* chain_load - fill in s->last and s->last_id from the library. */
int chain_load(struct sync *s);

/*
 * chain_note - in the caller's transaction: this commit is the newest applied
 * here.  `size_bytes` of its object adds to the weight since the checkpoint.
 * s->last is changed by chain_load or chain_adopt, after the transaction.
 */
int chain_note(struct sync *s, const struct commit *c, const struct hash *id,
    int64_t size_bytes);
void chain_adopt(struct sync *s, const struct commit *c, const struct hash *id);

/*
 * chain_head - the head as it is, looked at again while it shows no name or
 * two (up to 10 s).  E_ROLLBACK: the store has no head any more, or two names
 * that stay.
 */
int chain_head(struct sync *s, struct remote_head *head);

/*
 * chain_check - is this head one that may follow what we know?  E_ROLLBACK with
 * two sentences: it is older, or of another history or store.
 */
int chain_check(struct sync *s, const struct remote_head *head);

/*
 * chain_same_store - before there is any commit, whose header would tell: is
 * the store behind this head the one that this library joined?  E_ROLLBACK.
 */
int chain_same_store(struct sync *s);

/* chain_other_history - E_ROLLBACK: the walk did not arrive where we are. */
int chain_other_history(struct sync *s, const struct remote_head *head);

/*
 * chain_peek - the header of the head's own commit, which stays as a file;
 * memory of `mem`.  E_ABSENT: it is not there (any more).
 */
int chain_peek(struct sync *s, struct mem *mem, const struct remote_head *head,
    struct commit *c);

/*
 * chain_fetch - have the commits from `head` down to version `stop` + 1 as files
 * (chain_file), each with its hash, each naming the one below as its parent;
 * `arrival` receives the parent of the lowest.  E_ABSENT: one of them is below
 * the floor by now: read the head again.
 */
int chain_fetch(struct sync *s, const struct remote_head *head, int64_t stop,
    struct hash *arrival);

/* chain_file - where a commit lies on its way; memory of `mem`. */
char *chain_file(struct sync *s, struct mem *mem, int64_t version);

/* chain_have - is that commit there as a file, with these bytes? */
bool chain_have(struct sync *s, int64_t version, const struct hash *id);

/* chain_header - the header of a fetched commit, and its id by its bytes; its
 * store must be ours: E_ROLLBACK. */
int chain_header(struct sync *s, struct mem *mem, int64_t version,
    struct commit *c, struct hash *id, int64_t *size_bytes);

#endif

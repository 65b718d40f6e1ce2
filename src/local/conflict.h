/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_CONFLICT_H
#define LOCAL_CONFLICT_H

#include <stdbool.h>

#include "local/shared.h"

struct db;
struct mem;

/*
 * Open conflicts: ours is the row in files (status conflict), theirs the
 * store's side.  A row holds a reference to their content (unless they deleted
 * it) and to the proposed merge.
 */
struct conflict {
	const char *stable_id;
	const char *type; /* modified_both, deleted_remote, deleted_local,
			     proposed */
	bool has_ancestor;
	struct record ancestor;
	const char *their_replica;
	const char *their_user;
	const char *their_id;     /* their content; NULL: they have none */
	const char *file_type;    /* of it */
	const char *merge_id;     /* or NULL */
	const char *merge_reason; /* or NULL: not tried yet when both are */
	const char *seen_at;
};

/*
 * conflict_put - one for each record: a later one takes its place.  What is
 * theirs (their_id, file_type) is not read from `c` but from the store's side
 * (record_side), so write that first.  E_ABSENT where there is none, unless it
 * is "proposed": then file_type is read, and they have no content.  merge_id
 * and merge_reason are not read either: what conflict_propose noted stays
 * while type, ancestor and their content are the same, and goes otherwise.
 * seen_at NULL: now.  In a transaction of its own or the caller's.
 */
int conflict_put(struct db *db, const struct conflict *c);
int conflict_find(struct db *db, struct mem *mem, const char *stable_id,
    struct conflict *c);
int conflict_remove(struct db *db, const char *stable_id); /* refs too */
/* In order of stable_id; `fn` may write. */
int conflict_each(struct db *db, int (*fn)(void *arg, const struct conflict *c),
    void *arg);

/*
 * conflict_propose - note the merge (its content is in the blobs: E_CONFLICT
 * when it is not, put it again) or why there is none.  In place of an earlier
 * one.  E_ABSENT: no such conflict.
 */
int conflict_propose(struct db *db, const char *stable_id, const char *merge_id,
    int64_t merge_size, const char *reason);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_META_H
#define LOCAL_META_H

#include <stdint.h>

#include "base/hash.h"

struct db;
struct mem;

/*
 * Single values of the library (sync_metadata).  Keys in use:
 *   replica   this replica's id (UUID)
 *   store     the UUID of the store; absent: not joined
 *   version, commit   the newest version applied here, and its commit
 *   state     the digest of the store's side of all records, 64 hex digits
 *   gc, floor, checkpoint, adopted, min_writer   as in the newest commit
 *   counter   of this replica's own transactions
 *   weight    bytes of commits since the checkpoint
 *   probe     findings for this store (JSON)
 *   last_success, last_error   of a sync
 *   needs_recovery   what the last sync found of a store that went back, forked
 *             or lost something: two sentences
 *   arrival/<id>   what became of the upload in pieces of that id
 *   replica_name/<id>   what people here call that replica
 */
int meta_find(struct db *db, struct mem *mem, const char *key, char **value);
int meta_put(struct db *db, const char *key,
    const char *value);                                       /* NULL: gone */
int meta_int(struct db *db, const char *key, int64_t *value); /* absent: 0 */
int meta_put_int(struct db *db, const char *key, int64_t value);

/* state_find - the state digest; zeros where there is none yet. */
int state_find(struct db *db, struct hash *state);

/* passed_put, passed_find - the commit of a version that was passed. */
int passed_put(struct db *db, int64_t version, const char *commit_id);
int passed_find(struct db *db, struct mem *mem, int64_t version,
    char **commit_id);

/*
 * Everything here is in the caller's transaction, or durable at once where there
 * is none.  x_find: 1 found, 0 absent; texts are memory of `mem`.  What a
 * function of x_each receives is valid during the call, and it may write.
 *
 * The last transaction of each replica in the chain.
 */
struct replica {
	const char *replica;
	int64_t counter;
	const char *txn;
	int64_t version;
	const char *commit_id;
};
int replica_put(struct db *db, const struct replica *r);
int replica_find(struct db *db, struct mem *mem, const char *replica,
    struct replica *r);
int replica_each(struct db *db, int (*fn)(void *arg, const struct replica *r),
    void *arg);

/*
 * Names of contents on the store.  name_is_named: does the store's newest known
 * state name it (live, tombstone or dropped)?  name_find: the newest generation
 * under which the state names this content, and which was not seen damaged: 1
 * found, 0 none.
 */
int name_is_named(struct db *db, const char *id, const char *file_type,
    int64_t generation);
int name_find(struct db *db, const char *id, const char *file_type,
    int64_t *generation);

/*
 * name_look - 1: the state names it, by `refs` records, or, with 0, since it was
 * let go by the commit `dropped_version`; 0: it does not.
 */
int name_look(struct db *db, const char *id, const char *file_type,
    int64_t generation, int64_t *refs, int64_t *dropped_version);

/*
 * name_was_once - did a commit up to `version` name this content?  1 yes; 0: not
 * that this library knows.
 */
int name_was_once(struct db *db, const char *id, const char *file_type,
    int64_t version);

/* name_in_files - does a row of files bear that name?  What is removed is gone, so
 * counts are not trusted alone. */
int name_in_files(struct db *db, const char *id, const char *file_type,
    int64_t generation);

/* name_over - how many names were let go by commits before `version`; and
 * name_forget - which the state names no longer from now on. */
int name_over(struct db *db, int64_t version, int64_t *n);
int name_forget(struct db *db, int64_t version);

/*
 * What was let go, all of it, as a checkpoint tells it: dropped_begin, then
 * dropped_put for each, then dropped_end, in the caller's transaction.  A name
 * that records have stays as it is.
 */
int dropped_begin(struct db *db);
int dropped_put(struct db *db, const char *id, const char *file_type,
    int64_t generation, int64_t version, const char *at);
int dropped_end(struct db *db);

/*
 * Checkpoints that the chain named.  checkpoint_named - one more.
 * checkpoint_newest - the newest below `version`: 1, or 0: none is known.
 * checkpoint_forget - those below `version`.
 */
int checkpoint_named(struct db *db, int64_t version);
int checkpoint_newest(struct db *db, int64_t version, int64_t *found);
int checkpoint_forget(struct db *db, int64_t version);

/* The outbox: at most one commit under way. */
struct outbox {
	const char *txn;
	int64_t counter;
	int64_t version;
	const char *commit_id;
	const void *bytes;
	size_t len;
	int frozen;
};
int outbox_find(struct db *db, struct mem *mem, struct outbox *o);
int outbox_put(struct db *db, const struct outbox *o); /* the rows stay */
/* outbox_freeze - what is decided in its rows cannot be taken back any more.
 * E_ABSENT: there is none. */
int outbox_freeze(struct db *db);
int outbox_clear(struct db *db);  /* rows too */
int outbox_row_put(struct db *db, const char *stable_id, int64_t revision);
int outbox_row_find(struct db *db, const char *stable_id, int64_t *revision);
int outbox_rows_clear(struct db *db);
int outbox_row_each(struct db *db, struct mem *mem,
    int (*fn)(void *arg, const char *stable_id, int64_t revision), void *arg);

/* Contents that were sent, were seen complete, and are not named yet. */
int upload_put(struct db *db, const char *id, const char *file_type,
    int64_t generation, int64_t size_bytes);
int upload_find(struct db *db, const char *id, const char *file_type,
    int64_t generation);
int upload_clear(struct db *db);

/*
 * Syncs: one row each.  The last 10,000 are kept.  E_ABSENT: no such run.
 */
int run_begin(struct db *db, int64_t *run_id);
int run_update(struct db *db, int64_t run_id, const char *summary_json,
    int64_t deleted);
int run_end(struct db *db, int64_t run_id, const char *outcome,
    const char *error, const char *summary_json, int64_t deleted,
    int confirmed);
/* run_deleted - deletions of unconfirmed runs after the last confirmed one:
 * of those since `since`, and of those after the run `after_run`. */
int run_deleted(struct db *db, const char *since, int64_t after_run,
    int64_t *n);
struct run {
	int64_t run_id;
	const char *started_at;
	const char *ended_at;
	const char *outcome;
	const char *error;
	const char *summary;
};
int run_find(struct db *db, struct mem *mem, int64_t run_id, struct run *run);
int run_each(struct db *db, int limit,
    int (*fn)(void *arg, const struct run *run), void *arg); /* newest first */

/* What all syncs that came to an end with this outcome have done together. */
struct run_total {
	const char *outcome;
	int64_t runs;
	int64_t duration_ms;
	int64_t bytes_up;
	int64_t bytes_down;
	int64_t requests;
	int64_t answered[4]; /* with a status of 2xx, 3xx, 4xx, 5xx */
	int64_t errors;
};
int run_total_each(struct db *db, int (*fn)(void *arg, const struct run_total *total),
    void *arg);

#endif

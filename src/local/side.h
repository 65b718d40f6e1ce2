/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_SIDE_H
#define LOCAL_SIDE_H

#include <stdint.h>

#include "local/record.h"

struct db;
struct mem;

/* What a sync alone does to records and to the names of their contents. */

/*
 * record_rekey - in the caller's transaction: a record that the store never had
 * moves to an id of its own (the next salt), because another thing has its id
 * there.  The old row stays, for the other to take.  `new_id` is memory of
 * `mem`.  E_INPUT: the store has it.
 */
int record_rekey(struct db *db, struct mem *mem, const char *stable_id,
    const char **new_id);

/* record_set_reason - why it is not synced, in words; the status stays. */
int record_set_reason(struct db *db, const char *stable_id, const char *reason);

/*
 * side_forget_one - in the caller's transaction: the store turned out to have
 * no such record.  It waits to be sent again; one that was deleted here stays
 * so.
 */
int side_forget_one(struct db *db, const char *stable_id);

/*
 * side_common - the newest version of which two libraries passed the same
 * commit; 0: none that both know.
 */
int side_common(struct db *db, struct db *other, int64_t *version);

/*
 * side_take - in the caller's transaction, after the store's side of each record
 * became what it is in the library `from`: all else that is known of the store
 * (its names, replicas, where we are in its chain) becomes what `from` knows.
 * Of versions up to `common`, what is known here stays.  E_CORRUPT: the two do
 * not have the same digest.
 */
int side_take(struct db *db, struct db *from, int64_t common);

/* record_each_with - records, not deleted, whose content this is, in short
 * reads, so that `fn` may write. */
int record_each_with(struct db *db, const char *id, const char *file_type,
    int (*fn)(void *arg, const struct held *held), void *arg);

/* content_size - bytes of a content that something here refers to. */
int content_size(struct db *db, const char *id, const char *file_type,
    int64_t *size_bytes);

/* A name of a content that the store's state names, and what is known of it. */
struct name {
	const char *id;
	const char *file_type;
	int64_t generation;
	int64_t file_size; /* -1: not known here */
	int is_here;       /* the content is in the blobs (as noted) */
};

/*
 * name_each - names with references, in order of id, whose id begins with
 * `prefix` and is greater than `after` (""); at most `max`.  Answers how many,
 * or what `fn` answered when that was negative.
 */
int name_each(struct db *db, const char *prefix, const char *after, int max,
    int (*fn)(void *arg, const struct name *name), void *arg);

/*
 * name_each_dropped - as name_each, of all names that no record has any more but
 * the state still names; behind that of `after`, all of whose texts may be "".
 */
int name_each_dropped(struct db *db, const struct name *after, int max,
    int (*fn)(void *arg, const struct name *name), void *arg);

/*
 * name_let_go - in the caller's transaction: the store's state names this
 * content though no record has it any more, since that version and time.  What
 * is known of the name stays as it is.
 */
int name_let_go(struct db *db, const char *id, const char *file_type,
    int64_t generation, int64_t version, const char *at);

/* name_retire - its object is damaged: no commit of ours names it any more. */
int name_retire(struct db *db, const char *id, const char *file_type,
    int64_t generation);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_LOCK_H
#define LOCAL_LOCK_H

#include <stdint.h>

struct db;
struct mem;

#define LOCK_SECONDS 90 /* after its last refresh */

/*
 * Edit locks of people, keyed by stable_id.  `owner` is the hash of a session
 * id, never the id itself.
 */

/* lock_put - take or refresh.  E_BUSY: another holds it; E_ABSENT: no such
 * live record. */
int lock_put(struct db *db, const char *stable_id, const char *owner,
    const char *user);

/* lock_refresh - E_CONFLICT when it is not (or no longer) the caller's. */
int lock_refresh(struct db *db, const char *stable_id, const char *owner);

/* lock_remove - 1 released, 0 it was not held; E_CONFLICT: another holds it. */
int lock_remove(struct db *db, const char *stable_id, const char *owner);

/* lock_remove_all - all of one owner. */
int lock_remove_all(struct db *db, const char *owner);

/* lock_find - 1 held now (by whom), 0 free; texts are memory of `mem`. */
int lock_find(struct db *db, struct mem *mem, const char *stable_id,
    char **owner, char **user);

/*
 * lock_each_other - records that somebody else holds now, here or elsewhere, in
 * order of stable_id; `fn` must not ask for them, nor write.  `owner` NULL: of
 * anybody.
 */
int lock_each_other(struct db *db, const char *owner,
    int (*fn)(void *arg, const char *stable_id), void *arg);

int lock_each(struct db *db, const char *owner,
    int (*fn)(void *arg, const char *stable_id), void *arg);

/* lock_each_here - all that are held on this replica now, in order of
 * stable_id; `fn` must not ask for them, nor write. */
int lock_each_here(struct db *db,
    int (*fn)(void *arg, const char *stable_id, const char *user), void *arg);

/*
 * Locks that people hold on other replicas, as far as this one has looked
 * (sync/elsewhere.h).  They are advice: they keep nobody from a lock here.
 */
#define LOCK_ELSEWHERE_SECONDS 60 /* after that replica was heard of last */

struct lock_elsewhere {
	const char *stable_id;
	const char *user;
};

/*
 * lock_elsewhere_set - these are all that `replica` holds, for the next
 * LOCK_ELSEWHERE_SECONDS of this machine's clock.  Durable at once, or in the
 * caller's transaction.  1: something is new or gone by that; 0: they were the
 * same.
 */
int lock_elsewhere_set(struct db *db, const char *replica,
    const struct lock_elsewhere *locks, int locks_n);

/* lock_find_elsewhere - 1 held by somebody on another replica, 0 not known;
 * texts are memory of `mem`. */
int lock_find_elsewhere(struct db *db, struct mem *mem, const char *stable_id,
    char **replica, char **user);

/* lock_each_elsewhere - in order of stable_id; `fn` must not ask for them, nor
 * write. */
int lock_each_elsewhere(struct db *db,
    int (*fn)(void *arg, const char *stable_id, const char *user,
	const char *replica),
    void *arg);

#endif

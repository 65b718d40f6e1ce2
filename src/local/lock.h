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
 * lock_each_other - records that somebody else holds now, in order of
 * stable_id; `fn` must not ask for them, nor write.  `owner` NULL: of anybody.
 */
int lock_each_other(struct db *db, const char *owner,
    int (*fn)(void *arg, const char *stable_id), void *arg);

int lock_each(struct db *db, const char *owner,
    int (*fn)(void *arg, const char *stable_id), void *arg);

#endif

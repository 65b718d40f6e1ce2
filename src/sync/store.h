/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_STORE_H
#define SYNC_STORE_H

#include <stdbool.h>

struct db;
struct mem;
struct remote;

/* The layout that this program reads and writes. */
#define STORE_LAYOUT 1

/*
 * store_join - create the store, or join the one that is there, and note its
 * UUID in the library.  `made` (may be NULL): it was created here.
 *
 * E_EXISTS: the library belongs to another store.  E_INPUT: a folder with
 * commits/ or checkpoints/ but without a head (a store that lost its head is
 * never made anew), or with contents that older software left (store_adopt), or
 * of a newer layout.
 */
int store_join(struct db *db, struct remote *remote, bool *made);

/*
 * store_adopt - the same, but a folder with contents that older software left
 * is taken, too; adopt_run makes records of them.  E_CONFLICT, as a question:
 * there is a version.txt.lock, and not `even_if_locked`.
 */
int store_adopt(struct db *db, struct remote *remote, bool even_if_locked,
    bool *made);

/* store_ask_lock - that question alone.  E_ABSENT: there is no such folder. */
int store_ask_lock(struct remote *remote, bool even_if_locked);

/*
 * store_of - the UUID behind this name of the head; memory of `mem`.  E_ABSENT:
 * it was renamed.
 */
struct remote_head;
int store_of(struct mem *mem, struct remote *remote,
    const struct remote_head *head, char **uuid);

/*
 * store_uuid - the UUID behind the store's head; memory of `mem`.
 * E_ABSENT: there is no head.
 */
int store_uuid(struct mem *mem, struct remote *remote, char **uuid);

#endif

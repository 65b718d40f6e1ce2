/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_RESOLUTION_H
#define LOCAL_RESOLUTION_H

struct db;
struct mem;

/*
 * How a conflict was settled here, kept with all that stood before, so that it
 * can be taken back until a sync has published it.  What is kept holds its
 * contents.  All of this is in the caller's transaction, which must have begun
 * with db_begin.
 */

/*
 * resolution_keep - before anything is changed: the open conflict of this
 * record is settled from now on.  E_ABSENT: there is none.
 */
int resolution_keep(struct db *db, const char *stable_id);

/* resolution_keep_row - the decision is about to change this record too, or to
 * make it. */
int resolution_keep_row(struct db *db, const char *conflict,
    const char *stable_id);

/* resolution_done - after everything was changed. */
int resolution_done(struct db *db, const char *conflict);

/*
 * resolution_undo - everything is as it was before the decision: row, history,
 * references and conflict; only the revision, which never goes back, is one
 * more.  E_ABSENT: there is no such decision, or it was published.  E_CONFLICT:
 * a record of it was changed since.
 */
int resolution_undo(struct db *db, const char *stable_id, const char *user);

/* resolution_forget_sent - those with a record in the outbox: nothing may
 * change them any more. */
int resolution_forget_sent(struct db *db);

/* resolution_forget_over - after a sync: those that need no publishing, and
 * those whose records were changed since.  In a transaction of its own or the
 * caller's. */
int resolution_forget_over(struct db *db);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_ELSEWHERE_H
#define SYNC_ELSEWHERE_H

struct db;
struct remote;

/*
 * Edit locks that travel.  While somebody has a document open, each replica
 * says which locks its people hold, in one small file on the store that it alone
 * writes and removes, under a new name each time:
 *
 *     locks/<replica>-<number in 12 digits>-<8 hex digits>.json
 *     {"replica":UUID,"locks":[{"stable_id":"…","user":"…"},…]}
 *
 * and looks at those of the others.  What was said is repeated every
 * ELSEWHERE_SAY_MS; a replica that was not heard of for LOCK_ELSEWHERE_SECONDS
 * of the looker's own clock holds nothing.  It is advice: it keeps nobody from
 * anything, and no commit tells of it.
 */
struct elsewhere;

#define ELSEWHERE_SAY_MS 20000
#define ELSEWHERE_LOOK_MS 3000

/* A file of locks has at most so many; what is held beyond is not told. */
#define ELSEWHERE_LOCKS_MAX 500
#define ELSEWHERE_BYTES_MAX (256 * 1024)

/* Replicas that are followed at once. */
#define ELSEWHERE_REPLICAS_MAX 256

/*
 * elsewhere_new - for the library in `db` and its store, both borrowed.
 * E_ABSENT: it belongs to no store yet.
 */
int elsewhere_new(struct db *db, struct remote *remote,
    struct elsewhere **elsewhere);
void elsewhere_free(struct elsewhere *e); /* NULL is fine */

/*
 * elsewhere_say - tell the store what is held here, when that changed or is to
 * be repeated; nothing held: no file.  No request when there is nothing to say.
 */
int elsewhere_say(struct elsewhere *e);

/*
 * elsewhere_look - one listing of locks/, and one request for each replica that
 * said something new; noted in the library (local/lock.h).  1: something is
 * held or free by that; 0: nothing new.
 */
int elsewhere_look(struct elsewhere *e);

/* elsewhere_leave - our file goes: nobody looks after it any more. */
int elsewhere_leave(struct elsewhere *e);

/*
 * elsewhere_watch - say and look, until `stop` answers non-zero (asked several
 * times a second); `changed` is called after a look that showed something new.
 * A store that does not answer is tried again.  E_IO and the like of this
 * machine end it.
 */
int elsewhere_watch(struct elsewhere *e, void (*changed)(void *arg),
    int (*stop)(void *arg), void *arg);

#endif

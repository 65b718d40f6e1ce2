/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include "base/hash.h"

#include <stdint.h>

struct db;
struct mem;

#define SESSION_ID_SIZE 65 /* 32 random bytes in hex, and a NUL */
#define SESSIONS_OF_USER 1000

/*
 * Who is signed in, in auth.db.  The id is the secret that the client keeps.
 * Here is only its key, the SHA-256 of it, which may be told: it owns edit
 * locks, and opens nothing.
 */
struct session {
	const char *key;
	const char *username; /* NULL: the user was removed */
	const char *fullname;
	unsigned roles; /* as they are now */
};

/* session_key - of an id; any text has one. */
void session_key(const char *id, char key[HASH_HEX_SIZE]);

/*
 * session_add - sign a user in, who was verified (auth/user.h).
 *
 *   timeout_s  sessions that were not used for so long are swept on the way
 *   id         receives the id, always a new one
 *
 * Of more than SESSIONS_OF_USER of one user the oldest end.  E_ABSENT: no such
 * user; E_BUSY, E_IO.
 */
int session_add(struct db *db, const char *username, int timeout_s,
    char id[SESSION_ID_SIZE]);

/*
 * session_find - who says this id?  1 somebody, in memory of `mem`; 0 it is
 * none, or was not used for `timeout_s`; E_IO.
 *
 * This is a use, and is noted when the last note is a tenth of `timeout_s` or a
 * minute old: so most requests write nothing, and a session lives that much
 * longer at most, never shorter.
 */
int session_find(struct db *db, const char *id, int timeout_s, struct mem *mem,
    struct session *session);

/*
 * session_find_key - the same by its key, for one that was let in and is still
 * there (an event stream): a use as well.
 */
int session_find_key(struct db *db, const char *key, int timeout_s,
    struct mem *mem, struct session *session);

/* session_remove - 1 it has ended; 0 there was none of that key. */
int session_remove(struct db *db, const char *key);

/* session_remove_of - end all of a user, but for the one of the key `keep`
 * (NULL: all). */
int session_remove_of(struct db *db, const char *username, const char *keep);

/* session_each_of - the keys of a user's sessions, also of ones that have timed
 * out; non-zero from `fn` stops and is answered. */
int session_each_of(struct db *db, const char *username,
    int (*fn)(void *arg, const char *key), void *arg);

#endif

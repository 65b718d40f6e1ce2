/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_ACCOUNT_H
#define RESPOND_ACCOUNT_H

#include <stdbool.h>

struct buf;
struct request;

/* What the files of the auth responder share: who somebody is, as JSON, and a
 * password that came with a request. */

/* account_put_roles - append "role":<highest>,"roles":[...] as members. */
void account_put_roles(struct buf *out, unsigned roles);

/* The two forms of a password in a body: as it is typed, or its digest. */
struct secret {
	const char *password;    /* or NULL */
	const char *passwd_hash; /* or NULL; counts before the other */
};

/*
 * account_new_digest - of a new password, in memory of the request; *digest is
 * NULL where none was sent and none is required.  422 for what cannot be one.
 *
 *   password, hash  the names of the two fields
 */
int account_new_digest(struct request *req, const struct secret *secret,
    const char *password, const char *hash, bool is_required,
    const char **digest);

/*
 * account_verify - is it their password, in the time that guessing may have?
 * 0 yes; E_LOGIN with the answer set, 401 `Invalid credentials` or 429 with
 * Retry-After.  A secret that is no digest is as wrong as another.
 */
int account_verify(struct request *req, const char *username,
    const struct secret *secret);

/*
 * account_end_sessions - what else ends with sessions: their event streams,
 * which are told by "sessionEnded" {"session":<key>}, and their edit locks.
 * Nobody has to stay signed in because a sync is writing: locks that cannot be
 * released lapse by themselves.
 *
 *   keys  closed with NULL
 */
void account_end_sessions(struct request *req, const char *const *keys);

/*
 * account_sessions - the keys of a user's sessions, closed with NULL, in memory
 * of the request; `but` (or NULL) is left out.
 */
int account_sessions(struct request *req, const char *username, const char *but,
    const char *const **keys);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include "base/hash.h"

#define PASSWORD_STORED_SIZE 128 /* with the closing NUL */

/*
 * Clients do not send a password, but its SHA-256 in lower-case hex: the
 * digest.  Stored is an argon2id hash of the digest (RFC 9106, by libsodium:
 * 19 MiB, two passes, one lane).
 */

/* password_digest - the digest of what a person types. */
void password_digest(const char *password, char digest[HASH_HEX_SIZE]);

/*
 * password_store - make from a digest what is stored, with a salt of its own.
 *
 * Takes some 50 ms and 19 MiB; one at a time in a process, others wait.
 * E_INPUT when `digest` is not 64 lower-case hex digits, E_NOMEM.
 */
int password_store(const char *digest, char stored[PASSWORD_STORED_SIZE]);

/*
 * password_verify - does the digest belong to what is stored?  1 yes, 0 no.
 *
 * Compared in constant time.  With `stored` NULL (there is no such user) the
 * answer is 0 after the same work, so that time does not tell who exists.
 * E_NOMEM.
 */
int password_verify(const char *stored, const char *digest);

#endif

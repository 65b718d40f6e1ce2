/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "base/hash.h"

#include <stdbool.h>
#include <stdint.h>

struct db;

/*
 * Guessing passwords is made slow, in auth.db, so that a restart forgets
 * nothing.  Failures are counted three times, and beyond a free number each
 * count doubles how long the next login has to wait after the last failure:
 *
 *	counted for			free	longest wait	forgiven
 *	that user at that address	5	15 min		1 in 15 min
 *	that address			30	15 min		1 in 15 min
 *	that user, anywhere		20	30 s		1 in 1 min
 *
 * Nobody is locked out for good: what is refused is not counted; and where a
 * user has signed in before (in 90 days) only the first line counts, so that
 * strangers elsewhere, however many, cannot keep somebody out at home.
 */
#define THROTTLE_ADDRESS_SIZE 64

/* A login under way. */
struct throttle {
	char user[HASH_HEX_SIZE];            /* hash of what was typed */
	char address[THROTTLE_ADDRESS_SIZE]; /* IPv4, or "2001:db8:1:2::/64" */
	bool is_known;                       /* it has succeeded here before */
};

/*
 * throttle_init - `username` as it was sent, whether there is such a user or
 * not; `address` of the client, NULL or no address at all are one address.
 */
void throttle_init(struct throttle *t, const char *username,
    const char *address);

/*
 * throttle_wait - may it be tried now?  `wait_s` receives 0, or the seconds to
 * wait.  Writes nothing.  E_IO.
 */
int throttle_wait(struct db *db, struct throttle *t, int64_t *wait_s);

/*
 * throttle_begin - the same, and where it may be tried it is counted as a
 * failure already: many at once get no more tries than one after another, and
 * one that is killed is counted.  E_BUSY, E_IO.
 */
int throttle_begin(struct db *db, struct throttle *t, int64_t *wait_s);

/* throttle_succeed - the password was right: takes back what throttle_begin
 * counted, and forgives this user at this address all. */
int throttle_succeed(struct db *db, const struct throttle *t);

/* throttle_forget - forgive a user all, everywhere: there is a new password. */
int throttle_forget(struct db *db, const char *username);

/* throttle_count - failures of everybody that are not forgiven yet. */
int throttle_count(struct db *db, int64_t *n);

/*
 * throttle_enter, throttle_leave - passwords are hashed one at a time in a
 * process; this is the queue before it.  E_BUSY at once when THROTTLE_QUEUE
 * wait already.
 */
#define THROTTLE_QUEUE 16
int throttle_enter(void);
void throttle_leave(void);

#endif

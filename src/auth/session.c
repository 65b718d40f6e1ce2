/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/session.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "local/db.h"

#include <string.h>

#define NOTE_MS INT64_C(60000) /* how late a use may be noted, at most */

void
session_key(const char *id, char key[HASH_HEX_SIZE])
{
	struct hash hash;

	hash_bytes(id, strlen(id), &hash);
	hash_hex(&hash, key);
}

/* How late the last use may be noted. */
static int64_t
note_ms(int timeout_s)
{
	int64_t tenth = timeout_s * INT64_C(100);

	return tenth < NOTE_MS ? tenth : NOTE_MS;
}

/* The longest since the last note that a living session may show. */
static int64_t
life_ms(int timeout_s)
{
	return timeout_s * INT64_C(1000) + note_ms(timeout_s);
}

/* ---- adding -------------------------------------------------------------- */

static int
sweep(struct db *db, int64_t before)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_SESSION_SWEEP, &st)) != 0)
		return rc;
	db_bind_int(st, 1, before);
	return db_run(st);
}

static int
add_row(struct db *db, const char *key, const char *username, int64_t now)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_SESSION_ADD, &st)) != 0)
		return rc;
	db_bind_text(st, 1, key);
	db_bind_text(st, 2, username);
	db_bind_int(st, 3, now);
	rc = db_run(st);
	/* The key is 256 random bits: what is violated is the user. */
	if (rc == E_EXISTS)
		return err_set(E_ABSENT, "there is no user %.64s", username);
	return rc;
}

static int
trim(struct db *db, const char *username)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_SESSION_TRIM, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	db_bind_int(st, 2, SESSIONS_OF_USER);
	return db_run(st);
}

static int
add(struct db *db, const char *key, const char *username, int timeout_s)
{
	int64_t now = clock_wall_ms();
	int rc;

	if ((rc = sweep(db, now - life_ms(timeout_s))) != 0 ||
	    (rc = add_row(db, key, username, now)) != 0)
		return rc;
	return trim(db, username);
}

int
session_add(struct db *db, const char *username, int timeout_s,
    char id[SESSION_ID_SIZE])
{
	char key[HASH_HEX_SIZE];
	int rc;

	rand_hex(id, (SESSION_ID_SIZE - 1) / 2);
	session_key(id, key);
	if ((rc = db_begin(db)) != 0)
		return rc;
	return db_end(db, add(db, key, username, timeout_s));
}

/* ---- finding ------------------------------------------------------------- */

/* 1 there is one; `used_ms` receives when its last use was noted. */
static int
find_row(struct db *db, const char *key, struct mem *mem,
    struct session *session, int64_t *used_ms)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_SESSION_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, key);
	if ((rc = db_step(st)) == 1) {
		*used_ms = db_int(st, 0);
		session->key = mem_strdup(mem, key);
		session->username = db_text_dup(st, 1, mem);
		session->fullname = db_text_dup(st, 2, mem);
		session->roles = (unsigned)db_int(st, 3);
		db_reset(st);
	}
	return rc;
}

/* A note that cannot be made (the disk is full) ends the session early, and
 * that is all: the request goes on. */
static void
note_use(struct db *db, const char *key, int64_t now)
{
	struct stmt *st;

	if (db_stmt(db, AUTH_SESSION_TOUCH, &st) == 0) {
		db_bind_text(st, 1, key);
		db_bind_int(st, 2, now);
		db_run(st);
	}
	err_clear();
}

int
session_find_key(struct db *db, const char *key, int timeout_s, struct mem *mem,
    struct session *session)
{
	int64_t now = clock_wall_ms(), used_ms = 0;
	int rc;

	if ((rc = find_row(db, key, mem, session, &used_ms)) != 1)
		return rc;
	if (now - used_ms > life_ms(timeout_s))
		return 0;
	/* A clock that was set back must not make it live for a year. */
	if (now - used_ms >= note_ms(timeout_s) || now < used_ms)
		note_use(db, key, now);
	return 1;
}

int
session_find(struct db *db, const char *id, int timeout_s, struct mem *mem,
    struct session *session)
{
	char key[HASH_HEX_SIZE];

	if (!str_is_hex(id, SESSION_ID_SIZE - 1))
		return 0;
	session_key(id, key);
	return session_find_key(db, key, timeout_s, mem, session);
}

/* ---- ending -------------------------------------------------------------- */

int
session_remove(struct db *db, const char *key)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_SESSION_REMOVE, &st)) != 0)
		return rc;
	db_bind_text(st, 1, key);
	if ((rc = db_run(st)) != 0)
		return rc;
	return db_changes(db) > 0;
}

int
session_remove_of(struct db *db, const char *username, const char *keep)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_SESSION_REMOVE_OF, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	db_bind_text(st, 2, keep);
	return db_run(st);
}

int
session_each_of(struct db *db, const char *username,
    int (*fn)(void *arg, const char *key), void *arg)
{
	struct stmt *st;
	int rc, answer = 0;

	if ((rc = db_stmt(db, AUTH_SESSION_EACH_OF, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	while (answer == 0 && (rc = db_step(st)) == 1)
		answer = fn(arg, db_text(st, 0));
	db_reset(st);
	return answer != 0 ? answer : rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/user.h"

#include "auth/password.h"
#include "auth/session.h"
#include "auth/throttle.h"
#include "auth/user_private.h"

#include "base/err.h"
#include "local/db.h"

#include <sodium.h>

#include <stddef.h>

static int
absent(const char *username)
{
	return err_set(E_ABSENT, "there is no user %.64s", username);
}

/* 1 there is one, with these roles; 0 absent. */
static int
roles_find(struct db *db, const char *username, unsigned *roles)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_USER_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	if ((rc = db_step(st)) == 1)
		*roles = (unsigned)db_int(st, 2);
	db_reset(st);
	return rc;
}

/* This user is about to be an admin no more: 0 when there is another. */
static int
check_not_last(struct db *db, const char *username)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_USER_OTHERS_WITH, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	db_bind_int(st, 2, USER_ADMIN);
	rc = db_step(st);
	db_reset(st);
	if (rc == 0)
		return err_set(E_CONFLICT,
		    "%s is the last admin: make somebody "
		    "else one first",
		    username);
	return rc == 1 ? 0 : rc;
}

/* ---- changing ------------------------------------------------------------ */

static int
set_roles(struct db *db, const char *username, unsigned before, unsigned roles)
{
	struct stmt *st;
	int rc;

	if ((before & USER_ADMIN) && !(roles & USER_ADMIN) &&
	    (rc = check_not_last(db, username)) != 0)
		return rc;
	if ((rc = db_stmt(db, AUTH_USER_SET_ROLES, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	db_bind_int(st, 2, roles);
	user_bind_now(st, 3);
	return db_run(st);
}

static int
set_text(struct db *db, enum sql sql, const char *username, const char *text)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, sql, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	db_bind_text(st, 2, text);
	user_bind_now(st, 3);
	return db_run(st);
}

/* Whoever knew the old one is out; whoever was kept out by failures is not. */
static int
set_password(struct db *db, const char *username, const char *stored,
    const char *keep)
{
	int rc = set_text(db, AUTH_USER_SET_PASSWORD, username, stored);

	if (rc != 0 || (rc = session_remove_of(db, username, keep)) != 0)
		return rc;
	return throttle_forget(db, username);
}

static int
change(struct db *db, const char *username, const struct user_change *c,
    const char *stored)
{
	unsigned before = 0;
	int rc;

	if ((rc = roles_find(db, username, &before)) != 1)
		return rc == 0 ? absent(username) : rc;
	rc = 0;
	if (c->roles != 0)
		rc = set_roles(db, username, before, c->roles);
	if (rc == 0 && c->fullname != NULL)
		rc = set_text(db, AUTH_USER_SET_FULLNAME, username,
		    c->fullname);
	if (rc == 0 && c->digest != NULL)
		rc = set_password(db, username, stored, c->keep_session);
	return rc;
}

int
user_change(struct db *db, const char *username, const struct user_change *c)
{
	char stored[PASSWORD_STORED_SIZE];
	int rc = 0;

	if (c->fullname != NULL)
		rc = user_check_fullname(c->fullname);
	if (rc == 0 && c->roles != 0)
		rc = user_check_roles(c->roles);
	if (rc == 0 && c->digest != NULL)
		rc = password_store(c->digest, stored);
	if (rc != 0 || (rc = db_begin(db)) != 0)
		return rc;
	return db_end(db, change(db, username, c, stored));
}

int
user_set_password(struct db *db, const char *username, const char *password)
{
	char digest[HASH_HEX_SIZE];
	const struct user_change c = { .digest = digest };
	int rc;

	if ((rc = user_digest(password, digest)) != 0)
		return rc;
	rc = user_change(db, username, &c);
	sodium_memzero(digest, sizeof(digest));
	return rc;
}

int
user_set_roles(struct db *db, const char *username, unsigned roles)
{
	const struct user_change c = { .roles = roles };
	int rc = user_check_roles(roles);

	return rc != 0 ? rc : user_change(db, username, &c);
}

/* ---- removing ------------------------------------------------------------ */

static int
remove_user(struct db *db, const char *username)
{
	unsigned roles = 0;
	struct stmt *st;
	int rc;

	if ((rc = roles_find(db, username, &roles)) != 1)
		return rc;
	if ((roles & USER_ADMIN) && (rc = check_not_last(db, username)) != 0)
		return rc;
	if ((rc = db_stmt(db, AUTH_USER_REMOVE, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	rc = db_run(st);
	return rc == 0 ? 1 : rc;
}

int
user_remove(struct db *db, const char *username)
{
	int rc = db_begin(db);

	return rc != 0 ? rc : db_end(db, remove_user(db, username));
}

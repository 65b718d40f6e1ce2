/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/user.h"

#include "auth/password.h"
#include "auth/user_private.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"

#include <sodium.h>

#include <stdio.h>
#include <string.h>

#define USERNAME_MAX 64
#define FULLNAME_MAX 255
#define ALL_ROLES (USER_READER | USER_ANNOTATOR | USER_REVIEWER | USER_ADMIN)

/* ---- what is allowed ----------------------------------------------------- */

int
user_check_username(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789._@-";
	size_t len = strlen(name);

	if (len == 0 || len > USERNAME_MAX || strspn(name, allowed) != len)
		return err_set(E_INPUT,
		    "a username has 1 to %d characters of "
		    "A-Z a-z 0-9 . _ @ -",
		    USERNAME_MAX);
	return 0;
}

int
user_check_fullname(const char *name)
{
	if (strlen(name) > FULLNAME_MAX)
		return err_set(E_INPUT, "the full name is longer than %d bytes",
		    FULLNAME_MAX);
	if (!str_is_utf8(name, strlen(name)))
		return err_set(E_INPUT, "the full name is not UTF-8");
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return err_set(E_INPUT,
			    "the full name has a control character in it");
	return 0;
}

int
user_check_roles(unsigned roles)
{
	if (roles == 0 || (roles & ~(unsigned)ALL_ROLES) != 0)
		return err_set(E_INPUT, "a user has at least one role");
	return 0;
}

int
user_digest(const char *password, char digest[HASH_HEX_SIZE])
{
	size_t len = strlen(password);

	if (len == 0)
		return err_set(E_INPUT, "the password is empty");
	if (len > USER_PASSWORD_MAX)
		return err_set(E_INPUT, "the password is longer than %d bytes",
		    USER_PASSWORD_MAX);
	password_digest(password, digest);
	return 0;
}

/* ---- adding -------------------------------------------------------------- */

void
user_bind_now(struct stmt *st, int at)
{
	char now[CLOCK_TEXT_SIZE];

	db_bind_text(st, at, clock_text(clock_wall_ms(), now));
}

static int
add_row(struct db *db, const char *username, const char *fullname,
    unsigned roles, const char *stored)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_USER_ADD, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	db_bind_text(st, 2, fullname);
	db_bind_int(st, 3, roles);
	db_bind_text(st, 4, stored);
	user_bind_now(st, 5);
	rc = db_run(st);
	if (rc == E_EXISTS)
		err_set(rc, "there is a user %s already (in whatever case)",
		    username);
	return rc;
}

int
user_add_digest(struct db *db, const char *username, const char *fullname,
    unsigned roles, const char *digest)
{
	char stored[PASSWORD_STORED_SIZE];
	int rc;

	if (fullname == NULL)
		fullname = "";
	if ((rc = user_check_username(username)) != 0 ||
	    (rc = user_check_fullname(fullname)) != 0 ||
	    (rc = user_check_roles(roles)) != 0 ||
	    (rc = password_store(digest, stored)) != 0)
		return rc;
	return add_row(db, username, fullname, roles, stored);
}

int
user_add(struct db *db, const char *username, const char *fullname,
    unsigned roles, const char *password)
{
	char digest[HASH_HEX_SIZE];
	int rc;

	if ((rc = user_digest(password, digest)) != 0)
		return rc;
	rc = user_add_digest(db, username, fullname, roles, digest);
	sodium_memzero(digest, sizeof(digest));
	return rc;
}

/* ---- asking -------------------------------------------------------------- */

static void
row_read(struct stmt *st, struct user *user)
{
	user->username = db_text(st, 0);
	user->fullname = db_text(st, 1);
	user->roles = (unsigned)db_int(st, 2);
	user->created_at = db_text(st, 3);
	user->updated_at = db_text(st, 4);
}

int
user_find(struct db *db, const char *username, struct mem *mem,
    struct user *user)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_USER_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	if ((rc = db_step(st)) == 1) {
		row_read(st, user);
		user->username = mem_strdup(mem, user->username);
		user->fullname = mem_strdup(mem, user->fullname);
		user->created_at = mem_strdup(mem, user->created_at);
		user->updated_at = mem_strdup(mem, user->updated_at);
	}
	db_reset(st);
	return rc;
}

/* What is stored for a user's password: 1 found, 0 absent. */
static int
stored_find(struct db *db, const char *username,
    char stored[PASSWORD_STORED_SIZE])
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_USER_PASSWORD, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	if ((rc = db_step(st)) == 1)
		snprintf(stored, PASSWORD_STORED_SIZE, "%s", db_text(st, 0));
	db_reset(st);
	return rc;
}

int
user_verify(struct db *db, const char *username, const char *digest)
{
	char stored[PASSWORD_STORED_SIZE];
	int rc = stored_find(db, username, stored);

	return rc < 0 ? rc : password_verify(rc == 1 ? stored : NULL, digest);
}

int
user_each(struct db *db, int (*fn)(void *arg, const struct user *user),
    void *arg)
{
	struct user user;
	struct stmt *st;
	int rc, answer = 0;

	if ((rc = db_stmt(db, AUTH_USER_EACH, &st)) != 0)
		return rc;
	while (answer == 0 && (rc = db_step(st)) == 1) {
		row_read(st, &user);
		answer = fn(arg, &user);
	}
	db_reset(st);
	return answer != 0 ? answer : rc;
}

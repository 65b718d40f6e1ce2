/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/user.h"

#include "auth/password.h"

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

static const struct {
	enum user_role role;
	const char *name;
} role_names[] = {
	{ USER_READER, "user" },
	{ USER_ANNOTATOR, "annotator" },
	{ USER_REVIEWER, "reviewer" },
	{ USER_ADMIN, "admin" },
};

#define ROLE_COUNT (sizeof(role_names) / sizeof(role_names[0]))

static unsigned
role_named(const char *name, size_t len)
{
	for (size_t i = 0; i < ROLE_COUNT; i++)
		if (strlen(role_names[i].name) == len &&
		    memcmp(role_names[i].name, name, len) == 0)
			return role_names[i].role;
	return 0;
}

int
user_roles_parse(const char *text, unsigned *roles)
{
	static const char between[] = ", \t";
	unsigned found = 0, role;
	size_t len;

	for (text += strspn(text, between); *text != '\0';
	     text += len, text += strspn(text, between)) {
		len = strcspn(text, between);
		if ((role = role_named(text, len)) == 0)
			return err_set(E_INPUT,
			    "%.*s is no role: user, "
			    "annotator, reviewer and admin are",
			    len > 40 ? 40 : (int)len, text);
		found |= role;
	}
	if (found == 0)
		return err_set(E_INPUT, "no role is given");
	*roles = found;
	return 0;
}

void
user_roles_text(unsigned roles, struct buf *out)
{
	const char *comma = "";

	for (size_t i = 0; i < ROLE_COUNT; i++)
		if (roles & role_names[i].role) {
			buf_printf(out, "%s%s", comma, role_names[i].name);
			comma = ",";
		}
}

static int
check_username(const char *name)
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

static int
check_fullname(const char *name)
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

static int
check_roles(unsigned roles)
{
	if (roles == 0 || (roles & ~(unsigned)ALL_ROLES) != 0)
		return err_set(E_INPUT, "a user has at least one role");
	return 0;
}

static int
absent(const char *username)
{
	return err_set(E_ABSENT, "there is no user %.64s", username);
}

/* What is stored for a password as it is typed. */
static int
store(const char *password, char stored[PASSWORD_STORED_SIZE])
{
	char digest[HASH_HEX_SIZE];
	int rc;

	if (*password == '\0')
		return err_set(E_INPUT, "the password is empty");
	password_digest(password, digest);
	rc = password_store(digest, stored);
	sodium_memzero(digest, sizeof(digest));
	return rc;
}

static void
bind_now(struct stmt *st, int at)
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
	bind_now(st, 5);
	rc = db_run(st);
	if (rc == E_EXISTS)
		err_set(rc, "there is a user %s already (in whatever case)",
		    username);
	return rc;
}

int
user_add(struct db *db, const char *username, const char *fullname,
    unsigned roles, const char *password)
{
	char stored[PASSWORD_STORED_SIZE];
	int rc;

	if (fullname == NULL)
		fullname = "";
	if ((rc = check_username(username)) != 0 ||
	    (rc = check_fullname(fullname)) != 0 ||
	    (rc = check_roles(roles)) != 0 ||
	    (rc = store(password, stored)) != 0)
		return rc;
	return add_row(db, username, fullname, roles, stored);
}

int
user_set_password(struct db *db, const char *username, const char *password)
{
	char stored[PASSWORD_STORED_SIZE];
	struct stmt *st;
	int rc;

	if ((rc = store(password, stored)) != 0 ||
	    (rc = db_stmt(db, AUTH_USER_SET_PASSWORD, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	db_bind_text(st, 2, stored);
	bind_now(st, 3);
	if ((rc = db_run(st)) != 0)
		return rc;
	return db_changes(db) > 0 ? 0 : absent(username);
}

static void
row_read(struct stmt *st, struct user *user)
{
	user->username = db_text(st, 0);
	user->fullname = db_text(st, 1);
	user->roles = (unsigned)db_int(st, 2);
	user->created_at = db_text(st, 3);
	user->updated_at = db_text(st, 4);
}

/* 1 there is one, with these roles; 0 absent. */
static int
roles_find(struct db *db, const char *username, unsigned *roles)
{
	struct user user;
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, AUTH_USER_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	rc = db_step(st);
	if (rc == 1) {
		row_read(st, &user);
		*roles = user.roles;
	}
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
		return err_set(E_INPUT,
		    "%s is the last admin: make somebody "
		    "else one first",
		    username);
	return rc == 1 ? 0 : rc;
}

static int
set_roles(struct db *db, const char *username, unsigned roles)
{
	unsigned before = 0;
	struct stmt *st;
	int rc;

	if ((rc = roles_find(db, username, &before)) != 1)
		return rc == 0 ? absent(username) : rc;
	if ((before & USER_ADMIN) && !(roles & USER_ADMIN) &&
	    (rc = check_not_last(db, username)) != 0)
		return rc;
	if ((rc = db_stmt(db, AUTH_USER_SET_ROLES, &st)) != 0)
		return rc;
	db_bind_text(st, 1, username);
	db_bind_int(st, 2, roles);
	bind_now(st, 3);
	return db_run(st);
}

int
user_set_roles(struct db *db, const char *username, unsigned roles)
{
	int rc;

	if ((rc = check_roles(roles)) != 0 || (rc = db_begin(db)) != 0)
		return rc;
	return db_end(db, set_roles(db, username, roles));
}

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

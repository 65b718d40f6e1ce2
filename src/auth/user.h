/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef AUTH_USER_H
#define AUTH_USER_H

#include "base/hash.h"

#include <stdbool.h>

struct buf;
struct db;
struct mem;

/*
 * The users of this replica, in auth.db (db_open with DB_AUTH).  A username has
 * 1 to 64 characters of A-Z a-z 0-9 . _ @ -; two that differ in case alone are
 * not possible.  Roles are a set; somebody without any may do what nobody may.
 */
enum user_role {
	USER_READER = 1, /* "user" */
	USER_ANNOTATOR = 2,
	USER_REVIEWER = 4,
	USER_ADMIN = 8,
};

struct user {
	const char *username;
	const char *fullname; /* "" for none */
	unsigned roles;
	const char *created_at;
	const char *updated_at;
};

/*
 * user_roles_parse - from names with commas or blanks between: "user",
 * "annotator", "reviewer", "admin".  E_INPUT for another name, or none.
 */
int user_roles_parse(const char *text, unsigned *roles);

/* user_roles_text - append the names, with commas between, lowest first. */
void user_roles_text(unsigned roles, struct buf *out);

/* user_role_named - the role of that name; 0: there is none. */
unsigned user_role_named(const char *name);

/* user_roles_highest - the name of the highest of these. */
const char *user_roles_highest(unsigned roles);

/* What a user may be: E_INPUT with a sentence. */
int user_check_username(const char *username);
int user_check_fullname(const char *fullname);
int user_check_roles(unsigned roles);

/* user_digest - of a password as it is typed (auth/password.h); E_INPUT: empty,
 * or longer than USER_PASSWORD_MAX bytes. */
#define USER_PASSWORD_MAX 1024
int user_digest(const char *password, char digest[HASH_HEX_SIZE]);

/*
 * user_add - a new user.
 *
 *   fullname  for people to read; NULL for none; UTF-8 of at most 255 bytes
 *   roles     at least one
 *   password  as it is typed; user_digest says what it may be
 *
 * E_EXISTS when there is one of that name in any case; E_INPUT with a
 * sentence; E_BUSY, E_IO, E_NOMEM.
 */
int user_add(struct db *db, const char *username, const char *fullname,
    unsigned roles, const char *password);

/* user_add_digest - the same, with the digest of the password. */
int user_add_digest(struct db *db, const char *username, const char *fullname,
    unsigned roles, const char *digest);

/* What is to be another; the rest stays. */
struct user_change {
	const char *fullname;     /* NULL: as it is */
	unsigned roles;           /* 0: as they are */
	const char *digest;       /* of the new password; NULL: as it is */
	const char *keep_session; /* key of the one that a new password leaves;
				     NULL: all of the user end */
};

/*
 * user_change - all of it or nothing.  Sessions have the new roles at once; a
 * new password ends them, and forgives failed logins.  E_ABSENT when there is
 * no such user; E_CONFLICT when it would leave no admin where there is one;
 * E_INPUT; E_BUSY, E_IO, E_NOMEM.
 */
int user_change(struct db *db, const char *username,
    const struct user_change *c);

/* user_set_password, user_set_roles - user_change of one thing. */
int user_set_password(struct db *db, const char *username,
    const char *password);
int user_set_roles(struct db *db, const char *username, unsigned roles);

/*
 * user_remove - afterwards there is no such user, and who was signed in as one
 * is nobody: 1 it was removed, 0 there was none.  E_CONFLICT when it is the last
 * admin; E_BUSY, E_IO.
 */
int user_remove(struct db *db, const char *username);

/* user_find - 1 found, in memory of `mem`; 0 absent; E_IO. */
int user_find(struct db *db, const char *username, struct mem *mem,
    struct user *user);

/*
 * user_verify - is this the password of that user, given as its digest
 * (auth/password.h)?  1 yes; 0 no, or no such user, in the same time.  E_IO,
 * E_NOMEM.
 */
int user_verify(struct db *db, const char *username, const char *digest);

/*
 * user_each - call `fn` for each user, by username; what it gets is valid
 * during the call, in which it must not ask for users.  Stops when `fn` answers
 * non-zero and answers that.  E_IO.
 */
int user_each(struct db *db, int (*fn)(void *arg, const struct user *user),
    void *arg);

#endif

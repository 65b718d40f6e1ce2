/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef AUTH_USER_H
#define AUTH_USER_H

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

/*
 * user_add - a new user.
 *
 *   fullname  for people to read; NULL for none; UTF-8 of at most 255 bytes
 *   roles     at least one
 *   password  as it is typed; not empty
 *
 * E_EXISTS when there is one of that name in any case; E_INPUT with a
 * sentence; E_BUSY, E_IO, E_NOMEM.
 */
int user_add(struct db *db, const char *username, const char *fullname,
    unsigned roles, const char *password);

/* user_set_password - E_ABSENT when there is no such user; as user_add. */
int user_set_password(struct db *db, const char *username,
    const char *password);

/*
 * user_set_roles - E_ABSENT when there is no such user; E_INPUT when it would
 * leave no admin where there is one; E_BUSY, E_IO.
 */
int user_set_roles(struct db *db, const char *username, unsigned roles);

/*
 * user_remove - afterwards there is no such user: 1 it was removed, 0 there was
 * none.  E_INPUT when it is the last admin; E_BUSY, E_IO.
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

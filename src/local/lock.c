/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/lock.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "local/db.h"

#define LOCK_MS (LOCK_SECONDS * INT64_C(1000))

/*
 * A lock is held while its end lies between now and a while from now.  What
 * ends later was taken before the clock was set back, and would stick.
 */
static void
bind_span(struct stmt *st, int at, int64_t now)
{
	db_bind_int(st, at, now);
	db_bind_int(st, at + 1, now + 2 * LOCK_MS);
}

static int
lock_stmt(struct db *db, enum sql sql, const char *stable_id, struct stmt **st)
{
	int rc = db_stmt(db, sql, st);

	if (rc == 0)
		db_bind_text(*st, 1, stable_id);
	return rc;
}

static int
check_live(struct db *db, const char *stable_id)
{
	struct stmt *st;
	int rc;

	if ((rc = lock_stmt(db, LOCK_IS_LIVE, stable_id, &st)) != 0 ||
	    (rc = db_step(st)) < 0)
		return rc;
	if (rc == 0)
		return err_set(E_ABSENT, "%s: no such record", stable_id);
	db_reset(st);
	return 0;
}

static int
lapse(struct db *db, int64_t now)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, LOCK_LAPSE, &st)) != 0)
		return rc;
	bind_span(st, 1, now);
	return db_run(st);
}

/* 0 nobody holds it; otherwise `code`, with who does. */
static int
check_free(struct db *db, const char *stable_id, int code)
{
	struct mem *mem = mem_new();
	char *owner, *user = NULL;
	int rc;

	rc = lock_find(db, mem, stable_id, &owner, &user);
	if (rc == 1)
		rc = err_set(code, "%s: is being edited by %s", stable_id,
		    user);
	mem_free(mem);
	return rc;
}

static int
take(struct db *db, const char *stable_id, const char *owner, const char *user,
    int64_t now)
{
	struct stmt *st;
	int rc;

	if ((rc = lock_stmt(db, LOCK_TAKE, stable_id, &st)) != 0)
		return rc;
	db_bind_text(st, 2, owner);
	db_bind_text(st, 3, user);
	db_bind_int(st, 4, now + LOCK_MS);
	if ((rc = db_run(st)) != 0)
		return rc;
	return db_changes(db) > 0 ? 0 : check_free(db, stable_id, E_BUSY);
}

int
lock_put(struct db *db, const char *stable_id, const char *owner,
    const char *user)
{
	int64_t now = clock_wall_ms();
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	if ((rc = check_live(db, stable_id)) == 0 && (rc = lapse(db, now)) == 0)
		rc = take(db, stable_id, owner, user, now);
	return db_end(db, rc);
}

int
lock_refresh(struct db *db, const char *stable_id, const char *owner)
{
	int64_t now = clock_wall_ms();
	struct stmt *st;
	int rc;

	if ((rc = lock_stmt(db, LOCK_REFRESH, stable_id, &st)) != 0)
		return rc;
	db_bind_text(st, 2, owner);
	db_bind_int(st, 3, now + LOCK_MS);
	bind_span(st, 4, now);
	if ((rc = db_run(st)) != 0)
		return rc;
	return db_changes(db) > 0
	    ? 0
	    : err_set(E_CONFLICT, "%s: the lock is not held any more",
		  stable_id);
}

static int
remove_own(struct db *db, const char *stable_id, const char *owner)
{
	struct stmt *st;
	int rc;

	if ((rc = lock_stmt(db, LOCK_REMOVE, stable_id, &st)) != 0)
		return rc;
	db_bind_text(st, 2, owner);
	if ((rc = db_run(st)) != 0)
		return rc;
	return db_changes(db) > 0;
}

int
lock_remove(struct db *db, const char *stable_id, const char *owner)
{
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	if ((rc = lapse(db, clock_wall_ms())) == 0 &&
	    (rc = remove_own(db, stable_id, owner)) == 0)
		rc = check_free(db, stable_id, E_CONFLICT);
	return db_end(db, rc);
}

int
lock_remove_all(struct db *db, const char *owner)
{
	struct stmt *st;
	int rc = lock_stmt(db, LOCK_REMOVE_ALL, owner, &st);

	return rc != 0 ? rc : db_run(st);
}

int
lock_find(struct db *db, struct mem *mem, const char *stable_id, char **owner,
    char **user)
{
	struct stmt *st;
	int rc;

	if ((rc = lock_stmt(db, LOCK_FIND, stable_id, &st)) != 0)
		return rc;
	bind_span(st, 2, clock_wall_ms());
	if ((rc = db_step(st)) != 1)
		return rc;
	*owner = db_text_dup(st, 0, mem);
	*user = db_text_dup(st, 1, mem);
	db_reset(st);
	return 1;
}

int
lock_each(struct db *db, const char *owner,
    int (*fn)(void *arg, const char *stable_id), void *arg)
{
	struct mem *mem = mem_new();
	const char *after = "";
	struct stmt *st;
	int rc;

	do {
		if ((rc = lock_stmt(db, LOCK_EACH, owner, &st)) != 0)
			break;
		db_bind_text(st, 2, after);
		bind_span(st, 3, clock_wall_ms());
		if ((rc = db_step(st)) != 1)
			break;
		after = db_text_dup(st, 0, mem);
		db_reset(st);
	} while ((rc = fn(arg, after)) == 0);
	mem_free(mem);
	return rc;
}

int
lock_each_other(struct db *db, const char *owner,
    int (*fn)(void *arg, const char *stable_id), void *arg)
{
	struct stmt *st;
	int rc, told = 0;

	rc = lock_stmt(db, LOCK_EACH_OTHER, owner != NULL ? owner : "", &st);
	if (rc != 0)
		return rc;
	bind_span(st, 2, clock_wall_ms());
	while (told == 0 && (rc = db_step(st)) == 1)
		told = fn(arg, db_text(st, 0));
	db_reset(st);
	return told != 0 ? told : rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/lock.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"

#define ELSEWHERE_MS (LOCK_ELSEWHERE_SECONDS * INT64_C(1000))

/* As with locks here: what ends later than it can is none. */
static void
bind_span(struct stmt *st, int at, int64_t most_ms)
{
	int64_t now = clock_wall_ms();

	db_bind_int(st, at, now);
	db_bind_int(st, at + 1, now + 2 * most_ms);
}

/* ---- what is held here -------------------------------------------------------- */

int
lock_each_here(struct db *db,
    int (*fn)(void *arg, const char *stable_id, const char *user), void *arg)
{
	struct stmt *st;
	int rc, told = 0;

	if ((rc = db_stmt(db, LOCK_EACH_HERE, &st)) != 0)
		return rc;
	bind_span(st, 1, LOCK_SECONDS * INT64_C(1000));
	while (told == 0 && (rc = db_step(st)) == 1)
		told = fn(arg, db_text(st, 0), db_text(st, 1));
	db_reset(st);
	return told != 0 ? told : rc;
}

/* ---- what is held elsewhere ----------------------------------------------------- */

/* Are these, in their order, exactly what is known of that replica? */
static int
is_known(struct db *db, const char *replica, const struct lock_elsewhere *locks,
    int locks_n)
{
	struct stmt *st;
	int rc, n = 0;
	bool same = true;

	if ((rc = db_stmt(db, ELSEWHERE_OF, &st)) != 0)
		return rc;
	db_bind_text(st, 1, replica);
	bind_span(st, 2, ELSEWHERE_MS);
	while ((rc = db_step(st)) == 1) {
		same = same && n < locks_n &&
		    str_eq(locks[n].stable_id, db_text(st, 0)) &&
		    str_eq(locks[n].user, db_text(st, 1));
		n++;
	}
	db_reset(st);
	return rc < 0 ? rc : same && n == locks_n;
}

static int
put(struct db *db, const char *replica, const struct lock_elsewhere *lock)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, ELSEWHERE_PUT, &st)) != 0)
		return rc;
	db_bind_text(st, 1, replica);
	db_bind_text(st, 2, lock->stable_id);
	db_bind_text(st, 3, lock->user);
	db_bind_int(st, 4, clock_wall_ms() + ELSEWHERE_MS);
	return db_run(st);
}

/* What is over goes too, whosever it was. */
static int
forget(struct db *db, const char *replica)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, ELSEWHERE_REMOVE, &st)) != 0)
		return rc;
	db_bind_text(st, 1, replica);
	if ((rc = db_run(st)) != 0 ||
	    (rc = db_stmt(db, ELSEWHERE_LAPSE, &st)) != 0)
		return rc;
	bind_span(st, 1, ELSEWHERE_MS);
	return db_run(st);
}

static int
replace(struct db *db, const char *replica, const struct lock_elsewhere *locks,
    int locks_n)
{
	int same, rc;

	if ((same = is_known(db, replica, locks, locks_n)) < 0 ||
	    (rc = forget(db, replica)) != 0)
		return same < 0 ? same : rc;
	for (int i = 0; i < locks_n; i++)
		if ((rc = put(db, replica, &locks[i])) != 0)
			return rc;
	return !same;
}

int
lock_elsewhere_set(struct db *db, const char *replica,
    const struct lock_elsewhere *locks, int locks_n)
{
	int rc = db_begin(db);

	return rc != 0 ? rc : db_end(db, replace(db, replica, locks, locks_n));
}

int
lock_find_elsewhere(struct db *db, struct mem *mem, const char *stable_id,
    char **replica, char **user)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, ELSEWHERE_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, stable_id);
	bind_span(st, 2, ELSEWHERE_MS);
	if ((rc = db_step(st)) != 1)
		return rc;
	*replica = db_text_dup(st, 0, mem);
	*user = db_text_dup(st, 1, mem);
	db_reset(st);
	return 1;
}

int
lock_each_elsewhere(struct db *db,
    int (*fn)(void *arg, const char *stable_id, const char *user,
	const char *replica),
    void *arg)
{
	struct stmt *st;
	int rc, told = 0;

	if ((rc = db_stmt(db, ELSEWHERE_EACH, &st)) != 0)
		return rc;
	bind_span(st, 1, ELSEWHERE_MS);
	while (told == 0 && (rc = db_step(st)) == 1)
		told = fn(arg, db_text(st, 0), db_text(st, 1), db_text(st, 2));
	db_reset(st);
	return told != 0 ? told : rc;
}

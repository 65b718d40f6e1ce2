/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/litter.h"

#include "base/clock.h"
#include "base/mem.h"
#include "local/day.h"
#include "local/db.h"

#define DAY_MS (24 * 60 * 60 * INT64_C(1000))
#define LEAP_MS (7 * DAY_MS)
#define LITTER_MAX 10000

struct seen {
	int64_t size_bytes;
	int64_t day;
	int64_t at_ms;
};

static int
find(struct db *db, const char *path, struct seen *seen)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, LITTER_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, path);
	if ((rc = db_step(st)) != 1)
		return rc;
	seen->size_bytes = db_int(st, 0);
	seen->day = db_int(st, 1);
	if (clock_parse(db_text(st, 2), &seen->at_ms) != 0)
		seen->at_ms = INT64_MAX;
	db_reset(st);
	return 1;
}

static int
is_full(struct db *db)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, LITTER_COUNT, &st)) != 0 ||
	    (rc = db_step(st)) != 1)
		return rc;
	rc = db_int(st, 0) >= LITTER_MAX;
	db_reset(st);
	return rc;
}

static int
note(struct db *db, const char *path, int64_t size_bytes, int64_t day)
{
	char now[CLOCK_TEXT_SIZE];
	struct stmt *st;
	int rc;

	if ((rc = is_full(db)) != 0)
		return rc < 0 ? rc : 0;
	if ((rc = db_stmt(db, LITTER_PUT, &st)) != 0)
		return rc;
	db_bind_text(st, 1, path);
	db_bind_int(st, 2, size_bytes);
	db_bind_int(st, 3, day);
	db_bind_text(st, 4, clock_text(clock_wall_ms(), now));
	return db_run(st);
}

static bool
is_over(const struct seen *seen, int64_t day)
{
	int64_t days = day - seen->day;
	int64_t ms = clock_wall_ms() - seen->at_ms;

	if (seen->at_ms == INT64_MAX || ms < DAY_MS)
		return false;
	return days > 1 || (days == 1 && ms <= LEAP_MS);
}

int
litter_see(struct db *db, const char *path, int64_t size_bytes, bool is_looking)
{
	struct seen seen;
	int64_t day;
	int rc;

	if ((rc = day_number(db, &day)) != 0 ||
	    (rc = find(db, path, &seen)) < 0)
		return rc;
	if (rc == 1 && seen.size_bytes == size_bytes)
		return is_over(&seen, day);
	return is_looking ? 0 : note(db, path, size_bytes, day);
}

int
litter_remove(struct db *db, const char *path)
{
	return db_run_on(db, LITTER_REMOVE, path);
}

int
litter_forget(struct db *db, int64_t days)
{
	struct stmt *st;
	int64_t day;
	int rc;

	if ((rc = day_number(db, &day)) != 0 ||
	    (rc = db_stmt(db, LITTER_FORGET, &st)) != 0)
		return rc;
	db_bind_int(st, 1, day - days);
	return db_run(st);
}

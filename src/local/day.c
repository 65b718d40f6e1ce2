/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/day.h"

#include <string.h>

#include "base/clock.h"
#include "local/db.h"

#define DATE_LENGTH 10 /* 2026-01-31 */
#define DAY_MS (24 * 60 * 60 * INT64_C(1000))

/* 1 when the last day has another date, or there is none yet. */
static int
is_another(struct db *db, const char *date)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, DAY_LAST, &st)) != 0)
		return rc;
	if ((rc = db_step(st)) != 1)
		return rc < 0 ? rc : 1;
	rc = strcmp(db_text(st, 0), date) != 0;
	db_reset(st);
	return rc;
}

static int
put(struct db *db, const char *date)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, DAY_PUT, &st)) != 0)
		return rc;
	db_bind_text(st, 1, date);
	return db_run(st);
}

/* The date of a time, which stays in the same place. */
static const char *
date_of(int64_t wall_ms, char text[CLOCK_TEXT_SIZE])
{
	clock_text(wall_ms, text)[DATE_LENGTH] = '\0';
	return text;
}

int
day_note(struct db *db)
{
	char now[CLOCK_TEXT_SIZE];
	int rc;

	date_of(clock_wall_ms(), now);
	if ((rc = is_another(db, now)) != 1)
		return rc;
	return put(db, now);
}

int
day_ago(struct db *db, int64_t days, int64_t *history_seq, int64_t *run_id)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, DAY_AGO, &st)) != 0)
		return rc;
	db_bind_int(st, 1, days);
	if ((rc = db_step(st)) != 1)
		return rc;
	*history_seq = db_int(st, 0);
	*run_id = db_int(st, 1);
	db_reset(st);
	return 1;
}

/* 1 with the number that the statement finds; 0: none. */
static int
number(struct stmt *st, int64_t *value)
{
	int rc = db_step(st);

	if (rc != 1)
		return rc;
	*value = db_int(st, 0);
	db_reset(st);
	return 1;
}

int
day_version(struct db *db, int64_t days, int64_t *version)
{
	char then[CLOCK_TEXT_SIZE], now[CLOCK_TEXT_SIZE];
	int64_t now_ms = clock_wall_ms();
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, DAY_VERSION, &st)) != 0)
		return rc;
	db_bind_int(st, 1, days);
	db_bind_text(st, 2, date_of(now_ms - days * DAY_MS, then));
	db_bind_text(st, 3, date_of(now_ms, now));
	return number(st, version);
}

int
day_set_back(struct db *db, int64_t version)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, DAY_SET_BACK, &st)) != 0)
		return rc;
	db_bind_int(st, 1, version);
	return db_run(st);
}

int
day_number(struct db *db, int64_t *day)
{
	struct stmt *st;
	int rc = db_stmt(db, DAY_NUMBER, &st);

	if (rc == 0)
		rc = number(st, day);
	return rc < 0 ? rc : 0;
}

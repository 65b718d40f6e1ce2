/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/day.h"

#include <string.h>

#include "base/clock.h"
#include "local/db.h"

#define DATE_LENGTH 10 /* 2026-01-31 */

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

int
day_note(struct db *db)
{
	char now[CLOCK_TEXT_SIZE];
	int rc;

	clock_text(clock_wall_ms(), now);
	now[DATE_LENGTH] = '\0';
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

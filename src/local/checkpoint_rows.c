/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/checkpoint_rows.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

#include <string.h>

int
rows_corrupt(const struct rows *rows, const char *what)
{
	return err_set(E_CORRUPT, "checkpoint, table %s: %s", rows->table,
	    what);
}

int
rows_open(sqlite3 *file, enum checkpoint_table table, const char *sql,
    struct rows *rows)
{
	int rc;

	rows->file = file;
	rows->table = checkpoint_sql[table].name;
	rows->bad = -1;
	rc = sqlite3_prepare_v2(file, sql, -1, &rows->st, NULL);
	if (rc == SQLITE_OK)
		return 0;
	return checkpoint_error(file, rc, "checkpoint");
}

void
rows_close(struct rows *rows)
{
	sqlite3_finalize(rows->st);
}

int
rows_next(struct rows *rows)
{
	int rc = sqlite3_step(rows->st);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	return checkpoint_error(rows->file, rc, "checkpoint");
}

const char *
rows_text(struct rows *rows, int column, bool or_null)
{
	int type = sqlite3_column_type(rows->st, column);
	const char *text = NULL;

	if (type == SQLITE_TEXT) {
		text = (const char *)sqlite3_column_text(rows->st, column);
		if (text != NULL &&
		    strlen(text) ==
			(size_t)sqlite3_column_bytes(rows->st, column))
			return text;
	} else if (type == SQLITE_NULL && or_null) {
		return NULL;
	}
	if (rows->bad < 0)
		rows->bad = column;
	return NULL;
}

int64_t
rows_int(struct rows *rows, int column, int64_t min, int64_t max)
{
	int64_t number = sqlite3_column_int64(rows->st, column);

	if ((sqlite3_column_type(rows->st, column) != SQLITE_INTEGER ||
		number < min || number > max) &&
	    rows->bad < 0)
		rows->bad = column;
	return number;
}

void
rows_demand(struct rows *rows, int column, bool good)
{
	if (!good && rows->bad < 0)
		rows->bad = column;
}

const char *
rows_plain(struct rows *rows, int column, bool or_null)
{
	const char *text = rows_text(rows, column, or_null);

	rows_demand(rows, column,
	    text == NULL ? or_null : shared_is_plain(text, SHARED_TEXT_MAX));
	return text;
}

const char *
rows_hash(struct rows *rows, int column)
{
	const char *text = rows_text(rows, column, false);

	rows_demand(rows, column, text != NULL && str_is_hex(text, 64));
	return text;
}

const char *
rows_time(struct rows *rows, int column)
{
	const char *text = rows_text(rows, column, false);
	int64_t ms;

	rows_demand(rows, column, text != NULL && clock_parse(text, &ms) == 0);
	return text;
}

int
rows_check(const struct rows *rows)
{
	if (rows->bad < 0)
		return 0;
	return err_set(E_CORRUPT,
	    "checkpoint, table %s: %s is not as it "
	    "should be",
	    rows->table, sqlite3_column_name(rows->st, rows->bad));
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/checkpoint_rows.h"

#include <string.h>

static int
read_record(struct checkpoint *cp, struct rows *rows, struct record *rec,
    int64_t *version)
{
	const struct shared_column *column;
	int64_t max;
	int i;

	for (i = 0; i < SHARED_COLUMNS; i++) {
		column = &shared_columns[i];
		max = column->form == FORM_FLAG ? 1 : INT64_MAX;
		if (shared_is_number(column))
			shared_set_number(rec, column,
			    rows_int(rows, i, 0, max));
		else
			shared_set_text(rec, column,
			    rows_text(rows, i,
				column->form == FORM_TEXT_OR_NULL));
	}
	rec->extra = rows_text(rows, SHARED_COLUMNS, true);
	*version = rows_int(rows, SHARED_COLUMNS + 1, 1, cp->head.version);
	if (rows->bad >= 0)
		return rows_check(rows);
	if (shared_check(rec) != 0)
		return err_wrap(E_CORRUPT, "checkpoint, record %.20s",
		    rec->stable_id);
	return 0;
}

/* Keys rise, so that a knot in a broken file has an end. */
static int
each_record(struct checkpoint *cp, struct rows *rows,
    int (*fn)(void *arg, const struct record *rec, int64_t version), void *arg)
{
	char last[STABLE_ID_SIZE] = "";
	struct record rec;
	int64_t version;
	int rc;

	while ((rc = rows_next(rows)) == 1) {
		if ((rc = read_record(cp, rows, &rec, &version)) != 0)
			return rc;
		if (strcmp(rec.stable_id, last) <= 0)
			return rows_corrupt(rows, "is not in order");
		memcpy(last, rec.stable_id, strlen(rec.stable_id) + 1);
		if ((rc = fn(arg, &rec, version)) != 0)
			return rc;
	}
	return rc;
}

int
checkpoint_each(struct checkpoint *cp,
    int (*fn)(void *arg, const struct record *rec, int64_t version), void *arg)
{
	struct rows rows;
	int rc;

	if ((rc = rows_open(cp->file, TABLE_RECORDS,
		 checkpoint_sql[TABLE_RECORDS].select, &rows)) != 0)
		return rc;
	rc = each_record(cp, &rows, fn, arg);
	rows_close(&rows);
	return rc;
}

int
checkpoint_find(struct checkpoint *cp, struct mem *mem, const char *stable_id,
    struct record *rec, int64_t *version)
{
	struct record found;
	struct rows rows;
	int rc;

	if ((rc = rows_open(cp->file, TABLE_RECORDS, checkpoint_find_sql,
		 &rows)) != 0)
		return rc;
	sqlite3_bind_text(rows.st, 1, stable_id, -1, SQLITE_STATIC);
	if ((rc = rows_next(&rows)) == 1 &&
	    (rc = read_record(cp, &rows, &found, version)) == 0) {
		if (str_eq(found.stable_id, stable_id)) {
			shared_copy(mem, &found, rec);
			rc = 1;
		} else {
			rc = rows_corrupt(&rows, "finds another record");
		}
	}
	rows_close(&rows);
	return rc;
}

struct sum {
	struct hash state;
	int64_t records;
};

static int
add_record(void *arg, const struct record *rec, int64_t version)
{
	struct sum *sum = arg;
	struct hash digest;

	(void)version;
	shared_digest(rec, &digest);
	hash_sum_add(&sum->state, &digest);
	sum->records++;
	return 0;
}

int
checkpoint_verify(struct checkpoint *cp, int64_t *records)
{
	struct sum sum = { 0 };
	int rc;

	if ((rc = checkpoint_each(cp, add_record, &sum)) != 0)
		return rc;
	if (!hash_eq(&sum.state, &cp->head.state))
		return err_set(E_CORRUPT,
		    "checkpoint: its records are not the state it says");
	if (records != NULL)
		*records = sum.records;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_CHECKPOINT_ROWS_H
#define LOCAL_CHECKPOINT_ROWS_H

#include "local/checkpoint_file.h"

/* An open checkpoint: for checkpoint_*.c alone. */
struct checkpoint {
	sqlite3 *file;
	struct mem *mem; /* of the head */
	struct checkpoint_head head;
};

/*
 * A table of a stranger that is being read: each column is asked for by what
 * it must be; the first that is not is remembered, and rows_check tells it.
 */
struct rows {
	sqlite3 *file; /* borrowed */
	sqlite3_stmt *st;
	const char *table;
	int bad; /* column; -1: none */
};

int rows_open(sqlite3 *file, enum checkpoint_table table, const char *sql,
    struct rows *rows);
void rows_close(struct rows *rows);
int rows_next(struct rows *rows); /* 1 a row, 0 the end */

/*
 * rows_text - any text without NUL, rows_plain - as shared_is_plain, rows_hash,
 * rows_time, rows_int - from `min` to `max`.  Texts are valid until the next
 * row; NULL for what is bad, and with `or_null` for NULL.
 */
const char *rows_text(struct rows *rows, int column, bool or_null);
const char *rows_plain(struct rows *rows, int column, bool or_null);
const char *rows_hash(struct rows *rows, int column);
const char *rows_time(struct rows *rows, int column);
int64_t rows_int(struct rows *rows, int column, int64_t min, int64_t max);
void rows_demand(struct rows *rows, int column, bool good);

/* rows_check - 0 when all columns asked for were good; else E_CORRUPT. */
int rows_check(const struct rows *rows);

/* rows_corrupt - E_CORRUPT, with the table's name. */
int rows_corrupt(const struct rows *rows, const char *what);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_FOREIGN_ROW_H
#define LOCAL_FOREIGN_ROW_H

#include <sqlite3.h>

#include "local/foreign.h"

/* Rows that older software wrote: for foreign*.c alone. */

enum foreign_column {
	COLUMN_ID,
	COLUMN_STABLE_ID,
	COLUMN_FILENAME,
	COLUMN_DOC_ID,
	COLUMN_DOC_ID_TYPE,
	COLUMN_FILE_TYPE,
	COLUMN_LABEL,
	COLUMN_VARIANT,
	COLUMN_VERSION,
	COLUMN_IS_GOLD,
	COLUMN_COLLECTIONS,
	COLUMN_DOC_METADATA,
	COLUMN_FILE_METADATA,
	COLUMN_DELETED,
	COLUMN_CREATED_AT,
	COLUMN_CREATED_BY,
	COLUMN_UPDATED_AT,
	FOREIGN_COLUMNS
};
extern const char *const foreign_names[FOREIGN_COLUMNS];

/*
 * foreign_clean - row 0 of `from`, its columns at `at` (-1: the table has none
 * of that name), bound to the parameters 1 to FOREIGN_COLUMNS of `to`: what is
 * in bounds as it is or in our form, what is not as NULL.  1 done; 0: it names
 * no content, and so is no row.
 */
int foreign_clean(sqlite3_stmt *from, const int at[FOREIGN_COLUMNS],
    sqlite3_stmt *to);

/* foreign_time - "2025-01-31 12:34:56.789012+01:00" and its like, as ours, in
 * UTC (without a zone it is UTC).  E_INPUT. */
int foreign_time(const char *text, char out[25]);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_CHECKPOINT_FILE_H
#define LOCAL_CHECKPOINT_FILE_H

#include <sqlite3.h>

#include "local/checkpoint.h"

/* The SQLite file of a checkpoint: for checkpoint_*.c, and foreign.c, which
 * opens what is as little to be trusted. */

#define CHECKPOINT_LAYOUT 1          /* its user_version */
#define CHECKPOINT_PAGE_SIZE "32768" /* bytes; so is gzip's window */
#define CHECKPOINT_LINEAGE_MAX 200   /* of one record */
#define CHECKPOINT_LENGTH_MAX \
	4194304 /* bytes of a row: more than it can have */

/*
 * The tables, exactly as sqlite_master has them: a reader takes no others, so
 * that nothing in a file (a view, a default, a computed column) makes SQLite do
 * more than to read rows in the order of their keys.  What newer versions of
 * Stemma add to a record stands in extra.  lineage.id is NULL where it is the
 * content that the record has now: a hash is what cannot be packed.
 */
enum checkpoint_table {
	TABLE_RECORDS,
	TABLE_LINEAGE,
	TABLE_DROPPED,
	TABLE_REPLICAS,
	TABLE_METADATA,
	TABLE_COUNT
};
struct checkpoint_sql {
	const char *name;
	const char *create;
	const char *insert;
	const char *select; /* in the order of the key */
};
extern const struct checkpoint_sql checkpoint_sql[TABLE_COUNT];
extern const char checkpoint_find_sql[]; /* one record */

/*
 * checkpoint_file_open - read-only, immutable (no journal or lock is looked
 * for), without triggers, views or trust in its schema, with narrow limits.
 * `file` is to be closed whatever is answered.  E_ABSENT, E_CORRUPT, E_IO.
 */
int checkpoint_file_open(struct mem *mem, const char *path, sqlite3 **file);

/* checkpoint_error - the code for what SQLite answered, with its words; bytes
 * that make no sense are E_CORRUPT. */
int checkpoint_error(sqlite3 *file, int sqlite_rc, const char *what);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_DB_PRIVATE_H
#define LOCAL_DB_PRIVATE_H

#include <sqlite3.h>
#include <stdint.h>

#include "local/db.h"

/* What db.c and db_open.c share, and nobody else. */

struct stmt {
	struct db *db; /* borrowed */
	sqlite3_stmt *sqlite;
	int bad; /* SQLite's code of the first binding that failed */
};

enum db_mode { DB_IDLE, DB_READING, DB_WRITING };

/* Statements of transactions: kept, since many a request has one. */
enum db_txn { TXN_WRITE, TXN_READ, TXN_LOOK, TXN_COMMIT, TXN_COUNT };

struct db {
	sqlite3 *sqlite;
	enum db_kind kind;
	char *path;
	struct blobs *blobs; /* borrowed */
	enum db_mode mode;
	int depth;      /* of db_begin in db_begin */
	int failed;     /* an inner part did, with this code */
	char *why;      /* and this text */
	int64_t waited; /* since when, for others, on clock_mono_ms */
	struct stmt stmts[SQL_COUNT];
	sqlite3_stmt *txns[TXN_COUNT];
};

/* db_error - set the error that SQLite's code `rc` means here. */
int db_error(struct db *db, int rc);

/* db_text_run - SQL text as it is, even where a transaction is lost. */
int db_text_run(struct db *db, const char *sql);

/* db_text_ask - the one number that some SQL text answers. */
int db_text_ask(struct db *db, const char *sql, int64_t *value);

#endif

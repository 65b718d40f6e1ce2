/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_DB_H
#define LOCAL_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "local/sql.h"

struct blobs;
struct mem;

/*
 * A connection to library.db or auth.db.  One for each thread; any number of
 * processes.  Nothing outside local/ has heard of SQLite.
 */
struct db;
struct stmt;

/*
 * db_open - open (and, with `create`, make) a database and bring it to the
 * newest schema.
 *
 * Migrations run in order, each in one transaction with its user_version, one
 * process at a time.  Pragmas that matter are set: WAL, synchronous FULL,
 * foreign_keys, recursive_triggers off, trusted_schema off, secure_delete off.
 * E_ABSENT: no such file, or nothing in it yet; E_INPUT: made by a newer Stemma,
 * or on a network file system (WAL is unsafe there), or not ours; E_CORRUPT;
 * E_BUSY; E_IO.  A file that is made here is 0600, its folder must be there.
 */
int db_open(const char *path, enum db_kind kind, bool create, struct db **db);
void db_close(struct db *db); /* NULL is fine */

/*
 * db_use_threads - before the first db_open of a process whose threads have a
 * connection each: SQLite then does not count the memory of all of them
 * together, for which each allocation would wait for the others.
 */
void db_use_threads(void);

/*
 * db_set_blobs - lend the contents to the connection (NULL: none), so that
 * ref_take can look whether one is here; db_blobs - those, or NULL.
 */
void db_set_blobs(struct db *db, struct blobs *blobs);
struct blobs *db_blobs(const struct db *db);

/*
 * db_begin, db_end - all or nothing in between; db_begin takes the write lock
 * at once (BEGIN IMMEDIATE), waiting up to 10 s for others: E_BUSY.  db_end
 * commits when rc >= 0, rolls back otherwise, and answers rc (or the error of
 * the commit).  They nest: an inner pair is part of the outer one, and an inner
 * failure makes the outer db_end roll back and fail.  A write inside a snapshot
 * (db_begin_read) is refused, E_INPUT.  Rows that are still being stepped
 * through at the outermost db_end may end with an error.
 */
int db_begin(struct db *db);
int db_end(struct db *db, int rc);

/*
 * db_begin_read - a snapshot for several reads, as of now; ended by db_end.
 * Inside db_begin it is part of that.
 */
int db_begin_read(struct db *db);

/* db_is_writing - between db_begin and db_end? */
bool db_is_writing(const struct db *db);

/*
 * db_stmt - lend the prepared statement of that name, reset and with nothing
 * bound.  It must not be asked for again before it was stepped to its end or
 * db_reset: E_INPUT.  Prepared at the first use, freed with the connection.
 */
int db_stmt(struct db *db, enum sql sql, struct stmt **st);

/* Positions start at 1; texts are copied; NULL binds NULL. */
void db_bind_text(struct stmt *st, int at, const char *text);
void db_bind_int(struct stmt *st, int at, int64_t value);
void db_bind_null(struct stmt *st, int at);
void db_bind_blob(struct stmt *st, int at, const void *data, size_t len);

/* db_step - 1 a row, 0 at the end (the statement is reset then); E_BUSY after
 * 10 s, E_EXISTS for a constraint, E_CORRUPT, E_IO (disk full says so). */
int db_step(struct stmt *st);
void db_reset(struct stmt *st);

/* db_run - all of a statement whose rows are of no interest; reset then. */
int db_run(struct stmt *st);

/* db_run_on - db_run of a statement whose one parameter is this text. */
int db_run_on(struct db *db, enum sql sql, const char *text);

/* Columns start at 0; valid until the next step.  db_text: NULL for NULL. */
const char *db_text(struct stmt *st, int column);
char *db_text_dup(struct stmt *st, int column, struct mem *mem);
int64_t db_int(struct stmt *st, int column);
bool db_is_null(struct stmt *st, int column);
const void *db_blob(struct stmt *st, int column, size_t *len);

/* db_changes - rows that the last statement changed. */
int64_t db_changes(struct db *db);
int64_t db_last_rowid(struct db *db);

/*
 * db_version - a number that is another one whenever the database may have
 * changed, by this connection or another, since it was asked for last.
 */
int db_version(struct db *db, int64_t *version);

/* db_exec - SQL text without parameters or answers: for checks and tests. */
int db_exec(struct db *db, const char *sql);

/* db_check - SQLite's quick check; E_CORRUPT with what it found. */
int db_check(struct db *db);

/* db_tidy - a passive checkpoint of the WAL and PRAGMA optimize. */
int db_tidy(struct db *db);

#endif

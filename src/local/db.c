/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/db_private.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>

/* ---- errors -------------------------------------------------------------- */

static int
error_code(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return E_BUSY;
	case SQLITE_CONSTRAINT:
		return E_EXISTS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		return E_CORRUPT;
	case SQLITE_TOOBIG:
	case SQLITE_RANGE:
	case SQLITE_MISMATCH:
		return E_INPUT;
	case SQLITE_NOMEM:
		return E_NOMEM;
	case SQLITE_INTERRUPT:
		return E_STOPPED;
	default:
		return E_IO;
	}
}

/* What a person makes of it; NULL: SQLite's own words are good enough. */
static const char *
error_words(int rc)
{
	if (rc == SQLITE_BUSY_SNAPSHOT)
		return "it was changed by another process meanwhile";
	switch (rc & 0xff) {
	case SQLITE_BUSY:
		return "another process is writing to it";
	case SQLITE_FULL:
		return "disk full (or quota reached)";
	case SQLITE_READONLY:
		return "it cannot be written (read-only file or folder)";
	case SQLITE_CANTOPEN:
		return "it cannot be opened (permissions of file and folder?)";
	default:
		return NULL;
	}
}

int
db_error(struct db *db, int rc)
{
	const char *words = error_words(rc);

	if (words != NULL)
		return err_set(error_code(rc), "%s: %s", db->path, words);
	words = sqlite3_errstr(rc);
	if (db->sqlite != NULL && sqlite3_extended_errcode(db->sqlite) == rc)
		words = sqlite3_errmsg(db->sqlite);
	return err_set(error_code(rc), "%s: %s (%d)", db->path, words, rc);
}

/* The outer pair will not commit; the first reason is the one to tell. */
static void
mark_failed(struct db *db, int rc)
{
	if (db->failed != 0)
		return;
	db->failed = rc;
	free(db->why);
	db->why = xstrdup(err_text());
}

/*
 * An error of a statement.  A full disk (and the like) makes SQLite roll back
 * by itself; what follows must not become a transaction of its own.
 */
static int
step_failed(struct db *db, int rc)
{
	rc = db_error(db, rc);
	if (db->depth > 0 && sqlite3_get_autocommit(db->sqlite))
		mark_failed(db, rc);
	return rc;
}

static int
refuse_if_rolled_back(struct db *db)
{
	if (db->failed != 0 && sqlite3_get_autocommit(db->sqlite))
		return err_set(db->failed, "%s", db->why);
	return 0;
}

/* ---- SQL as text --------------------------------------------------------- */

int
db_text_run(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : step_failed(db, rc);
}

int
db_text_ask(struct db *db, const char *sql, int64_t *value)
{
	sqlite3_stmt *st;
	int rc;

	rc = sqlite3_prepare_v2(db->sqlite, sql, -1, &st, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		*value = sqlite3_column_int64(st, 0);
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_OK)
		rc = db_error(db, rc);
	sqlite3_finalize(st);
	return rc;
}

/* ---- transactions -------------------------------------------------------- */

static int
txn_run(struct db *db, enum db_txn txn)
{
	static const char *const texts[] = {
		[TXN_WRITE] = "BEGIN IMMEDIATE",
		[TXN_READ] = "BEGIN DEFERRED",
		/* Without a read there is no snapshot yet. */
		[TXN_LOOK] = "SELECT 1 FROM sqlite_master LIMIT 1",
		[TXN_COMMIT] = "COMMIT",
	};
	sqlite3_stmt **st = &db->txns[txn];
	int rc = SQLITE_OK;

	if (*st == NULL)
		rc = sqlite3_prepare_v3(db->sqlite, texts[txn], -1,
		    SQLITE_PREPARE_PERSISTENT, st, NULL);
	if (rc == SQLITE_OK) {
		(void)sqlite3_step(*st);
		rc = sqlite3_reset(*st);
	}
	return rc == SQLITE_OK ? 0 : step_failed(db, rc);
}

static int
begin(struct db *db, enum db_txn txn, enum db_mode mode)
{
	int rc;

	if ((rc = txn_run(db, txn)) != 0)
		return rc;
	db->mode = mode;
	db->depth = 1;
	db->failed = 0;
	return 0;
}

int
db_begin(struct db *db)
{
	if (db->depth == 0)
		return begin(db, TXN_WRITE, DB_WRITING);
	if (db->mode == DB_READING)
		return err_set(E_INPUT, "%s: a write inside a read snapshot",
		    db->path);
	db->depth++;
	return 0;
}

int
db_begin_read(struct db *db)
{
	int rc;

	if (db->depth > 0) {
		db->depth++;
		return 0;
	}
	if ((rc = begin(db, TXN_READ, DB_READING)) != 0)
		return rc;
	rc = txn_run(db, TXN_LOOK);
	return rc == 0 ? 0 : db_end(db, rc);
}

bool
db_is_writing(const struct db *db)
{
	return db->mode == DB_WRITING;
}

static void
roll_back(struct db *db)
{
	if (!sqlite3_get_autocommit(db->sqlite))
		sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

int
db_end(struct db *db, int rc)
{
	int rc2;

	if (rc < 0)
		mark_failed(db, rc);
	if (--db->depth > 0)
		return rc;
	if (db->failed != 0) {
		roll_back(db);
		if (rc >= 0)
			rc = err_set(db->failed, "%s", db->why);
	} else if ((rc2 = txn_run(db, TXN_COMMIT)) != 0) {
		roll_back(db);
		rc = rc2;
	}
	db->mode = DB_IDLE;
	db->failed = 0;
	return rc;
}

/* ---- statements ---------------------------------------------------------- */

static int
prepare(struct db *db, enum sql sql, struct stmt *st)
{
	const struct sql_text *text = &sql_texts[sql];
	int rc;

	if (text->text == NULL || text->kind != db->kind)
		return err_set(E_INPUT, "%s: has no statement %d", db->path,
		    (int)sql);
	rc = sqlite3_prepare_v3(db->sqlite, text->text, -1,
	    SQLITE_PREPARE_PERSISTENT, &st->sqlite, NULL);
	if (rc != SQLITE_OK)
		return step_failed(db, rc);
	st->db = db;
	return 0;
}

int
db_stmt(struct db *db, enum sql sql, struct stmt **out)
{
	struct stmt *st = &db->stmts[sql];
	int rc;

	if ((rc = refuse_if_rolled_back(db)) != 0)
		return rc;
	if (st->sqlite == NULL && (rc = prepare(db, sql, st)) != 0)
		return rc;
	if (sqlite3_stmt_busy(st->sqlite))
		return err_set(E_INPUT, "%s: statement %d is in use", db->path,
		    (int)sql);
	sqlite3_clear_bindings(st->sqlite);
	st->bad = SQLITE_OK;
	*out = st;
	return 0;
}

static void
bound(struct stmt *st, int rc)
{
	if (st->bad == SQLITE_OK)
		st->bad = rc;
}

void
db_bind_text(struct stmt *st, int at, const char *text)
{
	bound(st,
	    sqlite3_bind_text(st->sqlite, at, text, -1, SQLITE_TRANSIENT));
}

void
db_bind_int(struct stmt *st, int at, int64_t value)
{
	bound(st, sqlite3_bind_int64(st->sqlite, at, value));
}

void
db_bind_null(struct stmt *st, int at)
{
	bound(st, sqlite3_bind_null(st->sqlite, at));
}

/* An empty blob is a blob, where SQLite would take NULL for it. */
void
db_bind_blob(struct stmt *st, int at, const void *data, size_t len)
{
	bound(st,
	    sqlite3_bind_blob64(st->sqlite, at, data != NULL ? data : "", len,
		SQLITE_TRANSIENT));
}

int
db_step(struct stmt *st)
{
	int rc;

	if ((rc = refuse_if_rolled_back(st->db)) != 0) {
		sqlite3_reset(st->sqlite);
		return rc;
	}
	if ((rc = st->bad) == SQLITE_OK)
		rc = sqlite3_step(st->sqlite);
	if (rc == SQLITE_ROW)
		return 1;
	rc = rc == SQLITE_DONE ? 0 : step_failed(st->db, rc);
	sqlite3_reset(st->sqlite);
	return rc;
}

void
db_reset(struct stmt *st)
{
	sqlite3_reset(st->sqlite);
}

int
db_run(struct stmt *st)
{
	int rc;

	while ((rc = db_step(st)) == 1)
		;
	return rc;
}

int
db_run_on(struct db *db, enum sql sql, const char *text)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, sql, &st)) != 0)
		return rc;
	db_bind_text(st, 1, text);
	return db_run(st);
}

const char *
db_text(struct stmt *st, int column)
{
	return (const char *)sqlite3_column_text(st->sqlite, column);
}

char *
db_text_dup(struct stmt *st, int column, struct mem *mem)
{
	return mem_strdup(mem, db_text(st, column));
}

int64_t
db_int(struct stmt *st, int column)
{
	return sqlite3_column_int64(st->sqlite, column);
}

bool
db_is_null(struct stmt *st, int column)
{
	return sqlite3_column_type(st->sqlite, column) == SQLITE_NULL;
}

const void *
db_blob(struct stmt *st, int column, size_t *len)
{
	const void *data = sqlite3_column_blob(st->sqlite, column);

	*len = (size_t)sqlite3_column_bytes(st->sqlite, column);
	return data;
}

int64_t
db_changes(struct db *db)
{
	return sqlite3_changes(db->sqlite);
}

int64_t
db_last_rowid(struct db *db)
{
	return sqlite3_last_insert_rowid(db->sqlite);
}

/* What others changed, and what this connection did. */
int
db_version(struct db *db, int64_t *version)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, DATA_VERSION, &st)) != 0 ||
	    (rc = db_step(st)) < 0)
		return rc;
	*version = db_int(st, 0) * ((int64_t)1 << 32) +
	    (sqlite3_total_changes(db->sqlite) & INT32_MAX);
	db_reset(st);
	return 0;
}

/* ---- upkeep -------------------------------------------------------------- */

int
db_exec(struct db *db, const char *sql)
{
	int rc = refuse_if_rolled_back(db);

	return rc != 0 ? rc : db_text_run(db, sql);
}

int
db_check(struct db *db)
{
	sqlite3_stmt *st;
	const char *found;
	int rc;

	rc = sqlite3_prepare_v2(db->sqlite, "PRAGMA quick_check(1)", -1, &st,
	    NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		found = (const char *)sqlite3_column_text(st, 0);
		rc = str_eq(found, "ok")
		    ? 0
		    : err_set(E_CORRUPT, "%s: %s", db->path, found);
	} else {
		rc = db_error(db, rc);
	}
	sqlite3_finalize(st);
	return rc;
}

/* Others at work are no trouble: the next time will do. */
int
db_tidy(struct db *db)
{
	int rc;

	rc = sqlite3_wal_checkpoint_v2(db->sqlite, NULL,
	    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	rc = rc == SQLITE_OK ? 0 : db_error(db, rc);
	if (rc == 0)
		rc = db_text_run(db, "PRAGMA optimize");
	return rc == E_BUSY ? 0 : rc;
}

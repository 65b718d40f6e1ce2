/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/db.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "base/str.h"
#include "local/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 10000	  /* how long others are waited for */
#define BUSY_PAUSE_MS 50  /* the longest pause between two tries */
#define TEXT_MAX 16777216 /* bytes of one text or blob */
#define HEAP_SOFT 8388608 /* bytes that SQLite tries to live with */

struct stmt {
	struct db *db; /* borrowed */
	sqlite3_stmt *sqlite;
	int bad; /* SQLite's code of the first binding that failed */
};

enum mode { MODE_NONE, MODE_READ, MODE_WRITE };

struct db {
	sqlite3 *sqlite;
	enum db_kind kind;
	char *path;
	struct blobs *blobs; /* borrowed */
	enum mode mode;
	int depth;	/* of db_begin in db_begin */
	int failed;	/* an inner part did, with this code */
	char *why;	/* and this text */
	int64_t waited; /* since when, for others, on clock_mono_ms */
	struct stmt stmts[SQL_COUNT];
};

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

static int
error_set(struct db *db, int rc)
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
	rc = error_set(db, rc);
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

/* ---- opening ------------------------------------------------------------- */

/* SQLite asks whether to try again; `n` counts the tries of one wait. */
static int
wait_for_others(void *arg, int n)
{
	struct db *db = arg;
	int64_t now = clock_mono_ms();
	int pause = n < 6 ? 1 << n : BUSY_PAUSE_MS;

	if (n == 0)
		db->waited = now;
	if (now - db->waited >= BUSY_MS)
		return 0;
	/* Not all at once again. */
	clock_sleep_ms(1 + (int64_t)rand_below((uint64_t)pause));
	return 1;
}

static int
run_text(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : step_failed(db, rc);
}

/* One number that some SQL text answers. */
static int
ask_int(struct db *db, const char *sql, int64_t *value)
{
	sqlite3_stmt *st;
	int rc;

	rc = sqlite3_prepare_v2(db->sqlite, sql, -1, &st, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		*value = sqlite3_column_int64(st, 0);
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_OK)
		rc = error_set(db, rc);
	sqlite3_finalize(st);
	return rc;
}

static char *
folder_of(const char *path)
{
	const char *base = path_base(path);
	char *dir;

	if (base == path)
		return xstrdup(".");
	dir = xstrdup(path);
	dir[base - path > 1 ? base - path - 1 : 1] = '\0';
	return dir;
}

/* SQLite would make it readable to all; its -wal and -shm are made like it. */
static int
create_file(const char *path, const char *dir)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		return 0;
	if (fd < 0)
		return err_set(E_IO, "%s: %s", path, strerror(errno));
	close(fd);
	return path_sync_dir(dir);
}

static int
check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return err_set(errno == ENOENT ? E_ABSENT : E_IO, "%s: %s",
		    path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(E_INPUT, "%s: not a regular file", path);
	return 0;
}

static int
check_place(const char *path, bool create)
{
	char *dir = folder_of(path);
	int rc;

	rc = path_is_network(dir);
	if (rc == 1)
		rc = err_set(E_INPUT,
		    "%s: lies on a network file system, where a database "
		    "of several processes is not safe; put it on a disk of "
		    "this machine",
		    path);
	else if (rc < 0 && !path_is_dir(dir))
		rc = err_set(E_ABSENT, "%s: no such folder", dir);
	if (rc == 0 && create)
		rc = create_file(path, dir);
	free(dir);
	return rc != 0 ? rc : check_file(path);
}

static int
connect(struct db *db)
{
	int rc, ignored;

	rc = sqlite3_open_v2(db->path, &db->sqlite,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
		SQLITE_OPEN_PRIVATECACHE,
	    NULL);
	if (rc != SQLITE_OK)
		return error_set(db, rc);
	sqlite3_extended_result_codes(db->sqlite, 1);
	sqlite3_busy_handler(db->sqlite, wait_for_others, db);
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, &ignored);
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0,
	    &ignored);
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DML, 0, &ignored);
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DDL, 0, &ignored);
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1,
	    &ignored);
	sqlite3_limit(db->sqlite, SQLITE_LIMIT_LENGTH, TEXT_MAX);
	sqlite3_soft_heap_limit64(HEAP_SOFT);
	return 0;
}

/*
 * Set, not trusted: distributions build SQLite with defaults of their own.
 * Memory is bounded: what does not fit 2 MiB of cache goes to files.
 */
static int
set_pragmas(struct db *db)
{
	return run_text(db,
	    "PRAGMA synchronous = FULL;"
	    "PRAGMA foreign_keys = ON;"
	    "PRAGMA recursive_triggers = OFF;"
	    "PRAGMA secure_delete = OFF;"
	    "PRAGMA cell_size_check = ON;"
	    "PRAGMA cache_size = -2048;"
	    "PRAGMA cache_spill = ON;"
	    "PRAGMA mmap_size = 0;"
	    "PRAGMA temp_store = FILE;"
	    "PRAGMA threads = 0;"
	    "PRAGMA analysis_limit = 400;"
	    "PRAGMA wal_autocheckpoint = 1000;"
	    "PRAGMA journal_size_limit = 16777216");
}

/* Where it cannot be, SQLite says so by answering another mode. */
static int
try_wal(struct db *db)
{
	sqlite3_stmt *st;
	int rc;

	rc = sqlite3_prepare_v2(db->sqlite, "PRAGMA journal_mode = WAL", -1,
	    &st, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW)
		rc = str_eq((const char *)sqlite3_column_text(st, 0), "wal")
		    ? 0
		    : err_set(E_IO, "%s: no write-ahead log is possible here",
			  db->path);
	else
		rc = error_set(db, rc);
	sqlite3_finalize(st);
	return rc;
}

/* The change to WAL needs the file alone, and SQLite does not wait for that. */
static int
set_wal(struct db *db)
{
	int64_t start = clock_mono_ms();
	int rc;

	while ((rc = try_wal(db)) == E_BUSY &&
	    clock_mono_ms() - start < BUSY_MS)
		clock_sleep_ms(1 + (int64_t)rand_below(BUSY_PAUSE_MS));
	return rc;
}

/* ---- schema -------------------------------------------------------------- */

/* "StLi" and "StAu": what file(1) and we know such a file by. */
static int64_t
application_id(enum db_kind kind)
{
	return kind == DB_AUTH ? 0x53744175 : 0x53744c69;
}

static int
newest_version(enum db_kind kind)
{
	const struct schema *s;
	int newest = 0;

	for (s = schemas; s->name != NULL; s++)
		if (s->kind == kind)
			newest = s->version;
	return newest;
}

/*
 * Is it ours?  `version` receives its user_version, 0 where nothing was ever
 * written.
 */
static int
read_version(struct db *db, int64_t *version)
{
	int64_t id, tables;
	int rc;

	if ((rc = ask_int(db, "PRAGMA application_id", &id)) != 0 ||
	    (rc = ask_int(db, "PRAGMA user_version", version)) != 0 ||
	    (rc = ask_int(db, "SELECT count(*) FROM sqlite_master", &tables)) !=
		0)
		return rc;
	if (id == 0 && *version == 0 && tables == 0)
		return 0;
	if (id != application_id(db->kind))
		return err_set(E_INPUT, "%s: not %s of Stemma", db->path,
		    db->kind == DB_AUTH ? "a user database" : "a library");
	if (*version > newest_version(db->kind))
		return err_set(E_INPUT,
		    "%s: made by a newer Stemma (schema %lld, this program "
		    "knows %d): install that one here too",
		    db->path, (long long)*version, newest_version(db->kind));
	return 0;
}

static int
migration_run(struct db *db, const struct schema *s)
{
	char stamp[96];
	int rc;

	sqlite3_snprintf(sizeof(stamp), stamp,
	    "PRAGMA application_id = %lld; PRAGMA user_version = %d",
	    (long long)application_id(db->kind), s->version);
	rc = run_text(db, (const char *)s->sql);
	if (rc == 0)
		rc = run_text(db, stamp);
	return rc == 0 ? 0 : err_wrap(rc, "migration %s", s->name);
}

/* Another process may have been faster: what is there is looked at inside. */
static int
migrate_to(struct db *db, const struct schema *s)
{
	int64_t version;
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	rc = read_version(db, &version);
	if (rc == 0 && version < s->version)
		rc = migration_run(db, s);
	return db_end(db, rc);
}

static int
migrate(struct db *db, bool create)
{
	const struct schema *s;
	int64_t version;
	int rc;

	if ((rc = read_version(db, &version)) != 0)
		return rc;
	if (version == 0 && !create)
		return err_set(E_ABSENT, "%s: is empty", db->path);
	if ((rc = set_wal(db)) != 0)
		return rc;
	for (s = schemas; rc == 0 && s->name != NULL; s++)
		if (s->kind == db->kind && s->version > version)
			rc = migrate_to(db, s);
	return rc;
}

int
db_open(const char *path, enum db_kind kind, bool create, struct db **out)
{
	struct db *db;
	int rc;

	if ((rc = check_place(path, create)) != 0)
		return rc;
	db = xmalloc(sizeof(*db));
	*db = (struct db){ .kind = kind, .path = xstrdup(path) };
	if ((rc = connect(db)) == 0 && (rc = set_pragmas(db)) == 0)
		rc = migrate(db, create);
	if (rc != 0) {
		db_close(db);
		return rc;
	}
	*out = db;
	return 0;
}

void
db_close(struct db *db)
{
	int i;

	if (db == NULL)
		return;
	for (i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(db->stmts[i].sqlite);
	sqlite3_close(db->sqlite);
	free(db->why);
	free(db->path);
	free(db);
}

void
db_set_blobs(struct db *db, struct blobs *blobs)
{
	db->blobs = blobs;
}

struct blobs *
db_blobs(const struct db *db)
{
	return db->blobs;
}

/* ---- transactions -------------------------------------------------------- */

static int
begin(struct db *db, const char *sql, enum mode mode)
{
	int rc;

	if ((rc = run_text(db, sql)) != 0)
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
		return begin(db, "BEGIN IMMEDIATE", MODE_WRITE);
	if (db->mode == MODE_READ)
		return err_set(E_INPUT, "%s: a write inside a read snapshot",
		    db->path);
	db->depth++;
	return 0;
}

int
db_begin_read(struct db *db)
{
	int64_t ignored;
	int rc;

	if (db->depth > 0) {
		db->depth++;
		return 0;
	}
	if ((rc = begin(db, "BEGIN DEFERRED", MODE_READ)) != 0)
		return rc;
	/* Without a read there is no snapshot yet. */
	rc = ask_int(db, "SELECT count(*) FROM sqlite_master", &ignored);
	return rc == 0 ? 0 : db_end(db, rc);
}

bool
db_is_writing(const struct db *db)
{
	return db->mode == MODE_WRITE;
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
	} else if ((rc2 = run_text(db, "COMMIT")) != 0) {
		roll_back(db);
		rc = rc2;
	}
	db->mode = MODE_NONE;
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

/* ---- upkeep -------------------------------------------------------------- */

int
db_exec(struct db *db, const char *sql)
{
	int rc = refuse_if_rolled_back(db);

	return rc != 0 ? rc : run_text(db, sql);
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
		rc = str_eq(found, "ok") ? 0
					 : err_set(E_CORRUPT, "%s: %s",
					       db->path, found);
	} else {
		rc = error_set(db, rc);
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
	rc = rc == SQLITE_OK ? 0 : error_set(db, rc);
	if (rc == 0)
		rc = run_text(db, "PRAGMA optimize");
	return rc == E_BUSY ? 0 : rc;
}

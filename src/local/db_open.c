/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/db_private.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "base/str.h"
#include "local/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 10000     /* how long others are waited for */
#define BUSY_PAUSE_MS 50  /* the longest pause between two tries */
#define TEXT_MAX 16777216 /* bytes of one text or blob */
#define HEAP_SOFT 8388608 /* bytes that SQLite tries to live with */

/* ---- the file ----------------------------------------------------------- */

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

void
db_use_threads(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
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
		return db_error(db, rc);
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
	return db_text_run(db,
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
		rc = db_error(db, rc);
	sqlite3_finalize(st);
	return rc;
}

/* The change to WAL needs the file alone, and SQLite does not wait for that. */
static int
set_wal(struct db *db)
{
	int64_t start = clock_mono_ms();
	int rc;

	while (
	    (rc = try_wal(db)) == E_BUSY && clock_mono_ms() - start < BUSY_MS)
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

	if ((rc = db_text_ask(db, "PRAGMA application_id", &id)) != 0 ||
	    (rc = db_text_ask(db, "PRAGMA user_version", version)) != 0 ||
	    (rc = db_text_ask(db, "SELECT count(*) FROM sqlite_master",
		 &tables)) != 0)
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
	rc = db_text_run(db, (const char *)s->sql);
	if (rc == 0)
		rc = db_text_run(db, stamp);
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

/* In one snapshot: another process may be making it right now. */
static int
look_at_version(struct db *db, int64_t *version)
{
	int rc;

	if ((rc = db_begin_read(db)) != 0)
		return rc;
	return db_end(db, read_version(db, version));
}

static int
migrate(struct db *db, bool create)
{
	const struct schema *s;
	int64_t version;
	int rc;

	if ((rc = look_at_version(db, &version)) != 0)
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

/* ---- open and close ------------------------------------------------------ */

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
	for (i = 0; i < TXN_COUNT; i++)
		sqlite3_finalize(db->txns[i]);
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

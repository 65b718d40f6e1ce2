/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "local/checkpoint_file.h"
#include "local/db.h"
#include "local/record_row.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A checkpoint on its way to a file. */
struct writer {
	struct db *db;
	sqlite3 *file;
	sqlite3_stmt *st; /* that fills the table under way */
	struct mem *mem;  /* of one row */
	const char *path;
};

static int
failed(struct writer *w, int sqlite_rc)
{
	return checkpoint_error(w->file, sqlite_rc, w->path);
}

static int
exec(struct writer *w, const char *sql)
{
	int rc = sqlite3_exec(w->file, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : failed(w, rc);
}

/* An empty file with our mode, since SQLite would make it for all to read. */
static int
make_file(const char *path)
{
	int fd, rc;

	if ((rc = file_remove(path)) != 0)
		return rc;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0 || close(fd) != 0)
		return err_set(E_IO, "%s: %s", path, strerror(errno));
	return 0;
}

/* No journal: a file that was not finished is made again. */
static int
begin_file(struct writer *w)
{
	int rc, i;

	if ((rc = make_file(w->path)) != 0)
		return rc;
	rc = sqlite3_open_v2(w->path, &w->file,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return failed(w, rc);
	rc = exec(w,
	    "PRAGMA page_size = " CHECKPOINT_PAGE_SIZE ";"
	    " PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
	    " PRAGMA secure_delete = OFF; PRAGMA locking_mode = EXCLUSIVE;"
	    " PRAGMA user_version = 1; BEGIN");
	for (i = 0; rc == 0 && i < TABLE_COUNT; i++)
		rc = exec(w, checkpoint_sql[i].create);
	return rc;
}

static void
bind_text(struct writer *w, int at, const char *text)
{
	sqlite3_bind_text(w->st, at, text, -1, SQLITE_STATIC);
}

static void
bind_int(struct writer *w, int at, int64_t number)
{
	sqlite3_bind_int64(w->st, at, number);
}

/* Puts the row that is bound into the table. */
static int
put(struct writer *w)
{
	int rc = sqlite3_step(w->st);

	sqlite3_reset(w->st);
	return rc == SQLITE_DONE ? 0 : failed(w, rc);
}

/* ---- the tables ---------------------------------------------------------------- */

static int
put_record(struct writer *w, struct stmt *from)
{
	const char *base = db_text(from, ROW_SHARED + 1);
	const struct shared_column *column;
	struct record rec;
	int rc, i;

	row_read(from, NULL, &rec);
	if (base != NULL && (rc = row_decode(w->mem, base, &rec)) != 0)
		return rc;
	for (i = 0; i < SHARED_COLUMNS; i++) {
		column = &shared_columns[i];
		if (shared_is_number(column))
			bind_int(w, i + 1, shared_number(&rec, column));
		else
			bind_text(w, i + 1, shared_text(&rec, column));
	}
	bind_text(w, ROW_SHARED, rec.extra);
	bind_int(w, ROW_SHARED + 1, db_int(from, ROW_SHARED));
	return put(w);
}

static int
put_lineage(struct writer *w, struct stmt *from)
{
	bind_text(w, 1, db_text(from, 0));
	bind_int(w, 2, db_int(from, 1));
	bind_text(w, 3, db_text(from, 2));
	bind_int(w, 4, db_int(from, 3));
	bind_text(w, 5, db_text(from, 4));
	bind_text(w, 6, db_text(from, 5));
	bind_text(w, 7, db_text(from, 6));
	bind_text(w, 8, db_text(from, 7));
	return put(w);
}

static int
put_dropped(struct writer *w, struct stmt *from)
{
	bind_text(w, 1, db_text(from, 0));
	bind_text(w, 2, db_text(from, 1));
	bind_int(w, 3, db_int(from, 2));
	bind_int(w, 4, db_int(from, 3));
	bind_text(w, 5, db_text(from, 4));
	return put(w);
}

static int
put_replica(struct writer *w, struct stmt *from)
{
	bind_text(w, 1, db_text(from, 0));
	bind_int(w, 2, db_int(from, 1));
	bind_text(w, 3, db_text(from, 2));
	bind_int(w, 4, db_int(from, 3));
	bind_text(w, 5, db_text(from, 4));
	return put(w);
}

static int
begin_table(struct writer *w, enum checkpoint_table table)
{
	int rc = sqlite3_prepare_v2(w->file, checkpoint_sql[table].insert, -1,
	    &w->st, NULL);

	return rc == SQLITE_OK ? 0 : failed(w, rc);
}

static void
end_table(struct writer *w)
{
	sqlite3_finalize(w->st);
	w->st = NULL;
}

/* Calls `fn` with each row that the library's statement finds. */
static int
fill(struct writer *w, enum checkpoint_table table, enum sql sql,
    int (*fn)(struct writer *w, struct stmt *from))
{
	struct stmt *from;
	int rc, bad = 0;

	if ((rc = begin_table(w, table)) != 0 ||
	    (rc = db_stmt(w->db, sql, &from)) != 0)
		return rc;
	if (sql == CHECKPOINT_LINEAGE)
		db_bind_int(from, 1, CHECKPOINT_LINEAGE_MAX);
	while (bad == 0 && (rc = db_step(from)) == 1) {
		mem_reset(w->mem);
		bad = fn(w, from);
	}
	db_reset(from);
	end_table(w);
	return bad != 0 ? bad : rc;
}

static int
put_text_value(struct writer *w, const char *key, const char *value)
{
	char now[CLOCK_TEXT_SIZE];

	bind_text(w, 1, key);
	bind_text(w, 2, value);
	bind_text(w, 3, row_now(now));
	return put(w);
}

static int
put_value(struct writer *w, const char *key, const char *otherwise)
{
	char *value;
	int rc;

	if ((rc = meta_find(w->db, w->mem, key, &value)) < 0)
		return rc;
	if (rc == 0 && otherwise == NULL)
		return err_set(E_INPUT,
		    "a library without %s has no checkpoint", key);
	return put_text_value(w, key, rc == 1 ? value : otherwise);
}

/* Not before there is one. */
static int
put_value_if_any(struct writer *w, const char *key)
{
	char *value;
	int rc = meta_find(w->db, w->mem, key, &value);

	return rc == 1 ? put_text_value(w, key, value) : rc;
}

static int
put_values(struct writer *w)
{
	char none[HASH_HEX_SIZE];
	struct hash zero = { { 0 } };
	int rc;

	if ((rc = begin_table(w, TABLE_METADATA)) != 0)
		return rc;
	if ((rc = put_value(w, "version", "0")) == 0 &&
	    (rc = put_value(w, "commit", hash_hex(&zero, none))) == 0 &&
	    (rc = put_value(w, "store", NULL)) == 0 &&
	    (rc = put_value(w, "state", hash_hex(&zero, none))) == 0 &&
	    (rc = put_value(w, "gc", "0")) == 0)
		rc = put_value_if_any(w, "gc_first");
	end_table(w);
	return rc;
}

static int
write_all(struct writer *w)
{
	int rc;

	if ((rc = begin_file(w)) != 0 || (rc = put_values(w)) != 0 ||
	    (rc = fill(w, TABLE_RECORDS, CHECKPOINT_RECORDS, put_record)) !=
		0 ||
	    (rc = fill(w, TABLE_LINEAGE, CHECKPOINT_LINEAGE, put_lineage)) !=
		0 ||
	    (rc = fill(w, TABLE_DROPPED, CHECKPOINT_DROPPED, put_dropped)) !=
		0 ||
	    (rc = fill(w, TABLE_REPLICAS, CHECKPOINT_REPLICAS, put_replica)) !=
		0)
		return rc;
	return exec(w, "COMMIT");
}

int
checkpoint_write(struct db *db, const char *path)
{
	struct writer w = { .db = db, .path = path };
	int rc, closed;

	if ((rc = db_begin_read(db)) != 0)
		return rc;
	w.mem = mem_new();
	rc = write_all(&w);
	sqlite3_finalize(w.st);
	closed = sqlite3_close(w.file);
	if (rc == 0 && closed != SQLITE_OK)
		rc = checkpoint_error(NULL, closed, path);
	mem_free(w.mem);
	if (rc != 0)
		(void)file_remove(path);
	return db_end(db, rc);
}

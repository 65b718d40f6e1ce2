/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/foreign.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/checkpoint_file.h"
#include "local/foreign_row.h"

/* No row that names a content has fewer bytes: a knot in a broken file, which
 * shows rows again and again, has an end. */
#define ROW_BYTES_MIN 64

struct foreign {
	struct mem *mem;
	const char *path; /* of the scratch */
	sqlite3 *own;
};

/* In the order of enum foreign_column; no id of a record is "". */
static const char own_schema[] =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
    "CREATE TABLE row (id TEXT NOT NULL, stable_id TEXT NOT NULL,"
    " filename, doc_id, doc_id_type, file_type TEXT NOT NULL, label, variant,"
    " version, is_gold, doc_collections, doc_metadata, file_metadata, deleted,"
    " created_at, created_by, updated_at,"
    " PRIMARY KEY (id, file_type, stable_id)) WITHOUT ROWID";
static const char own_insert[] =
    "INSERT OR IGNORE INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
    " ?, ?, ?, ?)";
static const char own_select_all[] = "SELECT * FROM row"
				     " ORDER BY id, file_type, stable_id";
static const char own_select_one[] =
    "SELECT * FROM row WHERE id = ?1 AND file_type = ?2 ORDER BY stable_id";

/* ---- theirs --------------------------------------------------------------------- */

/* Reading columns is all that a statement over it may do. */
static int
allow(void *arg, int action, const char *a, const char *b, const char *db,
    const char *within)
{
	(void)arg;
	(void)a;
	(void)b;
	(void)db;
	(void)within;
	return action == SQLITE_SELECT || action == SQLITE_READ ? SQLITE_OK
								: SQLITE_DENY;
}

/* 1: the question about this name has a row; 0: it has none. */
static int
ask(sqlite3 *file, const char *sql, const char *name)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(file, sql, -1, &st, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
		rc = sqlite3_step(st);
	}
	sqlite3_finalize(st);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return rc == SQLITE_ROW;
	return checkpoint_error(file, rc, "metadata.db");
}

/* 1: it has that table, a plain one: nothing is computed in it. */
static int
has_table(sqlite3 *file, const char *name)
{
	int rc = ask(file,
	    "SELECT 1 FROM sqlite_master"
	    " WHERE type = 'table' AND name = ?1 AND rootpage > 0",
	    name);

	if (rc != 1)
		return rc;
	rc = ask(file, "SELECT 1 FROM pragma_table_xinfo(?1) WHERE hidden <> 0",
	    name);
	if (rc == 1)
		return err_set(E_CORRUPT,
		    "metadata.db: its table %s is more than a table", name);
	return rc < 0 ? rc : 1;
}

static int
choose_table(sqlite3 *file, const char **select)
{
	int rc;

	*select = "SELECT * FROM file_metadata";
	if ((rc = has_table(file, "file_metadata")) != 0)
		return rc < 0 ? rc : 0;
	*select = "SELECT * FROM files";
	if ((rc = has_table(file, "files")) == 0)
		rc = err_set(E_CORRUPT,
		    "metadata.db: it has no table file_metadata");
	return rc < 0 ? rc : 0;
}

static void
find_columns(sqlite3_stmt *st, int at[FOREIGN_COLUMNS])
{
	const char *name;

	for (int i = 0; i < FOREIGN_COLUMNS; i++)
		at[i] = -1;
	for (int n = sqlite3_column_count(st) - 1; n >= 0; n--) {
		name = sqlite3_column_name(st, n);
		for (int i = 0; i < FOREIGN_COLUMNS; i++)
			if (str_eq(name, foreign_names[i]))
				at[i] = n;
	}
}

/* ---- copying -------------------------------------------------------------------- */

static int
copy_row(struct foreign *f, sqlite3_stmt *from, const int at[FOREIGN_COLUMNS],
    sqlite3_stmt *to)
{
	int rc;

	sqlite3_reset(to);
	if (foreign_clean(from, at, to) == 0)
		return 0;
	if ((rc = sqlite3_step(to)) != SQLITE_DONE)
		return checkpoint_error(f->own, rc, f->path);
	return sqlite3_changes(f->own) > 0;
}

static int
copy_rows(struct foreign *f, sqlite3 *file, sqlite3_stmt *from,
    sqlite3_stmt *to, int64_t most, int64_t *rows)
{
	int at[FOREIGN_COLUMNS], rc;

	find_columns(from, at);
	for (int64_t n = 0; (rc = sqlite3_step(from)) == SQLITE_ROW; n++) {
		if (n > most)
			return err_set(E_CORRUPT,
			    "metadata.db: it shows more rows than it can "
			    "hold");
		if ((rc = copy_row(f, from, at, to)) < 0)
			return rc;
		*rows += rc;
	}
	return rc == SQLITE_DONE ? 0
				 : checkpoint_error(file, rc, "metadata.db");
}

static int
copy_all(struct foreign *f, sqlite3 *file, int64_t most, int64_t *rows)
{
	sqlite3_stmt *from = NULL, *to = NULL;
	const char *select;
	int rc;

	if ((rc = choose_table(file, &select)) != 0)
		return rc;
	sqlite3_set_authorizer(file, allow, NULL);
	if ((rc = sqlite3_prepare_v2(file, select, -1, &from, NULL)) !=
	    SQLITE_OK)
		rc = checkpoint_error(file, rc, "metadata.db");
	else if ((rc = sqlite3_prepare_v2(f->own, own_insert, -1, &to, NULL)) !=
	    SQLITE_OK)
		rc = checkpoint_error(f->own, rc, f->path);
	else
		rc = copy_rows(f, file, from, to, most, rows);
	sqlite3_finalize(from);
	sqlite3_finalize(to);
	return rc;
}

static int
read_theirs(struct foreign *f, const char *path, int64_t *rows)
{
	sqlite3 *file = NULL;
	int64_t size;
	int rc;

	*rows = 0;
	if ((rc = file_size(path, &size)) == 0 &&
	    (rc = checkpoint_file_open(f->mem, path, &file)) == 0)
		rc = copy_all(f, file, size / ROW_BYTES_MIN, rows);
	sqlite3_close(file);
	return rc;
}

/* ---- ours ----------------------------------------------------------------------- */

static int
run_own(struct foreign *f, const char *sql)
{
	int rc = sqlite3_exec(f->own, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : checkpoint_error(f->own, rc, f->path);
}

static int
open_own(struct foreign *f)
{
	int rc;

	if ((rc = file_remove(f->path)) != 0)
		return rc;
	rc = sqlite3_open_v2(f->path, &f->own,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	    NULL);
	if (rc != SQLITE_OK)
		return checkpoint_error(f->own, rc, f->path);
	return run_own(f, own_schema);
}

int
foreign_open(const char *path, const char *scratch, struct foreign **foreign,
    int64_t *rows)
{
	struct foreign *f = xmalloc(sizeof(*f));
	int rc;

	memset(f, 0, sizeof(*f));
	f->mem = mem_new();
	f->path = mem_strdup(f->mem, scratch);
	if ((rc = open_own(f)) == 0 && (rc = run_own(f, "BEGIN")) == 0 &&
	    (rc = read_theirs(f, path, rows)) == 0)
		rc = run_own(f, "COMMIT");
	if (rc != 0)
		foreign_close(f);
	else
		*foreign = f;
	return rc;
}

void
foreign_close(struct foreign *f)
{
	if (f == NULL)
		return;
	sqlite3_close(f->own);
	file_remove(f->path);
	mem_free(f->mem);
	free(f);
}

/* ---- rows ----------------------------------------------------------------------- */

static const char *
text_at(sqlite3_stmt *st, enum foreign_column column)
{
	return (const char *)sqlite3_column_text(st, (int)column);
}

static void
read_row(sqlite3_stmt *st, struct foreign_row *row)
{
	const char *stable_id = text_at(st, COLUMN_STABLE_ID);

	*row = (struct foreign_row){
		.id = text_at(st, COLUMN_ID),
		.stable_id = str_eq(stable_id, "") ? NULL : stable_id,
		.filename = text_at(st, COLUMN_FILENAME),
		.doc_id = text_at(st, COLUMN_DOC_ID),
		.doc_id_type = text_at(st, COLUMN_DOC_ID_TYPE),
		.file_type = text_at(st, COLUMN_FILE_TYPE),
		.label = text_at(st, COLUMN_LABEL),
		.variant = text_at(st, COLUMN_VARIANT),
		.version = sqlite3_column_int64(st, COLUMN_VERSION),
		.is_gold = sqlite3_column_int64(st, COLUMN_IS_GOLD) != 0,
		.doc_collections = text_at(st, COLUMN_COLLECTIONS),
		.doc_metadata = text_at(st, COLUMN_DOC_METADATA),
		.file_metadata = text_at(st, COLUMN_FILE_METADATA),
		.deleted = sqlite3_column_int64(st, COLUMN_DELETED) != 0,
		.created_at = text_at(st, COLUMN_CREATED_AT),
		.created_by = text_at(st, COLUMN_CREATED_BY),
		.updated_at = text_at(st, COLUMN_UPDATED_AT),
	};
}

int
foreign_each(struct foreign *f, const char *id, const char *file_type,
    int (*fn)(void *arg, const struct foreign_row *row), void *arg)
{
	struct foreign_row row;
	sqlite3_stmt *st = NULL;
	int rc, told = 0;

	rc = sqlite3_prepare_v2(f->own,
	    id != NULL ? own_select_one : own_select_all, -1, &st, NULL);
	if (rc != SQLITE_OK)
		return checkpoint_error(f->own, rc, f->path);
	if (id != NULL) {
		sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
		sqlite3_bind_text(st, 2, file_type, -1, SQLITE_STATIC);
	}
	while (told == 0 && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		read_row(st, &row);
		told = fn(arg, &row);
	}
	sqlite3_finalize(st);
	if (told != 0)
		return told;
	return rc == SQLITE_DONE ? 0 : checkpoint_error(f->own, rc, f->path);
}

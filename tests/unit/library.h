/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef UNIT_LIBRARY_H
#define UNIT_LIBRARY_H

#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "local/db.h"
#include "unit/temp.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A library in a folder of its own; what fails here ends the test program. */
struct library {
	char *dir;
	char *path;
	struct mem *mem;
	struct db *db;
};

static inline void
library_must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "# failed: %s: %s\n", what, err_text());
	abort();
}

static inline struct library *
library_new(void)
{
	struct library *l = calloc(1, sizeof(*l));

	library_must(l != NULL, "calloc");
	l->mem = mem_new();
	l->dir = temp_dir();
	l->path = path_join(l->mem, l->dir, "library.db");
	library_must(db_open(l->path, DB_LIBRARY, true, &l->db) == 0,
	    "db_open");
	return l;
}

static inline void
library_free(struct library *l)
{
	db_close(l->db);
	temp_remove(l->dir);
	mem_free(l->mem);
	free(l);
}

/* SQL text, with the % of printf(3). */
static inline void library_exec(struct library *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static inline void
library_exec(struct library *l, const char *fmt, ...)
{
	va_list ap;
	char *sql;

	va_start(ap, fmt);
	sql = mem_vprintf(l->mem, fmt, ap);
	va_end(ap);
	library_must(db_exec(l->db, sql) == 0, sql);
}

/* The one number that a question of SQL has for an answer; -1: NULL or none. */
static inline int64_t library_ask(struct library *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static inline int64_t
library_ask(struct library *l, const char *fmt, ...)
{
	int64_t n = -1;
	sqlite3_stmt *st;
	sqlite3 *db;
	va_list ap;
	char *sql;

	va_start(ap, fmt);
	sql = mem_vprintf(l->mem, fmt, ap);
	va_end(ap);
	library_must(sqlite3_open(l->path, &db) == SQLITE_OK, l->path);
	sqlite3_busy_timeout(db, 10000);
	library_must(sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK,
	    sql);
	if (sqlite3_step(st) == SQLITE_ROW &&
	    sqlite3_column_type(st, 0) != SQLITE_NULL)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

/* A row of files, with nothing else done about it. */
static inline void
library_file(struct library *l, const char *stable_id, const char *id,
    const char *status, int deleted)
{
	library_exec(l,
	    "INSERT INTO files (stable_id, id, generation, filename, doc_id,"
	    " doc_id_type, file_type, mime_type, file_size, version,"
	    " is_gold_standard, doc_collections, doc_metadata, file_metadata,"
	    " deleted, created_at, updated_at, sync_status)"
	    " VALUES ('%s', '%s', 0, 'a.pdf', 'doc', 'custom', 'pdf',"
	    " 'application/pdf', 3, 1, 0, '[]', '{}', '{}', %d,"
	    " '2026-01-31T12:34:56.789Z', '2026-01-31T12:34:56.789Z', '%s')",
	    stable_id, id, deleted, status);
}

/*
 * Runs `fn` in `n` processes that all begin at the same time; answers how many
 * answered 0.
 */
static inline int
library_race(int n, int (*fn)(void *arg, int i), void *arg)
{
	int gate[2], i, status, good = 0;
	char byte;

	library_must(pipe(gate) == 0, "pipe");
	for (i = 0; i < n; i++) {
		if (fork() != 0)
			continue;
		close(gate[1]);
		byte = (char)read(gate[0], &byte, 1);
		_exit(fn(arg, i) == 0 ? 0 : 1);
	}
	close(gate[0]);
	close(gate[1]);
	for (i = 0; i < n; i++)
		if (wait(&status) > 0 && WIFEXITED(status) &&
		    WEXITSTATUS(status) == 0)
			good++;
	return good;
}

#endif

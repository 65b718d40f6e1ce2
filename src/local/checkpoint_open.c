/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/checkpoint_rows.h"

#include <stdlib.h>
#include <string.h>

/* ---- opening ------------------------------------------------------------------- */

/* Nothing in the file may do more than hold rows. */
static int
set_limits(sqlite3 *file)
{
	static const struct {
		int id, value;
	} limits[] = {
		{ SQLITE_LIMIT_LENGTH, CHECKPOINT_LENGTH_MAX },
		{ SQLITE_LIMIT_SQL_LENGTH, 10000 },
		{ SQLITE_LIMIT_COLUMN, 64 },
		{ SQLITE_LIMIT_EXPR_DEPTH, 20 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 2 },
		{ SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
	};
	static const struct {
		int op, on;
	} switches[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
	};
	int rc;
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		sqlite3_limit(file, limits[i].id, limits[i].value);
	for (i = 0; i < sizeof(switches) / sizeof(*switches); i++)
		sqlite3_db_config(file, switches[i].op, switches[i].on, NULL);
	rc = sqlite3_exec(file,
	    "PRAGMA cell_size_check = ON;"
	    " PRAGMA mmap_size = 0; PRAGMA query_only = ON",
	    NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : checkpoint_error(file, rc, "checkpoint");
}

/* "file:PATH?immutable=1": no journal and no lock is looked for. */
static char *
uri_of(struct mem *mem, const char *path)
{
	struct buf uri = { 0 };
	char *text;

	buf_puts(&uri, "file:");
	for (; *path != '\0'; path++)
		if (strchr("%?#", *path) != NULL)
			buf_printf(&uri, "%%%02X", (unsigned)*path);
		else
			buf_putc(&uri, *path);
	buf_puts(&uri, "?mode=ro&immutable=1");
	text = mem_strndup(mem, uri.data, uri.len);
	buf_release(&uri);
	return text;
}

int
checkpoint_file_open(struct mem *mem, const char *path, sqlite3 **file)
{
	int64_t size;
	int rc;

	if ((rc = file_size(path, &size)) != 0)
		return rc;
	rc = sqlite3_open_v2(uri_of(mem, path), file,
	    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return checkpoint_error(*file, rc, path);
	return set_limits(*file);
}

/* The bit of the table that this row of sqlite_master makes; 0: a foreign one. */
static unsigned
table_bit(struct rows *rows)
{
	const char *name = rows_text(rows, 1, true),
		   *sql = rows_text(rows, 2, true);
	int i;

	for (i = 0; i < TABLE_COUNT; i++)
		if (str_eq(rows_text(rows, 0, true), "table") &&
		    str_eq(name, checkpoint_sql[i].name) &&
		    str_eq(sql, checkpoint_sql[i].create))
			return 1u << i;
	return 0;
}

/* Exactly our tables, each once. */
static int
check_tables(struct checkpoint *cp)
{
	unsigned seen = 0, bit;
	struct rows rows;
	int rc;

	if ((rc = rows_open(cp->file, TABLE_METADATA,
		 "SELECT type, name, sql FROM sqlite_master", &rows)) != 0)
		return rc;
	while ((rc = rows_next(&rows)) == 1) {
		bit = table_bit(&rows);
		if (bit == 0 || (seen & bit) != 0)
			break;
		seen |= bit;
	}
	rows_close(&rows);
	if (rc == 1)
		return err_set(E_CORRUPT, "checkpoint: holds what none holds");
	if (rc == 0 && seen != (1u << TABLE_COUNT) - 1)
		return err_set(E_CORRUPT, "checkpoint: lacks a table");
	return rc;
}

/* One value of a PRAGMA. */
static int
ask(struct checkpoint *cp, const char *pragma, char **value)
{
	struct rows rows;
	int rc;

	if ((rc = rows_open(cp->file, TABLE_METADATA, pragma, &rows)) != 0)
		return rc;
	*value = NULL;
	if ((rc = rows_next(&rows)) == 1)
		*value = mem_strdup(cp->mem,
		    (const char *)sqlite3_column_text(rows.st, 0));
	rows_close(&rows);
	return rc < 0 ? rc : 0;
}

static int
check_layout(struct checkpoint *cp)
{
	char *layout, *encoding;
	int rc;

	if ((rc = ask(cp, "PRAGMA user_version", &layout)) != 0 ||
	    (rc = ask(cp, "PRAGMA encoding", &encoding)) != 0)
		return rc;
	if (!str_eq(layout, "1"))
		return err_set(E_CORRUPT,
		    "checkpoint: its layout is %s, this "
		    "Stemma knows 1",
		    layout != NULL ? layout : "?");
	if (!str_eq(encoding, "UTF-8"))
		return err_set(E_CORRUPT, "checkpoint: is not in UTF-8");
	return 0;
}

/* Its pages are knotted together as SQLite would: each used once, keys in order.
 * It costs a fifth of reading the rows. */
static int
check_pages(struct checkpoint *cp)
{
	char *words;
	int rc;

	if ((rc = ask(cp, "PRAGMA quick_check(1)", &words)) != 0)
		return rc;
	if (!str_eq(words, "ok"))
		return err_set(E_CORRUPT, "checkpoint: %.200s",
		    words != NULL ? words : "its pages are not in order");
	return 0;
}

/* ---- the head --------------------------------------------------------------------- */

/* The values of sync_metadata that a head has. */
struct values {
	char *version, *commit, *store, *state, *gc, *gc_first;
};

static char **
value_of(struct values *v, const char *key)
{
	const struct {
		const char *key;
		char **value;
	} all[] = {
		{ "version", &v->version },
		{ "commit", &v->commit },
		{ "store", &v->store },
		{ "state", &v->state },
		{ "gc", &v->gc },
		{ "gc_first", &v->gc_first },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (str_eq(key, all[i].key))
			return all[i].value;
	return NULL;
}

static int
read_values(struct checkpoint *cp, struct values *v)
{
	struct buf last = { 0 };
	const char *key, *text;
	struct rows rows;
	char **value;
	int rc;

	if ((rc = rows_open(cp->file, TABLE_METADATA,
		 checkpoint_sql[TABLE_METADATA].select, &rows)) != 0)
		return rc;
	while ((rc = rows_next(&rows)) == 1) {
		key = rows_plain(&rows, 0, false);
		text = rows_text(&rows, 1, true);
		rows_demand(&rows, 0, str_cmp(key, buf_text(&last)) > 0);
		if ((rc = rows_check(&rows)) != 0)
			break;
		buf_clear(&last);
		buf_puts(&last, key);
		if ((value = value_of(v, key)) != NULL)
			*value = mem_strdup(cp->mem, text);
	}
	rows_close(&rows);
	buf_release(&last);
	return rc;
}

static int
read_head(struct checkpoint *cp)
{
	struct checkpoint_head *h = &cp->head;
	struct values v = { 0 };
	int rc;

	if ((rc = read_values(cp, &v)) != 0)
		return rc;
	if (v.version == NULL || str_int64(v.version, &h->version) != 0 ||
	    h->version < 0)
		return err_set(E_CORRUPT, "checkpoint: no version");
	if (v.commit == NULL || !str_is_hex(v.commit, 64))
		return err_set(E_CORRUPT, "checkpoint: no commit");
	if (v.store == NULL || !shared_is_plain(v.store, 64))
		return err_set(E_CORRUPT, "checkpoint: no store");
	if (v.state == NULL || hash_parse(v.state, &h->state) != 0)
		return err_set(E_CORRUPT, "checkpoint: no state");
	if (v.gc == NULL || str_int64(v.gc, &h->gc) != 0 || h->gc < 0)
		return err_set(E_CORRUPT, "checkpoint: no gc");
	if (v.gc_first != NULL &&
	    (str_int64(v.gc_first, &h->gc_first) != 0 || h->gc_first < 1 ||
		h->gc_first > h->version))
		return err_set(E_CORRUPT, "checkpoint: no gc_first");
	h->commit = v.commit;
	h->store = v.store;
	return 0;
}

int
checkpoint_open(const char *path, struct checkpoint **cp,
    struct checkpoint_head *head)
{
	struct checkpoint *c = xmalloc(sizeof(*c));
	int rc;

	memset(c, 0, sizeof(*c));
	c->mem = mem_new();
	if ((rc = checkpoint_file_open(c->mem, path, &c->file)) != 0 ||
	    (rc = check_tables(c)) != 0 || (rc = check_layout(c)) != 0 ||
	    (rc = check_pages(c)) != 0 || (rc = read_head(c)) != 0) {
		checkpoint_close(c);
		return rc;
	}
	*head = c->head;
	*cp = c;
	return 0;
}

void
checkpoint_close(struct checkpoint *cp)
{
	if (cp == NULL)
		return;
	sqlite3_close(cp->file);
	mem_free(cp->mem);
	free(cp);
}

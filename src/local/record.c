/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/record.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/record_row.h"

#include <string.h>

#define PAGE 200 /* rows that record_each holds at once */

int
record_find(struct db *db, struct mem *mem, const char *stable_id,
    struct held *held)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RECORD_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, stable_id);
	if ((rc = db_step(st)) != 1)
		return rc;
	row_read_held(st, mem, held);
	db_reset(st);
	return 1;
}

int
record_side(struct db *db, struct mem *mem, const char *stable_id,
    struct record *side, int64_t *version)
{
	struct held held = { 0 };
	int rc;

	if ((rc = record_find(db, mem, stable_id, &held)) != 1 ||
	    (rc = row_side(db, mem, &held, side)) != 1)
		return rc;
	if (version != NULL)
		*version = held.remote_version;
	return 1;
}

int
record_find_both(struct db *db, struct mem *mem, const char *stable_id,
    struct record_both *both)
{
	int rc;

	both->have_row = both->have_side = false;
	if ((rc = record_find(db, mem, stable_id, &both->held)) != 1)
		return rc;
	both->have_row = true;
	rc = row_side(db, mem, &both->held, &both->side);
	both->have_side = rc == 1;
	return rc < 0 ? rc : 0;
}

void
record_stamp(const char *before, char out[25])
{
	int64_t now = clock_wall_ms(), then;

	if (before != NULL && clock_parse(before, &then) == 0 && then >= now)
		now = then + 1;
	clock_text(now, out);
}

/* ---- what a person typed -------------------------------------------------- */

/* Records that may be meant; more than two are as good as two. */
struct meant {
	struct db *db;
	struct mem *mem;
	bool want_deleted;
	char *stable_id[8];
	int count;
};

static void
meant_add(struct meant *m, char *stable_id)
{
	int i;

	for (i = 0; i < m->count; i++)
		if (str_eq(m->stable_id[i], stable_id))
			return;
	if (m->count < 8)
		m->stable_id[m->count++] = stable_id;
}

/* The texts that a statement finds between `typed` and what follows all that
 * begin so. */
static int
begin_so(struct meant *m, enum sql sql, const char *typed, char *found[3])
{
	struct stmt *st;
	int rc, n = 0;

	if ((rc = db_stmt(m->db, sql, &st)) != 0)
		return rc;
	db_bind_text(st, 1, typed);
	db_bind_text(st, 2, mem_printf(m->mem, "%s~", typed));
	db_bind_int(st, 3, m->want_deleted);
	while ((rc = db_step(st)) == 1)
		if (n < 3)
			found[n++] = db_text_dup(st, 0, m->mem);
	return rc < 0 ? rc : n;
}

static int
add_newest_of(struct meant *m, const char *id)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(m->db, RECORD_NEWEST_OF, &st)) != 0)
		return rc;
	db_bind_text(st, 1, id);
	db_bind_int(st, 2, m->want_deleted);
	if ((rc = db_step(st)) != 1)
		return rc;
	meant_add(m, db_text_dup(st, 0, m->mem));
	db_reset(st);
	return 0;
}

static int
look_for_all(struct meant *m, const char *typed)
{
	char *found[3] = { NULL };
	int rc, i, n;

	if (strspn(typed, STABLE_ID_ALPHABET) == strlen(typed)) {
		if ((n = begin_so(m, RECORD_BY_PREFIX, typed, found)) < 0)
			return n;
		for (i = 0; i < n; i++)
			meant_add(m, found[i]);
	}
	if (str_is_hex(typed, strlen(typed))) {
		if ((n = begin_so(m, RECORD_BY_HASH, typed, found)) < 0)
			return n;
		for (i = 0; i < n; i++)
			if ((rc = add_newest_of(m, found[i])) < 0)
				return rc;
	}
	return 0;
}

int
record_find_id(struct db *db, struct mem *mem, const char *typed,
    bool want_deleted, char **stable_id)
{
	struct meant m = { db, mem, want_deleted, { NULL }, 0 };
	struct held held = { 0 };
	int rc;

	if (strnlen(typed, 4) < 4)
		return 0;
	if ((rc = record_find(db, mem, typed, &held)) < 0)
		return rc;
	if (rc == 1 && (want_deleted || !held.rec.deleted)) {
		*stable_id = mem_strdup(mem, typed);
		return 1;
	}
	if ((rc = look_for_all(&m, typed)) < 0)
		return rc;
	if (m.count > 1)
		return err_set(E_INPUT,
		    "several records begin with %s: %s, %s%s", typed,
		    m.stable_id[0], m.stable_id[1], m.count > 2 ? ", ..." : "");
	if (m.count == 1)
		*stable_id = m.stable_id[0];
	return m.count;
}

/* ---- all of them ----------------------------------------------------------- */

static enum sql
page_statement(const struct record_filter *filter)
{
	if (filter->doc_id != NULL)
		return RECORD_PAGE_DOC;
	if (filter->status != NULL && !str_eq(filter->status, "synced"))
		return RECORD_PAGE_STATUS;
	return RECORD_PAGE;
}

/* Reads the rows behind `after`; answers how many. */
static int
read_page(struct db *db, struct mem *mem, const struct record_filter *filter,
    const char *after, struct held *page)
{
	enum sql sql = page_statement(filter);
	struct stmt *st;
	int rc, n = 0;

	if ((rc = db_stmt(db, sql, &st)) != 0)
		return rc;
	db_bind_text(st, 1, after);
	db_bind_int(st, 2, filter->live);
	db_bind_text(st, 3, filter->status);
	db_bind_int(st, 4, PAGE);
	if (sql == RECORD_PAGE_DOC)
		db_bind_text(st, 5, filter->doc_id);
	while ((rc = db_step(st)) == 1)
		row_read_held(st, mem, &page[n++]);
	return rc < 0 ? rc : n;
}

int
record_each(struct db *db, const struct record_filter *filter,
    int (*fn)(void *arg, const struct held *held), void *arg)
{
	char after[STABLE_ID_SIZE] = "";
	struct mem *mem = mem_new();
	struct held *page;
	int rc, n, i;

	if (filter->after != NULL)
		strncpy(after, filter->after, sizeof(after) - 1);
	do {
		mem_reset(mem);
		page = mem_alloc(mem, PAGE * sizeof(*page));
		n = read_page(db, mem, filter, after, page);
		if (n > 0)
			strncpy(after, page[n - 1].rec.stable_id,
			    sizeof(after) - 1);
		for (i = 0, rc = n < 0 ? n : 0; i < n && rc == 0; i++)
			rc = fn(arg, &page[i]);
	} while (rc == 0 && n == PAGE);
	mem_free(mem);
	return rc;
}

/* ---- numbers ---------------------------------------------------------------- */

static void
count(struct record_counts *c, const char *status, bool deleted, int64_t n)
{
	if (str_eq(status, "unwanted")) {
		c->unwanted += n;
		return;
	}
	*(deleted ? &c->deleted : &c->live) += n;
	if (str_eq(status, "modified") || str_eq(status, "pending_upload") ||
	    str_eq(status, "pending_delete"))
		c->to_send += n;
	if (str_eq(status, "pending_delete"))
		c->pending_delete += n;
	if (str_eq(status, "pending_download"))
		c->pending_download += n;
	if (str_eq(status, "conflict"))
		c->conflicts += n;
}

int
record_counts(struct db *db, struct record_counts *counts)
{
	struct stmt *st;
	int rc;

	memset(counts, 0, sizeof(*counts));
	if ((rc = db_stmt(db, RECORD_COUNTS, &st)) != 0)
		return rc;
	while ((rc = db_step(st)) == 1)
		count(counts, db_text(st, 0), db_int(st, 1) != 0,
		    db_int(st, 2));
	return rc;
}

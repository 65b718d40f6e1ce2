/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "local/db.h"
#include "local/record.h"
#include "local/record_row.h"
#include "local/ref.h"

#define PAGE 50        /* rows of one record that are held at once */
#define PRUNE_PAGE 500 /* rows that one transaction forgets */

/* Rows of either statement, which are bound already; answers how many. */
static int
read_rows(struct stmt *st, struct mem *mem, struct past *page)
{
	int rc, n = 0, bad = 0;

	while (bad == 0 && (rc = db_step(st)) == 1) {
		page[n].seq = db_int(st, 0);
		page[n].at = db_text_dup(st, 1, mem);
		page[n].kind = db_text_dup(st, 2, mem);
		page[n].user = db_text_dup(st, 3, mem);
		bad = row_decode(mem, db_text(st, 4), &page[n].rec);
		n++;
	}
	db_reset(st);
	return bad != 0 ? bad : rc < 0 ? rc : n;
}

/*
 * Reads rows older than `before`, of one record or (NULL) of the trash; answers
 * how many.
 */
static int
read_page(struct db *db, struct mem *mem, const char *stable_id, int64_t before,
    int max, struct past *page)
{
	struct stmt *st;
	int rc, at = 1;

	rc = db_stmt(db, stable_id != NULL ? HISTORY_PAGE : HISTORY_TRASH, &st);
	if (rc != 0)
		return rc;
	if (stable_id != NULL)
		db_bind_text(st, at++, stable_id);
	db_bind_int(st, at++, before);
	db_bind_int(st, at, max);
	return read_rows(st, mem, page);
}

static int
each(struct db *db, const char *stable_id, int64_t before,
    int (*fn)(void *arg, const struct past *past), void *arg)
{
	struct mem *mem = mem_new();
	struct past *page;
	int rc, n, i;

	do {
		mem_reset(mem);
		page = mem_alloc(mem, PAGE * sizeof(*page));
		n = read_page(db, mem, stable_id, before, PAGE, page);
		if (n > 0)
			before = page[n - 1].seq;
		for (i = 0, rc = n < 0 ? n : 0; i < n && rc == 0; i++)
			rc = fn(arg, &page[i]);
	} while (rc == 0 && n == PAGE);
	mem_free(mem);
	return rc;
}

int
history_each(struct db *db, const char *stable_id,
    int (*fn)(void *arg, const struct past *past), void *arg)
{
	return each(db, stable_id, INT64_MAX, fn, arg);
}

int
history_trash(struct db *db, int64_t before,
    int (*fn)(void *arg, const struct past *past), void *arg)
{
	return each(db, NULL, before > 0 ? before : INT64_MAX, fn, arg);
}

int
history_has_content(struct db *db, struct mem *mem, const char *stable_id,
    const char *id, char **file_type)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, HISTORY_HAS_CONTENT, &st)) != 0)
		return rc;
	db_bind_text(st, 1, stable_id);
	db_bind_text(st, 2, id);
	if ((rc = db_step(st)) != 1)
		return rc;
	*file_type = db_text_dup(st, 0, mem);
	db_reset(st);
	return 1;
}

int
history_find(struct db *db, struct mem *mem, const char *stable_id, int64_t seq,
    struct record *rec)
{
	struct past past;
	struct stmt *st;
	char *text;
	int rc;

	if (seq == 0) {
		rc = read_page(db, mem, stable_id, INT64_MAX, 1, &past);
		if (rc == 1)
			*rec = past.rec;
		return rc;
	}
	if ((rc = db_stmt(db, HISTORY_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, stable_id);
	db_bind_int(st, 2, seq);
	if ((rc = db_step(st)) != 1)
		return rc;
	text = db_text_dup(st, 0, mem);
	db_reset(st);
	rc = row_decode(mem, text, rec);
	return rc == 0 ? 1 : rc;
}

/* ---- forgetting ------------------------------------------------------------------ */

struct old {
	int64_t seq;
	const char *id;
	const char *file_type;
};

static int
find_old(struct db *db, struct mem *mem, const char *before, int64_t up_to,
    struct old *old)
{
	struct stmt *st;
	int rc, n = 0;

	if ((rc = db_stmt(db, HISTORY_OLD, &st)) != 0)
		return rc;
	db_bind_text(st, 1, before);
	db_bind_int(st, 2, PRUNE_PAGE);
	db_bind_int(st, 3, up_to);
	for (; (rc = db_step(st)) == 1; n++) {
		old[n].seq = db_int(st, 0);
		old[n].id = db_text_dup(st, 1, mem);
		old[n].file_type = db_text_dup(st, 2, mem);
	}
	return rc < 0 ? rc : n;
}

static int
forget(struct db *db, const struct old *old)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, HISTORY_REMOVE, &st)) != 0)
		return rc;
	db_bind_int(st, 1, old->seq);
	if ((rc = db_run(st)) == 0)
		rc = ref_drop(db, old->id, old->file_type);
	return rc;
}

/* Answers how many rows it forgot. */
static int
prune_some(struct db *db, struct mem *mem, const char *before, int64_t up_to)
{
	struct old *old = mem_alloc(mem, PRUNE_PAGE * sizeof(*old));
	int rc, n, i;

	if ((rc = db_begin(db)) != 0)
		return rc;
	n = find_old(db, mem, before, up_to, old);
	for (i = 0, rc = n; i < n && rc >= 0; i++)
		if ((rc = forget(db, &old[i])) == 0)
			rc = n;
	return db_end(db, rc);
}

int
history_prune(struct db *db, const char *before, int64_t up_to, int64_t *n)
{
	struct mem *mem = mem_new();
	int rc;

	*n = 0;
	do {
		mem_reset(mem);
		rc = prune_some(db, mem, before, up_to);
		if (rc > 0)
			*n += rc;
	} while (rc == PRUNE_PAGE);
	mem_free(mem);
	return rc < 0 ? rc : 0;
}

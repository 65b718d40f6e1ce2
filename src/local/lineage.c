/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "local/db.h"
#include "local/record.h"

#define PAGE 100 /* rows that are held at once */

int
lineage_put(struct db *db, const struct lineage *l)
{
	struct stmt *st;
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	if ((rc = db_stmt(db, LINEAGE_PUT, &st)) == 0) {
		db_bind_text(st, 1, l->stable_id);
		db_bind_int(st, 2, l->version);
		db_bind_text(st, 3, l->id);
		db_bind_int(st, 4, l->deleted);
		db_bind_text(st, 5, l->parents);
		db_bind_text(st, 6, l->replica);
		db_bind_text(st, 7, l->user);
		db_bind_text(st, 8, l->at);
		rc = db_run(st);
	}
	return db_end(db, rc);
}

static void
read_row(struct stmt *st, struct mem *mem, struct lineage *l)
{
	l->stable_id = db_text_dup(st, 0, mem);
	l->version = db_int(st, 1);
	l->id = db_text_dup(st, 2, mem);
	l->deleted = db_int(st, 3) != 0;
	l->parents = db_text_dup(st, 4, mem);
	l->replica = db_text_dup(st, 5, mem);
	l->user = db_text_dup(st, 6, mem);
	l->at = db_text_dup(st, 7, mem);
}

/* Reads the rows of versions behind `after`; answers how many. */
static int
read_page(struct db *db, struct mem *mem, const char *stable_id, int64_t after,
    struct lineage *page)
{
	struct stmt *st;
	int rc, n = 0;

	if ((rc = db_stmt(db, LINEAGE_PAGE, &st)) != 0)
		return rc;
	db_bind_text(st, 1, stable_id);
	db_bind_int(st, 2, after);
	db_bind_int(st, 3, PAGE);
	while ((rc = db_step(st)) == 1)
		read_row(st, mem, &page[n++]);
	return rc < 0 ? rc : n;
}

int
lineage_each(struct db *db, const char *stable_id,
    int (*fn)(void *arg, const struct lineage *l), void *arg)
{
	struct mem *mem = mem_new();
	struct lineage *page;
	int64_t after = 0;
	int rc, n, i;

	do {
		mem_reset(mem);
		page = mem_alloc(mem, PAGE * sizeof(*page));
		n = read_page(db, mem, stable_id, after, page);
		if (n > 0)
			after = page[n - 1].version;
		for (i = 0, rc = n < 0 ? n : 0; i < n && rc == 0; i++)
			rc = fn(arg, &page[i]);
	} while (rc == 0 && n == PAGE);
	mem_free(mem);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/document.h"

#include "local/db.h"
#include "local/record_row.h"

int
document_page(struct db *db, struct mem *mem, enum document_sort sort,
    enum document_state state, const struct document *after, int max,
    struct document *page)
{
	static const struct {
		enum sql sql;
		const char *begin;
	} orders[] = {
		/* All times begin with a digit. */
		[DOCUMENT_NEWEST] = { DOCUMENT_NEWEST_PAGE, "~" },
		[DOCUMENT_CHANGED] = { DOCUMENT_CHANGED_PAGE, "~" },
		[DOCUMENT_NAME] = { DOCUMENT_NAME_PAGE, "" },
	};
	struct stmt *st;
	int rc, n = 0;

	if ((rc = db_stmt(db, orders[sort].sql, &st)) != 0)
		return rc;
	db_bind_text(st, 1, after != NULL ? after->at : orders[sort].begin);
	db_bind_text(st, 2, after != NULL ? after->stable_id : "");
	db_bind_int(st, 3, max);
	db_bind_int(st, 4, state);
	while ((rc = db_step(st)) == 1) {
		page[n].doc_id = db_text_dup(st, 0, mem);
		page[n].at = db_text_dup(st, 1, mem);
		page[n].stable_id = db_text_dup(st, 2, mem);
		n++;
	}
	return rc < 0 ? rc : n;
}

int
document_each_row(struct db *db, const char *doc_id,
    int (*fn)(void *arg, enum document_slot slot, const struct held *held),
    void *arg)
{
	struct held held;
	struct stmt *st;
	int rc, told = 0;

	if ((rc = db_stmt(db, DOCUMENT_ROWS, &st)) != 0)
		return rc;
	db_bind_text(st, 1, doc_id);
	while (told == 0 && (rc = db_step(st)) == 1) {
		row_read_held(st, NULL, &held);
		told = fn(arg, (enum document_slot)db_int(st, ROW_HELD), &held);
	}
	db_reset(st);
	return told != 0 ? told : rc;
}

static int
find_pdf(struct db *db, struct mem *mem, enum sql sql, const char *doc_id,
    struct held *pdf)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, sql, &st)) != 0)
		return rc;
	db_bind_text(st, 1, doc_id);
	if ((rc = db_step(st)) != 1)
		return rc;
	row_read_held(st, mem, pdf);
	db_reset(st);
	return 1;
}

int
document_pdf(struct db *db, struct mem *mem, const char *doc_id,
    struct held *pdf)
{
	return find_pdf(db, mem, DOCUMENT_PDF, doc_id, pdf);
}

int
document_last_pdf(struct db *db, struct mem *mem, const char *doc_id,
    struct held *pdf)
{
	return find_pdf(db, mem, DOCUMENT_LAST_PDF, doc_id, pdf);
}

int
document_each_by_doc(struct db *db,
    int (*fn)(void *arg, const struct held *held), void *arg)
{
	struct held held;
	struct stmt *st;
	int rc, told = 0;

	if ((rc = db_stmt(db, DOCUMENT_BY_DOC, &st)) != 0)
		return rc;
	while (told == 0 && (rc = db_step(st)) == 1) {
		row_read_held(st, NULL, &held);
		told = fn(arg, &held);
	}
	db_reset(st);
	return told != 0 ? told : rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/choice.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/db.h"
#include "local/meta.h"

#include <stdbool.h>
#include <string.h>

#define PAGE 1000
#define KEY "collections"

/* ---- the choice ------------------------------------------------------------------ */

/* As text, to be compared with the one before; NULL: all. */
static const char *
text_of(struct mem *mem, const char *const *collections)
{
	char *text = NULL;

	for (int i = 0; collections != NULL && collections[i] != NULL; i++)
		text = mem_printf(mem, "%s%s\n", i > 0 ? text : "",
		    collections[i]);
	return text;
}

int
choice_has_changed(struct db *db, const char *const *collections)
{
	struct mem *mem = mem_new();
	char *before = NULL;
	int rc = meta_find(db, mem, KEY, &before);

	if (rc >= 0)
		rc = !str_eq(rc == 1 ? before : NULL,
		    text_of(mem, collections));
	mem_free(mem);
	return rc;
}

static int
run(struct db *db, enum sql sql)
{
	struct stmt *st;
	int rc = db_stmt(db, sql, &st);

	return rc != 0 ? rc : db_run(st);
}

/* All that is not here is asked about again. */
static int
begin_anew(struct db *db, const char *const *collections)
{
	struct mem *mem = mem_new();
	int rc;

	if ((rc = run(db, CHOICE_FORGET_CONTENTS)) == 0 &&
	    (rc = run(db, CHOICE_FORGET_RECORDS)) == 0)
		rc = meta_put(db, KEY, text_of(mem, collections));
	mem_free(mem);
	return rc;
}

/* ---- one content ------------------------------------------------------------------ */

struct looking {
	struct db *db;
	struct mem *mem;
	const char *const *collections;
	char last[HASH_HEX_SIZE];
};

/* 1: this collection is chosen. */
static int
is_chosen(void *arg, struct json value)
{
	const struct looking *l = arg;
	char *name;

	if (json_string(l->mem, value, &name) != 0)
		return 0;
	for (int i = 0; l->collections[i] != NULL; i++)
		if (strcmp(l->collections[i], name) == 0)
			return 1;
	return 0;
}

static int
count_item(void *arg, struct json value)
{
	(void)value;
	++*(int *)arg;
	return 0;
}

/* What cannot be read is kept. */
static bool
is_kept(const struct looking *l, const char *doc_collections)
{
	struct json array = json_of(doc_collections);
	int n = 0;

	return json_each_item(array, count_item, &n) != 0 || n == 0 ||
	    json_each_item(array, is_chosen, (void *)(uintptr_t)l) != 0;
}

/* The past of a record is wanted where the record is.  What no live record has
 * or had is held by a conflict, or its trash: it is wanted all the same. */
static int
is_wanted(const struct looking *l, const char *id, const char *file_type)
{
	struct stmt *st;
	int rc, rows = 0;
	bool kept = false;

	if ((rc = db_stmt(l->db, CHOICE_COLLECTIONS, &st)) != 0)
		return rc;
	db_bind_text(st, 1, id);
	db_bind_text(st, 2, file_type);
	while (!kept && (rc = db_step(st)) == 1) {
		kept = is_kept(l, db_text(st, 0));
		rows++;
	}
	db_reset(st);
	return rc < 0 ? rc : kept || rows == 0;
}

static int
mark(struct db *db, enum sql sql, const char *id, const char *file_type)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, sql, &st)) != 0)
		return rc;
	db_bind_text(st, 1, id);
	db_bind_text(st, 2, file_type);
	if (sql == CHOICE_MARK_RECORDS)
		db_bind_text(st, 3, CHOICE_REASON);
	return db_run(st);
}

static int
look_at(void *arg, const char *id, const char *file_type, int64_t size_bytes,
    int64_t tries)
{
	struct looking *l = arg;
	int rc;

	(void)size_bytes;
	(void)tries;
	memcpy(l->last, id, sizeof(l->last));
	mem_reset(l->mem);
	if ((rc = is_wanted(l, id, file_type)) != 0)
		return rc < 0 ? rc : 0;
	if ((rc = mark(l->db, CHOICE_MARK_CONTENT, id, file_type)) != 0)
		return rc;
	return mark(l->db, CHOICE_MARK_RECORDS, id, file_type);
}

/* ---- all of them ------------------------------------------------------------------ */

/* 1: there may be more. */
static int
look_at_page(struct looking *l)
{
	int rc;

	if ((rc = db_begin(l->db)) != 0)
		return rc;
	return db_end(l->db, blob_wanted(l->db, l->last, PAGE, look_at, l));
}

int
choice_apply(struct db *db, const char *const *collections)
{
	struct looking l = { .db = db, .collections = collections };
	int rc;

	if ((rc = choice_has_changed(db, collections)) < 0)
		return rc;
	if (rc == 1 && (rc = db_begin(db)) == 0)
		rc = db_end(db, begin_anew(db, collections));
	if (rc != 0 || collections == NULL)
		return rc;
	l.mem = mem_new();
	while ((rc = look_at_page(&l)) == 1)
		continue;
	mem_free(l.mem);
	return rc;
}

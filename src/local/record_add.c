/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/filename.h"
#include "local/record.h"
#include "local/record_edit.h"
#include "local/record_row.h"
#include "local/ref.h"

#include <string.h>

/* One file on its way in. */
struct add {
	struct edit e;
	const struct record_new *n;
	const char *doc_id;
	const char *doc_id_type;
	char *stable_id;
};

/* ---- is it there already? ------------------------------------------------------- */

/* The live record of the same content, document and variant. */
static int
find_twin(struct add *a)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(a->e.db, RECORD_TWIN, &st)) != 0)
		return rc;
	db_bind_text(st, 1, a->n->id);
	db_bind_text(st, 2, a->doc_id);
	db_bind_text(st, 3, a->n->file_type);
	db_bind_text(st, 4, a->n->variant);
	if ((rc = db_step(st)) != 1)
		return rc;
	a->stable_id = db_text_dup(st, 0, a->e.mem);
	db_reset(st);
	return 1;
}

static bool
may_live_again(const struct add *a, const struct record *there)
{
	return there->deleted && str_eq(there->doc_id, a->doc_id) &&
	    str_eq(there->file_type, a->n->file_type) &&
	    str_eq(there->variant, a->n->variant);
}

/* Finds the first derived id that is free (0) or of our own tombstone (1). */
static int
derive_id(struct add *a)
{
	struct held there;
	int64_t salt;
	int rc;

	a->stable_id = mem_alloc(a->e.mem, STABLE_ID_SIZE);
	for (salt = 0;; salt++) {
		stable_id_make(a->doc_id, a->n->file_type, a->n->variant,
		    a->n->id, salt, a->stable_id);
		rc = record_find(a->e.db, a->e.mem, a->stable_id, &there);
		if (rc <= 0 ||
		    (!a->n->is_distinct && may_live_again(a, &there.rec)))
			return rc;
	}
}

/* ---- a new one ------------------------------------------------------------------- */

int
record_next_version(struct db *db, const char *doc_id, const char *file_type,
    const char *variant, int64_t *version)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RECORD_LAST_VERSION, &st)) != 0)
		return rc;
	db_bind_text(st, 1, doc_id);
	db_bind_text(st, 2, file_type);
	db_bind_text(st, 3, variant);
	if ((rc = db_step(st)) < 0)
		return rc;
	*version = db_int(st, 0) + 1;
	db_reset(st);
	return 0;
}

/* The columns that say how this file came in. */
static int
set_origin(struct add *a)
{
	const struct record_new *n = a->n;
	struct record *row = &a->e.row;
	struct buf json = { 0 };
	int rc;

	row->filename = filename_safe(a->e.mem, n->filename,
	    mem_printf(a->e.mem, "%s.%s", n->id, shared_ext(n->file_type)));
	json_put_string(&json, row->filename);
	rc = object_set(a->e.mem, row->file_metadata, "original_filename",
	    json.data, &row->file_metadata);
	buf_clear(&json);
	json_put_string(&json, n->upload_source);
	if (rc == 0 && n->upload_source != NULL)
		rc = object_set(a->e.mem, row->file_metadata, "upload_source",
		    json.data, &row->file_metadata);
	buf_release(&json);
	if (n->label != NULL)
		row->label = *n->label != '\0' ? n->label : NULL;
	if (n->doc_collections != NULL)
		row->doc_collections = n->doc_collections;
	return rc;
}

static int
make(struct add *a)
{
	char now[CLOCK_TEXT_SIZE];
	struct record *row = &a->e.row;
	struct record_write w = { .row = row, .by_user = true };
	int rc;

	record_stamp(NULL, now);
	*row = (struct record){
		.stable_id = a->stable_id,
		.id = a->n->id,
		.doc_id = a->doc_id,
		.doc_id_type = a->doc_id_type,
		.file_type = a->n->file_type,
		.mime_type = shared_mime(a->n->file_type),
		.file_size = a->n->file_size,
		.variant = a->n->variant,
		.is_gold = a->n->is_gold,
		.doc_collections = "[]",
		.doc_metadata = "{}",
		.file_metadata = "{}",
		.created_at = now,
		.created_by = a->n->user,
		.updated_at = now,
	};
	if ((rc = record_next_version(a->e.db, a->doc_id, a->n->file_type,
		 a->n->variant, &row->version)) != 0 ||
	    (rc = set_origin(a)) != 0)
		return rc;
	return record_write(a->e.db, &w);
}

static int
revive(struct add *a)
{
	int rc;

	if ((rc = edit_find(&a->e, a->stable_id)) != 0 ||
	    (rc = edit_deny_conflict(&a->e)) != 0)
		return rc;
	a->e.row.deleted = false;
	edit_set_content(&a->e, a->n->id, a->n->file_size);
	if ((rc = set_origin(a)) != 0)
		return rc;
	return edit_write(&a->e, "restore");
}

static int
add(struct add *a, bool *was_there)
{
	int rc;

	if (shared_ext(a->n->file_type) == NULL)
		return err_set(E_INPUT, "no such file type: %s",
		    a->n->file_type);
	if ((rc = a->n->is_distinct ? 0 : find_twin(a)) < 0)
		return rc;
	*was_there = rc == 1;
	a->e.row.id = a->n->id;
	a->e.row.file_type = a->n->file_type;
	a->e.row.file_size = a->n->file_size;
	if (*was_there)
		return edit_content_came(&a->e);
	if ((rc = derive_id(a)) < 0 || (rc = rc == 1 ? revive(a) : make(a)) < 0)
		return rc;
	return edit_need_content(&a->e);
}

static void
set_document(struct add *a)
{
	const struct record_new *n = a->n;

	a->doc_id = n->doc_id != NULL ? n->doc_id : n->id;
	a->doc_id_type = n->doc_id != NULL && n->doc_id_type != NULL
	    ? n->doc_id_type
	    : "custom";
}

int
record_add_id(struct db *db, struct mem *mem, const struct record_new *n,
    char **stable_id)
{
	struct add a = { .n = n };
	int rc;

	set_document(&a);
	if ((rc = edit_begin(&a.e, db, n->user)) != 0)
		return rc;
	if ((rc = find_twin(&a)) == 0)
		rc = derive_id(&a);
	if (rc >= 0)
		*stable_id = mem_strdup(mem, a.stable_id);
	return edit_end(&a.e, rc);
}

int
record_add(struct db *db, struct mem *mem, const struct record_new *n,
    char **stable_id, bool *was_there)
{
	struct add a = { .n = n };
	int rc;

	set_document(&a);
	if ((rc = edit_begin(&a.e, db, n->user)) != 0)
		return rc;
	rc = add(&a, was_there);
	if (rc == 0)
		*stable_id = mem_strdup(mem, a.stable_id);
	return edit_end(&a.e, rc);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/record_edit.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record_row.h"
#include "local/ref.h"

#include <string.h>

/* ---- what all edits have in common ------------------------------------------- */

int
edit_find(struct edit *e, const char *stable_id)
{
	int rc;

	rc = record_find(e->db, e->mem, stable_id, &e->held);
	if (rc == 0)
		return err_set(E_ABSENT, "no such record: %s", stable_id);
	if (rc == 1)
		rc = row_side(e->db, e->mem, &e->held, &e->side);
	e->has_side = rc == 1;
	e->row = e->held.rec;
	return rc < 0 ? rc : 0;
}

static int
find_live(struct edit *e, const char *stable_id)
{
	int rc = edit_find(e, stable_id);

	if (rc == 0 && e->held.rec.deleted)
		rc = err_set(E_ABSENT, "%s is deleted", stable_id);
	return rc;
}

static bool
is_in_conflict(const struct edit *e)
{
	return str_eq(e->held.sync_status, "conflict");
}

int
edit_deny_conflict(const struct edit *e)
{
	if (!is_in_conflict(e))
		return 0;
	return err_set(E_DENIED, "%s is in conflict: resolve that first",
	    e->held.rec.stable_id);
}

static bool
is_stores_content(const struct edit *e, const char *id)
{
	return e->has_side && str_eq(e->side.id, id);
}

void
edit_set_content(struct edit *e, const char *id, int64_t file_size)
{
	bool is_stores = is_stores_content(e, id);

	e->row.id = id;
	e->row.file_size = file_size;
	/* What is to be sent gets its generation when it is sent. */
	e->row.generation = is_stores ? e->side.generation : 0;
}

/* What the row's content was made from, if the store does not have it. */
static const char *
parents_of(const struct edit *e)
{
	if (is_stores_content(e, e->row.id))
		return NULL;
	if (is_stores_content(e, e->held.rec.id))
		return mem_printf(e->mem, "[[\"%s\",\"%s\"]]",
		    e->held.rec.stable_id, e->held.rec.id);
	return e->held.parents;
}

/*
 * Is it again what the store has, but for times?  Then there is nothing to
 * send; unless it is being sent as it was meanwhile.
 */
static int
is_stores_again(struct edit *e)
{
	int64_t revision;
	int rc;

	if (!e->has_side || is_in_conflict(e) ||
	    !shared_same(&e->row, &e->side))
		return 0;
	rc = outbox_row_find(e->db, e->row.stable_id, &revision);
	return rc < 0 ? rc : rc == 0;
}

int
edit_write(struct edit *e, const char *kind)
{
	char stamp[CLOCK_TEXT_SIZE];
	struct record_write w = { .row = &e->row, .by_user = true };
	int rc;

	if (shared_same(&e->row, &e->held.rec))
		return 0;
	if ((rc = is_stores_again(e)) < 0)
		return rc;
	record_stamp(e->held.rec.updated_at, stamp);
	if (rc == 1)
		e->row = e->side;
	else
		e->row.updated_at = stamp;
	w.kind = kind;
	w.user = e->user;
	w.parents = parents_of(e);
	if (is_in_conflict(e)) {
		w.status = e->held.sync_status;
		w.reason = e->held.sync_reason;
	}
	return record_write(e->db, &w);
}

int
edit_need_content(const struct edit *e)
{
	int rc = ref_is_here(e->db, e->row.id, e->row.file_type);

	if (rc == 0)
		return err_set(E_CONFLICT,
		    "the content %s is no longer here: put it again",
		    e->row.id);
	return rc < 0 ? rc : 0;
}

int
edit_content_came(const struct edit *e)
{
	int rc;

	rc = ref_take(e->db, e->row.id, e->row.file_type, e->row.file_size);
	if (rc < 0)
		return rc;
	return ref_drop(e->db, e->row.id, e->row.file_type);
}

int
edit_begin(struct edit *e, struct db *db, const char *user)
{
	int rc = db_begin(db);

	e->db = db;
	e->user = user;
	e->mem = rc == 0 ? mem_new() : NULL;
	return rc;
}

int
edit_end(struct edit *e, int rc)
{
	mem_free(e->mem);
	return db_end(e->db, rc);
}

/* ---- save ---------------------------------------------------------------------- */

static int
save(struct edit *e, const char *stable_id, const char *id, int64_t file_size,
    const char *if_id)
{
	int rc;

	if ((rc = find_live(e, stable_id)) != 0 ||
	    (rc = edit_deny_conflict(e)) != 0)
		return rc;
	if (if_id != NULL && !str_eq(if_id, e->held.rec.id))
		return err_set(E_CONFLICT, "%s has another content by now: %s",
		    stable_id, e->held.rec.id);
	if (str_eq(id, e->held.rec.id))
		return edit_content_came(e);
	edit_set_content(e, id, file_size);
	if ((rc = edit_write(e, "save")) != 0)
		return rc;
	return edit_need_content(e);
}

int
record_save(struct db *db, const char *stable_id, const char *id,
    int64_t file_size, const char *if_id, const char *user)
{
	struct edit e = { 0 };
	int rc;

	if ((rc = edit_begin(&e, db, user)) != 0)
		return rc;
	return edit_end(&e, save(&e, stable_id, id, file_size, if_id));
}

/* ---- set ----------------------------------------------------------------------- */

static int
set_object(struct edit *e, const char **column, const char *json,
    const char *name)
{
	struct buf canon = { 0 };
	int rc;

	if (json == NULL)
		return 0;
	if (json_kind(json_of(json)) != JSON_OBJECT)
		return err_set(E_INPUT, "%s is no JSON object", name);
	rc = json_canon(json, strlen(json), &canon);
	if (rc == 0)
		*column = mem_strndup(e->mem, canon.data, canon.len);
	buf_release(&canon);
	return rc == 0 ? 0 : err_wrap(rc, "%s", name);
}

static int
set_collections(struct edit *e, const char *json)
{
	struct buf canon = { 0 };
	int rc;

	if (json == NULL)
		return 0;
	rc = collections_canon(json, &canon);
	if (rc == 0)
		e->row.doc_collections = mem_strndup(e->mem, canon.data,
		    canon.len);
	buf_release(&canon);
	return rc == 0 ? 0 : err_wrap(rc, "doc_collections");
}

static int
set(struct edit *e, const char *stable_id, const struct record_set *s)
{
	int rc;

	if ((rc = find_live(e, stable_id)) != 0 ||
	    (rc = set_collections(e, s->doc_collections)) != 0 ||
	    (rc = set_object(e, &e->row.doc_metadata, s->doc_metadata,
		 "doc_metadata")) != 0 ||
	    (rc = set_object(e, &e->row.file_metadata, s->file_metadata,
		 "file_metadata")) != 0)
		return rc;
	if (s->label != NULL)
		e->row.label = *s->label != '\0' ? s->label : NULL;
	if (s->is_gold >= 0)
		e->row.is_gold = s->is_gold != 0;
	return edit_write(e, "set");
}

int
record_set(struct db *db, const char *stable_id, const struct record_set *s,
    const char *user)
{
	struct edit e = { 0 };
	int rc;

	if ((rc = edit_begin(&e, db, user)) != 0)
		return rc;
	return edit_end(&e, set(&e, stable_id, s));
}

/* ---- delete and restore --------------------------------------------------------- */

/*
 * A tombstone names a content that the store has, so that nobody needs to send
 * one only to delete it; what was not sent yet stays in the history.
 */
static int delete (struct edit *e, const char *stable_id)
{
	int rc;

	if ((rc = edit_find(e, stable_id)) != 0 || e->held.rec.deleted)
		return rc;
	if ((rc = edit_deny_conflict(e)) != 0)
		return rc;
	e->row.deleted = true;
	if (e->has_side)
		edit_set_content(e, e->side.id, e->side.file_size);
	return edit_write(e, "delete");
}

int
record_delete(struct db *db, const char *stable_id, const char *user)
{
	struct edit e = { 0 };
	int rc;

	if ((rc = edit_begin(&e, db, user)) != 0)
		return rc;
	return edit_end(&e, delete (&e, stable_id));
}

static int
restore(struct edit *e, const char *stable_id, int64_t seq)
{
	struct record past;
	int rc;

	if ((rc = edit_find(e, stable_id)) != 0 ||
	    (rc = edit_deny_conflict(e)) != 0)
		return rc;
	if (seq == 0 && !e->held.rec.deleted)
		return err_set(E_ABSENT, "%s is not deleted", stable_id);
	if ((rc = history_find(e->db, e->mem, stable_id, seq, &past)) < 0)
		return rc;
	if (rc == 0)
		return err_set(E_ABSENT, "%s has no such past", stable_id);
	if ((rc = ref_is_here(e->db, past.id, past.file_type)) < 0)
		return rc;
	if (rc == 0)
		return err_set(E_ABSENT, "%s: the content %s is gone",
		    stable_id, past.id);
	e->row = past;
	e->row.created_at = e->held.rec.created_at;
	e->row.created_by = e->held.rec.created_by;
	edit_set_content(e, past.id, past.file_size);
	return edit_write(e, "restore");
}

int
record_restore(struct db *db, const char *stable_id, int64_t seq,
    const char *user)
{
	struct edit e = { 0 };
	int rc;

	if ((rc = edit_begin(&e, db, user)) != 0)
		return rc;
	return edit_end(&e, restore(&e, stable_id, seq));
}

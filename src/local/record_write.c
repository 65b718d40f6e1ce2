/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "local/record_row.h"
#include "local/ref.h"

#include <string.h>

/* One write under way: what was, what is to be. */
struct change {
	struct db *db;
	struct mem *mem;
	const struct record_write *w;
	struct held old; /* if it was there */
	bool was_there;
	struct record old_side; /* if had_side */
	bool had_side;
	const struct record *side; /* from now on; NULL: the store has none */
	bool side_changes;         /* in what the digest sees */
	int is_here;               /* the row's content; of a live row */
	char now[CLOCK_TEXT_SIZE];
};

static int
look(struct change *c)
{
	struct record_both both;
	int rc;

	row_now(c->now);
	if (c->w->was == NULL &&
	    (rc = record_find_both(c->db, c->mem, c->w->row->stable_id,
		 &both)) != 0)
		return rc;
	if (c->w->was != NULL)
		both = *c->w->was;
	c->was_there = both.have_row;
	c->old = both.held;
	c->had_side = both.have_side;
	c->old_side = both.side;
	c->side = c->w->side != NULL ? c->w->side
	    : c->had_side            ? &c->old_side
				     : NULL;
	c->side_changes = c->w->side != NULL &&
	    (!c->had_side || !shared_equal(c->w->side, &c->old_side));
	return 0;
}

/* What came from the store was checked when it was decoded. */
static int
check(const struct record_write *w)
{
	if (w->side != NULL && w->side_version <= 0)
		return err_set(E_INPUT, "%s: a store's side without version",
		    w->row->stable_id);
	if (w->side != NULL && !str_eq(w->side->stable_id, w->row->stable_id))
		return err_set(E_INPUT, "%s: the store's side is of %s",
		    w->row->stable_id, w->side->stable_id);
	if (w->status != NULL && !row_is_status(w->status))
		return err_set(E_INPUT, "%s: no such status: %s",
		    w->row->stable_id, w->status);
	if (w->row == w->side)
		return 0;
	return shared_check(w->row);
}

/* ---- the store's side: names and digest ------------------------------------ */

static bool
name_equal(const struct record *a, const struct record *b)
{
	return a->generation == b->generation && str_eq(a->id, b->id) &&
	    str_eq(a->file_type, b->file_type);
}

static void
bind_name(struct stmt *st, const struct record *r)
{
	db_bind_text(st, 1, r->id);
	db_bind_text(st, 2, r->file_type);
	db_bind_int(st, 3, r->generation);
}

static int
let_name_go(struct change *c)
{
	const char *at = c->w->side_at;
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(c->db, NAME_LET_GO, &st)) != 0)
		return rc;
	bind_name(st, &c->old_side);
	db_bind_int(st, 4, c->w->side_version);
	db_bind_text(st, 5, at != NULL ? at : c->now);
	return db_run(st);
}

static int
take_name(struct change *c)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(c->db, NAME_TAKE, &st)) != 0)
		return rc;
	bind_name(st, c->side);
	return db_run(st);
}

static int
change_names(struct change *c)
{
	int rc;

	if (c->had_side && name_equal(&c->old_side, c->side))
		return 0;
	if ((rc = take_name(c)) == 0 && c->had_side)
		rc = let_name_go(c);
	return rc;
}

static int
change_state(struct change *c)
{
	char text[HASH_HEX_SIZE];
	struct hash state, one;
	int rc;

	if ((rc = state_find(c->db, &state)) < 0)
		return rc;
	if (c->had_side) {
		shared_digest(&c->old_side, &one);
		hash_sum_sub(&state, &one);
	}
	shared_digest(c->side, &one);
	hash_sum_add(&state, &one);
	return meta_put(c->db, "state", hash_hex(&state, text));
}

static int
change_side(struct change *c)
{
	int rc;

	if (!c->side_changes)
		return 0;
	if ((rc = change_names(c)) == 0)
		rc = change_state(c);
	return rc;
}

/* ---- the past and the contents ----------------------------------------------- */

/*
 * Is the row as it was worth a place in the history?  A tombstone is not: what
 * it was before lies there already.  Nor is what came from the store and never
 * had its content here: there is nothing to restore, and nobody should fetch
 * it for the past alone.
 */
static int
has_past(struct change *c)
{
	const struct record_write *w = c->w;

	if (w->kind == NULL || !c->was_there || c->old.rec.deleted ||
	    shared_same(&c->old.rec, w->row))
		return 0;
	if (w->by_user || !c->had_side ||
	    !shared_equal(&c->old.rec, &c->old_side))
		return 1;
	return ref_is_here(c->db, c->old.rec.id, c->old.rec.file_type);
}

static int
put_history(struct change *c)
{
	const struct record *old = &c->old.rec;
	struct buf text = { 0 };
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(c->db, HISTORY_PUT, &st)) != 0)
		return rc;
	shared_encode(old, &text);
	db_bind_text(st, 1, old->stable_id);
	db_bind_text(st, 2, c->now);
	db_bind_text(st, 3, c->w->kind);
	db_bind_text(st, 4, c->w->user);
	db_bind_text(st, 5, old->id);
	db_bind_text(st, 6, old->file_type);
	db_bind_text(st, 7, text.data);
	buf_release(&text);
	if ((rc = db_run(st)) == 0)
		rc = ref_take(c->db, old->id, old->file_type, old->file_size);
	return rc < 0 ? rc : 0;
}

/* The new is taken before the old is dropped: it may be the same. */
static int
change_refs(struct change *c)
{
	const struct record *row = c->w->row, *old = &c->old.rec;
	bool held = c->was_there && !old->deleted;

	if (held && !row->deleted && str_eq(old->id, row->id) &&
	    str_eq(old->file_type, row->file_type)) {
		c->is_here = ref_is_here(c->db, row->id, row->file_type);
		return c->is_here < 0 ? c->is_here : 0;
	}
	if (!row->deleted)
		c->is_here = ref_take(c->db, row->id, row->file_type,
		    row->file_size);
	if (c->is_here < 0)
		return c->is_here;
	return held ? ref_drop(c->db, old->id, old->file_type) : 0;
}

static int
keep_past(struct change *c)
{
	int rc = has_past(c);

	if (rc == 1)
		rc = put_history(c);
	return rc;
}

/* ---- the row ------------------------------------------------------------------ */

static int
put_base(struct change *c)
{
	struct buf text = { 0 };
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(c->db, BASE_PUT, &st)) != 0)
		return rc;
	shared_encode(c->side, &text);
	db_bind_text(st, 1, c->side->stable_id);
	db_bind_text(st, 2, text.data);
	buf_release(&text);
	return db_run(st);
}

static int
remove_base(struct change *c)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(c->db, BASE_REMOVE, &st)) != 0)
		return rc;
	db_bind_text(st, 1, c->w->row->stable_id);
	return db_run(st);
}

static int
change_base(struct change *c, bool is_equal)
{
	bool had = c->had_side && !shared_equal(&c->old.rec, &c->old_side);
	bool want = c->side != NULL && !is_equal;

	if (want && (!had || c->side_changes))
		return put_base(c);
	if (had && !want)
		return remove_base(c);
	return 0;
}

static const char *
derive_status(const struct change *c, bool is_equal)
{
	const struct record *row = c->w->row;

	if (c->side == NULL)
		return row->deleted ? "synced" : "pending_upload";
	if (is_equal)
		return row->deleted || c->is_here ? "synced"
						  : "pending_download";
	if (row->deleted && !c->side->deleted)
		return "pending_delete";
	return "modified";
}

/* The shared record stays: no index of it is written anew. */
static int
touch_row(struct change *c, const struct held *row)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(c->db, RECORD_TOUCH, &st)) != 0)
		return rc;
	db_bind_text(st, 1, row->rec.stable_id);
	if (row->remote_version != 0)
		db_bind_int(st, 2, row->remote_version);
	db_bind_text(st, 3, row->local_modified_at);
	db_bind_text(st, 4, row->sync_status);
	db_bind_text(st, 5, row->sync_hash);
	db_bind_text(st, 6, row->sync_reason);
	db_bind_int(st, 7, row->revision);
	db_bind_text(st, 8, row->parents);
	return db_run(st);
}

static int
put_row(struct change *c, bool is_equal)
{
	const struct record_write *w = c->w;
	struct held row = { .rec = *w->row };
	struct stmt *st;
	int rc;

	if (c->was_there) {
		row.remote_version = c->old.remote_version;
		row.local_modified_at = c->old.local_modified_at;
		row.revision = c->old.revision;
	}
	if (w->side != NULL)
		row.remote_version = w->side_version;
	if (w->by_user) {
		row.local_modified_at = c->now;
		row.revision++;
	}
	row.sync_status = w->status != NULL ? w->status
					    : derive_status(c, is_equal);
	row.sync_hash = c->side != NULL ? c->side->id : NULL;
	row.sync_reason = w->reason;
	row.parents = w->parents;
	if (c->was_there && shared_equal(&c->old.rec, w->row))
		return touch_row(c, &row);
	if ((rc = db_stmt(c->db, c->was_there ? RECORD_UPDATE : RECORD_INSERT,
		 &st)) != 0)
		return rc;
	row_bind_held(st, &row);
	return db_run(st);
}

static int
write_all(struct change *c)
{
	bool is_equal;
	int rc;

	if ((rc = check(c->w)) != 0 || (rc = look(c)) != 0 ||
	    (rc = change_side(c)) != 0 || (rc = keep_past(c)) != 0 ||
	    (rc = change_refs(c)) != 0)
		return rc;
	is_equal = c->side != NULL && shared_equal(c->side, c->w->row);
	if ((rc = change_base(c, is_equal)) != 0)
		return rc;
	return put_row(c, is_equal);
}

int
record_write(struct db *db, const struct record_write *w)
{
	struct change c = { .db = db, .w = w };
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	c.mem = mem_new();
	rc = write_all(&c);
	mem_free(c.mem);
	return db_end(db, rc);
}

int
record_set_status(struct db *db, const char *stable_id, const char *status,
    const char *reason)
{
	struct stmt *st;
	int rc;

	if (!row_is_status(status))
		return err_set(E_INPUT, "no such status: %s", status);
	if ((rc = db_begin(db)) != 0)
		return rc;
	if ((rc = db_stmt(db, RECORD_SET_STATUS, &st)) == 0) {
		db_bind_text(st, 1, stable_id);
		db_bind_text(st, 2, status);
		db_bind_text(st, 3, reason);
		rc = db_run(st);
	}
	if (rc == 0 && db_changes(db) == 0)
		rc = err_set(E_ABSENT, "no such record: %s", stable_id);
	return db_end(db, rc);
}

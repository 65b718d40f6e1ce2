/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/resolution.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/record.h"
#include "local/record_row.h"
#include "local/ref.h"

/* ---- keeping ------------------------------------------------------------------ */

static void
bind_row(struct stmt *st, const struct held *held)
{
	struct buf text = { 0 };

	shared_encode(&held->rec, &text);
	db_bind_text(st, 3, text.data);
	buf_release(&text);
	if (!held->rec.deleted) {
		db_bind_text(st, 4, held->rec.id);
		db_bind_text(st, 5, held->rec.file_type);
	}
	db_bind_text(st, 6, held->local_modified_at);
	db_bind_text(st, 7, held->sync_status);
	db_bind_text(st, 8, held->sync_reason);
	db_bind_text(st, 9, held->parents);
}

/* `held` NULL: there is no such record yet. */
static int
put_row(struct db *db, const char *conflict, const char *stable_id,
    const struct held *held)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RESOLVED_PUT, &st)) != 0)
		return rc;
	db_bind_text(st, 1, conflict);
	db_bind_text(st, 2, stable_id);
	if (held != NULL)
		bind_row(st, held);
	if ((rc = db_run(st)) != 0 || held == NULL || held->rec.deleted)
		return rc;
	rc = ref_take(db, held->rec.id, held->rec.file_type,
	    held->rec.file_size);
	return rc < 0 ? rc : 0;
}

int
resolution_keep_row(struct db *db, const char *conflict, const char *stable_id)
{
	struct mem *mem = mem_new();
	struct held held;
	int rc;

	if ((rc = record_find(db, mem, stable_id, &held)) >= 0)
		rc = put_row(db, conflict, stable_id, rc == 1 ? &held : NULL);
	mem_free(mem);
	return rc;
}

static int forget(struct db *db, const char *stable_id);

/* The references of the conflict go with it. */
int
resolution_keep(struct db *db, const char *stable_id)
{
	int rc;

	if ((rc = forget(db, stable_id)) != 0 ||
	    (rc = db_run_on(db, RESOLUTION_KEEP, stable_id)) != 0)
		return rc;
	if (db_changes(db) == 0)
		return err_set(E_ABSENT, "%s is not in conflict", stable_id);
	if ((rc = db_run_on(db, CONFLICT_REMOVE, stable_id)) != 0)
		return rc;
	return resolution_keep_row(db, stable_id, stable_id);
}

int
resolution_done(struct db *db, const char *conflict)
{
	return db_run_on(db, RESOLVED_DONE, conflict);
}

/* ---- what was kept ------------------------------------------------------------- */

/* A record as it was. */
struct kept {
	const char *stable_id;
	const char *record; /* NULL: there was none */
	const char *id;     /* held; or NULL */
	const char *file_type;
	const char *local_modified_at;
	const char *status;
	const char *reason;
	const char *parents;
	int64_t history_seq;
};

static int
next_kept(struct db *db, struct mem *mem, const char *conflict,
    const char *after, struct kept *k)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RESOLVED_NEXT, &st)) != 0)
		return rc;
	db_bind_text(st, 1, conflict);
	db_bind_text(st, 2, after);
	if ((rc = db_step(st)) != 1)
		return rc;
	k->stable_id = db_text_dup(st, 0, mem);
	k->record = db_text_dup(st, 1, mem);
	k->id = db_text_dup(st, 2, mem);
	k->file_type = db_text_dup(st, 3, mem);
	k->local_modified_at = db_text_dup(st, 4, mem);
	k->status = db_text_dup(st, 5, mem);
	k->reason = db_text_dup(st, 6, mem);
	k->parents = db_text_dup(st, 7, mem);
	k->history_seq = db_int(st, 8);
	db_reset(st);
	return 1;
}

static int
each_kept(struct db *db, const char *conflict,
    int (*fn)(struct db *db, struct mem *mem, const struct kept *k,
	const char *user),
    const char *user)
{
	struct mem *mem = mem_new();
	struct kept k = { .stable_id = "" };
	int rc;

	while ((rc = next_kept(db, mem, conflict, k.stable_id, &k)) == 1 &&
	    (rc = fn(db, mem, &k, user)) == 0)
		continue;
	mem_free(mem);
	return rc;
}

static int
drop_kept(struct db *db, struct mem *mem, const struct kept *k,
    const char *user)
{
	(void)mem;
	(void)user;
	return k->id != NULL ? ref_drop(db, k->id, k->file_type) : 0;
}

/* ---- taking back ---------------------------------------------------------------- */

/* A record that was made by the decision, and that nobody else has seen. */
static int
erase(struct db *db, struct mem *mem, const char *stable_id)
{
	struct held now;
	int rc;

	if ((rc = record_find(db, mem, stable_id, &now)) != 1 ||
	    (rc = db_run_on(db, RESOLVED_ERASE, stable_id)) != 0)
		return rc;
	if (db_changes(db) == 0)
		return err_set(E_CONFLICT, "%s is on the store", stable_id);
	if (now.rec.deleted)
		return 0;
	return ref_drop(db, now.rec.id, now.rec.file_type);
}

static int
stamp(struct db *db, const struct kept *k)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RESOLVED_STAMP, &st)) != 0)
		return rc;
	db_bind_text(st, 1, k->stable_id);
	db_bind_text(st, 2, k->local_modified_at);
	return db_run(st);
}

static int
put_back(struct db *db, struct mem *mem, const struct kept *k, const char *user)
{
	struct record row;
	struct record_write w = { .row = &row,
		.status = k->status,
		.reason = k->reason,
		.parents = k->parents,
		.by_user = true,
		.user = user };
	int rc;

	if ((rc = row_decode(mem, k->record, &row)) != 0 ||
	    (rc = record_write(db, &w)) != 0)
		return rc;
	return stamp(db, k);
}

/* A row of history. */
struct past_row {
	int64_t seq;
	const char *id;
	const char *file_type;
};

static int
next_past(struct db *db, struct mem *mem, const struct kept *k,
    struct past_row *p)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RESOLVED_PAST, &st)) != 0)
		return rc;
	db_bind_text(st, 1, k->stable_id);
	db_bind_int(st, 2, k->history_seq);
	if ((rc = db_step(st)) != 1)
		return rc;
	p->seq = db_int(st, 0);
	p->id = db_text_dup(st, 1, mem);
	p->file_type = db_text_dup(st, 2, mem);
	db_reset(st);
	return 1;
}

/* What the decision added to the past: nobody has changed the record since. */
static int
cut_past(struct db *db, struct mem *mem, const struct kept *k)
{
	struct past_row p = { 0 };
	struct stmt *st;
	int rc;

	while ((rc = next_past(db, mem, k, &p)) == 1) {
		if ((rc = db_stmt(db, HISTORY_REMOVE, &st)) != 0)
			return rc;
		db_bind_int(st, 1, p.seq);
		if ((rc = db_run(st)) != 0 ||
		    (rc = ref_drop(db, p.id, p.file_type)) != 0)
			return rc;
	}
	return rc;
}

static int
undo_row(struct db *db, struct mem *mem, const struct kept *k, const char *user)
{
	int rc;

	rc = k->record == NULL ? erase(db, mem, k->stable_id)
			       : put_back(db, mem, k, user);
	return rc < 0 ? rc : cut_past(db, mem, k);
}

/* 1: a record of it is not as the decision left it. */
static int
was_changed(struct db *db, const char *stable_id)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RESOLVED_CHANGED, &st)) != 0)
		return rc;
	db_bind_text(st, 1, stable_id);
	if ((rc = db_step(st)) == 1)
		err_set(E_CONFLICT,
		    "%s was changed since: there is no way back any more",
		    db_text(st, 0));
	db_reset(st);
	return rc;
}

static int
is_kept(struct db *db, const char *stable_id)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RESOLUTION_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, stable_id);
	rc = db_step(st);
	db_reset(st);
	return rc;
}

int
resolution_undo(struct db *db, const char *stable_id, const char *user)
{
	int rc;

	if ((rc = is_kept(db, stable_id)) != 1)
		return rc < 0 ? rc
			      : err_set(E_ABSENT,
				    "%s: there is no decision that could be "
				    "taken back",
				    stable_id);
	if ((rc = was_changed(db, stable_id)) != 0)
		return rc < 0 ? rc : E_CONFLICT;
	if ((rc = each_kept(db, stable_id, undo_row, user)) != 0 ||
	    (rc = each_kept(db, stable_id, drop_kept, NULL)) != 0 ||
	    (rc = db_run_on(db, RESOLVED_REMOVE, stable_id)) != 0 ||
	    (rc = db_run_on(db, RESOLUTION_BACK, stable_id)) != 0)
		return rc;
	return db_run_on(db, RESOLUTION_REMOVE, stable_id);
}

/* ---- forgetting ------------------------------------------------------------------- */

static int
drop_held(struct db *db, struct mem *mem, const char *stable_id)
{
	char *theirs, *merge, *file_type;
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RESOLUTION_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, stable_id);
	if ((rc = db_step(st)) != 1)
		return rc;
	theirs = db_text_dup(st, 0, mem);
	merge = db_text_dup(st, 1, mem);
	file_type = db_text_dup(st, 2, mem);
	db_reset(st);
	rc = theirs != NULL ? ref_drop(db, theirs, file_type) : 0;
	if (rc == 0 && merge != NULL)
		rc = ref_drop(db, merge, file_type);
	return rc;
}

/* None is fine. */
static int
forget(struct db *db, const char *stable_id)
{
	struct mem *mem = mem_new();
	int rc;

	if ((rc = each_kept(db, stable_id, drop_kept, NULL)) == 0 &&
	    (rc = drop_held(db, mem, stable_id)) == 0 &&
	    (rc = db_run_on(db, RESOLVED_REMOVE, stable_id)) == 0)
		rc = db_run_on(db, RESOLUTION_REMOVE, stable_id);
	mem_free(mem);
	return rc;
}

/* 1: it forgot the first that this statement finds. */
static int
forget_first(struct db *db, struct mem *mem, enum sql sql)
{
	struct stmt *st;
	char *stable_id;
	int rc;

	if ((rc = db_stmt(db, sql, &st)) != 0 || (rc = db_step(st)) != 1)
		return rc;
	stable_id = db_text_dup(st, 0, mem);
	db_reset(st);
	return (rc = forget(db, stable_id)) != 0 ? rc : 1;
}

static int
forget_all(struct db *db, enum sql sql)
{
	struct mem *mem = mem_new();
	int rc;

	while ((rc = forget_first(db, mem, sql)) == 1)
		mem_reset(mem);
	mem_free(mem);
	return rc;
}

int
resolution_forget_sent(struct db *db)
{
	return forget_all(db, RESOLUTION_SENT);
}

/* Nearly always there is none, and nothing needs to be locked. */
static int
is_any_over(struct db *db)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RESOLUTION_OVER, &st)) != 0)
		return rc;
	rc = db_step(st);
	db_reset(st);
	return rc;
}

int
resolution_forget_over(struct db *db)
{
	int rc;

	if ((rc = is_any_over(db)) != 1 || (rc = db_begin(db)) != 0)
		return rc;
	return db_end(db, forget_all(db, RESOLUTION_OVER));
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/conflict.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/record.h"
#include "local/ref.h"

#include <string.h>

/* A row as it is stored: the ancestor still a text. */
struct row {
	struct conflict c;
	const char *ancestor;
};

static int
row_find(struct db *db, struct mem *mem, const char *stable_id, struct row *row)
{
	struct stmt *st;
	int rc;

	memset(row, 0, sizeof(*row));
	if ((rc = db_stmt(db, CONFLICT_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, stable_id);
	if ((rc = db_step(st)) != 1)
		return rc;
	row->c.stable_id = db_text_dup(st, 0, mem);
	row->c.type = db_text_dup(st, 1, mem);
	row->ancestor = db_text_dup(st, 2, mem);
	row->c.their_replica = db_text_dup(st, 3, mem);
	row->c.their_user = db_text_dup(st, 4, mem);
	row->c.their_id = db_text_dup(st, 5, mem);
	row->c.file_type = db_text_dup(st, 6, mem);
	row->c.merge_id = db_text_dup(st, 7, mem);
	row->c.merge_reason = db_text_dup(st, 8, mem);
	row->c.seen_at = db_text_dup(st, 9, mem);
	db_reset(st);
	return 1;
}

static int
row_write(struct db *db, const struct row *row)
{
	char now[CLOCK_TEXT_SIZE];
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, CONFLICT_PUT, &st)) != 0)
		return rc;
	db_bind_text(st, 1, row->c.stable_id);
	db_bind_text(st, 2, row->c.type);
	db_bind_text(st, 3, row->ancestor);
	db_bind_text(st, 4, row->c.their_replica);
	db_bind_text(st, 5, row->c.their_user);
	db_bind_text(st, 6, row->c.their_id);
	db_bind_text(st, 7, row->c.file_type);
	db_bind_text(st, 8, row->c.merge_id);
	db_bind_text(st, 9, row->c.merge_reason);
	db_bind_text(st, 10,
	    row->c.seen_at != NULL ? row->c.seen_at
				   : clock_text(clock_wall_ms(), now));
	return db_run(st);
}

static int
drop_held(struct db *db, const struct row *row)
{
	int rc = 0;

	if (row->c.their_id != NULL)
		rc = ref_drop(db, row->c.their_id, row->c.file_type);
	if (rc == 0 && row->c.merge_id != NULL)
		rc = ref_drop(db, row->c.merge_id, row->c.file_type);
	return rc;
}

/* Is it the conflict that we know?  Then a merge of it still holds. */
static bool
is_same(const struct row *a, const struct row *b)
{
	return str_eq(a->c.type, b->c.type) &&
	    str_eq(a->ancestor, b->ancestor) &&
	    str_eq(a->c.their_id, b->c.their_id) &&
	    str_eq(a->c.file_type, b->c.file_type);
}

/* What is proposed, the store may not have at all: as if it were deleted. */
static int
their_side(struct db *db, struct mem *mem, const struct conflict *c,
    struct record *side)
{
	int rc = record_side(db, mem, c->stable_id, side, NULL);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (!str_eq(c->type, "proposed"))
		return err_set(E_ABSENT, "%s: the store has no such record",
		    c->stable_id);
	memset(side, 0, sizeof(*side));
	side->deleted = true;
	side->file_type = c->file_type;
	return 0;
}

/* What is to be stored, and how long their content is. */
static int
row_make(struct db *db, struct mem *mem, const struct conflict *c,
    struct row *row, int64_t *size)
{
	struct buf ancestor = { 0 };
	struct record side;
	int rc;

	if ((rc = their_side(db, mem, c, &side)) != 0)
		return rc;
	*row = (struct row){ .c = *c };
	row->c.their_id = side.deleted ? NULL : side.id;
	row->c.file_type = side.file_type;
	row->c.merge_id = NULL;
	row->c.merge_reason = NULL;
	*size = side.file_size;
	if (c->has_ancestor) {
		shared_encode(&c->ancestor, &ancestor);
		row->ancestor = mem_strdup(mem, buf_text(&ancestor));
	}
	buf_release(&ancestor);
	return 0;
}

/* What is new is taken before what is old is let go: it may be the same. */
static int
replace(struct db *db, const struct row *old, struct row *row, int64_t size)
{
	int rc = 0;

	if (is_same(old, row)) {
		row->c.merge_id = old->c.merge_id;
		row->c.merge_reason = old->c.merge_reason;
		return row_write(db, row);
	}
	if (row->c.their_id != NULL)
		rc = ref_take(db, row->c.their_id, row->c.file_type, size);
	if (rc < 0 || (rc = drop_held(db, old)) != 0)
		return rc;
	return row_write(db, row);
}

int
conflict_put(struct db *db, const struct conflict *c)
{
	struct mem *mem = mem_new();
	struct row old, row;
	int64_t size = 0;
	int rc;

	if ((rc = db_begin(db)) == 0) {
		if ((rc = row_make(db, mem, c, &row, &size)) == 0 &&
		    (rc = row_find(db, mem, c->stable_id, &old)) >= 0)
			rc = replace(db, &old, &row, size);
		rc = db_end(db, rc);
	}
	mem_free(mem);
	return rc;
}

int
conflict_find(struct db *db, struct mem *mem, const char *stable_id,
    struct conflict *c)
{
	struct row row;
	int rc;

	if ((rc = row_find(db, mem, stable_id, &row)) != 1)
		return rc;
	*c = row.c;
	c->has_ancestor = row.ancestor != NULL;
	if (c->has_ancestor &&
	    shared_decode(mem, json_of(row.ancestor), &c->ancestor) != 0)
		return err_wrap(E_CORRUPT, "conflict of %s", stable_id);
	return 1;
}

static int
remove_row(struct db *db, const char *stable_id)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, CONFLICT_REMOVE, &st)) != 0)
		return rc;
	db_bind_text(st, 1, stable_id);
	return db_run(st);
}

int
conflict_remove(struct db *db, const char *stable_id)
{
	struct mem *mem = mem_new();
	struct row row;
	int rc;

	if ((rc = db_begin(db)) == 0) {
		rc = row_find(db, mem, stable_id, &row);
		if (rc == 1 && (rc = drop_held(db, &row)) == 0)
			rc = remove_row(db, stable_id);
		rc = db_end(db, rc);
	}
	mem_free(mem);
	return rc;
}

/* The first behind `after`; its id is memory of `mem`. */
static int
next_id(struct db *db, struct mem *mem, const char *after, char **stable_id)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, CONFLICT_NEXT, &st)) != 0)
		return rc;
	db_bind_text(st, 1, after);
	if ((rc = db_step(st)) != 1)
		return rc;
	*stable_id = db_text_dup(st, 0, mem);
	db_reset(st);
	return 1;
}

/* Each in a read of its own, so that `fn` may resolve it. */
int
conflict_each(struct db *db, int (*fn)(void *arg, const struct conflict *c),
    void *arg)
{
	struct mem *now = mem_new(), *next = mem_new(), *swap;
	char *stable_id = mem_strdup(next, "");
	struct conflict c;
	int rc;

	do {
		swap = now, now = next, next = swap;
		mem_reset(next);
		if ((rc = next_id(db, next, stable_id, &stable_id)) != 1)
			break;
		rc = conflict_find(db, next, stable_id, &c);
		/* Somebody else may just have resolved it. */
		if (rc == 1)
			rc = fn(arg, &c);
	} while (rc == 0);
	mem_free(now);
	mem_free(next);
	return rc;
}

static int
note_merge(struct db *db, const char *stable_id, const char *merge_id,
    const char *reason)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, CONFLICT_PROPOSE, &st)) != 0)
		return rc;
	db_bind_text(st, 1, stable_id);
	db_bind_text(st, 2, merge_id);
	db_bind_text(st, 3, reason);
	return db_run(st);
}

static int
propose(struct db *db, const struct row *row, const char *merge_id,
    int64_t merge_size, const char *reason)
{
	const char *file_type = row->c.file_type;
	int rc = 1;

	if (merge_id != NULL)
		rc = ref_take(db, merge_id, file_type, merge_size);
	if (rc == 0)
		return err_set(E_CONFLICT, "the merge is not here any more");
	if (rc > 0)
		rc = row->c.merge_id != NULL
		    ? ref_drop(db, row->c.merge_id, file_type)
		    : 0;
	return rc != 0 ? rc
		       : note_merge(db, row->c.stable_id, merge_id, reason);
}

int
conflict_propose(struct db *db, const char *stable_id, const char *merge_id,
    int64_t merge_size, const char *reason)
{
	struct mem *mem = mem_new();
	struct row row;
	int rc;

	if ((rc = db_begin(db)) == 0) {
		rc = row_find(db, mem, stable_id, &row);
		if (rc == 0)
			rc = err_set(E_ABSENT, "%s: no conflict", stable_id);
		else if (rc == 1)
			rc = propose(db, &row, merge_id, merge_size, reason);
		rc = db_end(db, rc);
	}
	mem_free(mem);
	return rc;
}

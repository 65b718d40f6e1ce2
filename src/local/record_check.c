/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "local/record_row.h"

#include <stdarg.h>
#include <stdio.h>

/* A check under way. */
struct checking {
	struct db *db;
	struct mem *mem; /* of one row */
	int (*fn)(void *arg, const char *fault);
	void *arg;
	struct hash state; /* sum so far */
};

static int fault(struct checking *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
fault(struct checking *c, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = mem_vprintf(c->mem, fmt, ap);
	va_end(ap);
	return c->fn(c->arg, text);
}

/* ---- one record ------------------------------------------------------------------ */

/* A row of files and what belongs to it. */
struct row {
	struct held held;
	struct record side;
	bool has_side, has_base;
	bool has_conflict;
	bool is_here;
};

/* 1: it is as it should be; 0: it was told; or what `fn` answered. */
static int
read_side(struct checking *c, struct row *row, const char *base)
{
	const struct held *h = &row->held;
	int rc;

	row->has_base = base != NULL;
	row->has_side = h->remote_version > 0;
	if (shared_check(&h->rec) != 0)
		return fault(c, "record %s: %s", h->rec.stable_id, err_text());
	if (!row->has_side && base != NULL)
		return fault(c,
		    "record %s: a base, and no version of the "
		    "store",
		    h->rec.stable_id);
	row->side = h->rec;
	if (base != NULL && row_decode(c->mem, base, &row->side) != 0)
		return fault(c, "record %s: its base: %s", h->rec.stable_id,
		    err_text());
	if (base != NULL && !str_eq(row->side.stable_id, h->rec.stable_id))
		return fault(c, "record %s: its base is of %s",
		    h->rec.stable_id, row->side.stable_id);
	if (base != NULL && shared_equal(&h->rec, &row->side) &&
	    (rc = fault(c, "record %s: a base that is no other than the row",
		 h->rec.stable_id)) != 0)
		return rc;
	return 1;
}

static bool
status_fits(const struct row *row)
{
	const char *status = row->held.sync_status;
	bool deleted = row->held.rec.deleted;
	bool is_equal = row->has_side && !row->has_base;

	if (str_eq(status, "synced"))
		return deleted ? is_equal || !row->has_side
			       : is_equal && row->is_here;
	if (str_eq(status, "pending_download"))
		return is_equal && !deleted && !row->is_here;
	if (str_eq(status, "pending_upload")) /* or born as a tombstone */
		return !row->has_side;
	if (str_eq(status, "pending_delete"))
		return row->has_side && deleted && !row->side.deleted;
	if (str_eq(status, "modified"))
		return row->has_side && !is_equal;
	return str_eq(status, "conflict");
}

static int
check_status(struct checking *c, const struct row *row)
{
	const struct held *h = &row->held;
	const char *hash = row->has_side ? row->side.id : NULL;
	bool in_conflict = str_eq(h->sync_status, "conflict");
	int rc = 0;

	if (!status_fits(row))
		rc = fault(c, "record %s: its status is %s, but it is %s, %s",
		    h->rec.stable_id, h->sync_status,
		    h->rec.deleted     ? "deleted"
			: row->is_here ? "here"
				       : "not here",
		    !row->has_side      ? "and the store has none"
			: row->has_base ? "and the store has another"
					: "and the store has the same");
	if (rc == 0 && in_conflict != row->has_conflict)
		rc = fault(c,
		    "record %s: its status is %s, and there is %s "
		    "conflict",
		    h->rec.stable_id, h->sync_status,
		    row->has_conflict ? "a" : "no");
	if (rc == 0 && !str_eq(h->sync_hash, hash))
		rc = fault(c,
		    "record %s: sync_hash is not the content that "
		    "the store has",
		    h->rec.stable_id);
	return rc;
}

static int
check_row(struct checking *c, struct stmt *st)
{
	struct hash digest;
	struct row row;
	int rc;

	row_read_held(st, c->mem, &row.held);
	row.has_conflict = db_int(st, ROW_HELD + 1) != 0;
	row.is_here = db_int(st, ROW_HELD + 2) != 0;
	rc = read_side(c, &row, db_text(st, ROW_HELD));
	if (rc != 1)
		return rc;
	if (row.has_side) {
		shared_digest(&row.side, &digest);
		hash_sum_add(&c->state, &digest);
	}
	return check_status(c, &row);
}

static int
check_history(struct checking *c, struct stmt *st)
{
	long long seq = db_int(st, 0);
	struct record rec;

	if (row_decode(c->mem, db_text(st, 4), &rec) != 0)
		return fault(c, "history %lld: %s", seq, err_text());
	if (!str_eq(rec.stable_id, db_text(st, 1)) ||
	    !str_eq(rec.id, db_text(st, 2)) ||
	    !str_eq(rec.file_type, db_text(st, 3)))
		return fault(c,
		    "history %lld of %s: its record is of %s, "
		    "content %s",
		    seq, db_text(st, 1), rec.stable_id, rec.id);
	return 0;
}

/* ---- what a statement finds is a fault --------------------------------------------- */

static int
tell_base(struct checking *c, struct stmt *st)
{
	return fault(c, "base of %s: there is no such record", db_text(st, 0));
}

static int
tell_conflict(struct checking *c, struct stmt *st)
{
	return fault(c, "conflict of %s: there is no such record",
	    db_text(st, 0));
}

static int
tell_counts(struct checking *c, struct stmt *st)
{
	return fault(c, "counts: %lld records more are %s%s than it says",
	    (long long)db_int(st, 2), db_int(st, 1) ? "deleted and " : "",
	    db_text(st, 0));
}

static int
tell_names(struct checking *c, struct stmt *st)
{
	return fault(c,
	    "name of content %s (%s, generation %lld): records of "
	    "the store hold it %lld times more than it says",
	    db_text(st, 0), db_text(st, 1), (long long)db_int(st, 2),
	    (long long)db_int(st, 3));
}

static int
tell_dropped(struct checking *c, struct stmt *st)
{
	return fault(c,
	    "name of content %s (%s, generation %lld): it is held "
	    "and dropped, or neither",
	    db_text(st, 0), db_text(st, 1), (long long)db_int(st, 2));
}

static const struct {
	enum sql sql;
	int (*look)(struct checking *c, struct stmt *st);
} looks[] = {
	{ CHECK_FILES, check_row },
	{ CHECK_BASE, tell_base },
	{ CHECK_CONFLICTS, tell_conflict },
	{ CHECK_COUNTS, tell_counts },
	{ CHECK_NAMES, tell_names },
	{ CHECK_DROPPED, tell_dropped },
	{ CHECK_HISTORY, check_history },
};

static int
look_at_all(struct checking *c, enum sql sql,
    int (*look)(struct checking *c, struct stmt *st))
{
	struct stmt *st;
	int rc, told = 0;

	if ((rc = db_stmt(c->db, sql, &st)) != 0)
		return rc;
	while (told == 0 && (rc = db_step(st)) == 1) {
		mem_reset(c->mem);
		told = look(c, st);
	}
	db_reset(st);
	return told != 0 ? told : rc;
}

static int
check_state(struct checking *c)
{
	char said[HASH_HEX_SIZE], found[HASH_HEX_SIZE];
	struct hash state;
	int rc;

	if ((rc = state_find(c->db, &state)) < 0)
		return rc;
	if (hash_eq(&state, &c->state))
		return 0;
	return fault(c, "the state digest says %s, the records say %s",
	    hash_hex(&state, said), hash_hex(&c->state, found));
}

int
record_check(struct db *db, int (*fn)(void *arg, const char *fault), void *arg)
{
	struct checking c = { .db = db, .fn = fn, .arg = arg };
	size_t i;
	int rc;

	if ((rc = db_begin_read(db)) != 0)
		return rc;
	c.mem = mem_new();
	for (i = 0; rc == 0 && i < sizeof(looks) / sizeof(*looks); i++)
		rc = look_at_all(&c, looks[i].sql, looks[i].look);
	if (rc == 0)
		rc = check_state(&c);
	mem_free(c.mem);
	return db_end(db, rc);
}

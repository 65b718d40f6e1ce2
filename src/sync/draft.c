/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/draft.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "local/db.h"
#include "local/record.h"
#include "sync/commit.h"
#include "sync/upload.h"

struct taken {
	char stable_id[STABLE_ID_SIZE];
	int64_t revision;
	size_t at; /* of its line in `lines` */
	size_t len;
};

struct draft {
	struct sync *s;
	struct mem *mem; /* of one row */
	struct taken taken[COMMIT_CHANGES_MAX];
	int n;
	struct buf lines;
	struct hash state;
	int64_t gc;
};

int
draft_new(struct sync *s, struct draft **draft)
{
	struct draft *d = xmalloc(sizeof(*d));
	int rc;

	memset(d, 0, sizeof(*d));
	d->s = s;
	d->mem = mem_new();
	d->gc = s->last.gc;
	if ((rc = state_find(s->db, &d->state)) != 0) {
		draft_free(d);
		return rc;
	}
	*draft = d;
	return 0;
}

void
draft_free(struct draft *d)
{
	if (d == NULL)
		return;
	mem_free(d->mem);
	buf_release(&d->lines);
	free(d);
}

int
draft_changes(const struct draft *d)
{
	return d->n;
}

void
draft_new_generation(struct draft *d)
{
	d->gc++;
}

/* ---- one row -------------------------------------------------------------------- */

/* A row with its store's side, on its way into the commit. */
struct row {
	const struct held *held;
	bool have_side;
	struct record side;
	struct record rec;
};

/* It is what the store has: the store's stands, and nothing is sent. */
static int
settle_row(struct draft *d, const struct row *row)
{
	struct record_write w = { .row = &row->side };

	return record_write(d->s->db, &w);
}

/* A tombstone names the last content that the store had. */
static void
name_tombstone(struct row *row)
{
	row->rec.id = row->side.id;
	row->rec.generation = row->side.generation;
	row->rec.file_size = row->side.file_size;
	row->rec.mime_type = row->side.mime_type;
}

struct user {
	struct mem *mem;
	const char *name;
};

static int
take_user(void *arg, const struct past *past)
{
	struct user *u = arg;

	u->name = mem_strdup(u->mem, past->user);
	return 1;
}

/* Who changed it last: the newest history says, or who made it. */
static int
user_of(struct draft *d, const struct row *row, const char **name)
{
	struct user u = { d->mem, row->rec.created_by };
	int rc;

	*name = u.name;
	if (!row->have_side && row->held->revision <= 1)
		return 0;
	rc = history_each(d->s->db, row->rec.stable_id, take_user, &u);

	*name = u.name;
	if (u.name != NULL && !shared_is_plain(u.name, SHARED_TEXT_MAX))
		*name = NULL; /* no reader would take it */
	return rc < 0 ? rc : 0;
}

static void
count_state(struct draft *d, const struct row *row)
{
	struct hash digest;

	if (row->have_side) {
		shared_digest(&row->side, &digest);
		hash_sum_sub(&d->state, &digest);
	}
	shared_digest(&row->rec, &digest);
	hash_sum_add(&d->state, &digest);
}

static int
take_row(struct draft *d, const struct row *row)
{
	struct taken *t = &d->taken[d->n];
	struct commit_change change = {
		.is_delete = row->rec.deleted,
		.rec = row->rec,
		.replica = d->s->replica,
	};
	size_t before = d->lines.len;
	int rc;

	if ((rc = user_of(d, row, &change.user)) != 0)
		return rc;
	if (!row->have_side || strcmp(row->side.id, row->rec.id) != 0)
		change.parents = row->held->parents;
	commit_line(&change, &d->lines);
	if (d->n > 0 && d->lines.len > COMMIT_BYTES_MAX) {
		d->lines.len = before;
		return 1;
	}
	memcpy(t->stable_id, row->rec.stable_id,
	    strlen(row->rec.stable_id) + 1);
	t->revision = row->held->revision;
	t->at = before;
	t->len = d->lines.len - before;
	d->n++;
	count_state(d, row);
	return 0;
}

static int
consider_live(struct draft *d, struct row *row)
{
	int rc = upload_name(d->s, &row->rec, &row->rec.generation);

	if (rc <= 0)
		return rc;
	if (row->have_side && shared_same(&row->side, &row->rec) &&
	    row->side.generation == row->rec.generation)
		return settle_row(d, row);
	return take_row(d, row);
}

/* Deleted before the store had it: by the older software whose folder was
 * adopted.  Where its content can no longer be named, nobody misses it. */
static int
consider_born_dead(struct draft *d, struct row *row)
{
	int rc;

	if (strcmp(row->held->sync_status, "pending_upload") != 0)
		return 0;
	rc = upload_name(d->s, &row->rec, &row->rec.generation);
	if (rc == 0)
		return record_set_status(d->s->db, row->rec.stable_id,
		    "synced", NULL);
	return rc < 0 ? rc : take_row(d, row);
}

static int
consider(void *arg, const struct held *held)
{
	struct draft *d = arg;
	struct row row = { .held = held, .rec = held->rec };
	int rc;

	if (d->n == COMMIT_CHANGES_MAX)
		return 1;
	mem_reset(d->mem);
	rc = record_side(d->s->db, d->mem, held->rec.stable_id, &row.side,
	    NULL);
	if (rc < 0)
		return rc;
	row.have_side = rc == 1;
	if (!held->rec.deleted)
		return consider_live(d, &row);
	if (!row.have_side)
		return consider_born_dead(d, &row);
	if (row.side.deleted)
		return settle_row(d, &row);
	name_tombstone(&row);
	return take_row(d, &row);
}

static int
fill(struct draft *d)
{
	static const char *const status[] = { "pending_delete", "modified",
		"pending_upload" };
	int rc = 0;

	for (int i = d->s->keeps; i < 3 && rc == 0; i++) {
		struct record_filter filter = { .status = status[i] };

		rc = record_each(d->s->db, &filter, consider, d);
	}
	return rc < 0 ? rc : 0;
}

/* One transaction: thousands of short reads would each take their locks. */
int
draft_fill(struct draft *d)
{
	int rc;

	if ((rc = db_begin(d->s->db)) != 0)
		return rc;
	return db_end(d->s->db, fill(d));
}

/* ---- the object ------------------------------------------------------------------ */

static int
by_stable_id(const void *a, const void *b)
{
	const struct taken *x = a, *y = b;

	return strcmp(x->stable_id, y->stable_id);
}

/* The parent, and what the library passed before it. */
static int
fill_ancestors(struct draft *d, struct mem *mem, struct commit *c)
{
	char *text;
	int rc;

	c->parent = d->s->last_id;
	for (int64_t v = c->version - 1;
	     v > 0 && c->ancestors_n < COMMIT_ANCESTORS; v--) {
		struct hash *into = &c->ancestors[c->ancestors_n++];

		if (v == c->version - 1) {
			*into = c->parent;
			continue;
		}
		rc = passed_find(d->s->db, mem, v, &text);
		if (rc == 0)
			return err_set(E_CORRUPT,
			    "the library does not know "
			    "the commit of version %" PRId64,
			    v);
		if (rc < 0 || (rc = hash_parse(text, into)) != 0)
			return rc;
	}
	return 0;
}

static int
fill_txn(struct draft *d, struct mem *mem, struct commit *c)
{
	struct outbox before;
	int rc;

	if ((rc = outbox_find(d->s->db, mem, &before)) < 0)
		return rc;
	if (rc == 1) {
		c->txn = before.txn;
		c->counter = before.counter;
		return 0;
	}
	c->txn = rand_hex(mem_alloc(mem, 33), 16);
	if ((rc = meta_int(d->s->db, "counter", &c->counter)) != 0)
		return rc;
	c->counter++;
	return 0;
}

/* What a commit without changes may do: a floor, and with a generation, what is
 * forgotten. */
static void
raise_marks(const struct draft *d, struct commit *c)
{
	if (d->n > 0)
		return;
	if (d->s->raise_floor > c->floor)
		c->floor = d->s->raise_floor;
	if (c->gc == d->s->last.gc || d->s->raise_forget <= c->forget)
		return;
	c->forget = d->s->raise_forget;
	if (c->min_writer < COMMIT_WRITER_FORGETS)
		c->min_writer = COMMIT_WRITER_FORGETS;
}

static int
fill_header(struct draft *d, struct mem *mem, struct commit *c)
{
	int rc;

	*c = d->s->last;
	c->version++;
	c->ancestors_n = 0;
	c->gc = d->gc;
	c->store = d->s->store;
	c->replica = d->s->replica;
	c->nonce = rand_hex(mem_alloc(mem, 33), 16);
	c->at = clock_text(clock_wall_ms(), mem_alloc(mem, CLOCK_TEXT_SIZE));
	c->state = d->state;
	c->changes = d->n;
	if (c->min_reader < 1)
		c->min_reader = 1;
	if (c->min_writer < 1)
		c->min_writer = 1;
	if (d->s->adopts)
		c->adopted = 1;
	if (d->s->offer.version > c->checkpoint.version)
		c->checkpoint = d->s->offer;
	raise_marks(d, c);
	if ((rc = fill_ancestors(d, mem, c)) != 0)
		return rc;
	return fill_txn(d, mem, c);
}

static int
put_outbox(struct draft *d, const struct outbox *outbox)
{
	int rc;

	if ((rc = outbox_put(d->s->db, outbox)) != 0 ||
	    (rc = outbox_rows_clear(d->s->db)) != 0)
		return rc;
	for (int i = 0; rc == 0 && i < d->n; i++)
		rc = outbox_row_put(d->s->db, d->taken[i].stable_id,
		    d->taken[i].revision);
	return rc;
}

static void
write_object(struct draft *d, const struct commit *c, struct buf *out)
{
	qsort(d->taken, (size_t)d->n, sizeof(d->taken[0]), by_stable_id);
	commit_header(c, out);
	for (int i = 0; i < d->n; i++)
		buf_add(out, d->lines.data + d->taken[i].at, d->taken[i].len);
}

int
draft_seal(struct draft *d, struct mem *mem, const char *moved_to,
    struct buf *out)
{
	struct commit c;
	int rc;

	if ((rc = fill_header(d, mem, &c)) != 0)
		return rc;
	c.moved_to = moved_to;
	c.min_reader = COMMIT_READER_MOVED;
	if (c.min_writer < COMMIT_READER_MOVED)
		c.min_writer = COMMIT_READER_MOVED;
	write_object(d, &c, out);
	return 0;
}

int
draft_to_outbox(struct draft *d, struct mem *mem, struct outbox *outbox)
{
	struct buf out = { 0 };
	struct commit c;
	struct hash id;
	char *bytes;
	int rc;

	if ((rc = fill_header(d, mem, &c)) != 0)
		return rc;
	write_object(d, &c, &out);
	hash_bytes(out.data, out.len, &id);
	bytes = mem_alloc(mem, out.len);
	memcpy(bytes, out.data, out.len);
	*outbox = (struct outbox){ c.txn, c.counter, c.version,
		hash_hex(&id, mem_alloc(mem, HASH_HEX_SIZE)), bytes, out.len,
		0 };
	buf_release(&out);
	if ((rc = db_begin(d->s->db)) != 0)
		return rc;
	return db_end(d->s->db, put_outbox(d, outbox));
}

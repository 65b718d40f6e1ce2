/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "local/filename.h"
#include "local/record.h"
#include "local/side.h"
#include "sync/adopt_wave.h"

#define SALT_MAX 1000

/* What becomes of one content by one row, or by itself. */
struct making {
	struct adopt *a;
	const struct adopt_item *item;
	struct record rec;
	char derived[STABLE_ID_SIZE];
};

/* ---- which record --------------------------------------------------------------- */

/* 1: it is that record already; 0: the id is free; E_EXISTS: it is taken. */
static int
try_id(struct making *m)
{
	struct held there;
	int rc = record_find(m->a->s->db, m->a->one, m->rec.stable_id, &there);

	if (rc != 1)
		return rc;
	return strcmp(there.rec.id, m->rec.id) == 0 &&
		strcmp(there.rec.file_type, m->rec.file_type) == 0
	    ? 1
	    : E_EXISTS;
}

/* The id that the older software gave, or one that is derived. */
static int
choose_id(struct making *m)
{
	struct record *rec = &m->rec;
	int rc = E_EXISTS;

	if (rec->stable_id != NULL && (rc = try_id(m)) != E_EXISTS)
		return rc;
	rec->stable_id = m->derived;
	for (int64_t salt = 0; rc == E_EXISTS && salt < SALT_MAX; salt++) {
		stable_id_make(rec->doc_id, rec->file_type, rec->variant,
		    rec->id, salt, m->derived);
		rc = try_id(m);
	}
	if (rc == E_EXISTS)
		return err_set(E_CORRUPT, "no free id for %s", rec->filename);
	return rc;
}

/* ---- its columns ---------------------------------------------------------------- */

static const char *
or_else(const char *text, const char *otherwise)
{
	return text != NULL && *text != '\0' ? text : otherwise;
}

/* Of the file, where its place tells it; never in the future. */
static const char *
time_of(struct making *m)
{
	int64_t now_ms = clock_wall_ms(), ms = m->item->mtime * 1000;

	if (m->item->mtime < 0 || ms > now_ms)
		ms = now_ms;
	return clock_text(ms, mem_alloc(m->a->one, CLOCK_TEXT_SIZE));
}

static void
fill(struct making *m, const struct foreign_row *row)
{
	const struct adopt_item *item = m->item;
	struct mem *mem = m->a->one;
	const char *name = mem_printf(mem, "%s.%s", item->id,
	    shared_ext(item->file_type));
	const char *at = time_of(m);

	m->rec = (struct record){
		.stable_id = row->stable_id,
		.id = item->id,
		.filename = filename_safe(mem, row->filename, name),
		.doc_id = or_else(row->doc_id, or_else(item->doc_id, item->id)),
		.doc_id_type = or_else(row->doc_id_type, "custom"),
		.file_type = item->file_type,
		.mime_type = shared_mime(item->file_type),
		.file_size = item->size_bytes,
		.label = or_else(row->label, NULL),
		.variant = or_else(row->variant, item->variant),
		.version = row->version,
		.is_gold = row->is_gold,
		.doc_collections = or_else(row->doc_collections, "[]"),
		.doc_metadata = or_else(row->doc_metadata, "{}"),
		.file_metadata = or_else(row->file_metadata, "{}"),
		.deleted = row->deleted || item->is_marked,
		.created_at = or_else(row->created_at, at),
		.created_by = or_else(row->created_by, NULL),
		.updated_at = or_else(row->updated_at, at),
	};
}

static int
number(struct making *m)
{
	struct record *rec = &m->rec;

	if (rec->version > 0)
		return 0;
	return record_next_version(m->a->s->db, rec->doc_id, rec->file_type,
	    rec->variant, &rec->version);
}

/* ---- making it ------------------------------------------------------------------ */

/* A tombstone of what the store never had is sent as one. */
static int
write(struct making *m)
{
	struct record_write w = { .row = &m->rec,
		.status = m->rec.deleted ? "pending_upload" : NULL,
		.by_user = true };
	int rc;

	if (shared_check(&m->rec) != 0)
		return err_wrap(E_CORRUPT, "%s", m->item->path);
	if ((rc = record_write(m->a->s->db, &w)) != 0)
		return rc;
	if (m->rec.deleted)
		m->a->counts->tombstones++;
	else
		m->a->counts->records++;
	return 0;
}

/* Behind the first generation a tombstone cannot name the content, whose bytes
 * nobody wants any more. */
static int
make(void *arg, const struct foreign_row *row)
{
	struct making *m = arg;
	int rc;

	fill(m, row);
	if (m->rec.deleted && m->a->s->last.gc > 0)
		return 0;
	if ((rc = choose_id(m)) != 0)
		return rc < 0 ? rc : 0;
	if ((rc = number(m)) != 0)
		return rc;
	return write(m);
}

static int
is_there(void *arg, const struct held *held)
{
	(void)arg;
	(void)held;
	return 1;
}

int
adopt_record(struct adopt *a, const struct adopt_item *item)
{
	static const struct foreign_row none = { .version = -1 };
	struct making m = { .a = a, .item = item };
	int rc;

	rc = record_each_with(a->s->db, item->id, item->file_type, is_there,
	    NULL);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (item->doc_id == NULL || *item->doc_id != '\0' || a->foreign == NULL)
		return make(&m, &none);
	return foreign_each(a->foreign, item->id, item->file_type, make, &m);
}

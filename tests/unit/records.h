/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef UNIT_RECORDS_H
#define UNIT_RECORDS_H

#include "base/clock.h"
#include "base/str.h"
#include "local/meta.h"
#include "local/record.h"
#include "unit/contents.h"

#define AT "2026-03-01T00:00:00.000Z" /* time of a commit */

/* A time that goes on by a second at each look. */
static int64_t records_ms;

static inline int64_t
records_tick(void *arg)
{
	(void)arg;
	return records_ms += 1000;
}

static inline void
records_sleep(void *arg, int64_t ms)
{
	(void)arg;
	records_ms += ms;
}

static inline struct contents *
records_new(void)
{
	static const struct clock_source source = { records_tick, records_tick,
		records_sleep, NULL };

	records_ms = 1767225600000; /* 2026-01-01 */
	clock_set(&source);
	return contents_new();
}

static inline void
records_free(struct contents *c)
{
	contents_free(c);
	clock_set(NULL);
}

/* Faults are counted, and told. */
static inline int
records_fault(void *arg, const char *fault)
{
	fprintf(stderr, "# fault: %s\n", fault);
	++*(int *)arg;
	return 0;
}

/* How many faults the library has: of records and of contents. */
static inline int
records_faults(struct contents *c)
{
	int n = 0;

	library_must(record_check(c->l->db, records_fault, &n) == 0,
	    "record_check");
	library_must(blob_check(c->blobs, c->l->db, false, false, records_fault,
			 &n) == 0,
	    "blob_check");
	return n;
}

static inline struct held
records_find(struct contents *c, const char *stable_id)
{
	struct held held;

	library_must(record_find(c->l->db, c->l->mem, stable_id, &held) == 1,
	    stable_id);
	return held;
}

/* Adds a TEI of a document with this text. */
static inline int
records_try_add(struct contents *c, const char *doc_id, const char *text,
    char **stable_id)
{
	struct record_new n = { .file_type = "tei",
		.filename = "a.tei.xml",
		.user = "anna" };
	bool was_there;

	n.id = contents_put(c, text, "tei");
	n.file_size = (int64_t)strlen(text);
	n.doc_id = doc_id;
	return record_add(c->l->db, c->l->mem, &n, stable_id, &was_there);
}

/* The same, where it must succeed; answers its stable_id. */
static inline char *
records_add(struct contents *c, const char *doc_id, const char *text)
{
	char *stable_id;

	library_must(records_try_add(c, doc_id, text, &stable_id) == 0,
	    "record_add");
	return stable_id;
}

static inline int
records_save(struct contents *c, const char *stable_id, const char *text)
{
	return record_save(c->l->db, stable_id, contents_put(c, text, "tei"),
	    (int64_t)strlen(text), NULL, "anna");
}

/* The store takes the record as it stands here, with this version. */
static inline void
records_publish(struct contents *c, const char *stable_id, int64_t version)
{
	struct held held = records_find(c, stable_id);
	struct record_write w = { .row = &held.rec,
		.side = &held.rec,
		.side_version = version,
		.side_at = AT };

	library_must(record_write(c->l->db, &w) == 0, "record_write");
}

/* The store has changed the record to this, and so do we. */
static inline int
records_apply(struct contents *c, const struct record *rec, int64_t version)
{
	struct record_write w = { .row = rec,
		.side = rec,
		.side_version = version,
		.side_at = AT,
		.kind = "sync" };

	return record_write(c->l->db, &w);
}

static inline int
records_count_past(void *arg, const struct past *past)
{
	(void)past;
	++*(int *)arg;
	return 0;
}

/* How many rows the history of a record has. */
static inline int
records_past(struct contents *c, const char *stable_id)
{
	int n = 0;

	library_must(history_each(c->l->db, stable_id, records_count_past,
			 &n) == 0,
	    "history_each");
	return n;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/str.h"
#include "local/checkpoint_rows.h"

#include <stdio.h>
#include <string.h>

/* ---- lineage ---------------------------------------------------------------------- */

/* [["stable_id","hash"], ...], at most two. */
struct parents {
	int count, part;
};

static int
check_part(void *arg, struct json value)
{
	struct parents *p = arg;
	char text[HASH_HEX_SIZE] = "";

	/* Nothing that would have to be decoded is good here. */
	if (json_kind(value) != JSON_STRING || value.len > HASH_HEX_SIZE + 1)
		return E_CORRUPT;
	memcpy(text, value.text + 1, value.len - 2);
	p->part++;
	if (p->part == 1 ? stable_id_is(text)
			 : p->part == 2 && str_is_hex(text, 64))
		return 0;
	return E_CORRUPT;
}

static int
check_pair(void *arg, struct json value)
{
	struct parents *p = arg;

	p->part = 0;
	if (++p->count > 2 || json_kind(value) != JSON_ARRAY ||
	    json_each_item(value, check_part, p) != 0 || p->part != 2)
		return E_CORRUPT;
	return 0;
}

static const char *
parents_at(struct rows *rows, int column)
{
	const char *text = rows_text(rows, column, false);
	struct parents p = { 0 };

	rows_demand(rows, column,
	    text != NULL && strnlen(text, 1000) < 1000 &&
		json_each_item(json_of(text), check_pair, &p) == 0);
	return text;
}

static int
read_lineage(struct rows *rows, int64_t newest, struct lineage *l)
{
	l->stable_id = rows_text(rows, 0, false);
	rows_demand(rows, 0,
	    l->stable_id != NULL && stable_id_is(l->stable_id));
	l->version = rows_int(rows, 1, 1, newest);
	l->id = rows_hash(rows, 2);
	l->deleted = rows_int(rows, 3, 0, 1) != 0;
	l->parents = parents_at(rows, 4);
	l->replica = rows_plain(rows, 5, false);
	l->user = rows_plain(rows, 6, true);
	l->at = rows_time(rows, 7);
	return rows_check(rows);
}

static int
each_lineage(struct rows *rows, int64_t newest,
    int (*fn)(void *arg, const struct lineage *l), void *arg)
{
	char last[STABLE_ID_SIZE] = "";
	int64_t last_version = 0;
	struct lineage l;
	int rc, order;

	while ((rc = rows_next(rows)) == 1) {
		if ((rc = read_lineage(rows, newest, &l)) != 0)
			return rc;
		order = strcmp(l.stable_id, last);
		if (order < 0 || (order == 0 && l.version <= last_version))
			return rows_corrupt(rows, "is not in order");
		memcpy(last, l.stable_id, strlen(l.stable_id) + 1);
		last_version = l.version;
		if ((rc = fn(arg, &l)) != 0)
			return rc;
	}
	return rc;
}

int
checkpoint_each_lineage(struct checkpoint *cp,
    int (*fn)(void *arg, const struct lineage *l), void *arg)
{
	struct rows rows;
	int rc;

	if ((rc = rows_open(cp->file, TABLE_LINEAGE,
		 checkpoint_sql[TABLE_LINEAGE].select, &rows)) != 0)
		return rc;
	rc = each_lineage(&rows, cp->head.version, fn, arg);
	rows_close(&rows);
	return rc;
}

/* ---- replicas --------------------------------------------------------------------- */

static int
each_replica(struct rows *rows, int64_t newest, struct buf *last,
    int (*fn)(void *arg, const struct replica *r), void *arg)
{
	struct replica r;
	int rc;

	while ((rc = rows_next(rows)) == 1) {
		r.replica = rows_plain(rows, 0, false);
		r.counter = rows_int(rows, 1, 0, INT64_MAX);
		r.txn = rows_plain(rows, 2, false);
		r.version = rows_int(rows, 3, 1, newest);
		r.commit_id = rows_hash(rows, 4);
		rows_demand(rows, 0, str_cmp(r.replica, buf_text(last)) > 0);
		if ((rc = rows_check(rows)) != 0 || (rc = fn(arg, &r)) != 0)
			return rc;
		buf_clear(last);
		buf_puts(last, r.replica);
	}
	return rc;
}

int
checkpoint_each_replica(struct checkpoint *cp,
    int (*fn)(void *arg, const struct replica *r), void *arg)
{
	struct buf last = { 0 };
	struct rows rows;
	int rc;

	if ((rc = rows_open(cp->file, TABLE_REPLICAS,
		 checkpoint_sql[TABLE_REPLICAS].select, &rows)) != 0)
		return rc;
	rc = each_replica(&rows, cp->head.version, &last, fn, arg);
	buf_release(&last);
	rows_close(&rows);
	return rc;
}

/* ---- names that were let go ------------------------------------------------------- */

struct name {
	const char *id, *file_type, *at;
	int64_t generation, version;
};

static int
read_name(struct rows *rows, int64_t newest, struct name *n)
{
	n->id = rows_hash(rows, 0);
	n->file_type = rows_text(rows, 1, false);
	rows_demand(rows, 1,
	    n->file_type != NULL && shared_ext(n->file_type) != NULL);
	n->generation = rows_int(rows, 2, 0, INT64_MAX);
	n->version = rows_int(rows, 3, 1, newest);
	n->at = rows_time(rows, 4);
	return rows_check(rows);
}

/* The last key that was read; numbers are not negative, so they start at -1. */
struct name_key {
	char id[HASH_HEX_SIZE];
	char file_type[8];
	int64_t generation;
};

static bool
is_behind(const struct name *n, const struct name_key *last)
{
	int order = strcmp(n->id, last->id);

	if (order == 0)
		order = strcmp(n->file_type, last->file_type);
	return order > 0 || (order == 0 && n->generation > last->generation);
}

static int
each_name(struct rows *rows, int64_t newest,
    int (*fn)(void *arg, const char *id, const char *file_type,
	int64_t generation, int64_t version, const char *at),
    void *arg)
{
	struct name_key last = { "", "", -1 };
	struct name n;
	int rc;

	while ((rc = rows_next(rows)) == 1) {
		if ((rc = read_name(rows, newest, &n)) != 0)
			return rc;
		if (!is_behind(&n, &last))
			return rows_corrupt(rows, "is not in order");
		snprintf(last.id, sizeof(last.id), "%s", n.id);
		snprintf(last.file_type, sizeof(last.file_type), "%s",
		    n.file_type);
		last.generation = n.generation;
		rc = fn(arg, n.id, n.file_type, n.generation, n.version, n.at);
		if (rc != 0)
			return rc;
	}
	return rc;
}

int
checkpoint_each_dropped(struct checkpoint *cp,
    int (*fn)(void *arg, const char *id, const char *file_type,
	int64_t generation, int64_t version, const char *at),
    void *arg)
{
	struct rows rows;
	int rc;

	if ((rc = rows_open(cp->file, TABLE_DROPPED,
		 checkpoint_sql[TABLE_DROPPED].select, &rows)) != 0)
		return rc;
	rc = each_name(&rows, cp->head.version, fn, arg);
	rows_close(&rows);
	return rc;
}

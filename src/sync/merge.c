/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/merge.h"

#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

/* What a merge of one field looks at. */
struct merge {
	struct mem *mem;
	const struct record *base; /* or NULL */
	const struct record *ours;
	const struct record *theirs;
};

/* Of two values both changed: the later side's; at equal times the greater. */
static const char *
later(const struct merge *m, const char *ours, const char *theirs)
{
	int cmp = strcmp(m->ours->updated_at, m->theirs->updated_at);

	if (cmp == 0)
		cmp = str_cmp(ours, theirs);
	return cmp > 0 ? ours : theirs;
}

/* NULL is a value like any other: "none".  Without a base it says nothing. */
static const char *
merge_text(const struct merge *m, const char *base, const char *ours,
    const char *theirs)
{
	if (str_eq(ours, theirs))
		return theirs;
	if (m->base == NULL && (ours == NULL || theirs == NULL))
		return ours != NULL ? ours : theirs;
	if (m->base != NULL && str_eq(base, ours))
		return theirs;
	if (m->base != NULL && str_eq(base, theirs))
		return ours;
	return later(m, ours, theirs);
}

static int64_t
merge_int(const struct merge *m, int64_t base, int64_t ours, int64_t theirs)
{
	int cmp;

	if (ours == theirs || (m->base != NULL && base == ours))
		return theirs;
	if (m->base != NULL && base == theirs)
		return ours;
	cmp = strcmp(m->ours->updated_at, m->theirs->updated_at);
	if (cmp == 0)
		return ours > theirs ? ours : theirs;
	return cmp > 0 ? ours : theirs;
}

static bool
merge_flag(const struct merge *m, bool base, bool ours, bool theirs)
{
	if (m->base == NULL)
		return ours || theirs;
	return merge_int(m, base, ours, theirs) != 0;
}

/* Two that fit may not fit together: then the later side's stands alone. */
static const char *
within_bounds(const struct merge *m, const struct buf *merged, const char *ours,
    const char *theirs)
{
	if (merged->len > SHARED_JSON_MAX)
		return later(m, ours, theirs);
	return mem_strdup(m->mem, buf_text(merged));
}

/* ---- collections: a set -------------------------------------------------- */

struct set_walk {
	struct merge *m;
	const char *base; /* JSON array, or NULL */
	const char *other;
	struct buf *out;
};

static int
is_item(void *arg, struct json item)
{
	struct json *want = arg;

	return want->len == item.len &&
	    memcmp(want->text, item.text, item.len) == 0;
}

static int
has_item(const char *array, struct json item)
{
	return array != NULL &&
	    json_each_item(json_of(array), is_item, &item) == 1;
}

static void
put_item(struct buf *out, struct json item)
{
	if (out->len > 1)
		buf_putc(out, ',');
	buf_add(out, item.text, item.len);
}

/* In on this side: stays, unless the other side took it out. */
static int
keep_item(void *arg, struct json item)
{
	struct set_walk *w = arg;

	if (has_item(w->other, item) || !has_item(w->base, item))
		put_item(w->out, item);
	return 0;
}

static int
merge_set(struct merge *m, const char *base, const char *ours,
    const char *theirs, const char **out)
{
	struct buf both = { 0 }, sorted = { 0 };
	struct set_walk w = { m, base, theirs, &both };
	int rc;

	buf_putc(&both, '[');
	rc = json_each_item(json_of(ours), keep_item, &w);
	w.other = ours;
	if (rc == 0)
		rc = json_each_item(json_of(theirs), keep_item, &w);
	buf_putc(&both, ']');
	if (rc == 0)
		rc = collections_canon(buf_text(&both), &sorted);
	if (rc == 0)
		*out = within_bounds(m, &sorted, ours, theirs);
	buf_release(&both);
	buf_release(&sorted);
	return rc;
}

/* ---- objects: key by key -------------------------------------------------- */

struct object_walk {
	struct merge *m;
	const char *base; /* JSON objects, or NULL */
	const char *ours;
	const char *theirs;
	bool theirs_only; /* second round: keys that ours lacks */
	struct buf *out;
};

/* The value of a key as text, or NULL: "not there". */
static const char *
value_of(struct mem *mem, const char *object, const char *key)
{
	struct json value;

	if (object == NULL || json_find(json_of(object), key, &value) != 1)
		return NULL;
	return mem_strndup(mem, value.text, value.len);
}

static int
merge_key(void *arg, const char *key, struct json unused)
{
	struct object_walk *w = arg;
	struct mem *mem = w->m->mem;
	const char *ours = value_of(mem, w->ours, key);
	const char *value;

	(void)unused;
	if (w->theirs_only && ours != NULL)
		return 0;
	value = merge_text(w->m, value_of(mem, w->base, key), ours,
	    value_of(mem, w->theirs, key));
	if (value != NULL) {
		json_put_key(w->out, key);
		buf_puts(w->out, value);
	}
	return 0;
}

static int
merge_object(struct merge *m, const char *base, const char *ours,
    const char *theirs, const char **out)
{
	struct buf both = { 0 }, canon = { 0 };
	struct object_walk w = { m, base, ours, theirs, false, &both };
	int rc;

	if (str_eq(ours, theirs)) {
		*out = theirs;
		return 0;
	}
	buf_putc(&both, '{');
	rc = json_each_member(json_of(ours), merge_key, &w);
	w.theirs_only = true;
	if (rc == 0)
		rc = json_each_member(json_of(theirs), merge_key, &w);
	buf_putc(&both, '}');
	if (rc == 0)
		rc = json_canon(both.data, both.len, &canon);
	if (rc == 0)
		*out = within_bounds(m, &canon, ours, theirs);
	buf_release(&both);
	buf_release(&canon);
	return rc;
}

/* `extra` may be NULL, which is the same as {}. */
static int
merge_extra(struct merge *m, struct record *out)
{
	const char *merged;
	int rc;

	rc = merge_object(m, m->base ? m->base->extra : NULL,
	    m->ours->extra ? m->ours->extra : "{}",
	    m->theirs->extra ? m->theirs->extra : "{}", &merged);
	if (rc == 0)
		out->extra = strcmp(merged, "{}") == 0 ? NULL : merged;
	return rc;
}

/* ---- the record ----------------------------------------------------------- */

static void
take_content(struct record *out, const struct record *from)
{
	out->id = from->id;
	out->generation = from->generation;
	out->file_size = from->file_size;
	out->mime_type = from->mime_type;
}

static void
merge_content(const struct merge *m, struct record *out)
{
	bool same = strcmp(m->ours->id, m->theirs->id) == 0;
	bool ours_is_old = m->base && strcmp(m->base->id, m->ours->id) == 0;

	take_content(out, same || ours_is_old ? m->theirs : m->ours);
}

#define TEXT(field)                                                 \
	out->field = merge_text(m, m->base ? m->base->field : NULL, \
	    m->ours->field, m->theirs->field)

static void
merge_scalars(const struct merge *m, struct record *out)
{
	TEXT(filename);
	TEXT(doc_id);
	TEXT(doc_id_type);
	TEXT(label);
	TEXT(variant);
	out->version = merge_int(m, m->base ? m->base->version : 0,
	    m->ours->version, m->theirs->version);
	out->is_gold = merge_flag(m, m->base && m->base->is_gold,
	    m->ours->is_gold, m->theirs->is_gold);
	out->updated_at = str_cmp(m->ours->updated_at, m->theirs->updated_at) >
		0
	    ? m->ours->updated_at
	    : m->theirs->updated_at;
}

int
merge_records(struct mem *mem, const struct record *base,
    const struct record *ours, const struct record *theirs, struct record *out)
{
	struct merge m = { mem, base, ours, theirs };
	int rc;

	*out = *theirs;
	merge_content(&m, out);
	merge_scalars(&m, out);
	if ((rc = merge_set(&m, base ? base->doc_collections : NULL,
		 ours->doc_collections, theirs->doc_collections,
		 &out->doc_collections)) != 0 ||
	    (rc = merge_object(&m, base ? base->doc_metadata : NULL,
		 ours->doc_metadata, theirs->doc_metadata,
		 &out->doc_metadata)) != 0 ||
	    (rc = merge_object(&m, base ? base->file_metadata : NULL,
		 ours->file_metadata, theirs->file_metadata,
		 &out->file_metadata)) != 0)
		return rc;
	return merge_extra(&m, out);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/group.h"

#include "auth/access.h"
#include "base/json.h"
#include "base/mem.h"
#include "local/document.h"
#include "respond/fold.h"
#include "respond/item.h"
#include "respond/list_cache.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "web/request.h"
#include "web/response.h"

#include <stdlib.h>
#include <string.h>

#define HOLD_BYTES (256 * 1024) /* of one Group, before some of it is sent */

/* Where in the JSON of a Group we are. */
enum part { PART_NONE, PART_VERSIONS, PART_GOLD, PART_VARIANTS };

/* A document under way. */
struct group {
	struct listing *l;
	const char *doc_id;
	const char *pdf_collections; /* NULL: it has no PDF */
	const char *pdf_metadata;
	bool has_rows;
	const char *gone_metadata; /* of its last PDF, which was deleted */
	enum part part;
	size_t in_part;      /* Items in the list that is open */
	const char *variant; /* whose list is open */
	/* what was found of what is wanted */
	bool has_variant, has_collection, has_text;
};

int
listing_write(struct listing *l, size_t keep)
{
	int rc;

	if (l->out.len <= keep)
		return 0;
	rc = response_write(l->req, l->out.data, l->out.len);
	/* One byte more than can be kept tells that there was more. */
	if (l->sent.len <= LIST_CACHE_BYTES)
		buf_add(&l->sent, l->out.data, l->out.len);
	buf_clear(&l->out);
	return rc;
}

/* ---- a row --------------------------------------------------------------------- */

/*
 * What comes first is the PDF, if there is one.  A PDF that was deleted leaves
 * nothing to its TEI, but who may read them.
 */
static int
note_pdf(struct group *g, enum document_slot slot, const struct record *r)
{
	struct held gone;
	int rc = 0;

	if (slot == DOCUMENT_MAIN_PDF) {
		g->pdf_collections = mem_strdup(g->l->mem, r->doc_collections);
		g->pdf_metadata = mem_strdup(g->l->mem, r->doc_metadata);
	} else if (!g->has_rows) {
		rc = document_last_pdf(state_of(g->l->req)->site.db, g->l->mem,
		    g->doc_id, &gone);
		if (rc == 1)
			g->gone_metadata = gone.rec.doc_metadata;
	}
	g->has_rows = true;
	return rc < 0 ? rc : 0;
}

static bool
is_of_variant(const struct listing *l, const struct record *r)
{
	return l->variant == NULL || str_eq(l->variant, r->variant);
}

static bool
may_read(struct group *g, const struct record *r, struct access *access)
{
	const struct caller *who = &g->l->req->caller;

	pick_access_of(g->l->mem, r,
	    g->pdf_metadata != NULL ? g->pdf_metadata : g->gone_metadata,
	    access);
	return access_may_read(access, who->user, who->roles);
}

/* ---- is it wanted? ---------------------------------------------------------------- */

static int
is_name(void *arg, struct json value)
{
	const struct listing *l = arg;
	char *name;

	if (json_string(l->mem, value, &name) != 0)
		return 0;
	return str_eq(name, l->collection);
}

static bool
in_collection(struct group *g, const struct record *r)
{
	const char *all = g->pdf_collections != NULL ? g->pdf_collections
						     : r->doc_collections;

	if (all == NULL || str_eq(all, "[]"))
		return false;
	return json_each_item(json_of(all), is_name, g->l) == 1;
}

static const char *
title_of(struct listing *l, const char *metadata)
{
	struct json value;
	char *title;

	if (metadata == NULL || strstr(metadata, "\"title\"") == NULL ||
	    json_find(json_of(metadata), "title", &value) != 1 ||
	    json_string(l->mem, value, &title) != 0)
		return NULL;
	return title;
}

static bool
has_text(struct listing *l, const struct record *r)
{
	return fold_has(r->label, l->folded, &l->work) ||
	    fold_has(r->filename, l->folded, &l->work) ||
	    fold_has(r->doc_id, l->folded, &l->work) ||
	    fold_has(title_of(l, r->doc_metadata), l->folded, &l->work);
}

/* 1: all that is wanted was found. */
static int
look_at_row(void *arg, enum document_slot slot, const struct held *held)
{
	struct group *g = arg;
	struct listing *l = g->l;
	const struct record *r = &held->rec;
	struct access access;
	bool is_pdf = slot == DOCUMENT_MAIN_PDF || slot == DOCUMENT_OTHER_PDF;
	int rc;

	if ((rc = note_pdf(g, slot, r)) != 0)
		return rc;
	if (!may_read(g, r, &access))
		return 0;
	if (l->variant == NULL || (!is_pdf && is_of_variant(l, r)))
		g->has_variant = true;
	if (l->collection == NULL || in_collection(g, r))
		g->has_collection = true;
	if (l->folded == NULL || (!g->has_text && has_text(l, r)))
		g->has_text = true;
	return g->has_variant && g->has_collection && g->has_text;
}

static int
is_wanted(struct listing *l, const char *doc_id)
{
	struct group g = { .l = l, .doc_id = doc_id };

	mem_reset(l->mem);
	return document_each_row(state_of(l->req)->site.db, doc_id, look_at_row,
	    &g);
}

/* ---- as JSON ------------------------------------------------------------------------ */

static int
by_id(const void *key, const void *element)
{
	return strcmp(key, *(const char *const *)element);
}

static bool
is_locked(const struct listing *l, const char *stable_id)
{
	return l->locked_count > 0 &&
	    bsearch(stable_id, l->locked, l->locked_count, sizeof(*l->locked),
		by_id) != NULL;
}

static void
put_item(struct group *g, const struct held *held, const struct access *access)
{
	const struct item item = {
		.held = held,
		.doc_collections = g->pdf_collections,
		.doc_metadata = g->pdf_metadata,
		.access = access,
		.is_locked = is_locked(g->l, held->rec.stable_id),
	};

	item_put(&item, &g->l->out);
}

/* The first row that the caller may read begins it; a PDF comes before all. */
static void
begin(struct group *g, enum document_slot slot, const struct held *held,
    const struct access *access)
{
	struct buf *out = &g->l->out;

	if (g->l->has_groups)
		buf_putc(out, ',');
	g->l->has_groups = true;
	buf_puts(out, "{\"doc_id\":");
	json_put_string(out, g->doc_id);
	buf_puts(out, ",\"doc_collections\":");
	item_put_json(out,
	    g->pdf_collections != NULL ? g->pdf_collections
				       : held->rec.doc_collections,
	    '[');
	buf_puts(out, ",\"doc_metadata\":");
	item_put_json(out,
	    g->pdf_metadata != NULL ? g->pdf_metadata : held->rec.doc_metadata,
	    '{');
	buf_puts(out, ",\"pdf\":");
	if (slot == DOCUMENT_MAIN_PDF)
		put_item(g, held, access);
	else
		buf_puts(out, "null");
	buf_puts(out, ",\"versions\":[");
	g->part = PART_VERSIONS;
	g->in_part = 0;
}

static void
go_on_to(struct group *g, enum part part)
{
	struct buf *out = &g->l->out;

	if (g->part < PART_GOLD && part >= PART_GOLD) {
		buf_puts(out, "],\"gold\":[");
		g->in_part = 0;
	}
	if (g->part < PART_VARIANTS && part >= PART_VARIANTS)
		buf_puts(out, "],\"variants\":{");
	g->part = part;
}

static void
go_on_to_variant(struct group *g, const char *variant)
{
	struct buf *out = &g->l->out;

	if (str_eq(g->variant, variant))
		return;
	buf_puts(out, g->variant != NULL ? "]," : "");
	json_put_string(out, variant);
	buf_puts(out, ":[");
	g->variant = mem_strdup(g->l->mem, variant);
	g->in_part = 0;
}

static void
finish(struct group *g)
{
	go_on_to(g, PART_VARIANTS);
	buf_puts(&g->l->out, g->variant != NULL ? "]}}" : "}}");
}

static int
put_row(void *arg, enum document_slot slot, const struct held *held)
{
	static const enum part parts[] = {
		[DOCUMENT_VERSION] = PART_VERSIONS,
		[DOCUMENT_OTHER_PDF] = PART_VERSIONS,
		[DOCUMENT_GOLD] = PART_GOLD,
		[DOCUMENT_VARIANT] = PART_VARIANTS,
	};
	struct group *g = arg;
	struct access access;
	int rc;

	if ((rc = note_pdf(g, slot, &held->rec)) != 0)
		return rc;
	if (!may_read(g, &held->rec, &access))
		return 0;
	if (g->part == PART_NONE)
		begin(g, slot, held, &access);
	if (slot == DOCUMENT_MAIN_PDF ||
	    (slot != DOCUMENT_OTHER_PDF && !is_of_variant(g->l, &held->rec)))
		return 0;
	go_on_to(g, parts[slot]);
	if (slot == DOCUMENT_VARIANT)
		go_on_to_variant(g, held->rec.variant);
	if (g->in_part++ > 0)
		buf_putc(&g->l->out, ',');
	put_item(g, held, &access);
	return listing_write(g->l, HOLD_BYTES);
}

int
group_put(struct listing *l, const char *doc_id, bool probe)
{
	struct group g = { .l = l, .doc_id = doc_id };
	bool is_filtered = l->variant != NULL || l->collection != NULL ||
	    l->folded != NULL;
	int rc;

	if ((probe || is_filtered) &&
	    ((rc = is_wanted(l, doc_id)) != 1 || probe))
		return rc;
	mem_reset(l->mem);
	rc = document_each_row(state_of(l->req)->site.db, doc_id, put_row, &g);
	if (rc != 0 || g.part == PART_NONE)
		return rc;
	finish(&g);
	return 1;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/item.h"

#include "auth/access.h"
#include "base/json.h"
#include "base/str.h"
#include "local/choice.h"
#include "local/document.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "web/request.h"
#include "web/response.h"

#include <stdio.h>
#include <string.h>

/* ---- values ----------------------------------------------------------------- */

static void
put_text(struct buf *out, const char *key, const char *text)
{
	buf_puts(out, key);
	json_put_string(out, text);
}

static void
put_int(struct buf *out, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	buf_puts(out, key);
	buf_puts(out, text);
}

static void
put_bool(struct buf *out, const char *key, bool value)
{
	buf_puts(out, key);
	buf_puts(out, value ? "true" : "false");
}

void
item_put_json(struct buf *out, const char *json, char open)
{
	const char *empty = open == '{' ? "{}" : "[]";
	size_t len = json != NULL ? strlen(json) : 0;

	if (len == 2 || len == 0 || json[0] != open ||
	    json_check(json, len) != 0)
		buf_add(out, empty, 2);
	else
		buf_add(out, json, len);
}

static void
put_access(struct buf *out, const struct access *a)
{
	put_text(out, ",\"access_control\":{\"visibility\":",
	    a->is_private ? "private" : "public");
	put_text(out,
	    ",\"editability\":", a->is_protected ? "protected" : "editable");
	put_text(out, ",\"owner\":", a->owner);
	buf_putc(out, '}');
}

/* ---- the Item ------------------------------------------------------------------ */

static void
put_file(const struct record *r, struct buf *out)
{
	put_text(out, "{\"id\":", r->stable_id);
	put_text(out, ",\"filename\":", r->filename);
	put_text(out, ",\"doc_id\":", r->doc_id);
	put_text(out, ",\"file_type\":", r->file_type);
	put_text(out, ",\"label\":", r->label);
	put_text(out, ",\"variant\":", r->variant);
	put_int(out, ",\"version\":", r->version);
	put_bool(out, ",\"is_gold_standard\":", r->is_gold);
	put_int(out, ",\"file_size\":", r->file_size);
	put_text(out, ",\"created_at\":", r->created_at);
	put_text(out, ",\"updated_at\":", r->updated_at);
}

void
item_put(const struct item *item, struct buf *out)
{
	const struct held *held = item->held;
	const struct record *r = &held->rec;

	put_file(r, out);
	buf_puts(out, ",\"doc_collections\":");
	item_put_json(out,
	    item->doc_collections != NULL ? item->doc_collections
					  : r->doc_collections,
	    '[');
	buf_puts(out, ",\"doc_metadata\":");
	item_put_json(out,
	    item->doc_metadata != NULL ? item->doc_metadata : r->doc_metadata,
	    '{');
	buf_puts(out, ",\"file_metadata\":");
	item_put_json(out, r->file_metadata, '{');
	put_bool(out, ",\"is_locked\":", item->is_locked);
	put_access(out, item->access);
	put_text(out, ",\"content_hash\":", r->id);
	put_text(out, ",\"sync_status\":", held->sync_status);
	put_text(out, ",\"sync_reason\":", held->sync_reason);
	if (str_eq(held->sync_reason, CHOICE_REASON))
		put_bool(out, ",\"not_kept\":", true);
	buf_putc(out, '}');
}

/* ---- of one record -------------------------------------------------------------- */

static int
load_lock(struct request *req, struct item *item)
{
	struct pick_holder holder = { .user = NULL };
	int rc = pick_holder(req, item->held->rec.stable_id, &holder);

	item->is_locked = holder.user != NULL;
	return rc;
}

static int
load_pdf(struct request *req, struct item *item, struct access *access)
{
	const struct record *r = &item->held->rec;
	struct held pdf;
	int rc = 0;

	if (!str_eq(r->file_type, "pdf"))
		rc = document_pdf(state_of(req)->site.db, req->mem, r->doc_id,
		    &pdf);
	if (rc == 1) {
		item->doc_collections = pdf.rec.doc_collections;
		item->doc_metadata = pdf.rec.doc_metadata;
	}
	item->access = access;
	return rc < 0 ? rc : pick_access(req, r, access);
}

int
item_answer(struct request *req, const char *stable_id)
{
	struct held held;
	struct item item = { .held = &held };
	struct access access;
	struct buf json = { 0 };
	int rc;

	rc = pick_find(req, stable_id, &held);
	if (rc == 0)
		return request_fail(req, 404, "File not found: %s", stable_id);
	if (rc < 0 || (rc = load_pdf(req, &item, &access)) != 0 ||
	    (rc = load_lock(req, &item)) != 0)
		return rc;
	item_put(&item, &json);
	rc = response_json(req, &json);
	buf_release(&json);
	return rc;
}

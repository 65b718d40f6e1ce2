/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/files.h"

#include "auth/access.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/document.h"
#include "respond/list_cache.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "web/request.h"
#include "web/response.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * One walk over all live records, document by document.  A document is where
 * its PDF is, or where any of its TEI is when it has none.
 */
#define NAMES_MAX 10000

struct name {
	const char *text;
	int64_t documents;
	int64_t last; /* document that counted */
};

struct counting {
	struct request *req;
	struct mem *doc; /* of the document that is walked through */
	const char *doc_id;
	const char *pdf_collections; /* NULL: it has no PDF */
	const char **collections;    /* of its rows, if it has no PDF */
	size_t rows, room;
	int64_t documents;
	struct name *names; /* sorted */
	size_t count;
};

/* ---- the names ------------------------------------------------------------------ */

/* Where `text` is, or is to be. */
static size_t
name_place(const struct counting *c, const char *text)
{
	size_t low = 0, high = c->count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (strcmp(c->names[mid].text, text) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int
name_add(struct counting *c, const char *text)
{
	size_t at = name_place(c, text);
	struct name *n = &c->names[at];

	if (at == c->count || !str_eq(n->text, text)) {
		if (c->count == NAMES_MAX)
			return err_set(E_INPUT,
			    "there are more than %d collections", NAMES_MAX);
		memmove(n + 1, n, (c->count - at) * sizeof(*n));
		*n = (struct name){ mem_strdup(c->req->mem, text), 0, 0 };
		c->count++;
	}
	if (n->last != c->documents)
		n->documents++;
	n->last = c->documents;
	return 0;
}

static int
take_name(void *arg, struct json value)
{
	struct counting *c = arg;
	char *text;

	/* What is no name is nobody's collection. */
	if (json_string(c->doc, value, &text) != 0)
		return 0;
	return name_add(c, text);
}

static int
take_names(struct counting *c, const char *collections)
{
	if (collections == NULL || str_eq(collections, "[]") ||
	    json_check(collections, strlen(collections)) != 0)
		return 0;
	return json_each_item(json_of(collections), take_name, c);
}

/* ---- the documents ------------------------------------------------------------------ */

static bool
may_read(struct counting *c, const struct record *r)
{
	struct access access;

	pick_access_of(c->doc, r, NULL, &access);
	return access_may_read(&access, c->req->caller.user,
	    c->req->caller.roles);
}

/* TEI whose PDF was deleted are read by those who might read that. */
static int
hide_rows(struct counting *c)
{
	struct held gone;
	int rc = document_last_pdf(state_of(c->req)->site.db, c->doc, c->doc_id,
	    &gone);

	if (rc == 1 && !may_read(c, &gone.rec))
		c->rows = 0;
	return rc < 0 ? rc : 0;
}

static int
end_document(struct counting *c)
{
	size_t i;
	int rc = 0;

	c->documents++;
	if (c->pdf_collections != NULL)
		rc = take_names(c, c->pdf_collections);
	else if ((rc = hide_rows(c)) != 0)
		return rc;
	for (i = 0; i < c->rows && rc == 0; i++)
		rc = take_names(c, c->collections[i]);
	mem_reset(c->doc);
	c->doc_id = c->pdf_collections = NULL;
	c->collections = NULL;
	c->rows = c->room = 0;
	return rc;
}

static void
keep_row(struct counting *c, const char *collections)
{
	const char **more;

	if (c->rows > 0 && str_eq(c->collections[c->rows - 1], collections))
		return;
	if (c->rows == c->room) {
		c->room = c->room > 0 ? 2 * c->room : 4;
		more = mem_alloc(c->doc, c->room * sizeof(*more));
		if (c->rows > 0)
			memcpy(more, c->collections, c->rows * sizeof(*more));
		c->collections = more;
	}
	c->collections[c->rows++] = mem_strdup(c->doc, collections);
}

/*
 * Rows of a document come in order of their age: of several PDFs the last
 * counts.  A PDF that the caller may not read keeps its TEI private too.
 */
static int
take_row(void *arg, const struct held *held)
{
	struct counting *c = arg;
	const struct record *r = &held->rec;
	bool is_pdf = str_eq(r->file_type, "pdf");
	int rc;

	if (c->doc_id != NULL && !str_eq(c->doc_id, r->doc_id) &&
	    (rc = end_document(c)) != 0)
		return rc;
	if (c->doc_id == NULL)
		c->doc_id = mem_strdup(c->doc, r->doc_id);
	if (is_pdf)
		c->pdf_collections = may_read(c, r)
		    ? mem_strdup(c->doc, r->doc_collections)
		    : "[]";
	else if (c->pdf_collections == NULL && may_read(c, r))
		keep_row(c, r->doc_collections);
	if (is_pdf)
		c->rows = 0;
	return 0;
}

/* ---- the answer ------------------------------------------------------------------------ */

static void
put_answer(const struct counting *c, struct buf *json)
{
	size_t i;

	buf_puts(json, "{\"collections\":[");
	for (i = 0; i < c->count; i++) {
		buf_puts(json, i > 0 ? ",{\"name\":" : "{\"name\":");
		json_put_string(json, c->names[i].text);
		buf_printf(json, ",\"documents\":%" PRId64 "}",
		    c->names[i].documents);
	}
	buf_puts(json, "]}");
}

static int
count_all(struct request *req, struct buf *json)
{
	struct counting c = { .req = req };
	int rc;

	c.doc = mem_new();
	c.names = xmalloc(NAMES_MAX * sizeof(*c.names));
	rc = document_each_by_doc(state_of(req)->site.db, take_row, &c);
	if (rc == 0 && c.doc_id != NULL)
		rc = end_document(&c);
	if (rc == 0)
		put_answer(&c, json);
	free(c.names);
	mem_free(c.doc);
	return rc;
}

/* No listing has a key that begins so. */
static const char *
make_key(const struct request *req)
{
	const struct caller *who = &req->caller;

	return mem_printf(req->mem, "collections %u %s", who->roles,
	    who->user != NULL ? who->user : "");
}

int
files_collections(struct request *req)
{
	struct state *st = state_of(req);
	const char *key = make_key(req);
	struct buf json = { 0 };
	const struct buf *kept;
	int64_t version;
	int rc;

	if ((rc = db_version(st->site.db, &version)) != 0)
		return rc;
	if ((kept = list_cache_find(st->own, key, version)) != NULL)
		return response_json(req, kept);
	if ((rc = count_all(req, &json)) == 0) {
		list_cache_put(st->own, key, version, 0, &json);
		rc = response_json(req, &json);
	}
	buf_release(&json);
	return rc;
}

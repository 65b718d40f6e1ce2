/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/files.h"

#include "auth/access.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "respond/changed.h"
#include "respond/item.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "web/json.h"
#include "web/request.h"
#include "web/response.h"

#include <stddef.h>
#include <string.h>

#define PATCH_BODY_MAX (4 * SHARED_JSON_MAX)
#define MOVE_BODY_MAX 65536

/* ---- PATCH: what is asked for -------------------------------------------------- */

/* A field that is not there points to `absent`; NULL: the label is to go. */
static const char absent[] = "";

struct patch {
	const char *label;
	const char *collections;
	const char *doc_metadata;
	const char *file_metadata;
	int is_gold; /* -1: it is not there */
};

static bool
is_there(const char *field)
{
	return field != absent;
}

static int
invalid(struct request *req, const char *field)
{
	const char *msg = mem_strdup(req->mem, err_text());

	return request_invalid(req, "body", field, "value_error", msg, NULL);
}

static int
check_label(struct request *req, const char *label)
{
	if (!is_there(label) || label == NULL || *label == '\0' ||
	    shared_is_plain(label, SHARED_TEXT_MAX))
		return 0;
	err_set(E_INPUT,
	    "Input should be at most %d bytes without control characters",
	    SHARED_TEXT_MAX);
	return invalid(req, "label");
}

static int
check_object(struct request *req, const char *field, const char *json)
{
	struct buf canon = { 0 };
	int rc;

	if (!is_there(json))
		return 0;
	rc = json_canon(json, strlen(json), &canon);
	if (rc == 0 && canon.len > SHARED_JSON_MAX)
		rc = err_set(E_INPUT, "Input should have at most %d bytes",
		    SHARED_JSON_MAX);
	buf_release(&canon);
	return rc == 0 ? 0 : invalid(req, field);
}

static int
check_collections(struct request *req, const char *json)
{
	struct buf canon = { 0 };
	int rc;

	if (!is_there(json))
		return 0;
	rc = collections_canon(json, &canon);
	if (rc == 0 && canon.len > SHARED_JSON_MAX)
		rc = err_set(E_INPUT, "Input should have at most %d bytes",
		    SHARED_JSON_MAX);
	buf_release(&canon);
	return rc == 0 ? 0 : invalid(req, "doc_collections");
}

static int
read_patch(struct request *req, struct patch *p, struct record_set *set)
{
	int rc;

	if ((rc = check_label(req, p->label)) != 0 ||
	    (rc = check_collections(req, p->collections)) != 0 ||
	    (rc = check_object(req, "doc_metadata", p->doc_metadata)) != 0 ||
	    (rc = check_object(req, "file_metadata", p->file_metadata)) != 0)
		return rc;
	*set = (struct record_set){ .is_gold = p->is_gold };
	if (is_there(p->label))
		set->label = p->label != NULL ? p->label : "";
	if (is_there(p->collections))
		set->doc_collections = p->collections;
	if (is_there(p->doc_metadata))
		set->doc_metadata = p->doc_metadata;
	if (is_there(p->file_metadata))
		set->file_metadata = p->file_metadata;
	return 0;
}

static int
deny_empty(struct request *req, const struct patch *p)
{
	if (is_there(p->label) || is_there(p->collections) ||
	    is_there(p->doc_metadata) || is_there(p->file_metadata) ||
	    p->is_gold >= 0)
		return 0;
	return request_invalid(req, "body", NULL, "missing",
	    "One of label, doc_collections, doc_metadata, file_metadata and "
	    "is_gold_standard is required",
	    NULL);
}

/* ---- PATCH: who may ------------------------------------------------------------- */

static bool
is_mine(const struct request *req, const char *owner)
{
	return owner == NULL || str_eq(owner, req->caller.user);
}

/*
 * Whoever may edit may keep what is nobody's for himself, and let go again what
 * is his.  What belongs to somebody else stays so, and nothing is kept for
 * others in whose name nobody asked.
 */
static int
deny_takeover(struct request *req, const char *metadata, const char *was)
{
	struct access from, to;

	if (metadata == NULL || access_is_admin(req->caller.roles))
		return 0;
	access_parse(was, NULL, req->mem, &from);
	access_parse(metadata, NULL, req->mem, &to);
	if (from.is_private == to.is_private &&
	    from.is_protected == to.is_protected &&
	    str_eq(from.owner, to.owner))
		return 0;
	if (is_mine(req, from.owner) && is_mine(req, to.owner) &&
	    (to.owner != NULL || (!to.is_private && !to.is_protected)))
		return 0;
	return request_fail(req, 403,
	    "Access denied: access_control can only be set by the owner, to "
	    "the owner's own name");
}

static int
deny_gold(struct request *req, const struct record *rec, int is_gold)
{
	if (is_gold < 0 || rec->is_gold == (is_gold != 0))
		return 0;
	if (!str_eq(rec->file_type, "tei"))
		return request_invalid(req, "body", "is_gold_standard",
		    "value_error", "Only a TEI can be a gold standard", NULL);
	if (!access_may_gold(req->caller.roles))
		return request_fail(req, 403,
		    "Only reviewers can create new gold standard files");
	return 0;
}

static int
deny_patch(struct request *req, const struct record *rec,
    const struct record_set *set)
{
	int rc;

	if ((rc = deny_gold(req, rec, set->is_gold)) != 0 ||
	    (rc = deny_takeover(req, set->doc_metadata, rec->doc_metadata)) !=
		0)
		return rc;
	return deny_takeover(req, set->file_metadata, rec->file_metadata);
}

/* ---- PATCH: doing it ------------------------------------------------------------ */

static int
set_values(struct request *req, const struct record *rec,
    const struct record_set *set)
{
	int rc = record_set(state_of(req)->site.db, rec->stable_id, set,
	    req->caller.user);

	if (rc == E_INPUT)
		return invalid(req, NULL);
	return rc;
}

static int
patch(struct request *req, const struct record_set *set, struct record *rec)
{
	struct held held;
	int rc;

	if ((rc = pick_edit(req, req->arg[0], &held)) != 0 ||
	    (rc = deny_patch(req, &held.rec, set)) != 0)
		return rc;
	*rec = held.rec;
	return set_values(req, rec, set);
}

static int
apply_patch(struct request *req, const struct record_set *set)
{
	struct db *db = state_of(req)->site.db;
	struct record rec;
	int rc;

	if ((rc = db_begin(db)) != 0 ||
	    (rc = db_end(db, patch(req, set, &rec))) != 0)
		return rc;
	changed(req, &rec, "metadata");
	return item_answer(req, rec.stable_id);
}

int
files_patch(struct request *req)
{
	static const struct field fields[] = {
		{ "label", FIELD_TEXT_OR_NULL, false,
		    offsetof(struct patch, label) },
		{ "doc_collections", FIELD_ARRAY, false,
		    offsetof(struct patch, collections) },
		{ "doc_metadata", FIELD_OBJECT, false,
		    offsetof(struct patch, doc_metadata) },
		{ "file_metadata", FIELD_OBJECT, false,
		    offsetof(struct patch, file_metadata) },
		{ "is_gold_standard", FIELD_FLAG, false,
		    offsetof(struct patch, is_gold) },
		{ 0 },
	};
	struct patch p = { absent, absent, absent, absent, -1 };
	struct record_set set;
	int rc;

	if ((rc = json_fields(req, PATCH_BODY_MAX, fields, &p)) != 0 ||
	    (rc = deny_empty(req, &p)) != 0 ||
	    (rc = read_patch(req, &p, &set)) != 0)
		return rc;
	return apply_patch(req, &set);
}

/* ---- move and copy ----------------------------------------------------------------- */

/*
 * A TEI is where its PDF is: so only the PDF's collections change.  The answer
 * has the ids that both have afterwards, which are those they had; null where
 * there is no TEI.
 */
struct move {
	const char *pdf_id;
	const char *xml_id;
	const char *destination;
	bool is_copy;
	struct record pdf;
};

static int
read_move(struct request *req, struct move *m)
{
	static const struct field fields[] = {
		{ "pdf_id", FIELD_TEXT, true, offsetof(struct move, pdf_id) },
		{ "xml_id", FIELD_TEXT, true, offsetof(struct move, xml_id) },
		{ "destination_collection", FIELD_TEXT, true,
		    offsetof(struct move, destination) },
		{ 0 },
	};
	int rc;

	if ((rc = json_fields(req, MOVE_BODY_MAX, fields, m)) != 0 ||
	    (rc = pick_check_id(req, "pdf_id", m->pdf_id)) != 0 ||
	    (rc = pick_check_id(req, "xml_id", m->xml_id)) != 0)
		return rc;
	if (shared_is_plain(m->destination, SHARED_NAME_MAX))
		return 0;
	return request_invalid(req, "body", "destination_collection",
	    "value_error",
	    "Input should be 1 to 255 bytes without control characters", NULL);
}

static int
find_pdf(struct request *req, struct move *m)
{
	struct held held;
	int rc = pick_find(req, m->pdf_id, &held);

	if (rc == 0)
		return request_fail(req, 404, "PDF file not found: %s",
		    m->pdf_id);
	if (rc < 0)
		return rc;
	if ((rc = pick_deny_edit(req, &held.rec)) != 0)
		return rc;
	if (!str_eq(held.rec.file_type, "pdf"))
		return request_fail(req, 400, "Expected PDF file, got %s",
		    held.rec.file_type);
	m->pdf = held.rec;
	return 0;
}

static int
set_collections(struct request *req, struct move *m)
{
	struct record_set set = { .is_gold = -1 };
	const char *from = m->is_copy ? m->pdf.doc_collections : "[]";
	int rc;

	rc = collections_change(req->mem, from, m->destination, true,
	    &set.doc_collections);
	return rc != 0 ? rc : set_values(req, &m->pdf, &set);
}

static int
move(struct request *req, struct move *m)
{
	struct held held;
	int rc;

	if ((rc = find_pdf(req, m)) != 0 || (rc = set_collections(req, m)) != 0)
		return rc;
	rc = pick_find(req, m->xml_id, &held);
	m->xml_id = rc == 1 ? held.rec.stable_id : NULL;
	return rc < 0 ? rc : 0;
}

static int
answer_move(struct request *req, const struct move *m)
{
	struct buf json = { 0 };
	int rc;

	buf_puts(&json, "{\"new_pdf_id\":");
	json_put_string(&json, m->pdf.stable_id);
	buf_puts(&json, ",\"new_xml_id\":");
	json_put_string(&json, m->xml_id);
	buf_putc(&json, '}');
	rc = response_json(req, &json);
	buf_release(&json);
	return rc;
}

static int
move_or_copy(struct request *req, bool is_copy)
{
	struct db *db = state_of(req)->site.db;
	struct move m = { .is_copy = is_copy };
	int rc;

	if ((rc = read_move(req, &m)) != 0 || (rc = db_begin(db)) != 0 ||
	    (rc = db_end(db, move(req, &m))) != 0)
		return rc;
	changed(req, &m.pdf, "metadata");
	return answer_move(req, &m);
}

int
files_move(struct request *req)
{
	return move_or_copy(req, false);
}

int
files_copy(struct request *req)
{
	return move_or_copy(req, true);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/pick.h"

#include "auth/access.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/document.h"
#include "local/lock.h"
#include "respond/responder.h"
#include "web/request.h"

#include <string.h>

#define DENIED "Access denied: You don't have permission to %s this document"

/* ---- which record ---------------------------------------------------------- */

static int
find_by_hash(struct request *req, const char *id, bool want_deleted,
    struct held *held)
{
	struct db *db = state_of(req)->site.db;
	char *stable_id;
	int rc;

	rc = record_find_id(db, req->mem, id, want_deleted, &stable_id);
	return rc == 1 ? record_find(db, req->mem, stable_id, held) : rc;
}

/* In one snapshot: a row that was deleted in between is not found. */
static int
find(struct request *req, const char *id, bool want_deleted, struct held *held)
{
	int rc;

	if (str_is_hex(id, HASH_HEX_SIZE - 1))
		rc = find_by_hash(req, id, want_deleted, held);
	else if (stable_id_is(id))
		rc = record_find(state_of(req)->site.db, req->mem, id, held);
	else
		return 0;
	return rc == 1 && held->rec.deleted && !want_deleted ? 0 : rc;
}

int
pick_find(struct request *req, const char *id, struct held *held)
{
	return find(req, id, false, held);
}

int
pick_find_any(struct request *req, const char *id, struct held *held)
{
	return find(req, id, true, held);
}

int
pick_check_id(struct request *req, const char *field, const char *id)
{
	if (strlen(id) <= PICK_ID_MAX)
		return 0;
	return request_invalid(req, "body", field, "string_too_long",
	    "String should have at most 255 characters", NULL);
}

/* ---- who may ---------------------------------------------------------------- */

/* What was stored is canonical: no other spelling of the key is possible
 * without a backslash. */
static bool
says_nothing(const char *metadata)
{
	return metadata == NULL || str_eq(metadata, "{}") ||
	    (metadata[0] == '{' && strstr(metadata, "access_control") == NULL &&
		strchr(metadata, '\\') == NULL);
}

/* Of two that hold, each refuses for its own part. */
static void
add_access(struct access *a, const struct access *more)
{
	bool was = a->is_private || a->is_protected;

	a->is_private |= more->is_private;
	a->is_protected |= more->is_protected;
	if (!more->is_private && !more->is_protected)
		return;
	if (!was)
		a->owner = more->owner;
	else if (!str_eq(a->owner, more->owner))
		a->owner = NULL;
}

void
pick_access_of(struct mem *mem, const struct record *rec,
    const char *pdf_metadata, struct access *access)
{
	struct access more;

	*access = (struct access){ 0 };
	if (says_nothing(rec->doc_metadata) &&
	    says_nothing(rec->file_metadata) && says_nothing(pdf_metadata))
		return;
	access_parse(rec->doc_metadata, rec->file_metadata, mem, access);
	if (pdf_metadata == NULL)
		return;
	access_parse(pdf_metadata, NULL, mem, &more);
	add_access(access, &more);
}

/* Of a PDF too: an older one that comes back must not open the document. */
static int
find_access(struct request *req, struct mem *mem, const struct record *rec,
    struct access *access)
{
	struct held pdf;
	int rc;

	rc = document_last_pdf(state_of(req)->site.db, mem, rec->doc_id, &pdf);
	if (rc < 0)
		return rc;
	if (rc == 1 && str_eq(pdf.rec.stable_id, rec->stable_id))
		rc = 0;
	pick_access_of(mem, rec, rc == 1 ? pdf.rec.doc_metadata : NULL, access);
	return 0;
}

int
pick_access(struct request *req, const struct record *rec,
    struct access *access)
{
	return find_access(req, req->mem, rec, access);
}

int
pick_may_read(struct request *req, const struct record *rec)
{
	struct mem *mem = mem_new();
	struct access access;
	int rc = find_access(req, mem, rec, &access);

	if (rc == 0)
		rc = access_may_read(&access, req->caller.user,
		    req->caller.roles);
	mem_free(mem);
	return rc;
}

int
pick_deny_read(struct request *req, const struct record *rec)
{
	int rc = pick_may_read(req, rec);

	return rc == 0 ? request_fail(req, 403, DENIED, "view")
	    : rc < 0   ? rc
		       : 0;
}

int
pick_deny_edit(struct request *req, const struct record *rec)
{
	struct access access;
	int rc = pick_access(req, rec, &access);

	if (rc != 0)
		return rc;
	if (!access_may_read(&access, req->caller.user, req->caller.roles) ||
	    !access_may_edit(&access, req->caller.user, req->caller.roles))
		return request_fail(req, 403, DENIED, "edit");
	if (rec->is_gold && !access_may_gold(req->caller.roles))
		return request_fail(req, 403,
		    "Only reviewers can edit gold standard files");
	return 0;
}

int
pick_holder(struct request *req, const char *stable_id,
    struct pick_holder *holder)
{
	struct db *db = state_of(req)->site.db;
	char *owner;
	int rc;

	rc = lock_find(db, req->mem, stable_id, &owner, &holder->user);
	if (rc == 1 && !str_eq(owner, req->caller.session))
		return 0;
	holder->user = NULL;
	if (rc >= 0)
		rc = lock_find_elsewhere(db, req->mem, stable_id,
		    &holder->replica, &holder->user);
	return rc < 0 ? rc : 0;
}

int
pick_deny_locked(struct request *req, const char *stable_id)
{
	char *owner, *user;
	int rc;

	rc = lock_find(state_of(req)->site.db, req->mem, stable_id, &owner,
	    &user);
	if (rc <= 0 || str_eq(owner, req->caller.session))
		return rc < 0 ? rc : 0;
	return request_fail(req, 423, "%s is being edited by %s", stable_id,
	    user);
}

/* ---- all of it ------------------------------------------------------------------ */

static int
pick_now(struct request *req, const char *id, bool want_deleted, bool want_edit,
    struct held *held)
{
	int rc = find(req, id, want_deleted, held);

	if (rc == 0)
		return request_fail(req, 404, "File not found: %s", id);
	if (rc < 0)
		return rc;
	return want_edit ? pick_deny_edit(req, &held->rec)
			 : pick_deny_read(req, &held->rec);
}

/* The record and what decides about it, as of one moment. */
static int
pick(struct request *req, const char *id, bool want_deleted, bool want_edit,
    struct held *held)
{
	struct db *db = state_of(req)->site.db;
	int rc;

	if ((rc = db_begin_read(db)) != 0)
		return rc;
	rc = pick_now(req, id, want_deleted, want_edit, held);
	return db_end(db, rc);
}

int
pick_read(struct request *req, const char *id, struct held *held)
{
	return pick(req, id, false, false, held);
}

int
pick_read_any(struct request *req, const char *id, struct held *held)
{
	return pick(req, id, true, false, held);
}

int
pick_edit(struct request *req, const char *id, struct held *held)
{
	return pick(req, id, false, true, held);
}

int
pick_edit_any(struct request *req, const char *id, struct held *held)
{
	return pick(req, id, true, true, held);
}

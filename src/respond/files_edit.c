/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/files.h"

#include "auth/access.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/lock.h"
#include "respond/changed.h"
#include "respond/item.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "web/json.h"
#include "web/request.h"
#include "web/response.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Who may is asked in the transaction that does it: it holds when it is done. */

#define DELETE_BODY_MAX (4 << 20)
#define RESTORE_BODY_MAX 65536

/* A record in conflict is changed by resolving that. */
static int
tell_conflict(struct request *req, int rc)
{
	if (rc != E_DENIED)
		return rc;
	return request_fail(req, 409, "%s", mem_strdup(req->mem, err_text()));
}

/* ---- delete ------------------------------------------------------------------ */

struct deleting {
	struct texts files;
	struct record *done; /* those that were deleted */
	size_t done_count;
};

static int
deny_delete(struct request *req, const struct record *rec)
{
	int rc = pick_deny_edit(req, rec);

	return rc != 0 ? rc : pick_deny_locked(req, rec->stable_id);
}

/* What names nothing, or nothing any more, is skipped. */
static int
delete_one(struct request *req, const char *id, struct deleting *d)
{
	struct db *db = state_of(req)->site.db;
	struct held held;
	int rc;

	if ((rc = pick_find(req, id, &held)) != 1)
		return rc;
	if ((rc = deny_delete(req, &held.rec)) != 0)
		return rc;
	rc = record_delete(db, held.rec.stable_id, req->caller.user);
	if (rc != 0)
		return tell_conflict(req, rc);
	if ((rc = lock_remove(db, held.rec.stable_id, req->caller.session)) < 0)
		return rc;
	d->done[d->done_count++] = held.rec;
	return 0;
}

static int
delete_all(struct request *req, struct deleting *d)
{
	struct db *db = state_of(req)->site.db;
	size_t i;
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	for (i = 0; i < d->files.n && rc == 0; i++)
		rc = delete_one(req, d->files.items[i], d);
	return db_end(db, rc);
}

static int
answer_ok(struct request *req)
{
	struct buf json = { 0 };
	int rc;

	buf_puts(&json, "{\"result\":\"ok\"}");
	rc = response_json(req, &json);
	buf_release(&json);
	return rc;
}

int
files_delete(struct request *req)
{
	static const struct field fields[] = {
		{ "files", FIELD_TEXTS, true,
		    offsetof(struct deleting, files) },
		{ 0 },
	};
	struct deleting d = { 0 };
	size_t i;
	int rc;

	if ((rc = json_fields(req, DELETE_BODY_MAX, fields, &d)) != 0)
		return rc;
	if (d.files.n > PICK_IDS_MAX)
		return request_invalid(req, "body", "files", "too_long",
		    "List should have at most 10000 items", NULL);
	d.done = mem_alloc(req->mem, (d.files.n + 1) * sizeof(*d.done));
	if ((rc = delete_all(req, &d)) != 0)
		return rc;
	for (i = 0; i < d.done_count; i++)
		changed(req, &d.done[i], "deleted");
	return answer_ok(req);
}

/* ---- restore ------------------------------------------------------------------- */

struct restoring {
	int64_t version; /* `seq` of the history; 0: as it was deleted */
	struct record rec;
};

/* What comes back may be a gold standard, though what is there is none. */
static int
deny_restore(struct request *req, const struct record *rec, int64_t version)
{
	struct record past;
	int rc;

	if ((rc = pick_deny_locked(req, rec->stable_id)) != 0 ||
	    (rc = history_find(state_of(req)->site.db, req->mem, rec->stable_id,
		 version, &past)) < 0)
		return rc;
	if (rc == 1 && past.is_gold && !access_may_gold(req->caller.roles))
		return request_fail(req, 403,
		    "Only reviewers can edit gold standard files");
	return 0;
}

static int
restore(struct request *req, struct restoring *r)
{
	struct held held;
	int rc;

	if ((rc = pick_edit_any(req, req->arg[0], &held)) != 0 ||
	    (rc = deny_restore(req, &held.rec, r->version)) != 0)
		return rc;
	r->rec = held.rec;
	rc = record_restore(state_of(req)->site.db, held.rec.stable_id,
	    r->version, req->caller.user);
	return tell_conflict(req, rc);
}

int
files_restore(struct request *req)
{
	static const struct field fields[] = {
		{ "version", FIELD_INT, false,
		    offsetof(struct restoring, version) },
		{ 0 },
	};
	struct db *db = state_of(req)->site.db;
	struct restoring r = { 0 };
	int rc;

	if ((rc = json_fields(req, RESTORE_BODY_MAX, fields, &r)) != 0)
		return rc;
	if (r.version < 0)
		return request_invalid(req, "body", "version",
		    "greater_than_equal",
		    "Input should be greater than or equal to 0", NULL);
	if ((rc = db_begin(db)) != 0 ||
	    (rc = db_end(db, restore(req, &r))) != 0)
		return rc;
	changed(req, &r.rec, "restored");
	return item_answer(req, r.rec.stable_id);
}

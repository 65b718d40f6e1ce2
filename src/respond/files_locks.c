/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/files.h"

#include "auth/access.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "event/publish.h"
#include "local/lock.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "web/json.h"
#include "web/request.h"
#include "web/response.h"

#include <stddef.h>

/*
 * Edit locks.  Their owner is the key of a session (never its id, which no
 * answer tells either); whose it is, is told by the user's name.
 */
#define BODY_MAX 65536

struct wish {
	const char *file_id;
};

static int
read_wish(struct request *req, struct wish *wish)
{
	static const struct field fields[] = {
		{ "file_id", FIELD_TEXT, true, offsetof(struct wish, file_id) },
		{ 0 },
	};
	int rc;

	if ((rc = json_fields(req, BODY_MAX, fields, wish)) != 0)
		return rc;
	return pick_check_id(req, "file_id", wish->file_id);
}

static int
answer(struct request *req, struct buf *json)
{
	int rc = response_json(req, json);

	buf_release(json);
	return rc;
}

static int
answer_text(struct request *req, const char *text)
{
	struct buf json = { 0 };

	buf_puts(&json, text);
	return answer(req, &json);
}

/* ---- what is held --------------------------------------------------------------- */

static int
put_id(void *arg, const char *stable_id)
{
	struct buf *json = arg;

	if (json->data[json->len - 1] != '[')
		buf_putc(json, ',');
	json_put_string(json, stable_id);
	return 0;
}

int
locks_list(struct request *req)
{
	struct buf json = { 0 };
	int rc;

	buf_puts(&json, "{\"locked_files\":[");
	rc = lock_each(state_of(req)->site.db, req->caller.session, put_id,
	    &json);
	buf_puts(&json, "]}");
	if (rc == 0)
		return answer(req, &json);
	buf_release(&json);
	return rc;
}

/* Somebody has a document open: what is held elsewhere is worth a look. */
static void
look_elsewhere(struct request *req)
{
	if (state_of(req)->site.conf->remote_url != NULL)
		publish_watch(state_of(req)->publisher);
}

/* Nobody, too, when there is no such record that the caller may know of. */
static int
find_other(struct request *req, const char *id, struct pick_holder *holder)
{
	struct held held;
	int rc;

	if ((rc = pick_find(req, id, &held)) != 1 ||
	    (rc = pick_may_read(req, &held.rec)) != 1)
		return rc;
	return pick_holder(req, held.rec.stable_id, holder);
}

int
locks_check(struct request *req)
{
	struct buf json = { 0 };
	struct pick_holder holder = { .user = NULL };
	struct wish wish;
	int rc;

	if ((rc = read_wish(req, &wish)) != 0 ||
	    (rc = find_other(req, wish.file_id, &holder)) != 0)
		return rc;
	look_elsewhere(req);
	buf_printf(&json, "{\"is_locked\":%s,\"locked_by\":",
	    holder.user != NULL ? "true" : "false");
	json_put_string(&json, holder.user);
	if (holder.replica != NULL) {
		json_put_key(&json, "replica");
		json_put_string(&json, holder.replica);
	}
	buf_putc(&json, '}');
	return answer(req, &json);
}

/* ---- taking and letting go ---------------------------------------------------------- */

static int
deny_edit(struct request *req, const struct record *rec)
{
	struct access access;
	int rc = pick_access(req, rec, &access);

	if (rc != 0)
		return rc;
	if (access_may_read(&access, req->caller.user, req->caller.roles) &&
	    access_may_edit(&access, req->caller.user, req->caller.roles) &&
	    (!rec->is_gold || access_may_gold(req->caller.roles)))
		return 0;
	return request_fail(req, 403,
	    "Access denied: You don't have permission to edit this document");
}

/* The record that the body names, or 404. */
static int
find_wished(struct request *req, struct wish *wish, struct held *held)
{
	int rc;

	if ((rc = read_wish(req, wish)) != 0 ||
	    (rc = pick_find(req, wish->file_id, held)) < 0)
		return rc;
	return rc == 1
	    ? 0
	    : request_fail(req, 404, "File not found: %s", wish->file_id);
}

int
locks_acquire(struct request *req)
{
	struct wish wish;
	struct held held;
	int rc;

	if ((rc = find_wished(req, &wish, &held)) != 0)
		return rc;
	if ((rc = deny_edit(req, &held.rec)) != 0)
		return rc;
	rc = lock_put(state_of(req)->site.db, held.rec.stable_id,
	    req->caller.session, req->caller.user);
	if (rc == E_BUSY)
		return request_fail(req, 423, "Could not acquire lock for %s",
		    wish.file_id);
	if (rc == E_ABSENT)
		return request_fail(req, 404, "File not found: %s",
		    wish.file_id);
	if (rc != 0)
		return rc;
	look_elsewhere(req);
	return answer_text(req, "\"OK\"");
}

static int
tell_release(struct request *req, const char *action, const char *sentence,
    const char *id)
{
	struct buf json = { 0 };

	buf_printf(&json, "{\"action\":\"%s\",\"message\":", action);
	json_put_string(&json, mem_printf(req->mem, "%s%s", sentence, id));
	buf_putc(&json, '}');
	return answer(req, &json);
}

int
locks_release(struct request *req)
{
	struct wish wish;
	struct held held;
	int rc;

	if ((rc = read_wish(req, &wish)) != 0 ||
	    (rc = pick_find(req, wish.file_id, &held)) < 0)
		return rc;
	if (rc == 0)
		return tell_release(req, "already_released",
		    "File not found - lock already released: ", wish.file_id);
	rc = lock_remove(state_of(req)->site.db, held.rec.stable_id,
	    req->caller.session);
	if (rc == E_CONFLICT)
		return request_fail(req, 409,
		    "The lock for %s is held by another session", wish.file_id);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return tell_release(req, "already_released",
		    "Lock was already released for ", wish.file_id);
	return tell_release(req, "released", "Lock successfully released for ",
	    wish.file_id);
}

/* Only what is held is refreshed: nothing is taken here. */
int
locks_heartbeat(struct request *req)
{
	struct wish wish;
	struct held held;
	int rc;

	if ((rc = find_wished(req, &wish, &held)) != 0)
		return rc;
	rc = lock_refresh(state_of(req)->site.db, held.rec.stable_id,
	    req->caller.session);
	if (rc == E_CONFLICT)
		return request_fail(req, 409,
		    "Failed to refresh lock. It may have been acquired by "
		    "another session.");
	if (rc != 0)
		return rc;
	look_elsewhere(req);
	return answer_text(req, "{\"status\":\"lock_refreshed\"}");
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/identify.h"

#include "auth/session.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "respond/responder.h"
#include "web/response.h"

#include <stddef.h>

static bool
is_said(const char *id)
{
	return id != NULL && *id != '\0';
}

/* 0, with NULL for nobody. */
static int
find_id(struct request *req, const char **id, bool *is_by_cookie)
{
	const char *query = request_query(req, "sessionId");

	*is_by_cookie = false;
	if (is_said(query) && !str_eq(req->path, "/sse/subscribe"))
		return request_fail(req, 400,
		    "A session id does not belong in an address, where logs "
		    "keep it: send the header X-Session-Id or the cookie");
	if (is_said(*id = request_header(req, "X-Session-Id")))
		return 0;
	if (is_said(*id = query))
		return 0;
	*is_by_cookie = true;
	if (!is_said(*id = request_cookie(req, "sessionId")))
		*id = NULL;
	return 0;
}

static int
busy(struct request *req)
{
	(void)response_header(req, "Retry-After", "5");
	return request_fail(req, 503, "Busy: try again soon");
}

int
identify(struct request *req)
{
	struct state *st = state_of(req);
	struct session session;
	bool is_by_cookie;
	const char *id = NULL;
	int rc;

	if ((rc = find_id(req, &id, &is_by_cookie)) != 0 || id == NULL)
		return rc;
	rc = session_find(st->site.auth, id, st->site.conf->session_timeout_s,
	    req->mem, &session);
	if (rc == E_BUSY)
		return busy(req);
	if (rc <= 0)
		return rc < 0 ? rc : err_set(E_LOGIN, "Session expired");
	if (session.username == NULL)
		return 0;
	req->caller.is_known = true;
	req->caller.user = session.username;
	req->caller.fullname = session.fullname;
	req->caller.roles = session.roles;
	req->caller.session = session.key;
	req->caller.is_by_cookie = is_by_cookie;
	return 0;
}

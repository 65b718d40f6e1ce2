/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/sync.h"

#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "event/ask.h"
#include "local/meta.h"
#include "respond/plan.h"
#include "respond/responder.h"
#include "respond/store_fail.h"
#include "respond/summary.h"
#include "web/json.h"
#include "web/request.h"
#include "web/response.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define BODY_MAX 65536
#define FCGI_WAIT_S 25 /* mod_fcgid kills after 40 s of silence */
#define RETRY_S "5"

struct wish {
	bool force;
	bool dry_run;
	bool confirm_deletions;
};

static const struct field wish_fields[] = {
	{ "force", FIELD_BOOL, false, offsetof(struct wish, force) },
	{ "dry_run", FIELD_BOOL, false, offsetof(struct wish, dry_run) },
	{ "confirm_deletions", FIELD_BOOL, false,
	    offsetof(struct wish, confirm_deletions) },
	{ NULL, FIELD_BOOL, false, 0 },
};

/* RFC 7240: a list of preferences, each perhaps with a value. */
static bool
prefers_async(const struct request *req)
{
	const char *p = request_header(req, "Prefer");

	while (p != NULL && *p != '\0') {
		size_t len;

		p += strspn(p, " \t,");
		len = strcspn(p, " \t,;");
		if (len == strlen("respond-async") &&
		    strncasecmp(p, "respond-async", len) == 0)
			return true;
		p += strcspn(p, ",");
	}
	return false;
}

/* Milliseconds; -1: until it is over. */
static int64_t
patience(const struct request *req)
{
	int limit_s = state_of(req)->site.conf->wait_limit_s;

	if (prefers_async(req))
		return 0;
	if (limit_s == 0 && str_ends(program_invocation_name, ".fcgi"))
		limit_s = FCGI_WAIT_S;
	return limit_s > 0 ? limit_s * 1000LL : -1;
}

/* A hub that was slow to learn its number: the library has it. */
static int
find_running(void *arg, const struct run *run)
{
	if (run->ended_at == NULL)
		*(int64_t *)arg = run->run_id;
	return 1;
}

static int
answer_later(struct request *req, int64_t run_id)
{
	int rc = 0;

	if (run_id == 0)
		rc = run_each(state_of(req)->site.db, 1, find_running, &run_id);
	if (rc < 0)
		return rc;
	response_status(req, 202);
	response_type(req, "application/json");
	if (prefers_async(req))
		(void)response_header(req, "Preference-Applied",
		    "respond-async");
	return response_printf(req, "{\"run_id\":%" PRId64 "}", run_id);
}

static int
answer_end(struct request *req, const struct ask_end *end)
{
	struct buf out = { 0 };
	int rc;

	if (!end->is_over)
		return answer_later(req, end->run_id);
	if (end->code != 0)
		return store_fail(req, end->code, end->detail);
	summary_put(&out, buf_text(end->summary));
	rc = response_json(req, &out);
	buf_release(&out);
	return rc;
}

static int
no_hub(struct request *req)
{
	(void)response_header(req, "Retry-After", RETRY_S);
	return request_fail(req, 503,
	    "No sync can be started: stemma-hub, which runs them, is not there "
	    "and could not be started");
}

int
sync_ask(struct request *req, const struct ask_sync *ask)
{
	struct buf summary = { 0 };
	struct ask_end end = { .summary = &summary };
	int rc;

	rc = ask_sync(&state_of(req)->place, ask, patience(req), &end);
	if (rc == 0)
		rc = answer_end(req, &end);
	else if (rc == E_REMOTE)
		rc = no_hub(req);
	else
		rc = store_fail(req, rc, err_text());
	buf_release(&summary);
	return rc;
}

static int
run(struct request *req, const struct wish *wish)
{
	const struct ask_sync ask = { .force = wish->force,
		.confirm_deletions = wish->confirm_deletions,
		.user = req->caller.user };

	return sync_ask(req, &ask);
}

int
sync_start(struct request *req)
{
	struct wish wish = { false, false, false };
	int rc;

	if ((rc = json_fields(req, BODY_MAX, wish_fields, &wish)) != 0)
		return rc;
	return wish.dry_run ? plan_dry_run(req) : run(req, &wish);
}

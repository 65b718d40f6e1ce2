/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/plan.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/record.h"
#include "respond/look.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "respond/store_fail.h"
#include "respond/summary.h"
#include "sync/sync.h"
#include "web/request.h"
#include "web/response.h"

#include <inttypes.h>

#define STEPS_MAX 1000

struct plan {
	struct request *req;
	struct buf steps; /* items of a JSON array */
	int64_t n;        /* told and not */
	struct sync_summary sum;
	bool is_guarded;
	const char *why; /* the guard's words */
};

/* ---- steps -------------------------------------------------------------------- */

/* Of a private record others learn no more than that there is one: whether it
 * is private here, or as it would come. */
static int
may_read(struct plan *p, const struct sync_step *step)
{
	struct held held;
	int rc;

	rc = record_find(state_of(p->req)->site.db, p->req->mem,
	    step->stable_id, &held);
	if (rc == 1 && (rc = pick_may_read(p->req, &held.rec)) != 1)
		return rc;
	return rc < 0 ? rc : pick_may_read(p->req, step->record);
}

static void
put(struct buf *out, const char *key, const char *text)
{
	json_put_key(out, key);
	json_put_string(out, text);
}

static int
on_step(void *arg, const struct sync_step *step)
{
	struct plan *p = arg;
	int rc;

	if (p->n++ >= STEPS_MAX)
		return 0;
	if ((rc = may_read(p, step)) < 0)
		return rc;
	buf_puts(&p->steps, p->steps.len > 0 ? ",{" : "{");
	put(&p->steps, "action", step->action);
	put(&p->steps, "stable_id", rc == 1 ? step->stable_id : NULL);
	put(&p->steps, "filename", rc == 1 ? step->filename : NULL);
	put(&p->steps, "doc_id", rc == 1 ? step->doc_id : NULL);
	json_put_key(&p->steps, "bytes");
	buf_printf(&p->steps, "%" PRId64 "}", step->bytes);
	return 0;
}

/* ---- making it ------------------------------------------------------------------ */

/* That the guard would stop it is part of the plan. */
static int
plan_make(struct plan *p)
{
	struct sync_options options;
	int rc;

	if ((rc = look_remote(&state_of(p->req)->site)) != 0 ||
	    (rc = site_sync(&state_of(p->req)->site, &options)) != 0 ||
	    (rc = sync_plan(&options, on_step, p, &p->sum)) == 0)
		return rc;
	if (rc != E_GUARD)
		return rc;
	p->is_guarded = true;
	p->why = mem_strdup(p->req->mem, err_text());
	return 0;
}

static void
put_summary(const struct plan *p, struct buf *out)
{
	struct buf json = { 0 };

	sync_summary_json(&p->sum, &json);
	summary_put(out, json.data);
	buf_release(&json);
}

static void
put_plan(const struct plan *p, struct buf *out)
{
	buf_puts(out, "{\"summary\":");
	put_summary(p, out);
	json_put_key(out, "guard");
	buf_puts(out, p->is_guarded ? "true" : "false");
	put(out, "guard_reason", p->why);
	buf_printf(out, ",\"steps\":[%s]", buf_text(&p->steps));
	buf_printf(out, ",\"more\":%" PRId64 "}",
	    p->n > STEPS_MAX ? p->n - STEPS_MAX : 0);
}

static int
answer(struct request *req,
    void (*put_it)(const struct plan *p, struct buf *out))
{
	struct plan p = { .req = req };
	struct buf out = { 0 };
	int rc;

	if ((rc = plan_make(&p)) != 0) {
		rc = store_fail(req, rc, err_text());
	} else {
		put_it(&p, &out);
		rc = response_json(req, &out);
	}
	buf_release(&p.steps);
	buf_release(&out);
	return rc;
}

int
plan_answer(struct request *req)
{
	return answer(req, put_plan);
}

int
plan_dry_run(struct request *req)
{
	return answer(req, put_summary);
}

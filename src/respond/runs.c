/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/status.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "conf/conf.h"
#include "local/db.h"
#include "local/meta.h"
#include "respond/look.h"
#include "respond/responder.h"
#include "respond/summary.h"
#include "web/request.h"
#include "web/response.h"

#include <inttypes.h>

#define RUNS_SHOWN 20
#define RUNS_MAX 1000
#define COMMITS_MAX 100 /* walking on costs a question each */

static bool
is_syncing(struct request *req)
{
	return look_is_syncing(path_join(req->mem,
				   state_of(req)->site.conf->db_dir, "sync"),
	    true);
}

/* ---- one run ------------------------------------------------------------------ */

static int
unknown_run(struct request *req)
{
	return request_fail(req, 404, "There is no sync %s", req->arg[0]);
}

int
status_run(struct request *req)
{
	struct buf out = { 0 };
	struct run run;
	int64_t run_id;
	int rc;

	if (str_int64(req->arg[0], &run_id) != 0)
		return unknown_run(req);
	rc = run_find(state_of(req)->site.db, req->mem, run_id, &run);
	if (rc != 1)
		return rc < 0 ? rc : unknown_run(req);
	summary_run(&out, &run, is_syncing(req));
	rc = response_json(req, &out);
	buf_release(&out);
	return rc;
}

/* ---- all of them ----------------------------------------------------------------- */

struct list {
	struct request *req;
	bool is_syncing;
	int64_t n;
};

/* Only the newest can be the one that goes on. */
static int
put_run(void *arg, const struct run *run)
{
	struct list *l = arg;
	struct buf out = { 0 };
	int rc;

	if (l->n++ > 0)
		buf_putc(&out, ',');
	summary_run(&out, run, l->is_syncing && l->n == 1);
	rc = response_write(l->req, out.data, out.len);
	buf_release(&out);
	return rc;
}

/* ---- commits ---------------------------------------------------------------------- */

/* The last commit of each replica is known with its maker. */
struct maker {
	int64_t version;
	const char *replica;
};

struct commits {
	struct request *req;
	struct db *db;
	const char *own; /* this replica, or NULL */
	struct maker makers[COMMITS_MAX];
	int makers_n;
	int64_t newest;
	int64_t oldest; /* that is to be told */
};

static int
note_maker(void *arg, const struct replica *r)
{
	struct commits *c = arg;

	if (r->version < c->oldest || c->makers_n == COMMITS_MAX)
		return 0;
	c->makers[c->makers_n].version = r->version;
	c->makers[c->makers_n++].replica = mem_strdup(c->req->mem, r->replica);
	return 0;
}

static const char *
maker_of(const struct commits *c, int64_t version)
{
	for (int i = 0; i < c->makers_n; i++)
		if (c->makers[i].version == version)
			return c->makers[i].replica;
	return NULL;
}

static int
put_commit(struct commits *c, int64_t version, const char *commit_id)
{
	const char *replica = maker_of(c, version);
	struct buf out = { 0 };
	int rc;

	buf_printf(&out, "%s{\"version\":%" PRId64 ",\"commit\":",
	    version == c->newest ? "" : ",", version);
	json_put_string(&out, commit_id);
	buf_puts(&out, ",\"replica\":");
	json_put_string(&out, replica);
	if (replica != NULL)
		buf_printf(&out, ",\"is_ours\":%s",
		    str_eq(replica, c->own) ? "true" : "false");
	buf_putc(&out, '}');
	rc = response_write(c->req, out.data, out.len);
	buf_release(&out);
	return rc;
}

/* Down from the newest; what lies below a checkpoint that was jumped to is not
 * known here. */
static int
put_commits(struct commits *c)
{
	char *commit_id;
	int rc = 0;

	for (int64_t v = c->newest; rc == 0 && v >= c->oldest; v--) {
		rc = passed_find(c->db, c->req->mem, v, &commit_id);
		if (rc != 1)
			break;
		rc = put_commit(c, v, commit_id);
	}
	return rc;
}

static int
tell_commits(struct commits *c, int64_t limit)
{
	char *own = NULL;
	int rc;

	if (limit > COMMITS_MAX)
		limit = COMMITS_MAX;
	if ((rc = meta_int(c->db, "version", &c->newest)) < 0 ||
	    (rc = meta_find(c->db, c->req->mem, "replica", &own)) < 0)
		return rc;
	c->own = rc == 1 ? own : NULL;
	c->oldest = c->newest - limit + 1 > 1 ? c->newest - limit + 1 : 1;
	if ((rc = replica_each(c->db, note_maker, c)) != 0)
		return rc;
	return put_commits(c);
}

int
status_history(struct request *req)
{
	struct db *db = state_of(req)->site.db;
	struct list runs = { .req = req };
	struct commits commits = { .req = req, .db = db };
	int64_t limit;
	int rc;

	if ((rc = request_query_int(req, "limit", 1, RUNS_MAX, RUNS_SHOWN,
		 &limit)) != 0)
		return rc;
	runs.is_syncing = is_syncing(req);
	response_type(req, "application/json");
	if ((rc = response_puts(req, "{\"runs\":[")) != 0 ||
	    (rc = run_each(db, (int)limit, put_run, &runs)) != 0 ||
	    (rc = response_puts(req, "],\"commits\":[")) != 0 ||
	    (rc = tell_commits(&commits, limit)) != 0)
		return rc;
	return response_puts(req, "]}");
}

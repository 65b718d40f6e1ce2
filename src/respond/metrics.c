/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/status.h"

#include "auth/access.h"
#include "auth/throttle.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "event/ask.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "respond/responder.h"
#include "web/request.h"
#include "web/response.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Prometheus' text format, version 0.0.4. */
#define TYPE "text/plain; version=0.0.4; charset=utf-8"

/* ---- who may --------------------------------------------------------------------- */

/* In a time that does not tell how much of it was right. */
static bool
is_same(const char *a, const char *b)
{
	size_t len_a = strlen(a), len_b = strlen(b);
	unsigned char differs = len_a != len_b;

	for (size_t i = 0; i < len_a; i++)
		differs |= (unsigned char)(a[i] ^ b[len_b > 0 ? i % len_b : 0]);
	return differs == 0;
}

static bool
has_token(struct request *req)
{
	const char *token = state_of(req)->site.conf->metrics_token;
	const char *given = request_header(req, "Authorization");

	if (token == NULL || *token == '\0' || given == NULL ||
	    strncasecmp(given, "Bearer ", 7) != 0)
		return false;
	given += 7 + strspn(given + 7, " ");
	return is_same(given, token);
}

static int
deny(struct request *req)
{
	if (has_token(req) || access_is_admin(req->caller.roles))
		return 0;
	if (req->caller.is_known)
		return request_fail(req, 403,
		    "Only administrators may do this");
	(void)response_header(req, "WWW-Authenticate", "Bearer");
	return request_fail(req, 401, "Authentication required");
}

/* ---- lines ------------------------------------------------------------------------ */

static void
head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
one(struct buf *out, const char *name, const char *type, const char *help,
    int64_t value)
{
	head(out, name, type, help);
	buf_printf(out, "%s %" PRId64 "\n", name, value);
}

static void
state(struct buf *out, const char *word, int64_t value)
{
	buf_printf(out, "stemma_records{state=\"%s\"} %" PRId64 "\n", word,
	    value);
}

/* ---- the library ------------------------------------------------------------------ */

static void
put_counts(struct buf *out, const struct record_counts *c)
{
	head(out, "stemma_records", "gauge", "Records of the library.");
	state(out, "live", c->live);
	state(out, "deleted", c->deleted);
	state(out, "pending_delete", c->pending_delete);
	state(out, "pending_download", c->pending_download);
	state(out, "conflict", c->conflicts);
	one(out, "stemma_unsynced", "gauge",
	    "Records with changes that no sync has published.", c->to_send);
	one(out, "stemma_conflicts", "gauge", "Open conflicts.", c->conflicts);
}

static int
put_success(struct request *req, struct buf *out)
{
	int64_t at_ms = 0;
	char *text;
	int rc;

	rc = meta_find(state_of(req)->site.db, req->mem, "last_success", &text);
	if (rc < 0)
		return rc;
	if (rc == 1 && clock_parse(text, &at_ms) != 0)
		at_ms = 0;
	one(out, "stemma_last_successful_sync_timestamp_seconds", "gauge",
	    "When a sync last succeeded; 0: never.", at_ms / 1000);
	return 0;
}

static int
put_version(struct request *req, struct buf *out)
{
	int64_t version = 0;
	int rc = meta_int(state_of(req)->site.db, "version", &version);

	if (rc < 0)
		return rc;
	one(out, "stemma_version", "gauge",
	    "Version of the store that the library is at.", version);
	return 0;
}

/* ---- syncs -------------------------------------------------------------------------- */

static int
last_duration(void *arg, const struct run *run)
{
	struct json value;
	int64_t *ms = arg;

	if (run->ended_at == NULL)
		return 0;
	if (json_check(run->summary, strlen(run->summary)) != 0 ||
	    json_find(json_of(run->summary), "duration_ms", &value) != 1 ||
	    json_int64(value, ms) != 0)
		*ms = 0;
	return 1;
}

static int
put_last(struct request *req, struct buf *out)
{
	int64_t ms = 0;
	int rc = run_each(state_of(req)->site.db, 2, last_duration, &ms);

	if (rc < 0)
		return rc;
	head(out, "stemma_last_sync_duration_seconds", "gauge",
	    "How long the last sync took.");
	buf_printf(out,
	    "stemma_last_sync_duration_seconds %" PRId64 ".%03" PRId64 "\n",
	    ms / 1000, ms % 1000);
	return 0;
}

/* Each kind of number in a piece of its own: a metric's lines belong
 * together. */
struct totals {
	struct buf durations;
	int64_t bytes_up;
	int64_t bytes_down;
	int64_t requests;
	int64_t answered[4];
	int64_t errors;
};

static int
add_total(void *arg, const struct run_total *t)
{
	struct totals *all = arg;

	buf_printf(&all->durations,
	    "stemma_sync_duration_seconds_sum{outcome=\"%s\"} %" PRId64
	    ".%03" PRId64 "\n"
	    "stemma_sync_duration_seconds_count{outcome=\"%s\"} %" PRId64 "\n",
	    t->outcome, t->duration_ms / 1000, t->duration_ms % 1000,
	    t->outcome, t->runs);
	all->bytes_up += t->bytes_up;
	all->bytes_down += t->bytes_down;
	all->requests += t->requests;
	for (int i = 0; i < 4; i++)
		all->answered[i] += t->answered[i];
	all->errors += t->errors;
	return 0;
}

/* What had no status got no answer, or went to a directory. */
static void
put_requests(struct buf *out, const struct totals *all)
{
	int64_t none = all->requests;

	head(out, "stemma_store_requests_total", "counter",
	    "Requests to the store by these syncs, by their status.");
	for (int i = 0; i < 4; i++) {
		buf_printf(out,
		    "stemma_store_requests_total{status=\"%dxx\"} %" PRId64
		    "\n",
		    i + 2, all->answered[i]);
		none -= all->answered[i];
	}
	buf_printf(out,
	    "stemma_store_requests_total{status=\"none\"} %" PRId64 "\n",
	    none);
}

static void
put_totals(struct buf *out, const struct totals *all)
{
	head(out, "stemma_sync_duration_seconds", "summary",
	    "How long syncs took that had something to do.");
	buf_puts(out, buf_text(&all->durations));
	head(out, "stemma_store_bytes_total", "counter",
	    "Bytes moved by these syncs.");
	buf_printf(out,
	    "stemma_store_bytes_total{direction=\"up\"} %" PRId64 "\n"
	    "stemma_store_bytes_total{direction=\"down\"} %" PRId64 "\n",
	    all->bytes_up, all->bytes_down);
	put_requests(out, all);
	one(out, "stemma_sync_file_errors_total", "counter",
	    "Files that could not be sent or had.", all->errors);
}

static int
put_syncs(struct request *req, struct buf *out)
{
	struct totals all = { .bytes_up = 0 };
	int rc = run_total_each(state_of(req)->site.db, add_total, &all);

	if (rc == 0)
		put_totals(out, &all);
	buf_release(&all.durations);
	return rc;
}

/* ---- the hub ------------------------------------------------------------------------- */

static int64_t
number_of(const struct buf *json, const char *key)
{
	struct json value;
	int64_t n = 0;

	if (json_find(json_of(buf_text(json)), key, &value) == 1)
		(void)json_int64(value, &n);
	return n;
}

static bool
is_running(const struct buf *json)
{
	struct json value;

	return json_find(json_of(buf_text(json)), "running", &value) == 1 &&
	    json_kind(value) == JSON_TRUE;
}

/* A hub that sleeps has no streams. */
static void
put_hub(struct request *req, struct buf *out)
{
	struct buf json = { 0 };
	bool is_up = ask_state(&state_of(req)->place, &json) == 0 &&
	    json_check(buf_text(&json), json.len) == 0;

	one(out, "stemma_hub_up", "gauge", "Does stemma-hub run?", is_up);
	one(out, "stemma_sync_running", "gauge",
	    "Does a sync run that the hub started?",
	    is_up && is_running(&json));
	one(out, "stemma_streams", "gauge",
	    "Subscribers of the hub: relays of event streams.",
	    is_up ? number_of(&json, "subscribers") : 0);
	buf_release(&json);
}

/* ---- logins ------------------------------------------------------------------------ */

static int
put_logins(struct request *req, struct buf *out)
{
	int64_t n = 0;
	int rc = throttle_count(state_of(req)->site.auth, &n);

	if (rc == 0)
		one(out, "stemma_logins_refused", "gauge",
		    "Logins that failed and are not forgiven yet.", n);
	return rc;
}

/* ---- all of it ------------------------------------------------------------------------ */

static int
put_library(struct request *req, struct buf *out)
{
	struct record_counts counts;
	int rc;

	if ((rc = record_counts(state_of(req)->site.db, &counts)) != 0)
		return rc;
	put_counts(out, &counts);
	if ((rc = put_version(req, out)) != 0 ||
	    (rc = put_success(req, out)) != 0 || (rc = put_last(req, out)) != 0)
		return rc;
	return put_syncs(req, out);
}

static int
put_all(struct request *req, struct buf *out)
{
	struct db *db = state_of(req)->site.db;
	int rc;

	if ((rc = db_begin_read(db)) != 0 ||
	    (rc = db_end(db, put_library(req, out))) != 0)
		return rc;
	put_hub(req, out);
	return put_logins(req, out);
}

int
status_metrics(struct request *req)
{
	struct buf out = { 0 };
	int rc;

	if ((rc = deny(req)) != 0)
		return rc;
	if ((rc = put_all(req, &out)) == 0) {
		response_type(req, TYPE);
		rc = response_write(req, out.data, out.len);
	}
	buf_release(&out);
	return rc;
}

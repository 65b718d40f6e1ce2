/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/status.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "conf/conf.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "respond/look.h"
#include "respond/responder.h"
#include "respond/summary.h"
#include "web/request.h"
#include "web/response.h"

#include <inttypes.h>
#include <stdio.h>

/* What the library says is read again only when it has changed: a page that
 * asks every second costs one look at a counter. */

struct reading {
	struct record_counts counts;
	int64_t version;
	char *last_success;
	char *needs_recovery;
	char *moved_to;
	struct buf *summary;
	struct outbox outbox;
	bool is_frozen;
};

/* The newest run that has come to an end; one goes on at most. */
static int
take_summary(void *arg, const struct run *run)
{
	struct reading *r = arg;

	if (run->ended_at == NULL)
		return 0;
	summary_put(r->summary, run->summary);
	return 1;
}

static int
read_rows(struct request *req, struct db *db, struct reading *r)
{
	int rc;

	if ((rc = record_counts(db, &r->counts)) != 0 ||
	    (rc = meta_int(db, "version", &r->version)) < 0 ||
	    (rc = meta_find(db, req->mem, "last_success", &r->last_success)) <
		0 ||
	    (rc = meta_find(db, req->mem, "needs_recovery",
		 &r->needs_recovery)) < 0)
		return rc;
	if (rc == 0)
		r->needs_recovery = NULL;
	if ((rc = meta_find(db, req->mem, "moved_to", &r->moved_to)) < 0)
		return rc;
	if (rc == 0)
		r->moved_to = NULL;
	if ((rc = outbox_find(db, req->mem, &r->outbox)) < 0)
		return rc;
	r->is_frozen = rc == 1 && r->outbox.frozen;
	rc = run_each(db, 2, take_summary, r);
	return rc < 0 ? rc : 0;
}

/* In one snapshot, so that its numbers fit together. */
static int
read_library(struct request *req, struct db *db, struct reading *r)
{
	int rc;

	if ((rc = db_begin_read(db)) != 0)
		return rc;
	return db_end(db, read_rows(req, db, r));
}

static void
put_library(const struct reading *r, struct buf *out)
{
	buf_clear(out);
	buf_printf(out,
	    ",\"local_version\":%" PRId64 ",\"unsynced_count\":%" PRId64
	    ",\"conflicts\":%" PRId64 ",\"last_sync_time\":",
	    r->version, r->counts.to_send, r->counts.conflicts);
	json_put_string(out, r->last_success);
	buf_puts(out, ",\"moved_to\":");
	json_put_string(out, r->moved_to);
	buf_puts(out, ",\"last_summary\":");
	buf_puts(out, r->summary->len > 0 ? r->summary->data : "null");
}

static int
read_again(struct request *req, struct status_own *own)
{
	struct buf summary = { 0 };
	struct reading r = { .summary = &summary };
	int rc = read_library(req, state_of(req)->site.db, &r);

	if (rc == 0) {
		put_library(&r, own->library);
		own->local_version = r.version;
		snprintf(own->needs_recovery, sizeof(own->needs_recovery), "%s",
		    r.needs_recovery != NULL ? r.needs_recovery : "");
		own->needs_sync = r.counts.to_send > 0 || r.is_frozen;
	}
	buf_release(&summary);
	return rc;
}

/* Looked at before it is read: what changes in between is seen next time. */
static int
refresh(struct request *req, struct status_own *own, bool *has_changed)
{
	int64_t version;
	int rc;

	if ((rc = db_version(state_of(req)->site.db, &version)) != 0)
		return rc;
	*has_changed = version != own->version;
	if (!*has_changed)
		return 0;
	own->version = -1;
	own->changed_ms = clock_mono_ms();
	if ((rc = read_again(req, own)) == 0)
		own->version = version;
	return rc;
}

static void
put_store(struct buf *out, const struct look *look)
{
	if (look->remote_version >= 0)
		buf_printf(out, ",\"remote_version\":%" PRId64,
		    look->remote_version);
	else
		buf_puts(out, ",\"remote_version\":null");
	buf_printf(out, ",\"remote_reachable\":%s,\"remote_error\":",
	    !look->is_known       ? "null"
		: look->reachable ? "true"
				  : "false");
	json_put_string(out, look->error[0] != '\0' ? look->error : NULL);
}

/* What the last sync found, or what the store has shown since. */
static void
put_recovery(struct buf *out, const struct status_own *own,
    const struct look *look)
{
	const char *text = own->needs_recovery;

	if (text[0] == '\0' && look->needs_recovery &&
	    look->at_ms > own->changed_ms)
		text = look->error;
	buf_puts(out, ",\"needs_recovery\":");
	json_put_string(out, text[0] != '\0' ? text : NULL);
}

/* A look is of a moment ago: what was pulled since is not missing. */
static bool
is_behind(const struct status_own *own, const struct look *look)
{
	return look->needs_sync && look->remote_version > own->local_version;
}

static bool
is_syncing(struct request *req, bool now)
{
	return look_is_syncing(path_join(req->mem,
				   state_of(req)->site.conf->db_dir, "sync"),
	    now);
}

static int
answer(struct request *req, const struct status_own *own,
    const struct look *look, bool has_changed)
{
	struct buf out = { 0 };
	int rc;

	buf_printf(&out, "{\"needs_sync\":%s,\"sync_in_progress\":%s",
	    own->needs_sync || is_behind(own, look) ? "true" : "false",
	    is_syncing(req, has_changed) ? "true" : "false");
	buf_add(&out, own->library->data, own->library->len);
	put_store(&out, look);
	put_recovery(&out, own, look);
	buf_putc(&out, '}');
	rc = response_json(req, &out);
	buf_release(&out);
	return rc;
}

/* A tenth of the patience that a sync has. */
int
status_sync(struct request *req)
{
	struct state *st = state_of(req);
	struct status_own *own = st->own;
	bool want_fresh = false, has_changed;
	struct look look;
	int rc;

	if ((rc = request_query_bool(req, "fresh", &want_fresh)) != 0)
		return rc;
	look_ask(want_fresh ? st->site.conf->stall_timeout_s * 100 : 0, &look);
	if ((rc = refresh(req, own, &has_changed)) != 0)
		return rc;
	return answer(req, own, &look, has_changed);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "remote/remote.h"
#include "sync/sync.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/say.h"
#include "tool/stop.h"
#include "tool/tool.h"

#include <inttypes.h>
#include <string.h>

/* What is looked at, all in one go. */
struct state {
	struct record_counts counts;
	struct sync_status sync;
	struct hash digest;
	char *commit;
	char *store_id;
	char *replica;
	char *last_success;
	char *last_error;
	const char *store; /* its address, or NULL */
};

static int
read_meta(struct tool *tool, struct state *s)
{
	const struct {
		const char *key;
		char **value;
	} rows[] = {
		{ "commit", &s->commit },
		{ "store", &s->store_id },
		{ "replica", &s->replica },
		{ "last_success", &s->last_success },
		{ "last_error", &s->last_error },
	};
	size_t i;
	int rc = 0;

	for (i = 0; rc >= 0 && i < sizeof(rows) / sizeof(*rows); i++)
		rc = meta_find(tool->site.db, tool->site.mem, rows[i].key,
		    rows[i].value);
	return rc < 0 ? rc : 0;
}

/* That no store can be asked is an answer too, with its reason. */
static void
not_asked(struct state *s, const char *reason)
{
	s->sync.remote_version = -1;
	snprintf(s->sync.remote_error, sizeof(s->sync.remote_error), "%s",
	    reason);
}

static int
read_sync(struct tool *tool, struct state *s, bool is_offline)
{
	char *reason = NULL;
	char *work_dir;
	int rc;

	if ((rc = site_work_dir(&tool->site, &work_dir)) != 0)
		return rc;
	if (open_remote(tool) != 0)
		reason = mem_strdup(tool->site.mem, err_text());
	else
		s->store = remote_name(tool->site.remote);
	rc = sync_status(tool->site.db, is_offline ? NULL : tool->site.remote,
	    work_dir, &s->sync);
	if (rc == E_ABSENT && reason == NULL)
		reason = mem_strdup(tool->site.mem, err_text());
	if (rc != 0 && rc != E_ABSENT)
		return rc;
	if (reason != NULL || is_offline)
		not_asked(s, reason != NULL ? reason : "not asked");
	return 0;
}

/* The library's part as of one moment, so that its numbers fit together. */
static int
read_library(struct tool *tool, struct state *s)
{
	int rc;

	if ((rc = db_begin_read(tool->site.db)) != 0)
		return rc;
	if ((rc = record_counts(tool->site.db, &s->counts)) == 0 &&
	    (rc = state_find(tool->site.db, &s->digest)) >= 0)
		rc = read_meta(tool, s);
	return db_end(tool->site.db, rc);
}

static void
put_store(struct out *out, const struct state *s)
{
	const char *error = s->sync.remote_error;

	out_text(out, "store", s->store);
	out_text(out, "store_id", s->store_id);
	out_bool(out, "remote_reachable", s->sync.reachable);
	if (s->sync.remote_version >= 0)
		out_int(out, "remote_version", s->sync.remote_version);
	else
		out_text(out, "remote_version", NULL);
	out_text(out, "remote_error", error[0] != '\0' ? error : NULL);
	out_text(out, "moved_to",
	    s->sync.moved_to[0] != '\0' ? s->sync.moved_to : NULL);
	out_text(out, "needs_recovery",
	    s->sync.needs_recovery[0] != '\0' ? s->sync.needs_recovery : NULL);
	out_text(out, "last_sync_time", s->last_success);
	out_text(out, "last_error", s->last_error);
	out_bool(out, "sync_in_progress", s->sync.in_progress);
}

static int
state_print(const struct state *s, bool is_json)
{
	struct out out;
	char hex[HASH_HEX_SIZE];
	int rc;

	out_init(&out, is_json, NULL);
	out_bool(&out, "needs_sync", s->sync.needs_sync);
	out_int(&out, "version", s->sync.local_version);
	out_text(&out, "commit", s->commit);
	out_text(&out, "state", hash_hex(&s->digest, hex));
	out_int(&out, "records", s->counts.live);
	out_int(&out, "deleted", s->counts.deleted);
	out_int(&out, "unsynced_count", s->counts.to_send);
	out_int(&out, "pending_delete", s->counts.pending_delete);
	out_int(&out, "pending_download", s->counts.pending_download);
	out_int(&out, "not_kept", s->counts.unwanted);
	out_int(&out, "conflicts", s->counts.conflicts);
	put_store(&out, s);
	out_text(&out, "replica", s->replica);
	rc = out_row(&out);
	out_release(&out);
	return rc;
}

/* A time that nobody can read is as old as can be. */
static int
check_age(const struct state *s, int64_t max_age_s)
{
	int64_t at_ms;
	int64_t age_s;

	if (s->last_success == NULL ||
	    clock_parse(s->last_success, &at_ms) != 0) {
		complain("there was no successful sync yet");
		return STATUS_LEFT;
	}
	age_s = (clock_wall_ms() - at_ms) / 1000;
	if (age_s <= max_age_s)
		return STATUS_DONE;
	complain("the last successful sync was %" PRId64 " s ago, at %s", age_s,
	    s->last_success);
	return STATUS_LEFT;
}

/* What is wrong with the store, or too old, is told after the rest. */
static int
state_verdict(const struct state *s, int64_t max_age_s)
{
	if (s->sync.needs_recovery[0] != '\0') {
		complain("%s", s->sync.needs_recovery);
		return STATUS_FAILED;
	}
	if (s->sync.reachable && s->sync.remote_error[0] != '\0') {
		complain("%s", s->sync.remote_error);
		return STATUS_FAILED;
	}
	return max_age_s >= 0 ? check_age(s, max_age_s) : STATUS_DONE;
}

static int
status_do(struct tool *tool, int64_t max_age_s, bool is_offline, bool is_json)
{
	struct state s;
	int rc;

	memset(&s, 0, sizeof(s));
	if ((rc = site_library(&tool->site, false)) != 0)
		return rc;
	stop_catch();
	if ((rc = read_library(tool, &s)) != 0 ||
	    (rc = read_sync(tool, &s, is_offline)) != 0 ||
	    (rc = state_print(&s, is_json)) != 0)
		return rc;
	return state_verdict(&s, max_age_s);
}

int
cmd_status(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	bool is_offline = false;
	int64_t max_age_s = -1;
	const struct option_row rows[] = {
		{ 'a', "max-age", "SECONDS",
		    "status 3 when the last successful sync is older",
		    .number = &max_age_s },
		{ 'l', "local", NULL, "ask nothing of the store",
		    .flag = &is_offline },
		{ 'j', "json", NULL, "one JSON object", .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "status", NULL,
		"Print how library and store stand",
		"Two replicas in step print the same version, commit and state.",
		rows, 0, 0, false };
	int status;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	return status_do(tool, max_age_s, is_offline, is_json);
}

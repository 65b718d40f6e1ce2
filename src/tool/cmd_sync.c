/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "sync/sync.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/progress.h"
#include "tool/say.h"
#include "tool/stop.h"
#include "tool/telling.h"
#include "tool/tool.h"
#include "tool/units.h"

#include <inttypes.h>
#include <stdio.h>

/* Failures that are told in the JSON. */
#define FAILURES_MAX 1000
#define FAILURES_SIZE ((size_t)512 * 1024)

/* What is heard of a sync while it runs. */
struct hearing {
	struct telling *telling; /* NULL: nobody is told */
	struct buf failures;     /* items of a JSON array */
	size_t failures_told;    /* bytes of those that an event tells */
	int failures_n;
};

/* clang-format off */
static const struct out_column plan_columns[] = {
	{ "action",    "ACTION", 13 },
	{ "stable_id", "ID",     12 },
	{ "bytes",     "BYTES",  -9 },
	{ "filename",  "FILE",    0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

/* ---- while it runs ------------------------------------------------------ */

static const char *
phase_name(enum sync_phase phase)
{
	switch (phase) {
	case SYNC_CHECK:
		return "Checking";
	case SYNC_PULL:
		return "Taking changes";
	case SYNC_DOWNLOAD:
		return "Fetching";
	case SYNC_UPLOAD:
		return "Sending";
	case SYNC_COMMIT:
		return "Committing";
	case SYNC_TIDY:
		break;
	}
	return "Tidying";
}

static void
on_progress(void *arg, const struct sync_progress *p)
{
	const struct hearing *h = arg;
	const struct progress shown = { phase_name(p->phase), p->bytes_done,
		p->bytes_total, p->files_done, p->files_total };

	progress_show(&shown);
	telling_progress(h->telling, p);
}

static void
on_message(void *arg, const char *sentence)
{
	const struct hearing *h = arg;

	say("%s", sentence);
	telling_message(h->telling, sentence);
}

static void
on_failure(void *arg, const char *file, const char *reason)
{
	struct hearing *h = arg;

	complain("%s: %s", file, reason);
	if (h->failures_n++ >= FAILURES_MAX || h->failures.len > FAILURES_SIZE)
		return;
	buf_puts(&h->failures, h->failures.len > 0 ? ",{" : "{");
	json_put_key(&h->failures, "file");
	json_put_string(&h->failures, file);
	json_put_key(&h->failures, "reason");
	json_put_string(&h->failures, reason);
	buf_putc(&h->failures, '}');
	if (h->failures.len <= TELLING_FAILURES)
		h->failures_told = h->failures.len;
}

/* ---- how it went -------------------------------------------------------- */

static int
summary_json(const struct sync_summary *sum, const struct hearing *h, int rc)
{
	struct buf object = { NULL, 0, 0 };
	struct buf failures = { NULL, 0, 0 };
	struct out out;
	int end;

	sync_summary_json(sum, &object);
	buf_printf(&failures, "[%s]", buf_text(&h->failures));
	out_init(&out, true, NULL);
	out_members(&out, buf_text(&object));
	out_json(&out, "failures", buf_text(&failures));
	if (rc < 0) {
		out_text(&out, "error", err_name(rc));
		out_text(&out, "detail", err_text());
	}
	end = out_row(&out);
	out_release(&out);
	buf_release(&failures);
	buf_release(&object);
	return end;
}

static void
add_count(struct buf *text, int64_t n, const char *what)
{
	if (n > 0)
		buf_printf(text, "%s%" PRId64 " %s", text->len > 0 ? ", " : "",
		    n, what);
}

static void
summary_say(const struct sync_summary *sum)
{
	struct buf text = { NULL, 0, 0 };
	char up[UNITS_SIZE];
	char down[UNITS_SIZE];

	add_count(&text, sum->uploaded, "sent");
	add_count(&text, sum->downloaded, "fetched");
	add_count(&text, sum->metadata_synced, "metadata");
	add_count(&text, sum->deleted_remote, "deletions sent");
	add_count(&text, sum->deleted_local, "deleted here");
	add_count(&text, sum->merged, "merged");
	add_count(&text, sum->conflicts, "new in conflict");
	add_count(&text, sum->errors, "failed");
	if (sum->skipped)
		buf_puts(&text, "nothing to do");
	else if (text.len == 0)
		buf_puts(&text, "nothing changed");
	say("Version %" PRId64 ": %s (%.1f s, %s up, %s down)",
	    sum->new_version, buf_text(&text), (double)sum->duration_ms / 1000,
	    units_bytes(sum->bytes_up, up), units_bytes(sum->bytes_down, down));
	buf_release(&text);
	if (sum->left > 0)
		say("Records that still wait: %" PRId64
		    "; \"stemma list\" shows their status",
		    sum->left);
	if (sum->open_conflicts > 0)
		say("Open conflicts: %" PRId64
		    "; \"stemma conflicts\" lists them",
		    sum->open_conflicts);
}

static int
status_of_summary(const struct sync_summary *sum)
{
	return sum->left > 0 || sum->open_conflicts > 0 || sum->errors > 0
	    ? STATUS_LEFT
	    : STATUS_DONE;
}

static int
sync_show(const struct sync_summary *sum, const struct hearing *h, int rc,
    bool is_json)
{
	progress_clear();
	if (is_json)
		return summary_json(sum, h, rc);
	if (rc == 0)
		summary_say(sum);
	return 0;
}

/* `opened`: the library and the store; one that cannot be is told too. */
static int
sync_do(struct tool *tool, struct sync_options *options, int opened,
    bool is_json)
{
	struct hearing h = { .telling = NULL };
	struct sync_summary sum = { .run_id = 0 };
	int end, rc = opened;

	if (tool->site.conf != NULL)
		h.telling = telling_new(tool->site.conf->run_dir);
	options->progress = on_progress;
	options->message = on_message;
	options->failure = on_failure;
	options->arg = &h;
	if (rc == 0)
		rc = sync_run(options, &sum);
	end = sync_show(&sum, &h, rc, is_json);
	telling_end(h.telling, rc, &sum, buf_text(&h.failures),
	    h.failures_told);
	telling_free(h.telling);
	buf_release(&h.failures);
	if (rc != 0 || end != 0)
		return rc != 0 ? rc : end;
	return status_of_summary(&sum);
}

/* ---- what it would do --------------------------------------------------- */

static int
plan_row(void *arg, const struct sync_step *step)
{
	struct out *out = arg;

	out_text(out, "action", step->action);
	out_text(out, "stable_id", step->stable_id);
	out_size(out, "bytes", step->bytes);
	out_text(out, "doc_id", step->doc_id);
	out_text(out, "filename", step->filename);
	return out_row(out);
}

static int
sync_preview(const struct sync_options *options, bool is_json)
{
	struct sync_summary sum = { .run_id = 0 };
	struct out out;
	int rc;

	out_init(&out, is_json, plan_columns);
	rc = sync_plan(options, plan_row, &out, &sum);
	if (rc == 0 && out.rows == 0)
		say("There is nothing to do.");
	else if (rc == 0)
		say("Steps: %" PRId64 "; nothing was changed", out.rows);
	out_release(&out);
	return rc;
}

int
cmd_sync(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	bool is_dry = false;
	struct sync_options options = { .db = NULL };
	bool force = false;
	bool confirm = false;
	bool is_noted = false;
	const struct option_row rows[] = {
		{ 'f', "force", NULL,
		    "look, although nothing seems to have changed",
		    .flag = &force },
		{ 'n', "dry-run", NULL, "only print what it would do",
		    .flag = &is_dry },
		{ 0, "confirm-deletions", NULL, "yes, delete as much as that",
		    .flag = &confirm },
		{ 0, "noted", NULL,
		    "note a run also when there is nothing to do",
		    .flag = &is_noted },
		{ 'j', "json", NULL,
		    "one JSON object; with -n JSON, one step a line",
		    .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "sync", NULL,
		"Bring library and store in step",
		"It may be stopped at any time; the next one goes on.", rows, 0,
		0, false };
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = open_sync(tool, &options)) != 0 && is_dry)
		return rc;
	stop_catch();
	options.force = force;
	options.confirm_deletions = confirm;
	options.note_skipped = is_noted;
	return is_dry ? sync_preview(&options, is_json)
		      : sync_do(tool, &options, rc, is_json);
}

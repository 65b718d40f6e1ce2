/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "conf/conf.h"
#include "sync/sync.h"
#include "tool/hearing.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/say.h"
#include "tool/stop.h"
#include "tool/tool.h"

#include <inttypes.h>
#include <stdio.h>

/* clang-format off */
static const struct out_column plan_columns[] = {
	{ "action",    "ACTION", 13 },
	{ "stable_id", "ID",     12 },
	{ "bytes",     "BYTES",  -9 },
	{ "filename",  "FILE",    0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

/* ---- doing it ------------------------------------------------------------ */

/* `opened`: the library and the store; one that cannot be is told too. */
static int
sync_do(struct tool *tool, struct sync_options *options, int opened,
    bool is_json)
{
	struct hearing h;
	struct sync_summary sum = { .run_id = 0 };
	int end, rc = opened;

	hearing_begin(&h, tool, options);
	if (rc == 0)
		rc = sync_run(options, &sum);
	end = hearing_show(&h, &sum, rc, is_json, NULL);
	hearing_end(&h, &sum, rc);
	if (rc != 0 || end != 0)
		return rc != 0 ? rc : end;
	return hearing_status(&sum);
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
	const char *rate = NULL;
	const struct option_row rows[] = {
		{ 'f', "force", NULL,
		    "look, although nothing seems to have changed",
		    .flag = &force },
		{ 'n', "dry-run", NULL, "only print what it would do",
		    .flag = &is_dry },
		{ 0, "confirm-deletions", NULL, "yes, delete as much as that",
		    .flag = &confirm },
		{ 'l', "limit-rate", "RATE",
		    "bytes per second each way, such as 500K or 2M",
		    .text = &rate },
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
	if (rate != NULL &&
	    (conf_rate(rate, &tool->site.rate_limit) != 0 ||
		tool->site.rate_limit == 0))
		return options_wrong(&usage, "%s is no rate: write 500K or 2M",
		    rate);
	if ((rc = open_sync(tool, &options)) != 0 && is_dry)
		return rc;
	stop_catch();
	options.force = force;
	options.confirm_deletions = confirm;
	options.note_skipped = is_noted;
	return is_dry ? sync_preview(&options, is_json)
		      : sync_do(tool, &options, rc, is_json);
}

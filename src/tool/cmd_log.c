/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "local/meta.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/tool.h"

#define RUNS_DEFAULT 20
#define RUNS_MAX 1000000

/* clang-format off */
static const struct out_column columns[] = {
	{ "run_id",     "RUN",     -6 },
	{ "started_at", "STARTED (UTC)", 19 },
	{ "outcome",    "OUTCOME",  8 },
	{ "new_version", "VERSION", -7 },
	{ "uploaded",   "SENT",    -6 },
	{ "downloaded", "FETCHED", -7 },
	{ "duration_ms", "MS",     -7 },
	{ "error",      "ERROR",    0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

static int
put_number(void *arg, const char *key, struct json value)
{
	int64_t number;

	if (json_kind(value) == JSON_NUMBER && json_int64(value, &number) == 0)
		out_int(arg, key, number);
	return 0;
}

static int
log_one(void *arg, const struct run *run)
{
	struct out *out = arg;

	if (out->is_json)
		out_json(out, "summary", run->summary);
	else
		json_each_member(json_of(run->summary), put_number, out);
	out_int(out, "run_id", run->run_id);
	out_time(out, "started_at", run->started_at);
	out_text(out, "ended_at", run->ended_at);
	out_text(out, "outcome",
	    run->outcome == NULL && !out->is_json ? "open" : run->outcome);
	out_text(out, "error", run->error);
	return out_row(out);
}

int
cmd_log(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	int64_t limit = RUNS_DEFAULT;
	const struct option_row rows[] = {
		{ 'n', "limit", "N", "so many at most (20)", .number = &limit },
		{ 'j', "json", NULL, "JSON, one sync a line",
		    .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "log", NULL,
		"Print past syncs, newest first", NULL, rows, 0, 0, false };
	struct out out;
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = site_library(&tool->site, false)) != 0)
		return rc;
	out_init(&out, is_json, columns);
	rc = run_each(tool->site.db, (int)(limit < RUNS_MAX ? limit : RUNS_MAX),
	    log_one, &out);
	out_release(&out);
	return rc;
}

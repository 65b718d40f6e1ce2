/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/str.h"
#include "remote/probe.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/probing.h"
#include "tool/stop.h"
#include "tool/tool.h"

static int
findings_print(const struct probe_findings *findings, bool is_json)
{
	struct buf text = { NULL, 0, 0 };
	int rc;

	if (is_json) {
		probe_json(findings, &text);
		buf_putc(&text, '\n');
	} else {
		probe_advice(findings, &text);
	}
	rc = out_write(buf_text(&text), text.len);
	buf_release(&text);
	return rc;
}

/* What is found about another store is not noted for ours. */
static int
probe_do(struct tool *tool, const char *url, int64_t largest_body, bool is_json)
{
	struct probe_findings findings;
	int rc;

	if ((rc = site_conf_store(&tool->site, url)) != 0)
		return rc;
	rc = url == NULL ? site_library(&tool->site, false) : 0;
	if (rc != 0 && rc != E_ABSENT)
		return rc;
	stop_catch();
	if ((rc = probing_run(tool, largest_body, &findings)) != 0 ||
	    (tool->site.db != NULL &&
		(rc = probing_keep(tool, &findings)) != 0) ||
	    (rc = findings_print(&findings, is_json)) != 0)
		return rc;
	return probing_verdict(tool, &findings);
}

int
cmd_probe(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	const char *url = NULL;
	int64_t largest_body = 0;
	const struct option_row rows[] = {
		{ 'b', "largest-body", "BYTES", "try to send one of that size",
		    .number = &largest_body },
		{ 's', "store", "URL", "another store than the configured one",
		    .text = &url },
		{ 'j', "json", NULL, "one JSON object", .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "probe", NULL,
		"Find out what the store can do, and what that means",
		"It works in a folder of its own, which is removed afterwards.",
		rows, 0, 0, false };
	int status;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	return probe_do(tool, url, largest_body, is_json);
}

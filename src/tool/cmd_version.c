/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "config.h"

#include "sync/store.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/tool.h"

int
cmd_version(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	const struct option_row rows[] = {
		{ 'j', "json", NULL, "one JSON object", .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "version", NULL,
		"Print the version of this program", NULL, rows, 0, 0, false };
	struct out out;
	int status;
	int rc;

	(void)tool;
	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if (!is_json)
		return out_write("stemma " PACKAGE_VERSION "\n",
		    sizeof("stemma " PACKAGE_VERSION "\n") - 1);
	out_init(&out, true, NULL);
	out_text(&out, "version", PACKAGE_VERSION);
	out_int(&out, "store_layout", STORE_LAYOUT);
	rc = out_row(&out);
	out_release(&out);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "local/record.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/pick.h"
#include "tool/stop.h"
#include "tool/tool.h"

#include <unistd.h>

int
cmd_cat(struct tool *tool, int argc, char **argv)
{
	const struct usage usage = { "cat", "ID",
		"Print the content of a record", NULL, NULL, 1, 1, false };
	struct held held;
	int status;
	int fd;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = site_library(&tool->site, false)) != 0 ||
	    (rc = pick_record(tool, argv[0], true, &held)) != 0)
		return rc;
	fd = pick_content(tool, held.rec.id, held.rec.file_type,
	    held.sync_reason);
	if (fd < 0)
		return fd;
	stop_catch();
	rc = pick_copy(fd);
	close(fd);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "local/record.h"
#include "sync/sync.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/pick.h"
#include "tool/stop.h"
#include "tool/tool.h"

#include <unistd.h>

/* What is not kept here is fetched when somebody wants to see it. */
static int
have_here(struct tool *tool, const struct held *held)
{
	struct sync_options options;
	int rc;

	if (!str_eq(held->sync_status, "pending_download") ||
	    tool->site.conf->remote_url == NULL)
		return 0;
	if ((rc = open_sync(tool, &options)) != 0)
		return rc;
	rc = sync_fetch_one(&options, held->rec.id, held->rec.file_type);
	return rc == E_ABSENT ? 0 : rc;
}

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
	stop_catch();
	if ((rc = have_here(tool, &held)) != 0)
		return rc;
	fd = pick_content(tool, held.rec.id, held.rec.file_type,
	    held.sync_reason);
	if (fd < 0)
		return fd;
	rc = pick_copy(fd);
	close(fd);
	return rc;
}

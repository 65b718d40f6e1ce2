/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/open.h"

#include "base/mem.h"
#include "conf/conf.h"
#include "remote/remote.h"
#include "sync/sync.h"
#include "tool/stop.h"
#include "tool/tool.h"
#include "tool/walk.h"

#include <pwd.h>
#include <unistd.h>

int
open_forbid(struct tool *tool, struct walk *w)
{
	int rc;

	if ((rc = walk_forbid(w, tool->site.conf->data_root)) != 0)
		return rc;
	return walk_forbid(w, tool->site.conf->db_dir);
}

int
open_remote(struct tool *tool)
{
	int rc;

	if ((rc = site_remote(&tool->site)) == 0)
		remote_set_tick(tool->site.remote, stop_asked, NULL);
	return rc;
}

int
open_sync(struct tool *tool, struct sync_options *options)
{
	int rc;

	if ((rc = site_sync(&tool->site, options)) != 0)
		return rc;
	options->stop = stop_asked;
	return open_remote(tool);
}

const char *
open_user(struct tool *tool)
{
	const struct passwd *entry;
	struct mem *mem = tool->site.mem;

	if (tool->user == NULL) {
		entry = getpwuid(geteuid());
		tool->user = entry != NULL
		    ? mem_strdup(mem, entry->pw_name)
		    : mem_printf(mem, "uid-%ld", (long)geteuid());
	}
	return tool->user;
}

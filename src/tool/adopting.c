/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/adopting.h"

#include "remote/remote.h"
#include "sync/sync.h"
#include "tool/open.h"
#include "tool/progress.h"
#include "tool/say.h"
#include "tool/tool.h"

#include <inttypes.h>

static void
on_progress(void *arg, const struct sync_progress *p)
{
	const struct progress shown = { p->phase == SYNC_DOWNLOAD
		    ? "Reading"
		    : "Publishing",
		p->bytes_done, p->bytes_total, p->files_done, p->files_total };

	(void)arg;
	progress_show(&shown);
}

static void
on_message(void *arg, const char *sentence)
{
	(void)arg;
	say("%s", sentence);
}

static void
on_failure(void *arg, const char *file, const char *reason)
{
	(void)arg;
	complain("%s: %s", file, reason);
}

static void
tell(const struct adopt_counts *n)
{
	say("Adopted: %" PRId64 " contents were read, %" PRId64
	    " records and %" PRId64 " deleted ones made of them; %" PRId64
	    " contents were there already.",
	    n->contents, n->records, n->tombstones, n->there);
	if (n->left > 0)
		say("Left alone: %" PRId64 " files, named above.", n->left);
	if (n->missing > 0)
		say("Named by metadata.db, but not there: %" PRId64
		    " contents.",
		    n->missing);
}

int
adopting_run(struct tool *tool, const struct adopt_wish *wish)
{
	struct sync_options options;
	struct adopt_counts counts;
	int rc;

	if ((rc = open_sync(tool, &options)) != 0)
		return rc;
	options.progress = on_progress;
	options.message = on_message;
	options.failure = on_failure;
	say("Taking over what older software left at %s.",
	    remote_name(tool->site.remote));
	rc = adopt_run(&options, wish, &counts);
	progress_clear();
	if (rc == 0)
		tell(&counts);
	return rc;
}

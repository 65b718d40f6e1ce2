/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/mem.h"
#include "conf/conf.h"
#include "local/blob.h"
#include "local/db.h"
#include "sync/sync.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/say.h"
#include "tool/stop.h"
#include "tool/tool.h"
#include "tool/units.h"

#include <inttypes.h>
#include <string.h>

/* What nobody needs any more, here and on the store. */
struct collecting {
	struct tool *tool;
	struct out out;
	int flags;
	struct sync_gc_summary sum;
};

/* clang-format off */
static const struct out_column columns[] = {
	{ "where", "WHERE",  8 },
	{ "bytes", "SIZE", -10 },
	{ "why",   "WHY",   34 },
	{ "name",  "NAME",   0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

static int
garbage_print(void *arg, const struct sync_garbage *garbage)
{
	struct collecting *c = arg;
	int rc;

	out_text(&c->out, "where", garbage->where);
	if (garbage->bytes >= 0)
		out_size(&c->out, "bytes", garbage->bytes);
	else
		out_text(&c->out, "bytes", NULL);
	out_text(&c->out, "why", garbage->why);
	out_text(&c->out, "name", garbage->name);
	rc = out_row(&c->out);
	return rc != 0 ? rc : stop_asked(NULL);
}

/* ---- what it came to ------------------------------------------------------ */

static void
tell_library(const struct sync_gc_summary *sum, const char *did)
{
	char bytes[UNITS_SIZE];

	say("Library: %s %" PRId64 " contents (%s) and %" PRId64
	    " old versions",
	    did, sum->contents, units_bytes(sum->bytes, bytes), sum->history);
}

static void
tell_store(const struct sync_gc_summary *sum, const char *did)
{
	char bytes[UNITS_SIZE];

	say("Store: %s %" PRId64 " contents, %" PRId64 " commits, %" PRId64
	    " checkpoints, %" PRId64 " uploads that came to nothing (%s)",
	    did, sum->store_contents, sum->commits, sum->checkpoints,
	    sum->litter, units_bytes(sum->store_bytes, bytes));
	if (sum->generation > 0)
		say("Generation %" PRId64 " was begun", sum->generation);
	if (sum->floor > 0)
		say("The floor is version %" PRId64 " now", sum->floor);
	if (sum->waiting > 0)
		say("Uploads left behind, it seems, which go when they are "
		    "still there in a day: %" PRId64,
		    sum->waiting);
	if (sum->unknown > 0)
		say("Contents that no commit is known to have named, so "
		    "perhaps other software's: %" PRId64,
		    sum->unknown);
}

static void
tell(const struct collecting *c)
{
	const char *did = c->flags & SYNC_GC_DRY_RUN ? "would remove"
						     : "removed";

	if (c->flags & SYNC_GC_STORE)
		tell_store(&c->sum, did);
	tell_library(&c->sum, did);
}

/* ---- all of it -------------------------------------------------------------- */

/* The library alone needs no store, not even one that is configured. */
static int
open_library(struct tool *tool, struct sync_options *options)
{
	int rc = site_library(&tool->site, false);

	memset(options, 0, sizeof(*options));
	options->db = tool->site.db;
	options->blobs = tool->site.blobs;
	if (rc == 0)
		options->retention_days = tool->site.conf->retention_days;
	options->stop = stop_asked;
	return rc;
}

static int
collect(struct collecting *c)
{
	struct sync_options options;
	int rc;

	rc = c->flags & SYNC_GC_STORE ? open_sync(c->tool, &options)
				      : open_library(c->tool, &options);
	if (rc != 0)
		return rc;
	stop_catch();
	rc = sync_gc(&options, c->flags, garbage_print, c, &c->sum);
	if (rc == 0)
		tell(c);
	return rc;
}

int
cmd_gc(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	bool want_store = false;
	bool is_dry = false;
	struct collecting c = { .tool = tool };
	const struct option_row rows[] = {
		{ 's', "store", NULL, "on the store too", .flag = &want_store },
		{ 'n', "dry-run", NULL, "tell, and change nothing",
		    .flag = &is_dry },
		{ 'j', "json", NULL, "JSON, one thing a line",
		    .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "gc", NULL,
		"Remove what nobody needs any more",
		"What is removed, or would be, is a line each.  Each sync does "
		"a share of it.",
		rows, 0, 0, false };
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	c.flags = (want_store ? SYNC_GC_STORE : 0) |
	    (is_dry ? SYNC_GC_DRY_RUN : 0);
	out_init(&c.out, is_json, columns);
	rc = collect(&c);
	out_release(&c.out);
	return rc;
}

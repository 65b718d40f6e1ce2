/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "conf/conf.h"
#include "local/blob.h"
#include "local/db.h"
#include "local/record.h"
#include "sync/check.h"
#include "sync/sync.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/say.h"
#include "tool/stop.h"
#include "tool/tool.h"

#include <inttypes.h>

/* What is checked, and what was found. */
struct checking {
	struct tool *tool;
	struct out out;
	const char *where; /* for the faults that are told now */
	bool want_hash;
	bool want_repair;
	bool want_store;
	int64_t faults;
};

/* clang-format off */
static const struct out_column columns[] = {
	{ "where", "WHERE", 9 },
	{ "fault", "FAULT", 0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

static int
fault_print(void *arg, const char *sentence)
{
	struct checking *c = arg;
	int rc;

	c->faults++;
	out_text(&c->out, "where", c->where);
	out_text(&c->out, "fault", sentence);
	rc = out_row(&c->out);
	return rc != 0 ? rc : stop_asked(NULL);
}

/* ---- the library -------------------------------------------------------- */

static int
check_db(struct checking *c, struct db *db)
{
	int rc = db_check(db);

	return rc == E_CORRUPT ? fault_print(c, err_text()) : rc;
}

static int
check_auth(struct checking *c)
{
	const char *path = path_join(c->tool->site.mem,
	    c->tool->site.conf->db_dir, "auth.db");
	struct db *db;
	int rc = db_open(path, DB_AUTH, false, &db);

	c->where = "auth.db";
	if (rc == E_ABSENT)
		return 0;
	if (rc != 0)
		return rc == E_CORRUPT ? fault_print(c, err_text()) : rc;
	rc = check_db(c, db);
	db_close(db);
	return rc;
}

static int
check_library(struct checking *c)
{
	struct tool *tool = c->tool;
	int rc;

	say("Checking the databases");
	if ((rc = check_auth(c)) != 0)
		return rc;
	c->where = "database";
	if ((rc = check_db(c, tool->site.db)) != 0)
		return rc;
	say("Checking the records");
	c->where = "records";
	if ((rc = record_check(tool->site.db, fault_print, c)) != 0)
		return rc;
	say("Checking the contents%s",
	    c->want_hash ? "" : ", but not their bytes");
	c->where = "contents";
	return blob_check(tool->site.blobs, tool->site.db, c->want_hash,
	    c->want_repair, fault_print, c);
}

/* ---- the store ---------------------------------------------------------- */

static int
check_remote(struct checking *c)
{
	struct sync_options options;
	struct check_counts counts = { 0, 0, 0, 0 };
	int rc;

	say("Checking the store");
	c->where = "store";
	if ((rc = open_sync(c->tool, &options)) != 0 ||
	    (rc = check_store(&options, c->want_hash, c->want_repair,
		 fault_print, c, &counts)) != 0)
		return rc;
	say("Commits: %" PRId64 ", contents: %" PRId64
	    ", files that no commit names: %" PRId64,
	    counts.commits, counts.contents, counts.unknown);
	return 0;
}

/* ---- all of it ---------------------------------------------------------- */

static int
check_all(struct checking *c)
{
	int rc;

	if ((rc = site_library(&c->tool->site, false)) != 0 ||
	    (rc = check_library(c)) != 0)
		return rc;
	if (c->want_store) {
		stop_catch();
		if ((rc = check_remote(c)) != 0)
			return rc;
	}
	if (c->faults == 0) {
		say("No faults were found.");
		return STATUS_DONE;
	}
	complain("faults found: %" PRId64 "%s", c->faults,
	    c->want_repair ? "; \"stemma sync\" fetches what is missing"
			   : "; \"stemma fsck --repair\" mends contents");
	return STATUS_FAILED;
}

int
cmd_fsck(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	bool is_quick = false;
	struct checking c = { .tool = tool };
	const struct option_row rows[] = {
		{ 's', "store", NULL, "the store too", .flag = &c.want_store },
		{ 'q', "quick", NULL, "sizes of contents, not their bytes",
		    .flag = &is_quick },
		{ 'r', "repair", NULL,
		    "put damaged contents aside, to be fetched again; with "
		    "--store, send what the store lost again",
		    .flag = &c.want_repair },
		{ 'j', "json", NULL, "JSON, one fault a line",
		    .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "fsck", NULL,
		"Check the library, and with --store the store",
		"Each fault is a line; status 1 when there are some.", rows, 0,
		0, false };
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	c.want_hash = !is_quick;
	out_init(&c.out, is_json, columns);
	rc = check_all(&c);
	out_release(&c.out);
	return rc;
}

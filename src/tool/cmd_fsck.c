/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "conf/conf.h"
#include "local/blob.h"
#include "local/blob_stray.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "sync/fsck.h"
#include "sync/sync.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/progress.h"
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
	int64_t sample; /* of the store's contents, percent */
	int64_t faults;
};

/* clang-format off */
static const struct out_column columns[] = {
	{ "where", "WHERE", 9 },
	{ "kind",  "KIND",  5 },
	{ "fault", "FINDING", 0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

static int
print(struct checking *c, const char *kind, const char *sentence)
{
	int rc;

	progress_clear();
	out_text(&c->out, "where", c->where);
	out_text(&c->out, "kind", kind);
	out_text(&c->out, "fault", sentence);
	rc = out_row(&c->out);
	return rc != 0 ? rc : stop_asked(NULL);
}

static int
fault_print(void *arg, const char *sentence)
{
	struct checking *c = arg;

	c->faults++;
	return print(c, "fault", sentence);
}

/* What nothing names is told, and is no fault. */
static int
stray_print(void *arg, const char *sentence)
{
	return print(arg, "stray", sentence);
}

static int
finding_print(void *arg, enum fsck_kind kind, const char *sentence)
{
	struct checking *c = arg;

	if (kind == FSCK_STRAY)
		return stray_print(c, sentence);
	c->faults++;
	return print(c, kind == FSCK_LOST ? "lost" : "fault", sentence);
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
	if ((rc = blob_check(tool->site.blobs, tool->site.db, c->want_hash,
		 c->want_repair, fault_print, c)) != 0)
		return rc;
	/* the next sync does not wait before it asks for what was lost */
	if (c->want_repair &&
	    (rc = meta_put(tool->site.db, "last_fetch", NULL)) != 0)
		return rc;
	return blob_each_stray(tool->site.conf->data_root, tool->site.db,
	    stray_print, c);
}

/* ---- the store ---------------------------------------------------------- */

static void
on_progress(void *arg, const struct sync_progress *p)
{
	const struct progress shown = { p->phase == SYNC_PULL
		    ? "Reading commits"
		    : "Checking contents",
		p->bytes_done, p->bytes_total, p->files_done, p->files_total };

	(void)arg;
	progress_show(&shown);
}

static void
on_message(void *arg, const char *sentence)
{
	(void)arg;
	progress_clear();
	say("%s", sentence);
}

static void
counts_say(const struct fsck_counts *n)
{
	say("Commits: %" PRId64 ", contents: %" PRId64
	    " (bytes read of %" PRId64 "), named by nothing: %" PRId64,
	    n->commits, n->contents, n->read, n->strays);
	if (n->lost > 0)
		say("Lost here and on the store: %" PRId64
		    " contents.  Another replica may have them: run "
		    "\"stemma fsck --store --repair\" there.",
		    n->lost);
}

static int
check_remote(struct checking *c)
{
	struct fsck_wish wish = { .sample = (int)c->sample,
		.repair = c->want_repair,
		.told = finding_print,
		.arg = c };
	struct sync_options options;
	struct fsck_counts counts;
	int rc;

	say("Checking the store");
	c->where = "store";
	if ((rc = open_sync(c->tool, &options)) != 0)
		return rc;
	options.progress = on_progress;
	options.message = on_message;
	rc = fsck_store(&options, &wish, &counts);
	progress_clear();
	if (rc == 0)
		counts_say(&counts);
	return rc;
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
	struct checking c = { .tool = tool, .sample = 100 };
	const struct option_row rows[] = {
		{ 's', "store", NULL, "the store too", .flag = &c.want_store },
		{ 'n', "sample", "PERCENT",
		    "of the store's contents, read the bytes of so many",
		    .number = &c.sample },
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
		"Each finding is a line: a fault, a content that is lost, or a "
		"stray, which nothing names.\nStatus 1 when there are faults, or "
		"something is lost.",
		rows, 0, 0, false };
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if (c.sample > 100)
		return options_wrong(&usage,
		    "a sample has at most 100 percent");
	c.want_hash = !is_quick;
	if (is_quick)
		c.sample = 0;
	out_init(&c.out, is_json, columns);
	rc = check_all(&c);
	out_release(&c.out);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "conf/conf.h"
#include "local/db.h"
#include "local/meta.h"
#include "remote/probe.h"
#include "remote/remote.h"
#include "sync/store.h"
#include "tool/adopting.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/probing.h"
#include "tool/say.h"
#include "tool/stop.h"
#include "tool/tool.h"

#include <string.h>

/* ---- the library -------------------------------------------------------- */

static int
make_library(struct tool *tool)
{
	const char *path;
	bool was_there;
	int rc;

	path = path_join(tool->site.mem, tool->site.conf->db_dir, "library.db");
	was_there = path_is_file(path);
	if ((rc = site_library(&tool->site, true)) != 0 ||
	    (rc = site_auth(&tool->site, true)) != 0)
		return rc;
	say("The library in %s %s.", tool->site.conf->db_dir,
	    was_there ? "is there already" : "was made");
	return 0;
}

/* What a person asked for. */
struct initing {
	const char *url;
	bool no_probe;
	bool want_adopt;
	struct adopt_wish wish;
};

/* ---- the store ---------------------------------------------------------- */

static void
tell_advice(const struct probe_findings *findings)
{
	struct buf text = { NULL, 0, 0 };
	char *rest = NULL;
	char *line;

	probe_advice(findings, &text);
	buf_putc(&text, '\n');
	for (line = strtok_r(text.data, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		say("  %s", line);
	buf_release(&text);
}

static int
try_store(struct tool *tool)
{
	struct probe_findings findings;
	int rc;

	if ((rc = probing_run(tool, 0, &findings)) != 0 ||
	    (rc = probing_keep(tool, &findings)) != 0)
		return rc;
	tell_advice(&findings);
	return probing_verdict(tool, &findings);
}

static int
join_store(struct tool *tool, const struct initing *in, bool is_known)
{
	bool made = false;
	int rc = in->want_adopt
	    ? store_adopt(tool->site.db, tool->site.remote,
		  in->wish.even_if_locked, &made)
	    : store_join(tool->site.db, tool->site.remote, &made);

	if (rc == 0)
		say("The store at %s %s.", remote_name(tool->site.remote),
		    is_known   ? "is the one of this library"
			: made ? "was created"
			       : "was joined");
	return rc;
}

/* A library that knows its store looks first whether it is that one. */
static int
meet_store(struct tool *tool, const struct initing *in)
{
	char *known;
	int rc;

	if ((rc = meta_find(tool->site.db, tool->site.mem, "store", &known)) <
	    0)
		return rc;
	if (rc == 1) {
		rc = join_store(tool, in, true);
		return rc == 0 && !in->no_probe ? try_store(tool) : rc;
	}
	if (!in->no_probe && (rc = try_store(tool)) != 0)
		return rc;
	return join_store(tool, in, false);
}

/* The store is noted first: an adoption that is stopped is gone on with. */
static int
join_all(struct tool *tool, const struct initing *in)
{
	int rc;

	if ((rc = open_remote(tool)) != 0 || (rc = meet_store(tool, in)) != 0 ||
	    (in->url != NULL && (rc = site_note_store(&tool->site)) != 0))
		return rc;
	return in->want_adopt ? adopting_run(tool, &in->wish) : 0;
}

static int
init_do(struct tool *tool, const struct initing *in)
{
	int rc;

	if ((rc = site_conf_store(&tool->site, in->url)) != 0 ||
	    (rc = make_library(tool)) != 0)
		return rc;
	if (tool->site.conf->remote_url == NULL) {
		say("No store is configured; \"stemma init --store URL\" joins "
		    "one.");
		return 0;
	}
	stop_catch();
	return join_all(tool, in);
}

int
cmd_init(struct tool *tool, int argc, char **argv)
{
	struct initing in = { .url = NULL };
	const struct option_row rows[] = {
		{ 's', "store", "URL",
		    "this store, instead of the configured one",
		    .text = &in.url },
		{ 0, "no-probe", NULL, "do not try what the store can do",
		    .flag = &in.no_probe },
		{ 'a', "adopt", NULL,
		    "take over contents that older software left there",
		    .flag = &in.want_adopt },
		{ 0, "even-if-locked", NULL,
		    "with --adopt: though a version.txt.lock is there",
		    .flag = &in.wish.even_if_locked },
		{ 0, "without-metadata", NULL,
		    "with --adopt: do not look at a metadata.db",
		    .flag = &in.wish.without_metadata },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "init", NULL,
		"Make the library, try the store, create or join it",
		"A URL is webdav+https://HOST/PATH, s3://BUCKET/PREFIX,\n"
		"s3+https://HOST/BUCKET/PREFIX or file:///PATH, without a name "
		"or password,\nwhich stand in stemma.conf.  It counts until "
		"stemma.conf names another.  Twice is fine.",
		rows, 0, 0, false };
	int status;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	return init_do(tool, &in);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "local/meta.h"
#include "remote/probe.h"
#include "remote/remote.h"
#include "sync/move.h"
#include "sync/sync.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/probing.h"
#include "tool/progress.h"
#include "tool/say.h"
#include "tool/stop.h"
#include "tool/tool.h"

#include <inttypes.h>

/* What a person asked for, and the new place. */
struct moving {
	struct tool *tool; /* at the old place */
	struct tool there; /* the same library, configured for the new one */
	const char *url;
	const char *conf_file; /* with the new place's login, or NULL */
	bool want_follow;
	bool no_probe;
	bool is_incomplete;
};

static void
on_progress(void *arg, const struct sync_progress *p)
{
	const struct progress shown = { p->phase == SYNC_UPLOAD ? "Copying"
								: "Reading",
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

/* ---- the new place -------------------------------------------------------------- */

/* What it can do is noted for our library when we are there. */
static int
try_place(struct moving *m, struct probe_findings *findings)
{
	struct remote_config config;
	int rc;

	if ((rc = open_remote(&m->there)) != 0 ||
	    (rc = remote_make_root(m->there.site.remote)) != 0 ||
	    (rc = site_remote_config(&m->there.site, &config)) != 0)
		return rc;
	if (m->no_probe)
		return 0;
	say("Trying the place at %s; this takes about ten seconds.",
	    remote_name(m->there.site.remote));
	if ((rc = probe_run(&config, 0, on_message, NULL, findings)) != 0)
		return rc;
	return probing_verdict(&m->there, findings);
}

/* Its address counts from now on, as that of "init --store" does: beside what
 * the configuration says by itself. */
static int
note_address(struct moving *m)
{
	struct site site;
	int rc;

	site_init(&site, m->tool->site.conf_file);
	if ((rc = site_conf_store(&site, m->url)) == 0 &&
	    (rc = site_library(&site, false)) == 0)
		rc = site_note_store(&site);
	site_release(&site);
	return rc;
}

static int
note_place(struct moving *m, const struct probe_findings *findings)
{
	int rc;

	if ((rc = note_address(m)) != 0)
		return rc;
	rc = m->no_probe ? meta_put(m->tool->site.db, "probe", NULL)
			 : probing_keep(m->tool, findings);
	if (rc == 0 && m->conf_file != NULL)
		say("The login of the new place is in %s; put it into this "
		    "library's stemma.conf now.",
		    m->conf_file);
	return rc;
}

/* ---- moving --------------------------------------------------------------------- */

static int
move(struct moving *m, const struct probe_findings *findings,
    struct move_counts *counts)
{
	struct move_wish wish = { .to_url = m->url,
		.incomplete = m->is_incomplete };
	struct sync_options options;
	int rc;

	if ((rc = open_sync(m->tool, &options)) != 0)
		return rc;
	options.progress = on_progress;
	options.message = on_message;
	options.failure = on_failure;
	wish.to = m->there.site.remote;
	remote_set_traits(wish.to,
	    (struct remote_traits){
		.put_is_whole = findings->put_whole == PROBE_GOOD });
	rc = move_run(&options, &wish, counts);
	progress_clear();
	return rc;
}

static int
move_do(struct moving *m)
{
	struct probe_findings findings = { .listing = PROBE_UNKNOWN };
	struct move_counts counts;
	int rc;

	if ((rc = try_place(m, &findings)) != 0 ||
	    (rc = move(m, &findings, &counts)) != 0 ||
	    (rc = note_place(m, &findings)) != 0)
		return rc;
	say("The store is at %s now: %" PRId64 " objects were copied, %" PRId64
	    " were there already.",
	    m->url, counts.copied, counts.there);
	say("Other replicas go there with \"stemma move-store --follow %s\".  "
	    "The old place may be removed when all have.",
	    m->url);
	return STATUS_DONE;
}

/* ---- following ------------------------------------------------------------------ */

static int
follow_do(struct moving *m)
{
	struct probe_findings findings = { .listing = PROBE_UNKNOWN };
	struct sync_options options;
	int rc;

	if ((rc = open_sync(m->tool, &options)) != 0 ||
	    (rc = open_remote(&m->there)) != 0)
		return rc;
	options.remote = m->there.site.remote;
	if ((rc = move_follow(&options)) != 0 ||
	    (rc = try_place(m, &findings)) != 0 ||
	    (rc = note_place(m, &findings)) != 0)
		return rc;
	say("This library syncs with the store at %s from now on.", m->url);
	return STATUS_DONE;
}

static int
run(struct moving *m)
{
	const char *conf_file = m->tool->site.conf_file;
	int rc;

	site_init(&m->there.site,
	    m->conf_file != NULL ? m->conf_file : conf_file);
	stop_catch();
	if ((rc = site_library(&m->tool->site, false)) == 0 &&
	    (rc = site_conf_store(&m->there.site, m->url)) == 0)
		rc = m->want_follow ? follow_do(m) : move_do(m);
	site_release(&m->there.site);
	return rc;
}

int
cmd_move_store(struct tool *tool, int argc, char **argv)
{
	struct moving m = { .tool = tool };
	const struct option_row rows[] = {
		{ 'f', "follow", NULL,
		    "the store was moved there by another replica",
		    .flag = &m.want_follow },
		{ 'C', "new-config", "FILE",
		    "where the login of the new place stands",
		    .text = &m.conf_file },
		{ 0, "incomplete", NULL,
		    "move although the store has lost contents",
		    .flag = &m.is_incomplete },
		{ 0, "no-probe", NULL, "do not try what the new place can do",
		    .flag = &m.no_probe },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "move-store", "URL",
		"Move the store to another address, or follow it there",
		"Everything is copied and had back, then the old store is sealed. "
		" Killed, it goes\non when it is run again.  A URL has no name and "
		"no password in it.",
		rows, 1, 1, false };
	int status;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	m.url = argv[0];
	return run(&m);
}

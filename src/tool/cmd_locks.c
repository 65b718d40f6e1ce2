/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "conf/conf.h"
#include "event/event.h"
#include "event/publish.h"
#include "local/lock.h"
#include "sync/elsewhere.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/stop.h"
#include "tool/tool.h"

#include <unistd.h>

/* clang-format off */
static const struct out_column columns[] = {
	{ "stable_id", "ID",      12 },
	{ "user",      "BY",      20 },
	{ "where",     "REPLICA",  0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

/* ---- what is held ------------------------------------------------------- */

static int
print_lock(void *arg, const char *stable_id, const char *user,
    const char *replica)
{
	struct out *out = arg;

	out_text(out, "stable_id", stable_id);
	out_text(out, "user", user);
	out_text(out, "where", replica);
	return out_row(out);
}

static int
print_here(void *arg, const char *stable_id, const char *user)
{
	return print_lock(arg, stable_id, user, "here");
}

static int
print_locks(struct tool *tool, bool is_json)
{
	struct out out;
	int rc;

	if ((rc = site_library(&tool->site, false)) != 0)
		return rc;
	out_init(&out, is_json, columns);
	if ((rc = lock_each_here(tool->site.db, print_here, &out)) == 0)
		rc = lock_each_elsewhere(tool->site.db, print_lock, &out);
	out_release(&out);
	return rc;
}

/* ---- what travels ------------------------------------------------------- */

struct watching {
	struct publisher *publisher;
	pid_t parent;
};

static void
on_change(void *arg)
{
	const struct watching *w = arg;

	publish(w->publisher, "locksChanged", "{}", NULL);
}

/* Whoever started it may have been killed. */
static int
must_stop(void *arg)
{
	const struct watching *w = arg;

	return stop_wanted() || getppid() != w->parent;
}

static int
watch(struct tool *tool)
{
	struct watching w = { .parent = getppid() };
	struct elsewhere *e = NULL;
	struct event_place place = { .program = NULL };
	int rc;

	stop_catch();
	if ((rc = site_library(&tool->site, false)) != 0 ||
	    (rc = open_remote(tool)) != 0 ||
	    (rc = elsewhere_new(tool->site.db, tool->site.remote, &e)) != 0)
		return rc;
	place.run_dir = tool->site.conf->run_dir;
	w.publisher = publish_new(&place);
	rc = elsewhere_watch(e, on_change, must_stop, &w);
	publish_free(w.publisher);
	elsewhere_free(e);
	return rc;
}

int
cmd_locks(struct tool *tool, int argc, char **argv)
{
	bool is_json = false, is_watch = false;
	const struct option_row rows[] = {
		{ 'j', "json", NULL, "JSON, one lock a line",
		    .flag = &is_json },
		{ 'w', "watch", NULL,
		    "tell other replicas, and look at theirs, until stopped",
		    .flag = &is_watch },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "locks", NULL,
		"Print who edits what, here and on other replicas",
		"What others hold is known while somebody has a document open; "
		"it is advice,\nand keeps nobody from editing.",
		rows, 0, 0, false };
	int status;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	return is_watch ? watch(tool) : print_locks(tool, is_json);
}

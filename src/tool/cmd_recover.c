/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/json.h"
#include "base/str.h"
#include "local/shared.h"
#include "sync/sync.h"
#include "tool/hearing.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/say.h"
#include "tool/stop.h"
#include "tool/tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* Records that are told in the JSON; the numbers count all. */
#define RECORDS_MAX 200

/* clang-format off */
static const struct out_column columns[] = {
	{ "action",    "ACTION", 10 },
	{ "stable_id", "ID",     12 },
	{ "filename",  "FILE",    0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

struct recovery {
	struct sync_options *options;
	struct sync_recover_wish wish;
	struct sync_recovery found;
	struct sync_summary sum;
	bool is_json;
	struct out table;
	struct buf records; /* items of a JSON array */
	int records_n;
};

/* ---- what is told ---------------------------------------------------------- */

static void
add_record(struct recovery *r, const struct sync_step *step)
{
	if (r->records_n++ >= RECORDS_MAX)
		return;
	buf_puts(&r->records, r->records.len > 0 ? ",{" : "{");
	json_put_key(&r->records, "action");
	json_put_string(&r->records, step->action);
	json_put_key(&r->records, "stable_id");
	json_put_string(&r->records, step->stable_id);
	json_put_key(&r->records, "filename");
	json_put_string(&r->records, step->filename);
	json_put_key(&r->records, "doc_id");
	json_put_string(&r->records, step->doc_id);
	buf_putc(&r->records, '}');
}

static int
on_step(void *arg, const struct sync_step *step)
{
	struct recovery *r = arg;

	add_record(r, step);
	if (r->is_json || !r->wish.dry_run)
		return 0;
	out_text(&r->table, "action", step->action);
	out_text(&r->table, "stable_id", step->stable_id);
	out_text(&r->table, "filename", step->filename);
	return out_row(&r->table);
}

/* The member "recovery" of what is printed. */
static void
put_recovery(const struct recovery *r, struct buf *object)
{
	buf_puts(object, "{\"recovery\":{");
	sync_recovery_json(&r->found, object);
	buf_printf(object, ",\"dry_run\":%s,\"records\":[%s]}}",
	    r->wish.dry_run ? "true" : "false", buf_text(&r->records));
}

static void
say_number(int64_t n, const char *what)
{
	if (n > 0)
		say("  %7" PRId64 "  %s", n, what);
}

static void
say_numbers(const struct sync_recovery *f)
{
	say_number(f->sent_again,
	    "records that the store lacks or has older: published again");
	say_number(f->not_here,
	    "of these whose content is not here: another library must send it");
	say_number(f->taken, "records that the store has newer: taken");
	say_number(f->merged, "records changed on both sides: united");
	say_number(f->to_decide,
	    "records for you to decide (\"stemma conflicts\")");
	say_number(f->forgotten,
	    "deletions that the store lost: what another library still has "
	    "lives again");
	say_number(f->contents_missing, "contents that the store lost");
	say_number(f->contents_lost, "of these that are not here either");
}

/* ---- doing it ---------------------------------------------------------------- */

static int
run(struct tool *tool, struct recovery *r, int opened)
{
	struct buf object = { NULL, 0, 0 };
	struct hearing h;
	int end, rc = opened;

	hearing_begin(&h, tool, r->options);
	if (rc == 0)
		rc = sync_recover(r->options, &r->wish, &r->found, &r->sum);
	put_recovery(r, &object);
	if (rc == 0)
		say_numbers(&r->found);
	end = r->wish.dry_run && !r->is_json
	    ? 0
	    : hearing_show(&h, &r->sum, rc, r->is_json, object.data);
	hearing_end(&h, &r->sum, rc);
	buf_release(&object);
	buf_clear(&r->records);
	r->records_n = 0;
	return rc != 0 ? rc : end;
}

static int
look(struct tool *tool, struct recovery *r, int opened)
{
	int rc;

	r->wish.dry_run = true;
	out_init(&r->table, false, columns);
	rc = run(tool, r, opened);
	out_release(&r->table);
	r->wish.dry_run = false;
	return rc;
}

/* A person at a terminal sees first what it would do. */
static bool
is_wanted(void)
{
	char line[16];

	fputs("Nothing was changed yet.  Do it? [y/N] ", stderr);
	fflush(stderr);
	return fgets(line, sizeof(line), stdin) != NULL &&
	    (line[0] == 'y' || line[0] == 'Y');
}

static int
recover(struct tool *tool, struct recovery *r, int opened, bool asks)
{
	int rc;

	if (asks) {
		if ((rc = look(tool, r, opened)) != 0)
			return rc;
		if (!is_wanted())
			return STATUS_DONE;
	}
	rc = run(tool, r, opened);
	return rc != 0 ? rc : hearing_status(&r->sum);
}

int
cmd_recover(struct tool *tool, int argc, char **argv)
{
	bool is_dry = false;
	bool is_sure = false;
	bool is_noted = false;
	struct sync_options options = { .db = NULL };
	struct recovery r = { .options = &options };
	const struct option_row rows[] = {
		{ 'n', "dry-run", NULL, "only print what it would do",
		    .flag = &is_dry },
		{ 'y', "yes", NULL, "do not ask", .flag = &is_sure },
		{ 0, "join", NULL,
		    "go over to the other store that is at the address",
		    .flag = &r.wish.join },
		{ 0, "noted", NULL, "note the run from its beginning",
		    .flag = &is_noted },
		{ 'j', "json", NULL, "one JSON object", .flag = &r.is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "recover", NULL,
		"Unite the library with a store that went back, forked or lost "
		"something",
		"It never deletes.  It may be stopped at any time, and run "
		"again.",
		rows, 0, 0, false };
	int rc, status;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	rc = open_sync(tool, &options);
	stop_catch();
	options.note_skipped = is_noted;
	r.wish.step = on_step;
	r.wish.arg = &r;
	if (is_dry)
		rc = look(tool, &r, rc);
	else
		rc = recover(tool, &r, rc,
		    !is_sure && !r.is_json && isatty(STDIN_FILENO) == 1);
	buf_release(&r.records);
	return rc;
}

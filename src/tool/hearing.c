/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/hearing.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/err.h"
#include "base/json.h"
#include "conf/conf.h"
#include "sync/sync.h"
#include "tool/out.h"
#include "tool/progress.h"
#include "tool/say.h"
#include "tool/telling.h"
#include "tool/tool.h"
#include "tool/units.h"

/* Failures that are told in the JSON. */
#define FAILURES_MAX 1000
#define FAILURES_SIZE ((size_t)512 * 1024)

/* ---- while it runs ------------------------------------------------------ */

static const char *
phase_name(enum sync_phase phase)
{
	switch (phase) {
	case SYNC_CHECK:
		return "Checking";
	case SYNC_PULL:
		return "Taking changes";
	case SYNC_DOWNLOAD:
		return "Fetching";
	case SYNC_UPLOAD:
		return "Sending";
	case SYNC_COMMIT:
		return "Committing";
	case SYNC_TIDY:
		break;
	}
	return "Tidying";
}

static void
on_progress(void *arg, const struct sync_progress *p)
{
	const struct hearing *h = arg;
	const struct progress shown = { phase_name(p->phase), p->bytes_done,
		p->bytes_total, p->files_done, p->files_total };

	progress_show(&shown);
	telling_progress(h->telling, p);
}

static void
on_message(void *arg, const char *sentence)
{
	const struct hearing *h = arg;

	say("%s", sentence);
	telling_message(h->telling, sentence);
}

static void
on_failure(void *arg, const char *file, const char *reason)
{
	struct hearing *h = arg;

	complain("%s: %s", file, reason);
	if (h->failures_n++ >= FAILURES_MAX || h->failures.len > FAILURES_SIZE)
		return;
	buf_puts(&h->failures, h->failures.len > 0 ? ",{" : "{");
	json_put_key(&h->failures, "file");
	json_put_string(&h->failures, file);
	json_put_key(&h->failures, "reason");
	json_put_string(&h->failures, reason);
	buf_putc(&h->failures, '}');
	if (h->failures.len <= TELLING_FAILURES)
		h->failures_told = h->failures.len;
}

/* ---- how it went -------------------------------------------------------- */

static int
summary_json(const struct hearing *h, const struct sync_summary *sum, int rc,
    const char *more)
{
	struct buf object = { NULL, 0, 0 };
	struct buf failures = { NULL, 0, 0 };
	struct out out;
	int end;

	sync_summary_json(sum, &object);
	buf_printf(&failures, "[%s]", buf_text(&h->failures));
	out_init(&out, true, NULL);
	out_members(&out, buf_text(&object));
	out_json(&out, "failures", buf_text(&failures));
	if (more != NULL)
		out_members(&out, more);
	if (rc < 0) {
		out_text(&out, "error", err_name(rc));
		out_text(&out, "detail", err_text());
	}
	end = out_row(&out);
	out_release(&out);
	buf_release(&failures);
	buf_release(&object);
	return end;
}

static void
add_count(struct buf *text, int64_t n, const char *what)
{
	if (n > 0)
		buf_printf(text, "%s%" PRId64 " %s", text->len > 0 ? ", " : "",
		    n, what);
}

static void
summary_say(const struct sync_summary *sum)
{
	struct buf text = { NULL, 0, 0 };
	char up[UNITS_SIZE];
	char down[UNITS_SIZE];

	add_count(&text, sum->uploaded, "sent");
	add_count(&text, sum->downloaded, "fetched");
	add_count(&text, sum->metadata_synced, "metadata");
	add_count(&text, sum->deleted_remote, "deletions sent");
	add_count(&text, sum->deleted_local, "deleted here");
	add_count(&text, sum->merged, "merged");
	add_count(&text, sum->conflicts, "new in conflict");
	add_count(&text, sum->errors, "failed");
	if (sum->skipped)
		buf_puts(&text, "nothing to do");
	else if (text.len == 0)
		buf_puts(&text, "nothing changed");
	say("Version %" PRId64 ": %s (%.1f s, %s up, %s down)",
	    sum->new_version, buf_text(&text), (double)sum->duration_ms / 1000,
	    units_bytes(sum->bytes_up, up), units_bytes(sum->bytes_down, down));
	buf_release(&text);
	if (sum->left > 0)
		say("Records that still wait: %" PRId64
		    "; \"stemma list\" shows their status",
		    sum->left);
	if (sum->open_conflicts > 0)
		say("Open conflicts: %" PRId64
		    "; \"stemma conflicts\" lists them",
		    sum->open_conflicts);
}

int
hearing_status(const struct sync_summary *sum)
{
	return sum->left > 0 || sum->open_conflicts > 0 || sum->errors > 0
	    ? STATUS_LEFT
	    : STATUS_DONE;
}

/* ---- from begin to end -------------------------------------------------- */

void
hearing_begin(struct hearing *h, struct tool *tool,
    struct sync_options *options)
{
	*h = (struct hearing){ .telling = NULL };
	if (tool->site.conf != NULL)
		h->telling = telling_new(tool->site.conf->run_dir);
	options->progress = on_progress;
	options->message = on_message;
	options->failure = on_failure;
	options->arg = h;
}

int
hearing_show(const struct hearing *h, const struct sync_summary *sum, int rc,
    bool is_json, const char *more)
{
	progress_clear();
	if (is_json)
		return summary_json(h, sum, rc, more);
	if (rc == 0)
		summary_say(sum);
	return 0;
}

void
hearing_end(struct hearing *h, const struct sync_summary *sum, int rc)
{
	telling_end(h->telling, rc, sum, buf_text(&h->failures),
	    h->failures_told);
	telling_free(h->telling);
	buf_release(&h->failures);
}

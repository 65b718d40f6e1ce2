/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/telling.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "event/event.h"
#include "event/publish.h"
#include "sync/sync.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PAIR_MS 200 /* two events each */

struct telling {
	struct publisher *publisher;
	struct sync_progress now; /* the newest */
	int64_t phase_ms;         /* when its phase began */
	int64_t told_ms;          /* when it was told last */
	bool is_told;             /* nothing is newer */
	int percent;              /* told last; -1: nothing yet */
	bool was_begun;
};

/* How much of a sync a phase is, as a rule. */
static const struct {
	const char *name;
	int from, to;
} phases[] = {
	[SYNC_CHECK] = { "check", 0, 2 },
	[SYNC_PULL] = { "pull", 2, 15 },
	[SYNC_DOWNLOAD] = { "download", 15, 50 },
	[SYNC_UPLOAD] = { "upload", 50, 85 },
	[SYNC_COMMIT] = { "commit", 85, 95 },
	[SYNC_TIDY] = { "tidy", 95, 99 },
};

/* ---- progress in numbers ------------------------------------------------------ */

static double
part_of(const struct sync_progress *p)
{
	bool by_bytes = p->bytes_total > 0;
	int64_t total = by_bytes ? p->bytes_total : p->files_total;
	int64_t done = by_bytes ? p->bytes_done : p->files_done;
	double part = total > 0 ? (double)done / (double)total : 0;

	return part < 0 ? 0 : part > 1 ? 1 : part;
}

int
telling_percent(const struct sync_progress *p)
{
	int from = phases[p->phase].from;

	return from + (int)((phases[p->phase].to - from) * part_of(p));
}

/* As long again as what was done took, in proportion; of this phase. */
static void
put_eta(struct buf *out, double part, long long spent_ms)
{
	json_put_key(out, "eta_s");
	if (part > 0)
		buf_printf(out, "%lld",
		    (long long)((double)spent_ms * (1 - part) / part / 1000));
	else
		buf_puts(out, "null");
}

void
telling_state(const struct sync_progress *p, long long spent_ms,
    struct buf *out)
{
	buf_printf(out,
	    "{\"run_id\":%" PRId64 ",\"phase\":\"%s\",\"bytes_done\":%" PRId64
	    ",\"bytes_total\":%" PRId64 ",\"files_done\":%" PRId64
	    ",\"files_total\":%" PRId64,
	    p->run_id, phases[p->phase].name, p->bytes_done, p->bytes_total,
	    p->files_done, p->files_total);
	put_eta(out, part_of(p), spent_ms);
	buf_putc(out, '}');
}

/* ---- while it runs ---------------------------------------------------------------- */

struct telling *
telling_new(const char *run_dir)
{
	const struct event_place place = { run_dir, NULL, NULL };
	struct telling *t = xmalloc(sizeof(*t));

	*t = (struct telling){ .percent = -1, .is_told = true };
	t->publisher = publish_new(&place);
	return t;
}

void
telling_free(struct telling *t)
{
	if (t == NULL)
		return;
	publish_free(t->publisher);
	free(t);
}

static void
tell_percent(struct telling *t, int percent)
{
	char text[16];

	/* Of phases that come again, the number does not go back. */
	if (percent <= t->percent)
		return;
	t->percent = percent;
	snprintf(text, sizeof(text), "%d", percent);
	publish(t->publisher, "syncProgress", text, NULL);
}

static void
tell_newest(struct telling *t, int64_t now_ms)
{
	struct buf data = { NULL, 0, 0 };

	telling_state(&t->now, now_ms - t->phase_ms, &data);
	publish(t->publisher, "syncState", data.data, NULL);
	buf_release(&data);
	tell_percent(t, telling_percent(&t->now));
	t->is_told = true;
	t->told_ms = now_ms;
}

void
telling_progress(struct telling *t, const struct sync_progress *p)
{
	int64_t now_ms = clock_mono_ms();

	if (t == NULL || p->run_id == 0)
		return;
	if (!t->was_begun || p->phase != t->now.phase)
		t->phase_ms = now_ms;
	t->now = *p;
	t->is_told = false;
	if (!t->was_begun || now_ms - t->told_ms >= PAIR_MS)
		tell_newest(t, now_ms);
	t->was_begun = true;
}

void
telling_message(struct telling *t, const char *sentence)
{
	if (t != NULL && t->was_begun)
		publish(t->publisher, "syncMessage", sentence, NULL);
}

/* ---- its end ------------------------------------------------------------------------- */

static void
tell_remote(struct telling *t, const struct sync_summary *sum)
{
	char data[64];

	if (sum->pulled == 0)
		return;
	snprintf(data, sizeof(data), "{\"version\":%" PRId64 "}",
	    sum->new_version);
	publish(t->publisher, "remoteChanged", data, NULL);
}

static void
tell_complete(struct telling *t, const struct sync_summary *sum,
    const char *failures, size_t failures_len)
{
	struct buf data = { NULL, 0, 0 };

	sync_summary_json(sum, &data);
	data.len--; /* its closing brace */
	json_put_key(&data, "failures");
	buf_putc(&data, '[');
	buf_add(&data, failures, failures_len);
	buf_puts(&data, "]}");
	publish(t->publisher, "syncComplete", data.data, NULL);
	buf_release(&data);
}

static void
tell_error(struct telling *t, int rc, const struct sync_summary *sum)
{
	struct buf data = { NULL, 0, 0 };

	buf_printf(&data, "{\"run_id\":%" PRId64, sum->run_id);
	json_put_key(&data, "error");
	json_put_string(&data, err_name(rc));
	json_put_key(&data, "detail");
	json_put_string(&data, err_text());
	buf_putc(&data, '}');
	publish(t->publisher, "syncError", data.data, NULL);
	buf_release(&data);
}

/* Another one that runs tells of itself. */
void
telling_end(struct telling *t, int rc, const struct sync_summary *sum,
    const char *failures, size_t failures_len)
{
	if (t == NULL || rc == E_BUSY || (rc == 0 && sum->run_id == 0))
		return;
	if (!t->is_told)
		tell_newest(t, clock_mono_ms());
	tell_remote(t, sum);
	if (rc != 0) {
		tell_error(t, rc, sum);
		return;
	}
	tell_percent(t, 100);
	tell_complete(t, sum, failures, failures_len);
}

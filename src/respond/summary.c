/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/summary.h"

#include "base/json.h"
#include "base/str.h"
#include "local/meta.h"

#include <inttypes.h>
#include <string.h>

/* What runs of before kept no failures. */
void
summary_put(struct buf *out, const char *json)
{
	struct json value;
	size_t len = json != NULL ? strlen(json) : 0;

	if (len < 3 || json_check(json, len) != 0 ||
	    json_kind(json_of(json)) != JSON_OBJECT) {
		buf_puts(out, "null");
		return;
	}
	if (json_find(json_of(json), "failures", &value) == 1) {
		buf_add(out, json, len);
		return;
	}
	buf_add(out, json, len - 1);
	buf_puts(out, ",\"failures\":[]}");
}

static void
put_text(struct buf *out, const char *key, const char *text)
{
	json_put_key(out, key);
	json_put_string(out, text);
}

void
summary_run(struct buf *out, const struct run *run, int is_syncing)
{
	bool goes_on = run->ended_at == NULL && is_syncing;

	buf_printf(out, "{\"run_id\":%" PRId64, run->run_id);
	put_text(out, "started_at", run->started_at);
	put_text(out, "ended_at", run->ended_at);
	put_text(out, "outcome",
	    run->outcome != NULL ? run->outcome
		: goes_on        ? NULL
				 : "killed");
	put_text(out, "error", run->error);
	json_put_key(out, "in_progress");
	buf_puts(out, goes_on ? "true" : "false");
	json_put_key(out, "summary");
	summary_put(out, run->summary);
	buf_putc(out, '}');
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "event/ask.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "event/event.h"
#include "event/link.h"
#include "event/message.h"
#include "event/start.h"

#include <stdio.h>

#define CONNECT_MS 8000
#define ANSWER_MS 5000
#define START_MS 30000 /* until a sync has a number */

/* ---- a sync ------------------------------------------------------------------ */

static void
take_end(const struct message *m, struct ask_end *end)
{
	end->is_over = true;
	end->run_id = m->run_id;
	end->code = message_error(m->error);
	snprintf(end->detail, sizeof(end->detail), "%s",
	    m->detail != NULL ? m->detail : "");
	if (end->summary != NULL) {
		buf_clear(end->summary);
		buf_add(end->summary, m->summary.text, m->summary.len);
	}
}

/* 1: that was all there is to wait for. */
static int
take(const struct message *m, bool want_end, struct ask_end *end)
{
	switch (m->kind) {
	case MESSAGE_STARTED:
		end->run_id = m->run_id;
		return !want_end;
	case MESSAGE_BUSY:
		end->run_id = m->run_id;
		return err_set(E_BUSY,
		    "another sync of this library is running");
	case MESSAGE_ENDED:
		take_end(m, end);
		return 1;
	default:
		return 0;
	}
}

/* Without a time, so as not to wait for ever, there is one for its start. */
static int
wait_for(struct link *l, struct mem *mem, int64_t wait_ms, struct ask_end *end)
{
	int64_t until_ms = link_until(wait_ms == 0 ? START_MS : wait_ms);
	struct message m;
	int rc;

	while ((rc = link_hear(l, mem, until_ms, &m)) == 1) {
		if ((rc = take(&m, wait_ms != 0, end)) != 0)
			break;
		mem_reset(mem);
	}
	return rc < 0 ? rc : 0;
}

int
ask_sync(const struct event_place *place, const struct ask_sync *ask,
    int64_t wait_ms, struct ask_end *end)
{
	const struct message m = { .kind = MESSAGE_SYNC,
		.force = ask->force,
		.confirm_deletions = ask->confirm_deletions,
		.recover = ask->recover,
		.dry_run = ask->dry_run,
		.join = ask->join,
		.wait = wait_ms != 0,
		.user = ask->user };
	struct mem *mem = mem_new();
	struct link l;
	int rc;

	end->is_over = false;
	end->run_id = 0;
	end->code = 0;
	end->detail[0] = '\0';
	if (end->summary != NULL)
		buf_clear(end->summary);
	link_init(&l);
	if ((rc = start_link(&l, place, link_until(CONNECT_MS))) == 0 &&
	    (rc = link_say(&l, &m, link_until(ANSWER_MS))) == 0)
		rc = wait_for(&l, mem, wait_ms, end);
	link_close(&l);
	mem_free(mem);
	return rc == 0 || rc == E_BUSY ? rc
				       : err_set(E_REMOTE, "%s", err_text());
}

/* ---- how things stand ------------------------------------------------------- */

int
ask_state(const struct event_place *place, struct buf *out)
{
	const struct message ask = { .kind = MESSAGE_STATE };
	struct event_place here = *place;
	struct mem *mem = mem_new();
	struct message m;
	struct link l;
	int rc;

	here.program = NULL;
	link_init(&l);
	if ((rc = start_link(&l, &here, link_until(ANSWER_MS))) == 0 &&
	    (rc = link_say(&l, &ask, link_until(ANSWER_MS))) == 0)
		rc = link_hear(&l, mem, link_until(ANSWER_MS), &m);
	buf_clear(out);
	if (rc == 1 && m.kind == MESSAGE_STATE) {
		buf_add(out, m.state.text, m.state.len);
		rc = 0;
	} else if (rc >= 0) {
		rc = err_set(E_REMOTE, "stemma-hub does not answer");
	}
	link_close(&l);
	mem_free(mem);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "hub/command.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "event/message.h"
#include "hub/conn.h"
#include "hub/hub.h"
#include "hub/ring.h"
#include "hub/tell.h"
#include "hub/work.h"

#include <inttypes.h>

static void
do_publish(struct conn *conn, const struct message *m)
{
	if (tell_event(conn->hub, conn, m) != 0)
		conn_complain(conn, err_text());
}

static void
do_subscribe(struct conn *conn, const struct message *m)
{
	char last[EVENT_ID_SIZE];
	const struct message answer = { .kind = MESSAGE_SUBSCRIBED,
		.last = last };

	(void)m;
	if (!conn->is_subscriber)
		conn->hub->subscribers_n++;
	conn->is_subscriber = true;
	ring_last(conn->hub->ring, last);
	conn_say(conn, &answer);
}

static void
replay_one(void *arg, struct line *line)
{
	conn_queue(arg, line);
}

/* What is replayed may be more than what a subscriber may leave waiting. */
static void
do_replay(struct conn *conn, const struct message *m)
{
	char last[EVENT_ID_SIZE];
	struct message answer = { .kind = MESSAGE_REPLAYED, .last = last };

	if (conn->is_subscriber) {
		conn_complain(conn,
		    "replay: a subscriber uses another connection for it");
		return;
	}
	ring_last(conn->hub->ring, last);
	answer.whole = ring_each(conn->hub->ring, m->user, m->since, replay_one,
	    conn);
	conn_say(conn, &answer);
}

static void
do_sync(struct conn *conn, const struct message *m)
{
	if (conn->wait != WAIT_NOTHING)
		conn_complain(conn, "sync: this connection waits for one");
	else if (work_ask(conn, m) != 0)
		conn_complain(conn, err_text());
}

static void
do_state(struct conn *conn, const struct message *m)
{
	const struct hub *hub = conn->hub;
	struct message answer = { .kind = MESSAGE_STATE };
	struct buf text = { NULL, 0, 0 };

	(void)m;
	buf_printf(&text,
	    "{\"running\":%s,\"run_id\":%" PRId64
	    ",\"state\":%s,\"subscribers\":%d,\"uptime_s\":%" PRId64 "}",
	    work_is_running(hub) ? "true" : "false", work_run_id(hub),
	    work_is_running(hub) && hub->state.len > 0 ? hub->state.data
						       : "null",
	    hub->subscribers_n, (clock_mono_ms() - hub->started_ms) / 1000);
	answer.state = json_of(text.data);
	conn_say(conn, &answer);
	buf_release(&text);
}

static void
do_watch(struct conn *conn, const struct message *m)
{
	(void)m;
	watch_wanted(conn->hub);
}

static void (*const commands[MESSAGE_KINDS])(struct conn *conn,
    const struct message *m) = {
	[MESSAGE_PUBLISH] = do_publish,
	[MESSAGE_SUBSCRIBE] = do_subscribe,
	[MESSAGE_REPLAY] = do_replay,
	[MESSAGE_SYNC] = do_sync,
	[MESSAGE_STATE] = do_state,
	[MESSAGE_WATCH] = do_watch,
};

void
command_run(struct conn *conn, const char *line, size_t len)
{
	struct mem *mem = mem_new();
	struct message m;

	if (message_parse(mem, line, len, &m) != 0)
		conn_complain(conn, err_text());
	else if (commands[m.kind] == NULL)
		conn_complain(conn, "there is no such command");
	else
		commands[m.kind](conn, &m);
	mem_free(mem);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "hub/work.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "event/message.h"
#include "hub/conn.h"
#include "hub/hub.h"
#include "hub/schedule.h"
#include "hub/tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* How `stemma` ends (doc/INTERFACES.md). */
enum { DONE = 0, LEFT = 3, BUSY = 4 };

bool
work_is_running(const struct hub *hub)
{
	return hub->child.pid > 0 || hub->teller != NULL;
}

int64_t
work_run_id(const struct hub *hub)
{
	if (hub->child.pid > 0 && hub->run_id > 0)
		return hub->run_id;
	return hub->teller != NULL ? hub->state_run_id : 0;
}

/* ---- its beginning ----------------------------------------------------------- */

static int
sync_args(const char **argv, int n, const struct message *m)
{
	argv[n++] = "sync";
	argv[n++] = "--json";
	if (m != NULL)
		argv[n++] = "--noted";
	if (m != NULL && m->force)
		argv[n++] = "--force";
	if (m != NULL && m->confirm_deletions)
		argv[n++] = "--confirm-deletions";
	return n;
}

static int
recover_args(const char **argv, int n, const struct message *m)
{
	argv[n++] = "recover";
	argv[n++] = "--json";
	argv[n++] = "--yes";
	argv[n++] = m->dry_run ? "--dry-run" : "--noted";
	if (m->join)
		argv[n++] = "--join";
	return n;
}

/* `m` NULL: nobody asks.  One that was asked for is noted, whatever it does. */
static int
start(struct hub *hub, const struct message *m)
{
	const char *argv[12];
	int n = 0, rc;

	argv[n++] = hub->options->program;
	argv[n++] = "-q";
	if (hub->options->conf_file != NULL) {
		argv[n++] = "-c";
		argv[n++] = hub->options->conf_file;
	}
	if (m != NULL && m->recover)
		n = recover_args(argv, n, m);
	else
		n = sync_args(argv, n, m);
	argv[n] = NULL;
	hub->run_id = 0;
	hub->is_automatic = m == NULL;
	if ((rc = child_start(&hub->child, hub->loop, argv)) != 0)
		return rc;
	log_line(LOG_INFO, "hub", "sync started pid=%ld for=%s",
	    (long)hub->child.pid,
	    m == NULL             ? "itself"
		: m->user != NULL ? m->user
				  : "?");
	return 0;
}

int
work_start(struct hub *hub)
{
	int rc;

	if (hub->child.pid > 0)
		return err_set(E_BUSY, "a sync is running");
	if ((rc = start(hub, NULL)) != 0)
		log_line(LOG_ERROR, "hub", "%s", err_text());
	return rc;
}

static void
say_busy(struct conn *conn)
{
	const struct message m = { .kind = MESSAGE_BUSY,
		.run_id = work_run_id(conn->hub) };

	conn_say(conn, &m);
}

int
work_ask(struct conn *conn, const struct message *m)
{
	struct hub *hub = conn->hub;
	int rc;

	if (hub->child.pid > 0) {
		say_busy(conn);
		return 0;
	}
	if ((rc = start(hub, m)) == 0)
		conn->wait = m->wait ? WAIT_END : WAIT_START;
	return rc;
}

/* ---- what all who wait are told ------------------------------------------------ */

static void
tell_waiting(struct hub *hub, const struct message *m)
{
	struct conn *conn, *next;
	bool is_end = m->kind != MESSAGE_STARTED;

	for (conn = hub->conns; conn != NULL; conn = next) {
		next = conn->next;
		if (conn->wait == WAIT_NOTHING)
			continue;
		if (is_end || conn->wait == WAIT_START)
			conn->wait = WAIT_NOTHING;
		conn_say(conn, m);
	}
}

void
work_learn(struct hub *hub, int64_t run_id)
{
	const struct message m = { .kind = MESSAGE_STARTED, .run_id = run_id };

	if (hub->run_id == run_id)
		return;
	hub->run_id = run_id;
	tell_waiting(hub, &m);
}

/* ---- its end --------------------------------------------------------------------- */

static void
read_texts(struct mem *mem, struct message *m)
{
	struct json value;
	char *text;

	if (json_find(m->summary, "run_id", &value) == 1)
		(void)json_int64(value, &m->run_id);
	if (json_find(m->summary, "error", &value) == 1 &&
	    json_string(mem, value, &text) == 0)
		m->error = text;
	if (json_find(m->summary, "detail", &value) == 1 &&
	    json_string(mem, value, &text) == 0)
		m->detail = text;
}

/* What it printed: the Summary, with error and detail where it failed.  It goes
 * on in one line, however it was written. */
static bool
read_summary(struct hub *hub, struct mem *mem, struct message *m)
{
	const struct buf *out = &hub->child.out;
	struct buf canon = { NULL, 0, 0 };
	bool is_object = false;

	if (!hub->child.is_cut && out->len > 0 &&
	    json_canon(out->data, out->len, &canon) == 0)
		is_object = json_kind(json_of(canon.data)) == JSON_OBJECT;
	if (is_object) {
		m->summary = json_of(mem_strdup(mem, canon.data));
		read_texts(mem, m);
	}
	buf_release(&canon);
	return is_object;
}

/* It said nothing, so we say it. */
static void
blame(struct mem *mem, struct message *m, int status)
{
	m->error = err_name(E_IO);
	if (WIFSIGNALED(status))
		m->detail = mem_printf(mem,
		    "The sync was ended by signal %d (%s); the next one goes "
		    "on.",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		m->detail = mem_printf(mem,
		    "The sync ended with status %d and without a word; the log "
		    "of stemma-hub says why.",
		    WEXITSTATUS(status));
}

static void
tell_error(struct hub *hub, struct message *end)
{
	struct buf data = { NULL, 0, 0 };
	struct message m = { .kind = MESSAGE_PUBLISH, .name = "syncError" };

	buf_printf(&data, "{\"run_id\":%" PRId64, end->run_id);
	json_put_key(&data, "error");
	json_put_string(&data, end->error);
	json_put_key(&data, "detail");
	json_put_string(&data, end->detail);
	buf_putc(&data, '}');
	m.data = data.data;
	(void)tell_event(hub, NULL, &m);
	buf_release(&data);
}

static void
end_with(struct hub *hub, struct mem *mem, int status)
{
	struct message m = { .kind = MESSAGE_ENDED, .run_id = hub->run_id };
	bool is_said = read_summary(hub, mem, &m);

	m.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (m.status == BUSY) {
		m = (struct message){ .kind = MESSAGE_BUSY };
	} else if (!WIFEXITED(status) ||
	    (!is_said && m.status != DONE && m.status != LEFT)) {
		blame(mem, &m, status);
		tell_error(hub, &m);
	}
	log_line(LOG_INFO, "hub",
	    "sync ended status=%" PRId64 " run_id=%" PRId64 " error=%s",
	    m.kind == MESSAGE_BUSY ? (int64_t)BUSY : m.status, m.run_id,
	    m.error != NULL ? m.error : "-");
	if (m.kind == MESSAGE_BUSY)
		m.run_id = work_run_id(hub);
	tell_waiting(hub, &m);
	schedule_ended(hub,
	    m.kind == MESSAGE_BUSY ? E_BUSY : message_error(m.error));
}

void
work_reap(struct hub *hub)
{
	struct mem *mem;
	int status;

	if (!child_ended(&hub->child, &status))
		return;
	mem = mem_new();
	end_with(hub, mem, status);
	mem_free(mem);
	child_release(&hub->child);
	hub_look_idle(hub);
}

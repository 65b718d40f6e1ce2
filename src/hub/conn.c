/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "hub/conn.h"

#include "base/err.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "event/message.h"
#include "event/place.h"
#include "hub/command.h"
#include "hub/hub.h"
#include "hub/line.h"

#include <config.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define READ_SIZE (64 * 1024)
#define PARTS 64 /* lines that one system call sends */
#define PAUSE_MS 1000

struct queued {
	struct queued *next;
	struct line *line;
};

/* ---- its end ----------------------------------------------------------------- */

static void
forget_queue(struct conn *conn)
{
	struct queued *q;

	while ((q = conn->first) != NULL) {
		conn->first = q->next;
		line_unref(q->line);
		free(q);
	}
	conn->last = NULL;
	conn->hub->queued -= conn->queued;
	conn->queued = 0;
}

/* Its memory stays: whoever called may still look at it. */
static void
drop(struct conn *conn)
{
	struct hub *hub = conn->hub;

	if (conn->is_dead)
		return;
	conn->is_dead = true;
	loop_remove(conn->watch);
	close(conn->fd);
	forget_queue(conn);
	*(conn->prev != NULL ? &conn->prev->next : &hub->conns) = conn->next;
	if (conn->next != NULL)
		conn->next->prev = conn->prev;
	conn->next = hub->dead;
	hub->dead = conn;
	hub->conns_n--;
	hub->subscribers_n -= conn->is_subscriber;
	if (hub->teller == conn)
		hub->teller = NULL;
	hub_look_idle(hub);
}

static void
bury(struct hub *hub)
{
	struct conn *conn;

	while ((conn = hub->dead) != NULL) {
		hub->dead = conn->next;
		buf_release(&conn->in);
		free(conn);
	}
}

void
conn_release_all(struct hub *hub)
{
	while (hub->conns != NULL)
		drop(hub->conns);
	bury(hub);
}

/* ---- out ----------------------------------------------------------------------- */

static void
drop_slow(struct conn *conn)
{
	log_line(LOG_WARN, "hub",
	    "a connection of process %ld does not keep up: closed",
	    (long)conn->pid);
	drop(conn);
}

void
conn_queue(struct conn *conn, struct line *line)
{
	struct queued *q;

	if (conn->is_dead || conn->is_closing)
		return;
	if (conn->hub->queued + line->len > CONN_ALL_MAX) {
		drop_slow(conn);
		return;
	}
	q = xmalloc(sizeof(*q));
	q->next = NULL;
	q->line = line_ref(line);
	*(conn->last != NULL ? &conn->last->next : &conn->first) = q;
	conn->last = q;
	conn->queued += line->len;
	conn->hub->queued += line->len;
}

/* Takes the lines from the queue that have gone out. */
static void
took(struct conn *conn, size_t n)
{
	struct queued *q;

	n += conn->sent;
	while ((q = conn->first) != NULL && n >= q->line->len) {
		n -= q->line->len;
		conn->queued -= q->line->len;
		conn->hub->queued -= q->line->len;
		conn->first = q->next;
		if (conn->first == NULL)
			conn->last = NULL;
		line_unref(q->line);
		free(q);
	}
	conn->sent = n;
}

static ssize_t
send_some(struct conn *conn)
{
	struct iovec parts[PARTS];
	struct msghdr message = { .msg_iov = parts };
	size_t skip = conn->sent;

	for (struct queued *q = conn->first;
	     q != NULL && message.msg_iovlen < PARTS; q = q->next) {
		parts[message.msg_iovlen].iov_base = q->line->text + skip;
		parts[message.msg_iovlen].iov_len = q->line->len - skip;
		message.msg_iovlen++;
		skip = 0;
	}
	return sendmsg(conn->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* What it is to be told of now. */
static void
watch(struct conn *conn)
{
	uint32_t events = 0;

	if (conn->is_dead)
		return;
	if (conn->first != NULL || conn->has_more)
		events |= EPOLLOUT;
	if (!conn->is_closing && conn->queued <= CONN_PAUSE)
		events |= EPOLLIN;
	if (events != conn->watched && loop_set(conn->watch, events) != 0)
		drop(conn);
	conn->watched = events;
}

void
conn_flush(struct conn *conn)
{
	ssize_t n;

	while (!conn->is_dead && conn->first != NULL) {
		n = send_some(conn);
		if (n >= 0)
			took(conn, (size_t)n);
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			drop(conn);
	}
	if (!conn->is_dead && conn->is_closing && conn->first == NULL)
		drop(conn);
	watch(conn);
}

void
conn_send(struct conn *conn, struct line *line)
{
	conn_queue(conn, line);
	conn_flush(conn);
}

void
conn_say(struct conn *conn, const struct message *m)
{
	struct line *line = line_new(m);

	conn_send(conn, line);
	line_unref(line);
}

void
conn_complain(struct conn *conn, const char *text)
{
	const struct message m = { .kind = MESSAGE_ERROR, .detail = text };

	conn_say(conn, &m);
}

void
conn_tell_all(struct hub *hub, struct line *line)
{
	struct conn *conn, *next;

	for (conn = hub->conns; conn != NULL; conn = next) {
		next = conn->next;
		if (!conn->is_subscriber)
			continue;
		if (conn->queued + line->len > CONN_QUEUE_MAX)
			drop_slow(conn);
		else
			conn_send(conn, line);
	}
}

/* ---- in ------------------------------------------------------------------------- */

static void
end_after(struct conn *conn, const char *text)
{
	conn_complain(conn, text);
	conn->is_closing = true;
	conn_flush(conn);
}

/* Its commands, as long as it takes the answers. */
static void
run_commands(struct conn *conn)
{
	size_t at = 0, len;
	char *end;

	while (!conn->is_dead && !conn->is_closing &&
	    conn->queued <= CONN_PAUSE && at < conn->in.len &&
	    (end = memchr(conn->in.data + at, '\n', conn->in.len - at)) !=
		NULL) {
		len = (size_t)(end - conn->in.data) - at;
		if (len >= EVENT_LINE_MAX)
			end_after(conn, "a line has more than 65536 bytes");
		else
			command_run(conn, conn->in.data + at, len);
		at += len + 1;
	}
	if (conn->is_dead)
		return;
	conn->has_more = conn->queued > CONN_PAUSE;
	conn->in.len -= at;
	memmove(conn->in.data, conn->in.data + at, conn->in.len);
	if (conn->in.len >= EVENT_LINE_MAX && conn->queued <= CONN_PAUSE &&
	    !conn->is_closing)
		end_after(conn, "a line has more than 65536 bytes");
}

/* Half a line at its end counts for nothing. */
static void
read_end(struct conn *conn)
{
	if (conn->first == NULL) {
		drop(conn);
		return;
	}
	conn->is_closing = true;
}

static void
read_in(struct conn *conn)
{
	static char some[READ_SIZE]; /* one thread */
	ssize_t n = recv(conn->fd, some, sizeof(some), MSG_DONTWAIT);

	if (n > 0) {
		buf_add(&conn->in, some, (size_t)n);
	} else if (n == 0) {
		read_end(conn);
	} else if (errno != EAGAIN && errno != EINTR) {
		drop(conn);
	}
}

/* Memory of long commands is not kept by a thousand silent connections. */
static void
shrink(struct conn *conn)
{
	if (!conn->is_dead && conn->in.len == 0)
		buf_release(&conn->in);
}

static void
on_ready(void *arg, void *thread, uint32_t events)
{
	struct conn *conn = arg;
	struct hub *hub = conn->hub;

	(void)thread;
	if ((events & EPOLLIN) != 0)
		read_in(conn);
	else if ((events & (EPOLLHUP | EPOLLERR)) != 0)
		drop(conn);
	if (!conn->is_dead && (events & EPOLLOUT) != 0)
		conn_flush(conn);
	if (!conn->is_dead)
		run_commands(conn);
	watch(conn);
	shrink(conn);
	bury(hub);
}

/* ---- its beginning --------------------------------------------------------------- */

static void
greet(struct conn *conn)
{
	const struct message m = { .kind = MESSAGE_HUB,
		.hub = EVENT_PROTOCOL,
		.version = PACKAGE_VERSION,
		.epoch = conn->hub->epoch };

	conn_say(conn, &m);
}

static void
refuse(int fd, const char *text)
{
	const struct message m = { .kind = MESSAGE_ERROR, .detail = text };
	struct line *line = line_new(&m);

	(void)!send(fd, line->text, line->len, MSG_NOSIGNAL | MSG_DONTWAIT);
	line_unref(line);
	close(fd);
}

static void
add(struct hub *hub, int fd, pid_t pid)
{
	struct conn *conn = xmalloc(sizeof(*conn));

	*conn = (struct conn){ .hub = hub, .fd = fd, .pid = pid };
	conn->watched = EPOLLIN;
	if (loop_add(hub->loop, fd, EPOLLIN, false, on_ready, conn,
		&conn->watch) != 0) {
		log_line(LOG_ERROR, "hub", "%s", err_text());
		close(fd);
		free(conn);
		return;
	}
	conn->next = hub->conns;
	if (hub->conns != NULL)
		hub->conns->prev = conn;
	hub->conns = conn;
	hub->conns_n++;
	loop_cancel(hub->idle);
	hub->idle = NULL;
	greet(conn);
}

static void
admit(struct hub *hub, int fd)
{
	uid_t uid;
	pid_t pid;

	if (place_peer(fd, &uid, &pid) != 0) {
		close(fd);
	} else if (!place_is_ours(uid)) {
		log_line(LOG_WARN, "hub",
		    "refused uid=%ld pid=%ld: not our user", (long)uid,
		    (long)pid);
		refuse(fd, "this hub belongs to another user");
	} else if (hub->conns_n >= CONN_MAX) {
		log_line(LOG_WARN, "hub", "refused pid=%ld: %d are connected",
		    (long)pid, CONN_MAX);
		refuse(fd, "too many are connected");
	} else {
		add(hub, fd, pid);
	}
}

void
conn_accept(struct hub *hub)
{
	int fd;

	while ((fd = accept4(hub->door.fd, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0 ||
	    errno == EINTR || errno == ECONNABORTED)
		if (fd >= 0)
			admit(hub, fd);
	if (errno != EAGAIN)
		hub_pause(hub, PAUSE_MS);
	bury(hub);
}

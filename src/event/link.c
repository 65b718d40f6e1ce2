/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "event/link.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "event/event.h"
#include "event/message.h"
#include "event/place.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE (16 * 1024)
#define FULL_MS 10 /* between two tries while its queue is full */

void
link_init(struct link *l)
{
	l->fd = -1;
	l->at = 0;
	l->is_exact = true;
	buf_init(&l->in);
}

void
link_close(struct link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->at = 0;
	buf_release(&l->in);
}

/* ---- waiting ------------------------------------------------------------- */

int64_t
link_until(int64_t wait_ms)
{
	return wait_ms < 0 ? -1 : clock_mono_ms() + wait_ms;
}

static int
ms_left(int64_t until_ms)
{
	int64_t left;

	if (until_ms < 0)
		return -1;
	left = until_ms - clock_mono_ms();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* 1: it is ready (or gone, as the next call will tell); 0: time is over. */
static int
wait_for(int fd, short events, int64_t until_ms)
{
	struct pollfd p = { fd, events, 0 };
	int n;

	do
		n = poll(&p, 1, ms_left(until_ms));
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_set(E_REMOTE, "poll: %s", strerror(errno)) : n;
}

/* ---- lines --------------------------------------------------------------- */

int
link_send(struct link *l, const struct buf *lines, int64_t until_ms)
{
	size_t done = 0;
	ssize_t n;
	int rc;

	while (done < lines->len) {
		n = send(l->fd, lines->data + done, lines->len - done,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			done += (size_t)n;
		} else if (errno == EAGAIN) {
			rc = wait_for(l->fd, POLLOUT, until_ms);
			if (rc <= 0)
				return rc < 0 ? rc
					      : err_set(E_REMOTE,
						    "stemma-hub takes nothing");
		} else if (errno != EINTR) {
			return err_set(E_REMOTE, "stemma-hub: %s",
			    strerror(errno));
		}
	}
	return 0;
}

/* What was taken makes room. */
static void
forget_taken(struct link *l)
{
	if (l->at == 0)
		return;
	l->in.len -= l->at;
	memmove(l->in.data, l->in.data + l->at, l->in.len);
	l->at = 0;
}

static ssize_t
receive(const struct link *l, void *data, size_t size, int flags)
{
	ssize_t n;

	do
		n = recv(l->fd, data, size, MSG_DONTWAIT | flags);
	while (n < 0 && errno == EINTR);
	return n;
}

static ssize_t
receive_line(const struct link *l, char *data, size_t size)
{
	ssize_t n = receive(l, data, size, MSG_PEEK);
	const char *end;

	if (n <= 0)
		return n;
	end = memchr(data, '\n', (size_t)n);
	return receive(l, data,
	    end != NULL ? (size_t)(end - data) + 1 : (size_t)n, 0);
}

/* 1: something came; 0: there is nothing now. */
static int
fill(struct link *l)
{
	char some[READ_SIZE];
	ssize_t n = l->is_exact ? receive_line(l, some, sizeof(some))
				: receive(l, some, sizeof(some), 0);

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		return err_set(E_REMOTE, "stemma-hub has gone%s%s",
		    n < 0 ? ": " : "", n < 0 ? strerror(errno) : "");
	forget_taken(l);
	if (l->in.len + (size_t)n > MESSAGE_LINE_MAX + READ_SIZE)
		return err_set(E_REMOTE, "stemma-hub sent a line too long");
	buf_add(&l->in, some, (size_t)n);
	return 1;
}

static bool
take_line(struct link *l, size_t seen, char **line, size_t *len)
{
	char *end = NULL;

	if (l->in.len > l->at + seen)
		end = memchr(l->in.data + l->at + seen, '\n',
		    l->in.len - l->at - seen);
	if (end == NULL)
		return false;
	*line = l->in.data + l->at;
	*len = (size_t)(end - *line);
	*end = '\0';
	l->at += *len + 1;
	return true;
}

int
link_line(struct link *l, int64_t until_ms, char **line, size_t *len)
{
	size_t seen = 0;
	int rc;

	while (!take_line(l, seen, line, len)) {
		seen = l->in.len - l->at;
		if ((rc = fill(l)) == 0 &&
		    (rc = wait_for(l->fd, POLLIN, until_ms)) == 0)
			return 0;
		if (rc < 0)
			return rc;
	}
	return 1;
}

/* ---- messages ------------------------------------------------------------- */

int
link_say(struct link *l, const struct message *m, int64_t until_ms)
{
	struct buf line = { NULL, 0, 0 };
	int rc;

	message_put(&line, m);
	rc = link_send(l, &line, until_ms);
	buf_release(&line);
	return rc;
}

int
link_hear(struct link *l, struct mem *mem, int64_t until_ms, struct message *m)
{
	char *line;
	size_t len;
	int rc = link_line(l, until_ms, &line, &len);

	if (rc != 1)
		return rc;
	if (message_parse(mem, line, len, m) != 0)
		return err_set(E_REMOTE, "stemma-hub: %s", err_text());
	if (m->kind == MESSAGE_ERROR)
		return err_set(E_REMOTE, "stemma-hub: %s", m->detail);
	return 1;
}

/* ---- the beginning -------------------------------------------------------- */

/* 0, E_ABSENT: nobody listens, E_BUSY: its queue is full, E_REMOTE. */
static int
connect_to(int fd, const struct sockaddr_un *to)
{
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0)
		return 0;
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		return err_set(E_ABSENT, "stemma-hub does not run");
	case EAGAIN:
		return err_set(E_BUSY, "stemma-hub does not answer");
	default:
		return err_set(E_REMOTE, "stemma-hub: %s", strerror(errno));
	}
}

static int
connect_patiently(int fd, const struct sockaddr_un *to, int64_t until_ms)
{
	int rc;

	while ((rc = connect_to(fd, to)) == E_BUSY && ms_left(until_ms) != 0)
		clock_sleep_ms(FULL_MS);
	return rc == E_BUSY ? err_set(E_REMOTE, "%s", err_text()) : rc;
}

static int
connect_in(struct link *l, const char *run_dir, int64_t until_ms)
{
	struct sockaddr_un to;
	int dir_fd, rc;

	if ((rc = place_address(run_dir, PLACE_SOCKET, &to, &dir_fd)) != 0)
		return rc;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	rc = l->fd < 0 ? err_set(E_REMOTE, "socket: %s", strerror(errno))
		       : connect_patiently(l->fd, &to, until_ms);
	if (dir_fd >= 0)
		close(dir_fd);
	return rc;
}

/* In a folder that others may write to, somebody may pretend. */
static int
check_peer(const struct link *l)
{
	uid_t uid;
	pid_t pid;
	int rc;

	if ((rc = place_peer(l->fd, &uid, &pid)) != 0)
		return rc;
	if (place_is_ours(uid) || geteuid() == 0)
		return 0;
	return err_set(E_REMOTE,
	    "the socket of stemma-hub belongs to another user (%ld)",
	    (long)uid);
}

static int
check_greeting(const char *line, size_t len)
{
	struct mem *mem = mem_new();
	struct message m;
	int rc = message_parse(mem, line, len, &m);

	if (rc == 0 && m.kind == MESSAGE_ERROR)
		rc = err_set(E_REMOTE, "stemma-hub: %s", m.detail);
	else if (rc == 0 && (m.kind != MESSAGE_HUB || m.hub != EVENT_PROTOCOL))
		rc = err_set(E_INPUT,
		    "stemma-hub speaks another protocol: restart it");
	mem_free(mem);
	return rc;
}

/* One that ends just now closes before it greets: it is not there any more. */
static int
greet(struct link *l, int64_t until_ms)
{
	char *line;
	size_t len;
	int rc = link_line(l, until_ms, &line, &len);

	if (rc < 0)
		return err_set(E_ABSENT, "stemma-hub does not run");
	if (rc == 0)
		return err_set(E_REMOTE, "stemma-hub does not answer");
	return check_greeting(line, len);
}

int
link_open(struct link *l, const char *run_dir, int64_t until_ms)
{
	int rc;

	link_close(l);
	l->is_exact = true;
	if ((rc = connect_in(l, run_dir, until_ms)) == 0 &&
	    (rc = check_peer(l)) == 0)
		rc = greet(l, until_ms);
	if (rc != 0)
		link_close(l);
	return rc;
}

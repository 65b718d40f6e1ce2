/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

enum { LINES_MAX = 64, REQUESTS_MAX = 512, CONNECTIONS_MAX = 256 };

struct line {
	char fits[256];
	char *bytes;
	size_t len;
	enum remote_server_then then;
	bool is_taken;
};

struct remote_server {
	int fd, port;
	pthread_t accepting;
	pthread_mutex_t lock;
	struct line lines[LINES_MAX];
	int n_lines;
	char *heads[REQUESTS_MAX];
	int n_heads, surprises;
	bool is_forgotten;
	int fds[CONNECTIONS_MAX];
	pthread_t threads[CONNECTIONS_MAX];
	int n_connections;
	char url[512];
};

struct connection {
	struct remote_server *s;
	int fd;
};

/* ---- one connection ------------------------------------------------------ */

static void
say(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

/* The head of a request, and how much of the body came with it; or NULL. */
static char *
read_head(int fd, struct buf *in)
{
	char data[4096], *end, *head;
	ssize_t n;

	for (;;) {
		end = in->len > 0 ? strstr(buf_text(in), "\r\n\r\n") : NULL;
		if (end != NULL)
			break;
		if ((n = recv(fd, data, sizeof(data), 0)) <= 0)
			return NULL;
		buf_add(in, data, (size_t)n);
	}
	end[2] = '\0';
	head = xstrdup(buf_text(in));
	in->len -= (size_t)(end + 4 - in->data);
	memmove(in->data, end + 4, in->len + 1);
	return head;
}

static long long
content_length(const char *head)
{
	const char *p = strcasestr(head, "\r\nContent-Length:");

	return p != NULL ? strtoll(p + 17, NULL, 10) : 0;
}

static bool
read_body(int fd, const char *head, struct buf *in)
{
	long long left = content_length(head);
	char data[65536];
	ssize_t n;

	if (strcasestr(head, "\r\nExpect: 100-continue") != NULL)
		say(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	while ((long long)in->len < left) {
		if ((n = recv(fd, data, sizeof(data), 0)) <= 0)
			return false;
		buf_add(in, data, (size_t)n);
	}
	in->len -= (size_t)left;
	memmove(in->data, in->data + left, in->len + 1);
	return true;
}

static struct line *
take_line(struct remote_server *s, char *head)
{
	struct line *found = NULL;
	int i;

	pthread_mutex_lock(&s->lock);
	for (i = 0; i < s->n_lines && found == NULL; i++)
		if (!s->lines[i].is_taken && str_starts(head, s->lines[i].fits))
			found = &s->lines[i];
	if (found != NULL)
		found->is_taken = true;
	else if (!s->is_forgotten)
		s->surprises++;
	if (s->n_heads < REQUESTS_MAX)
		s->heads[s->n_heads++] = head;
	else
		free(head);
	pthread_mutex_unlock(&s->lock);
	return found;
}

static void
wait_for_the_end(int fd)
{
	char data[4096];

	while (recv(fd, data, sizeof(data), 0) > 0)
		continue;
}

static bool
answer(int fd, const struct line *line)
{
	static const char none[] =
	    "HTTP/1.1 599 Surprise\r\nContent-Length: 0\r\n\r\n";
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	if (line == NULL) {
		say(fd, none, sizeof(none) - 1);
		return true;
	}
	say(fd, line->bytes, line->len);
	if (line->then == THEN_STALL)
		wait_for_the_end(fd);
	if (line->then == THEN_RESET) {
		usleep(20000); /* what was said should arrive */
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	}
	return line->then == THEN_KEEP;
}

static void *
serve(void *arg)
{
	struct connection *c = arg;
	struct buf in = { 0 };
	char *head;
	bool more = true;

	while (more && (head = read_head(c->fd, &in)) != NULL) {
		bool is_whole = read_body(c->fd, head, &in);
		const struct line *line = take_line(c->s, head);

		more = is_whole && answer(c->fd, line);
	}
	buf_release(&in);
	pthread_mutex_lock(&c->s->lock);
	for (int i = 0; i < c->s->n_connections; i++)
		if (c->s->fds[i] == c->fd)
			c->s->fds[i] = -1;
	close(c->fd);
	pthread_mutex_unlock(&c->s->lock);
	free(c);
	return NULL;
}

static void *
accept_all(void *arg)
{
	struct remote_server *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		struct connection *c = xmalloc(sizeof(*c));

		*c = (struct connection){ .s = s, .fd = fd };
		pthread_mutex_lock(&s->lock);
		if (s->n_connections == CONNECTIONS_MAX)
			abort();
		s->fds[s->n_connections] = fd;
		pthread_create(&s->threads[s->n_connections++], NULL, serve, c);
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

/* ---- the server ---------------------------------------------------------- */

struct remote_server *
remote_server_new(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct remote_server *s = xmalloc(sizeof(*s));
	socklen_t len = sizeof(a);

	memset(s, 0, sizeof(*s));
	pthread_mutex_init(&s->lock, NULL);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(s->fd, 64) != 0 ||
	    getsockname(s->fd, (struct sockaddr *)&a, &len) != 0)
		abort();
	s->port = ntohs(a.sin_port);
	pthread_create(&s->accepting, NULL, accept_all, s);
	return s;
}

void
remote_server_free(struct remote_server *s)
{
	int i;

	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->accepting, NULL);
	close(s->fd);
	pthread_mutex_lock(&s->lock);
	for (i = 0; i < s->n_connections; i++)
		if (s->fds[i] >= 0)
			shutdown(s->fds[i], SHUT_RDWR);
	pthread_mutex_unlock(&s->lock);
	for (i = 0; i < s->n_connections; i++)
		pthread_join(s->threads[i], NULL);
	for (i = 0; i < s->n_lines; i++)
		free(s->lines[i].bytes);
	for (i = 0; i < s->n_heads; i++)
		free(s->heads[i]);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

const char *
remote_server_url(struct remote_server *s, const char *path)
{
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d%s", s->port,
	    path);
	return s->url;
}

void
remote_server_play_raw(struct remote_server *s, const char *fits,
    const void *bytes, size_t len, enum remote_server_then then)
{
	struct line *line;

	pthread_mutex_lock(&s->lock);
	if (s->n_lines == LINES_MAX)
		abort();
	line = &s->lines[s->n_lines++];
	snprintf(line->fits, sizeof(line->fits), "%s", fits);
	line->bytes = xmalloc(len + 1);
	memcpy(line->bytes, bytes, len);
	line->len = len;
	line->then = then;
	pthread_mutex_unlock(&s->lock);
}

void
remote_server_play(struct remote_server *s, const char *fits, int status,
    const char *headers, const char *body)
{
	struct buf b = { 0 };

	buf_printf(&b, "HTTP/1.1 %d Words\r\n%s", status, headers);
	if (strcasestr(headers, "Content-Length:") == NULL && status != 204)
		buf_printf(&b, "Content-Length: %zu\r\n", strlen(body));
	buf_printf(&b, "\r\n%s", body);
	remote_server_play_raw(s, fits, b.data, b.len, THEN_KEEP);
	buf_release(&b);
}

void
remote_server_listing(struct remote_server *s, const char *fits,
    const char *const *hrefs, const int *sizes, size_t n)
{
	struct buf b = { 0 };
	size_t i;

	buf_puts(&b, "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">");
	for (i = 0; i < n; i++) {
		buf_printf(&b,
		    "<D:response><D:href>%s</D:href><D:propstat>"
		    "<D:prop>",
		    hrefs[i]);
		if (sizes[i] < 0)
			buf_puts(&b,
			    "<D:resourcetype><D:collection/>"
			    "</D:resourcetype>");
		else
			buf_printf(&b,
			    "<D:getcontentlength>%d"
			    "</D:getcontentlength>",
			    sizes[i]);
		buf_puts(&b,
		    "</D:prop><D:status>HTTP/1.1 200 OK</D:status>"
		    "</D:propstat></D:response>");
	}
	buf_puts(&b, "</D:multistatus>");
	remote_server_play(s, fits, 207, "", b.data);
	buf_release(&b);
}

/* ---- what came ------------------------------------------------------------ */

int
remote_server_requests(struct remote_server *s)
{
	int n;

	pthread_mutex_lock(&s->lock);
	n = s->n_heads;
	pthread_mutex_unlock(&s->lock);
	return n;
}

int
remote_server_count(struct remote_server *s, const char *begin)
{
	int i, n = 0;

	pthread_mutex_lock(&s->lock);
	for (i = 0; i < s->n_heads; i++)
		n += str_starts(s->heads[i], begin);
	pthread_mutex_unlock(&s->lock);
	return n;
}

const char *
remote_server_head(struct remote_server *s, int i)
{
	const char *head;

	pthread_mutex_lock(&s->lock);
	head = i < s->n_heads ? s->heads[i] : "";
	pthread_mutex_unlock(&s->lock);
	return head;
}

bool
remote_server_header(struct remote_server *s, int i, const char *line)
{
	struct buf b = { 0 };
	bool has;

	buf_printf(&b, "\r\n%s\r\n", line);
	has = strstr(remote_server_head(s, i), buf_text(&b)) != NULL;
	buf_release(&b);
	return has;
}

int
remote_server_surprises(struct remote_server *s)
{
	int n;

	pthread_mutex_lock(&s->lock);
	n = s->surprises;
	pthread_mutex_unlock(&s->lock);
	return n;
}

int
remote_server_left(struct remote_server *s)
{
	int i, n = 0;

	pthread_mutex_lock(&s->lock);
	for (i = 0; i < s->n_lines; i++)
		n += !s->lines[i].is_taken;
	pthread_mutex_unlock(&s->lock);
	return n;
}

void
remote_server_forget(struct remote_server *s)
{
	int i;

	pthread_mutex_lock(&s->lock);
	s->is_forgotten = true;
	for (i = 0; i < s->n_lines; i++)
		s->lines[i].is_taken = true;
	pthread_mutex_unlock(&s->lock);
}

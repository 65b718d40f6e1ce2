/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "unit/fcgi_client.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
client_connect(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval t = { .tv_sec = 20 };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
put_header(struct buf *out, int type, size_t len)
{
	const char head[8] = { 1, (char)type, 0, 1, (char)(len >> 8), (char)len,
		0, 0 };

	buf_add(out, head, sizeof(head));
}

void
client_record(struct buf *out, int type, const void *data, size_t len)
{
	const char *p = data;

	for (; len > 65535; p += 65535, len -= 65535) {
		put_header(out, type, 65535);
		buf_add(out, p, 65535);
	}
	put_header(out, type, len);
	if (len > 0)
		buf_add(out, p, len);
}

void
client_begin(struct buf *out, int role, bool is_kept)
{
	const char body[8] = { 0, (char)role, is_kept };

	client_record(out, CLIENT_BEGIN, body, sizeof(body));
}

static void
put_length(struct buf *out, size_t len)
{
	if (len > 127) {
		buf_putc(out, (char)(len >> 24 | 0x80));
		buf_putc(out, (char)(len >> 16));
		buf_putc(out, (char)(len >> 8));
	}
	buf_putc(out, (char)len);
}

void
client_param(struct buf *out, const char *name, const char *value)
{
	put_length(out, strlen(name));
	put_length(out, strlen(value));
	buf_puts(out, name);
	buf_puts(out, value);
}

void
client_request(struct buf *out, const char *method, const char *uri,
    bool is_kept, const char *length, const void *body, size_t len)
{
	struct buf params = { NULL, 0, 0 };
	char n[30];

	snprintf(n, sizeof(n), "%zu", len);
	client_begin(out, 1, is_kept);
	client_param(&params, "REQUEST_METHOD", method);
	client_param(&params, "REQUEST_URI", uri);
	client_param(&params, "CONTENT_LENGTH", length != NULL ? length : n);
	client_record(out, CLIENT_PARAMS, params.data, params.len);
	client_record(out, CLIENT_PARAMS, NULL, 0);
	if (len > 0)
		client_record(out, CLIENT_STDIN, body, len);
	client_record(out, CLIENT_STDIN, NULL, 0);
	buf_release(&params);
}

bool
client_send(int fd, struct buf *out)
{
	const char *p = buf_text(out);
	size_t left = out->len;

	while (left > 0) {
		ssize_t n = send(fd, p, left, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		left -= (size_t)n;
	}
	buf_clear(out);
	return true;
}

static bool
read_exactly(int fd, void *data, size_t len)
{
	char *p = data;

	while (len > 0) {
		ssize_t n = read(fd, p, len);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

void
client_read(int fd, struct client_answer *a)
{
	static char content[65536 + 256];
	unsigned char h[8];

	buf_clear(&a->text);
	a->is_ended = a->is_closed = false;
	while (!a->is_ended) {
		size_t len;

		if (!read_exactly(fd, h, sizeof(h)))
			break;
		len = (size_t)h[4] << 8 | h[5];
		if (!read_exactly(fd, content, len + h[6]))
			break;
		if (h[1] == CLIENT_STDOUT)
			buf_add(&a->text, content, len);
		a->is_ended = h[1] == CLIENT_END;
	}
	a->is_closed = !a->is_ended;
}

void
client_release(struct client_answer *a)
{
	buf_release(&a->text);
}

int
client_status(const struct client_answer *a)
{
	const char *s = buf_text(&a->text);

	return strncmp(s, "Status: ", 8) == 0 ? atoi(s + 8) : 0;
}

const char *
client_body(const struct client_answer *a)
{
	const char *end = strstr(buf_text(&a->text), "\r\n\r\n");

	return end != NULL ? end + 4 : "";
}

bool
client_is_closed(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLRDHUP };
	char c;

	return poll(&p, 1, ms) == 1 && recv(fd, &c, 1, MSG_DONTWAIT) <= 0;
}

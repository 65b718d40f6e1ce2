/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "web/fcgi_look.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "web/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HEADER 8
#define BEGIN 1
#define PARAMS 4
#define RESPONDER 1
#define USUAL_BYTES 8192
#define WHOLE_WITHIN_MS 30000

/* ---- records ------------------------------------------------------------------ */

struct record {
	unsigned type, id;
	size_t len, padding;
	const unsigned char *content;
};

/* The next one, of which the content may not have come yet. */
static enum look
next_record(const unsigned char *s, size_t len, struct record *r)
{
	if (len > 0 && s[0] != 1)
		return LOOK_BAD;
	if (len < HEADER)
		return LOOK_MORE;
	r->type = s[1];
	r->id = (unsigned)s[2] << 8 | s[3];
	r->len = (size_t)s[4] << 8 | s[5];
	r->padding = s[6];
	r->content = s + HEADER;
	return LOOK_WHOLE;
}

static enum look
check_begin(const struct record *r, size_t len)
{
	if (r->type != BEGIN || r->id == 0 || r->len != 8)
		return LOOK_BAD;
	if (len < HEADER + r->len + r->padding)
		return LOOK_MORE;
	return r->content[0] == 0 && r->content[1] == RESPONDER ? LOOK_WHOLE
								: LOOK_BAD;
}

/* A length of one byte, or of four (there, 3.4). */
static bool
read_length(const unsigned char **s, const unsigned char *end, size_t *len)
{
	const unsigned char *p = *s;

	if (p < end && p[0] < 128) {
		*len = p[0];
		*s = p + 1;
		return true;
	}
	if (end - p < 4)
		return false;
	*len = (size_t)(p[0] & 127) << 24 | (size_t)p[1] << 16 |
	    (size_t)p[2] << 8 | p[3];
	*s = p + 4;
	return true;
}

/* Every pair ends where it says, the last one at the end. */
static enum look
check_pairs(const struct buf *params)
{
	const unsigned char *s = (const unsigned char *)buf_text(params);
	const unsigned char *end = s + params->len;
	size_t name, value;

	while (s < end) {
		if (!read_length(&s, end, &name) ||
		    !read_length(&s, end, &value) ||
		    name + value > (size_t)(end - s))
			return LOOK_BAD;
		s += name + value;
	}
	return LOOK_WHOLE;
}

static enum look
look_at_params(const unsigned char *s, size_t len, unsigned id,
    struct buf *params)
{
	struct record r;
	enum look l;

	while ((l = next_record(s, len, &r)) == LOOK_WHOLE) {
		if (r.type != PARAMS || r.id != id)
			return LOOK_BAD;
		if (r.len == 0)
			return check_pairs(params);
		if (params->len + r.len > LOOK_PARAMS_MAX)
			return LOOK_FLOOD;
		if (len < HEADER + r.len + r.padding)
			return LOOK_MORE;
		buf_add(params, r.content, r.len);
		s += HEADER + r.len + r.padding;
		len -= HEADER + r.len + r.padding;
	}
	return l;
}

enum look
fcgi_look(const void *bytes, size_t len, int *request_id)
{
	struct buf params = { NULL, 0, 0 };
	struct record r;
	enum look l = next_record(bytes, len, &r);
	size_t n;

	if (l != LOOK_WHOLE || (l = check_begin(&r, len)) != LOOK_WHOLE)
		return l;
	*request_id = (int)r.id;
	n = HEADER + r.len + r.padding;
	l = look_at_params((const unsigned char *)bytes + n, len - n, r.id,
	    &params);
	buf_release(&params);
	return l;
}

/* ---- on a connection -------------------------------------------------------------- */

static void
answer_flood(int fd, int request_id)
{
	static const char text[] =
	    "Status: 431 Request Header Fields Too Large\r\n"
	    "Content-Type: application/json\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Cache-Control: no-store\r\n\r\n"
	    "{\"detail\":\"The headers of this request are too large\"}";
	size_t len = sizeof(text) - 1;
	unsigned char out[STREAM_HEADER + sizeof(text) + STREAM_END_SIZE];

	stream_header(out, request_id, len);
	memcpy(out + STREAM_HEADER, text, len);
	stream_end(out + STREAM_HEADER + len, request_id);
	if (send(fd, out, STREAM_HEADER + len + STREAM_END_SIZE,
		MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return; /* it is closed in any case */
}

static bool
has_gone(int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, wait_ms) > 0;
}

/*
 * What has come is looked at without being taken.  LOOK_MORE, with the other
 * side gone, is bad; with nothing at all, `is_empty` is set.
 */
static enum look
peek(int fd, char *window, size_t room, int *request_id, bool *is_empty)
{
	ssize_t n = recv(fd, window, room, MSG_PEEK | MSG_DONTWAIT);
	enum look l;

	*is_empty = n < 0 && (errno == EAGAIN || errno == EINTR);
	if (n <= 0)
		return *is_empty ? LOOK_MORE : LOOK_BAD;
	l = fcgi_look(window, (size_t)n, request_id);
	return l == LOOK_MORE && (size_t)n == LOOK_BYTES_MAX ? LOOK_BAD : l;
}

/*
 * Nearly always all of it is there at once.  There is no waiting for more of
 * what stays in the socket, so a slow sender is asked again, ever less often.
 */
static enum look
wait_for_rest(int fd, int *request_id)
{
	int64_t until = clock_mono_ms() + WHOLE_WITHIN_MS;
	char *window = xmalloc(LOOK_BYTES_MAX);
	enum look l;
	bool is_empty, is_gone = false;
	int pause_ms = 0;

	while ((l = peek(fd, window, LOOK_BYTES_MAX, request_id, &is_empty)) ==
		LOOK_MORE &&
	    !is_gone && clock_mono_ms() < until) {
		pause_ms = pause_ms < 32 ? pause_ms * 2 + 1 : 50;
		is_gone = has_gone(fd, pause_ms);
	}
	free(window);
	return l;
}

int
fcgi_wait(int fd)
{
	char window[USUAL_BYTES];
	int request_id = 0;
	bool is_empty;
	enum look l = peek(fd, window, sizeof(window), &request_id, &is_empty);

	if (is_empty)
		return E_BUSY;
	if (l == LOOK_MORE)
		l = wait_for_rest(fd, &request_id);
	if (l == LOOK_FLOOD)
		answer_flood(fd, request_id);
	return l == LOOK_WHOLE
	    ? 0
	    : err_set(E_REMOTE, "what came is no FastCGI request");
}

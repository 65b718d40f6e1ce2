/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "web/response.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "web/private.h"
#include "web/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define HELD_MAX (64 * 1024)
#define PIECE (64 * 1024)

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	/* clang-format off */
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 422, "Unprocessable Content" },
	{ 423, "Locked" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 460, "Checksum Mismatch" },
	{ 500, "Internal Server Error" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 507, "Insufficient Storage" },
	/* clang-format on */
};

const char *
response_reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Status";
}

void
response_init(struct request *req, struct buf *held)
{
	struct response *r = mem_alloc(req->mem, sizeof(*r));

	buf_clear(held);
	r->status = 200;
	r->held = held;
	r->length = -1;
	req->response = r;
}

void
response_status(struct request *req, int status)
{
	req->response->status = status;
}

/* ---- headers --------------------------------------------------------------- */

static bool
is_name(const char *s)
{
	static const char marks[] = "!#$%&'*+-.^_`|~"
				    "0123456789"
				    "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return *s != '\0' && s[strspn(s, marks)] == '\0';
}

static bool
is_value(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

static struct header **
place_of(struct response *r, const char *name)
{
	struct header **at = &r->headers;

	while (*at != NULL && strcasecmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

const char *
response_find(const struct request *req, const char *name)
{
	const struct header *h = *place_of(req->response, name);

	return h != NULL ? h->value : NULL;
}

static void
put_header(struct request *req, const char *name, const char *value)
{
	struct response *r = req->response;
	struct header **at = place_of(r, name);

	if (strcasecmp(name, "Set-Cookie") == 0)
		while (*at != NULL)
			at = &(*at)->next;
	if (*at == NULL) {
		*at = mem_alloc(req->mem, sizeof(**at));
		(*at)->name = mem_strdup(req->mem, name);
	}
	(*at)->value = value;
}

int
response_header(struct request *req, const char *name, const char *fmt, ...)
{
	struct response *r = req->response;
	const char *value;
	va_list ap;

	va_start(ap, fmt);
	value = mem_vprintf(req->mem, fmt, ap);
	va_end(ap);
	if (!is_name(name) || !is_value(value))
		return err_set(E_INPUT, "%s: not fit for a header", name);
	if (strcasecmp(name, "Content-Length") == 0)
		return str_int64(value, &r->length);
	put_header(req, name, value);
	return 0;
}

void
response_type(struct request *req, const char *type)
{
	(void)response_header(req, "Content-Type", "%s", type);
}

/* Those that spoke of the body that is not sent now. */
void
response_reset(struct request *req)
{
	static const char *const of_body[] = { "Content-Type", "Content-Range",
		"Content-Disposition", "Content-Encoding", "ETag",
		"Accept-Ranges", "Last-Modified", "Cache-Control",
		"X-Accel-Redirect", "X-Sendfile", "Location" };
	struct response *r = req->response;

	for (size_t i = 0; i < sizeof(of_body) / sizeof(of_body[0]); i++) {
		struct header **at = place_of(r, of_body[i]);

		if (*at != NULL)
			*at = (*at)->next;
	}
	buf_clear(r->held);
	r->written = 0;
	r->length = -1;
	r->is_by_server = false;
	r->is_redirect = false;
}

static bool
has_no_body(int status)
{
	return status == 204 || status == 304;
}

static void
default_header(struct request *req, const char *name, const char *value)
{
	if (response_find(req, name) == NULL)
		put_header(req, name, value);
}

static void
head_text(struct request *req, struct buf *out)
{
	struct response *r = req->response;

	default_header(req, "X-Request-Id", req->id);
	default_header(req, "X-Content-Type-Options", "nosniff");
	default_header(req, "Cache-Control", "no-store");
	if (!r->is_redirect)
		buf_printf(out, "Status: %d %s\r\n", r->status,
		    response_reason(r->status));
	for (const struct header *h = r->headers; h != NULL; h = h->next)
		buf_printf(out, "%s: %s\r\n", h->name, h->value);
	if (r->length >= 0 && !has_no_body(r->status) && !r->is_by_server)
		buf_printf(out, "Content-Length: %lld\r\n",
		    (long long)r->length);
	buf_puts(out, "\r\n");
}

/* ---- the body --------------------------------------------------------------- */

static int
send_bytes(struct request *req, const void *data, size_t len)
{
	const struct transport *t = req->private_->transport;

	return len == 0 ? 0 : t->write(t->arg, data, len);
}

/* The headers, and what was held back. */
static int
start(struct request *req)
{
	struct response *r = req->response;
	struct buf head = { NULL, 0, 0 };
	int rc;

	r->is_started = true;
	head_text(req, &head);
	rc = send_bytes(req, head.data, head.len);
	buf_release(&head);
	if (rc == 0)
		rc = send_bytes(req, r->held->data, r->held->len);
	buf_clear(r->held);
	return rc;
}

int
response_write(struct request *req, const void *data, size_t len)
{
	struct response *r = req->response;
	int rc = 0;

	if (r->is_taken)
		return err_set(E_IO, "the connection was handed over");
	if (r->length >= 0 && (int64_t)len > r->length - r->written)
		return err_set(E_IO, "more was written than Content-Length");
	r->written += (int64_t)len;
	if (req->is_head)
		return 0;
	if (!r->is_started && r->held->len + len <= HELD_MAX) {
		buf_add(r->held, data, len);
		return 0;
	}
	if (!r->is_started)
		rc = start(req);
	return rc != 0 ? rc : send_bytes(req, data, len);
}

int
response_puts(struct request *req, const char *text)
{
	return response_write(req, text, strlen(text));
}

int
response_printf(struct request *req, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return err_set(E_NOMEM, "out of memory");
	len = response_write(req, text, (size_t)len);
	free(text);
	return len;
}

int
response_json(struct request *req, const struct buf *json)
{
	struct response *r = req->response;

	response_type(req, "application/json");
	if (r->length < 0 && r->written == 0)
		r->length = (int64_t)json->len;
	return response_write(req, buf_text(json), json->len);
}

static int
copy_file(struct request *req, int fd, int64_t from, int64_t len)
{
	char *piece = mem_alloc(req->mem, PIECE);
	int rc = 0;

	while (rc == 0 && len > 0) {
		size_t want = len < PIECE ? (size_t)len : PIECE;
		ssize_t n = pread(fd, piece, want, from);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(E_IO, "a file ended too soon: %s",
			    n < 0 ? strerror(errno) : "it is shorter");
		rc = response_write(req, piece, (size_t)n);
		from += n;
		len -= n;
	}
	return rc;
}

int
response_file(struct request *req, int fd, int64_t from, int64_t len)
{
	req->response->length = len;
	return req->is_head ? 0 : copy_file(req, fd, from, len);
}

/* ---- the end ---------------------------------------------------------------- */

/* Where the headers are still here, the length is known by now. */
static void
settle_length(struct request *req)
{
	struct response *r = req->response;

	if (has_no_body(r->status)) {
		buf_clear(r->held);
		r->length = -1;
	} else if (r->length < 0 || !req->is_head) {
		r->length = r->written;
	}
}

int
response_end(struct request *req, int rc)
{
	struct response *r = req->response;

	if (r->is_taken)
		return 0;
	if (!r->is_started) {
		settle_length(req);
		return start(req);
	}
	if (r->length >= 0 ? r->written < r->length : rc < 0)
		return err_set(E_REMOTE, "the answer was cut off");
	return 0;
}

int
response_take_over(struct request *req, const void *first, size_t len, int *fd,
    int *request_id)
{
	const struct transport *t = req->private_->transport;
	struct response *r = req->response;
	int rc;

	if (!request_drain(req, PIECE))
		return request_fail(req, 413, "This request wants no body");
	r->length = -1;
	rc = start(req);
	if (rc == 0)
		rc = send_bytes(req, first, len);
	if (rc == 0)
		rc = t->take(t->arg, fd, request_id);
	if (rc == 0)
		r->is_taken = true;
	return rc;
}

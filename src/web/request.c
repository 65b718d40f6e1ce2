/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "web/request.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rand.h"
#include "web/private.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define PARAMS_MAX 256
#define PARAMS_BYTES (128 * 1024)
#define PIECE 16384

/* ---- parameters and headers ---------------------------------------------- */

static const char *
param(const struct request *req, const char *name)
{
	const char *const *p = req->private_->params;
	size_t len = strlen(name);

	for (; *p != NULL; p++)
		if (strncmp(*p, name, len) == 0 && (*p)[len] == '=')
			return *p + len + 1;
	return NULL;
}

static bool
is_cgi_name(const char *name)
{
	for (; *name != '\0'; name++)
		if (islower((unsigned char)*name) || *name == '-')
			return false;
	return true;
}

/* "If-None-Match" is HTTP_IF_NONE_MATCH (RFC 3875, 4.1.18). */
static void
cgi_name(const char *name, char *out, size_t size)
{
	bool is_content = strcasecmp(name, "Content-Type") == 0 ||
	    strcasecmp(name, "Content-Length") == 0;
	size_t n = 0;

	out[0] = '\0';
	if (!is_content) {
		memcpy(out, "HTTP_", 6);
		n = 5;
	}
	for (; *name != '\0' && n + 1 < size; name++)
		out[n++] = *name == '-' ? '_'
					: (char)toupper((unsigned char)*name);
	out[n] = '\0';
}

const char *
request_header(const struct request *req, const char *name)
{
	char cgi[100];

	if (is_cgi_name(name))
		return param(req, name);
	cgi_name(name, cgi, sizeof(cgi));
	return param(req, cgi);
}

/* RFC 6265, 4.2.1: "a=1; b=2"; what browsers send besides is skipped. */
const char *
request_cookie(const struct request *req, const char *name)
{
	const char *s = request_header(req, "Cookie");
	size_t len = strlen(name), n;

	for (; s != NULL && *s != '\0'; s += n + (s[n] == ';')) {
		s += strspn(s, " \t");
		n = strcspn(s, ";");
		if (n > len && strncmp(s, name, len) == 0 && s[len] == '=') {
			s += len + 1;
			n -= len + 1;
			while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
				n--;
			if (n >= 2 && s[0] == '"' && s[n - 1] == '"')
				return mem_strndup(req->mem, s + 1, n - 2);
			return mem_strndup(req->mem, s, n);
		}
	}
	return NULL;
}

/* ---- from the parameters -------------------------------------------------- */

static void
refuse(struct request *req, int status, const char *why)
{
	if (req->private_->refusal != 0)
		return;
	req->private_->refusal = status;
	req->private_->why = why;
}

static void
check_params(struct request *req)
{
	const char *const *p = req->private_->params;
	size_t bytes = 0, n = 0;

	for (; p[n] != NULL; n++)
		bytes += strlen(p[n]);
	if (n > PARAMS_MAX || bytes > PARAMS_BYTES) {
		refuse(req, 431, "The headers of this request are too large");
		req->private_->is_body_left = true;
	}
}

/* An empty one is how some servers say that there is none. */
static void
read_length(struct request *req)
{
	const char *text = param(req, "CONTENT_LENGTH");

	req->body_bytes = -1;
	if (text == NULL || *text == '\0')
		return;
	if (str_int64(text, &req->body_bytes) != 0 || req->body_bytes < 0) {
		req->body_bytes = -1;
		req->private_->is_body_left = true;
		refuse(req, 400, "Content-Length is no length");
	}
}

static void
read_method(struct request *req)
{
	const char *method = param(req, "REQUEST_METHOD");

	/* The parameters go with the connection; the log comes after it. */
	req->method = method != NULL ? mem_strdup(req->mem, method) : "";
	req->is_head = str_eq(method, "HEAD");
	if (req->is_head)
		req->method = "GET";
}

static bool
said_https(const struct request *req)
{
	const char *https = param(req, "HTTPS");

	if (https != NULL &&
	    (str_eq(https, "1") || strcasecmp(https, "on") == 0))
		return true;
	return str_eq(param(req, "REQUEST_SCHEME"), "https");
}

/* Counted from a random start: no two are the same, and none is secret. */
static const char *
next_id(struct mem *mem)
{
	static _Thread_local uint64_t last;

	if (last == 0)
		rand_bytes(&last, sizeof(last));
	return mem_printf(mem, "%016" PRIx64, ++last);
}

void
request_init(struct request *req, struct mem *mem, struct buf *held,
    const char *const *params, const struct transport *transport)
{
	const char *uri, *address;

	memset(req, 0, sizeof(*req));
	req->mem = mem;
	req->id = next_id(mem);
	req->private_ = mem_alloc(mem, sizeof(*req->private_));
	req->private_->params = params;
	req->private_->transport = transport;
	response_init(req, held);
	check_params(req);
	read_method(req);
	read_length(req);
	address = param(req, "REMOTE_ADDR");
	req->address = address != NULL ? mem_strdup(mem, address) : "";
	req->is_https = said_https(req);
	uri = param(req, "REQUEST_URI");
	request_query_parse(req, request_path(req, uri != NULL ? uri : ""));
}

/* ---- the body -------------------------------------------------------------- */

static int
cut_off(struct request *req, const char *why)
{
	req->private_->is_body_left = true;
	return request_fail(req, 400, "%s", why);
}

ssize_t
request_read(struct request *req, void *data, size_t len)
{
	struct request_private *p = req->private_;
	ssize_t n;

	if (p->is_body_over || len == 0)
		return 0;
	n = p->transport->read(p->transport->arg, data, len);
	if (n < 0)
		return cut_off(req, "The body of the request was cut off");
	p->body_read += n;
	if (n == 0)
		p->is_body_over = true;
	if (req->body_bytes >= 0 &&
	    (n == 0 ? p->body_read < req->body_bytes
		    : p->body_read > req->body_bytes))
		return cut_off(req,
		    "The body of the request is not as long as its "
		    "Content-Length says");
	return n;
}

/* What is left is drained where it is little: a web server that has sent all of
 * it takes the connection for one that stays open. */
static int
too_large(struct request *req, size_t limit)
{
	return request_fail(req, 413,
	    "The body of the request is larger than %zu bytes", limit);
}

int
request_body(struct request *req, size_t limit, struct buf *out)
{
	size_t before = out->len;
	char piece[PIECE];
	ssize_t n;

	if (req->body_bytes > 0 && (uint64_t)req->body_bytes > limit)
		return too_large(req, limit);
	while ((n = request_read(req, piece, sizeof(piece))) > 0) {
		if (out->len - before + (size_t)n > limit)
			return too_large(req, limit);
		buf_add(out, piece, (size_t)n);
	}
	return n < 0 ? (int)n : 0;
}

bool
request_drain(struct request *req, int64_t limit)
{
	struct request_private *p = req->private_;
	char piece[PIECE];
	ssize_t n = 1;

	/* Who said that more comes need not be waited for. */
	if (p->is_body_left || req->body_bytes - p->body_read > limit)
		return false;
	while (!p->is_body_over && limit > 0 && n > 0) {
		n = p->transport->read(p->transport->arg, piece, sizeof(piece));
		p->is_body_over = n == 0;
		limit -= n;
	}
	return p->is_body_over;
}

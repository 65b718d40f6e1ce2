/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "web/private.h"
#include "web/response.h"

#include <string.h>

/*
 * What others uploaded must not run as if it were ours.  A sandbox gives it an
 * origin of its own and forbids its scripts, forms and windows.  Browsers show
 * a PDF by a viewer of theirs, which Chrome refuses to start in a sandbox and
 * which needs to embed the document itself and to style its frame; nothing
 * else may be loaded, and no script runs in the page around it.  Nobody else's
 * page may frame either.
 */
static const char csp[] = "default-src 'none'; sandbox; frame-ancestors 'self'";
static const char csp_pdf[] = "default-src 'none'; object-src 'self'; "
			      "style-src 'unsafe-inline'; "
			      "frame-ancestors 'self'";

/* ---- names (RFC 6266, RFC 8187) ---------------------------------------------- */

static bool
is_plain(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || strchr("-._", c) != NULL;
}

/* For those that read no filename*: what is not plain becomes an underscore. */
static void
put_name(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++) {
		unsigned char c = (unsigned char)*name;

		if ((c & 0xc0) != 0x80)
			buf_putc(out, is_plain(c) || c == ' ' ? (char)c : '_');
	}
}

static void
put_encoded(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++) {
		unsigned char c = (unsigned char)*name;

		if (is_plain(c))
			buf_putc(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

static int
put_disposition(struct request *req, const struct response_content *c)
{
	struct buf b = { NULL, 0, 0 };
	int rc;

	buf_puts(&b, c->is_download ? "attachment" : "inline");
	if (c->filename != NULL) {
		buf_puts(&b, "; filename=\"");
		put_name(&b, c->filename);
		buf_puts(&b, "\"; filename*=UTF-8''");
		put_encoded(&b, c->filename);
	}
	rc = response_header(req, "Content-Disposition", "%s", b.data);
	buf_release(&b);
	return rc;
}

/* ---- conditions (RFC 9110, 13) ------------------------------------------------- */

/* Is this tag in the list?  Weakly compared, as If-None-Match asks. */
static bool
lists_tag(const char *list, const char *etag)
{
	size_t len = strlen(etag);

	for (;;) {
		const char *end;

		list += strspn(list, " \t,");
		if (strncmp(list, "W/", 2) == 0)
			list += 2;
		if (*list != '"' || (end = strchr(++list, '"')) == NULL)
			return false;
		if ((size_t)(end - list) == len && memcmp(list, etag, len) == 0)
			return true;
		list = end + 1;
	}
}

static bool
is_known_there(const struct request *req, const char *etag)
{
	const char *list = request_header(req, "If-None-Match");

	if (list == NULL)
		return false;
	list += strspn(list, " \t");
	return (list[0] == '*' && list[1 + strspn(list + 1, " \t")] == '\0') ||
	    lists_tag(list, etag);
}

/* A date never fits: we send none. */
static bool
is_range_wanted(const struct request *req, const char *etag)
{
	const char *tag = request_header(req, "If-Range");
	size_t len = strlen(etag);

	if (tag == NULL)
		return true;
	return tag[0] == '"' && strncmp(tag + 1, etag, len) == 0 &&
	    strcmp(tag + 1 + len, "\"") == 0;
}

/* ---- ranges (RFC 9110, 14) -------------------------------------------------------- */

/* -1 without a digit; too many of them are beyond any file. */
static const char *
read_digits(const char *s, int64_t *n)
{
	*n = -1;
	if (*s < '0' || *s > '9')
		return s;
	for (*n = 0; *s >= '0' && *s <= '9'; s++)
		*n = *n > INT64_MAX / 10 - 1 ? INT64_MAX / 10
					     : *n * 10 + (*s - '0');
	return s;
}

/*
 * 1: from and len are the one range that is wanted; 0: the whole; -1: it lies
 * outside.  What is malformed, or several, is the whole.
 */
static int
read_range(const char *s, int64_t size, int64_t *from, int64_t *len)
{
	int64_t first, last;

	if (s == NULL || strncmp(s, "bytes=", 6) != 0)
		return 0;
	s = read_digits(s + 6, &first);
	if (*s++ != '-')
		return 0;
	s = read_digits(s, &last);
	if (*s != '\0' || (first < 0 && last < 0) ||
	    (first >= 0 && last >= 0 && last < first))
		return 0;
	if (first < 0) {
		first = last < size ? size - last : 0;
		last = size - 1;
	}
	if (first >= size || (last >= 0 && last < first))
		return -1;
	*from = first;
	*len = (last < 0 || last >= size ? size - 1 : last) - first + 1;
	return 1;
}

/* ---- the answer ------------------------------------------------------------------------ */

static int
put_headers(struct request *req, const struct response_content *c)
{
	bool is_pdf = str_eq(c->type, "application/pdf");
	int rc;

	response_type(req, c->type);
	if ((rc = response_header(req, "ETag", "\"%s\"", c->etag)) != 0 ||
	    (rc = put_disposition(req, c)) != 0)
		return rc;
	if (response_find(req, "Cache-Control") == NULL)
		(void)response_header(req, "Cache-Control",
		    "private, no-cache");
	return response_header(req, "Content-Security-Policy", "%s",
	    is_pdf ? csp_pdf : csp);
}

static int
send_by_server(struct request *req, const struct response_content *c)
{
	struct response *r = req->response;

	r->is_by_server = true;
	if (c->by == SEND_X_ACCEL)
		return response_header(req, "X-Accel-Redirect", "%s",
		    c->by_path);
	if (c->by == SEND_X_SENDFILE)
		return response_header(req, "X-Sendfile", "%s", c->by_path);
	r->is_redirect = true;
	/* Apache puts a tag of its own there; .htaccess makes ours of this. */
	(void)response_header(req, "Stemma-Content", "%s", c->etag);
	return response_header(req, "Location", "%s", c->by_path);
}

static int
send_self(struct request *req, const struct response_content *c)
{
	const char *range = request_header(req, "Range");
	int64_t from = 0, len = c->size_bytes;
	int found = 0;

	if (range != NULL && is_range_wanted(req, c->etag))
		found = read_range(range, c->size_bytes, &from, &len);
	if (found < 0) {
		(void)request_fail(req, 416,
		    "The range lies outside of the file");
		(void)response_header(req, "Content-Range", "bytes */%lld",
		    (long long)c->size_bytes);
		return E_INPUT;
	}
	(void)response_header(req, "Accept-Ranges", "bytes");
	if (found > 0) {
		response_status(req, 206);
		(void)response_header(req, "Content-Range",
		    "bytes %lld-%lld/%lld", (long long)from,
		    (long long)(from + len - 1), (long long)c->size_bytes);
	}
	return response_file(req, c->fd, from, len);
}

int
response_content(struct request *req, const struct response_content *c)
{
	int rc = put_headers(req, c);

	if (rc != 0)
		return rc;
	if (is_known_there(req, c->etag)) {
		response_status(req, 304);
		return 0;
	}
	return c->by == SEND_SELF ? send_self(req, c) : send_by_server(req, c);
}

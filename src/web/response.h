/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef WEB_RESPONSE_H
#define WEB_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct request;

/*
 * The answer.  Status 200 and no headers but X-Request-Id, Cache-Control:
 * no-store and X-Content-Type-Options: nosniff until something else is said.
 * Up to 64 KiB are kept back, with their Content-Length; more goes out in
 * pieces.  Once bytes have gone out, an error can only cut the answer off; not
 * every web server lets the browser see that (lighttpd and mod_fcgid do not)
 * unless a Content-Length was said, or what was sent is not whole by itself.
 */
void response_status(struct request *req, int status);

/* response_header - a header; one of that name takes its place, but for
 * Set-Cookie.  Control characters in the value are E_INPUT. */
int response_header(struct request *req, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* E_REMOTE: the client has gone. */
int response_write(struct request *req, const void *data, size_t len);
int response_puts(struct request *req, const char *text);
int response_printf(struct request *req, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* response_type - Content-Type. */
void response_type(struct request *req, const char *type);

/* response_json - application/json, this text, whole. */
int response_json(struct request *req, const struct buf *json);

/*
 * response_file - `len` bytes of `fd` from `from`, with their Content-Length;
 * nothing but the headers for HEAD.
 */
int response_file(struct request *req, int fd, int64_t from, int64_t len);

/*
 * response_content - a content that is a regular file: answers If-None-Match
 * (304), a single Range with If-Range (206, 416), HEAD, with a strong ETag; the
 * bytes by the web server where it can (`sendfile` and `path`), else from `fd`.
 */
struct response_content {
	const char *path; /* absolute, or behind the prefix */
	int fd;
	int64_t size_bytes;
	const char *etag;     /* without quotes */
	const char *type;     /* Content-Type */
	const char *filename; /* for Content-Disposition; any UTF-8 */
	bool is_download;     /* attachment, not inline */
	enum { SEND_SELF, SEND_X_ACCEL, SEND_X_SENDFILE, SEND_REDIRECT } by;
	const char *by_path; /* what the header says; NULL for SEND_SELF */
};
int response_content(struct request *req, const struct response_content *c);

/*
 * response_take_over - send the headers and `first`, at once, and hand the
 * connection to the caller: the descriptor (non-blocking from now on) and the
 * FastCGI request id, for web/stream.h.  The body of the request was drained.
 */
int response_take_over(struct request *req, const void *first, size_t len,
    int *fd, int *request_id);

#endif

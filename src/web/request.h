/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct mem;
struct response;

#define ROUTE_ARGS 3

/* Who asks; filled in by the application (web/serve.h, identify). */
struct caller {
	bool is_known;
	const char *user; /* or NULL */
	const char *fullname;
	unsigned roles; /* bits of the application's */
	const char
	    *session;      /* its key (never the session id itself), or NULL */
	bool is_by_cookie; /* the cookie alone says so */
};

/*
 * A request while it is handled, in one thread.  Everything it lends lives in
 * `mem`, until the answer is out.
 */
struct request {
	struct mem *mem;
	const char *id;     /* X-Request-Id: ours, 16 hex digits */
	const char *method; /* "GET", also for HEAD (see is_head) */
	bool is_head;
	const char *path; /* behind the prefix, still encoded: "/files/list" */
	const char *prefix;  /* "/some/where/api/v1"; "" for /health */
	const char *address; /* of the client, as the web server says */
	bool is_https;
	const char *arg[ROUTE_ARGS]; /* the {} of the route, decoded */
	struct caller caller;
	void *site;         /* this thread's state of the application */
	int64_t body_bytes; /* Content-Length; -1: not said */
	struct response *response;
	struct request_private *private_;
};

/*
 * request_header - the value of a header of the request, by its HTTP name
 * ("If-None-Match"), or of a CGI variable ("REMOTE_PORT"); NULL: absent.
 */
const char *request_header(const struct request *req, const char *name);

/* request_cookie - the first cookie of that name; NULL: absent. */
const char *request_cookie(const struct request *req, const char *name);

/*
 * request_query - a parameter of the query, decoded (UTF-8 without control
 * characters); NULL: absent.  One that is malformed or there twice is told by
 * request_query_check, which the router calls first: 422.
 */
const char *request_query(const struct request *req, const char *name);
int request_query_check(struct request *req);
/* request_query_int - `fallback` where it is absent; 422 when it is no number
 * or not in bounds. */
int request_query_int(struct request *req, const char *name, int64_t min,
    int64_t max, int64_t fallback, int64_t *value);
/* request_query_bool - true, yes, on, 1 and their opposites; else 422. */
int request_query_bool(struct request *req, const char *name, bool *value);

/*
 * request_read - the next bytes of the body; 0 at its end.  E_INPUT (400) when
 * fewer came than Content-Length said, or the sender stopped for 30 s.
 */
ssize_t request_read(struct request *req, void *data, size_t len);

/*
 * request_body - all of a body of at most `limit` bytes (413 beyond), appended.
 */
int request_body(struct request *req, size_t limit, struct buf *out);

/*
 * Refusals.  Each sets the answer and returns a negative code, for the handler
 * to return: `return request_fail(req, 423, "Failed to acquire lock");`
 * Whatever else a handler returns negative becomes err_http(rc) with
 * err_text() as its detail (500: "Internal server error", the text to the log).
 *
 * request_fail    {"detail": "<text>"}
 * request_invalid 422, {"detail": [{"type", "loc": [where, field], "msg",
 *                 "input"}]}; `input` is JSON text or NULL (null)
 */
int request_fail(struct request *req, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int request_invalid(struct request *req, const char *where, const char *field,
    const char *type, const char *msg, const char *input);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef WEB_PRIVATE_H
#define WEB_PRIVATE_H

#include "base/str.h"
#include "web/request.h"

#include <stdarg.h>

/*
 * What stands between a request and the wire, so that everything above can be
 * run from a test or a fuzzer without a socket.
 *
 *   read   the next bytes of the body; 0 at its end; E_INPUT when it was cut
 *          off or stood still
 *   write  E_REMOTE when the client has gone
 *   take   hand over the connection, flushed
 */
struct transport {
	ssize_t (*read)(void *arg, void *data, size_t len);
	int (*write)(void *arg, const void *data, size_t len);
	int (*take)(void *arg, int *fd, int *request_id);
	void *arg;
};

struct pair {
	const char *name, *value;
};

struct request_private {
	const struct transport *transport;
	const char *const *params; /* "NAME=value", NULL closes them */
	struct pair *query;
	size_t n_query;
	const char *bad_query; /* the first that is malformed; "": nameless */
	int64_t body_read;
	bool is_body_over; /* read to its end */
	bool is_body_left; /* refused: it is not worth reading */
	bool is_refused; /* the answer is a refusal that was made on purpose */
	int result;      /* of the handler */
	int refusal;     /* what was wrong with the request itself, a status */
	const char *why;
};

struct header {
	struct header *next;
	const char *name, *value;
};

struct response {
	int status;
	struct header *headers;
	struct buf *held;  /* the thread's; of the body, until it is out */
	int64_t length;    /* as said by Content-Length; -1: not yet */
	int64_t written;   /* bytes of body, for HEAD those not sent */
	bool is_by_server; /* the web server sends the body: no length */
	bool is_redirect;  /* no Status line */
	bool is_started;   /* the headers are out */
	bool is_taken;     /* the connection is another's */
};

/* ---- request.c ----------------------------------------------------------- */

/*
 * request_init - from the parameters of FastCGI.  What is wrong with them
 * themselves (path, length, too many) is noted in private_->refusal.
 */
void request_init(struct request *req, struct mem *mem, struct buf *held,
    const char *const *params, const struct transport *transport);

/* request_drain - read what is left of the body, at most `limit` bytes: is it
 * over? */
bool request_drain(struct request *req, int64_t limit);

/* ---- request_path.c ------------------------------------------------------ */

/* request_path - split REQUEST_URI into prefix and path; answers the query
 * behind it.  A path that is none of ours is "". */
const char *request_path(struct request *req, const char *uri);

/* request_decode - percent-decode `len` bytes; NULL: malformed, or not UTF-8
 * without control characters. */
const char *request_decode(struct mem *mem, const char *s, size_t len,
    bool plus_is_space);

/* ---- request_query.c ----------------------------------------------------- */

void request_query_parse(struct request *req, const char *query);

/* ---- request_fail.c ------------------------------------------------------ */

/* request_fail_json - this text as the whole answer; E_INPUT. */
int request_fail_json(struct request *req, int status, const struct buf *json);

/* request_invalid_add - one more wrong field, to an array of them. */
void request_invalid_add(struct buf *out, const char *where, const char *field,
    const char *type, const char *msg, const char *input);

/* request_bool - what a text means, as lax as the API is: 1, 0, E_INPUT. */
int request_bool(const char *text, bool *value);

/* ---- response.c ---------------------------------------------------------- */

void response_init(struct request *req, struct buf *held);

/* response_reset - nothing was said yet about a body; other headers stay. */
void response_reset(struct request *req);

const char *response_find(const struct request *req, const char *name);

/* response_end - send what is held.  `rc`: of the handler.  E_REMOTE: the
 * answer is not whole and must be cut off. */
int response_end(struct request *req, int rc);

const char *response_reason(int status);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TESTS_UNIT_FCGI_CLIENT_H
#define TESTS_UNIT_FCGI_CLIENT_H

#include "base/str.h"

#include <stdbool.h>

/* A web server's side of FastCGI, as well behaved or not as a test likes. */
enum {
	CLIENT_BEGIN = 1,
	CLIENT_ABORT = 2,
	CLIENT_END = 3,
	CLIENT_PARAMS = 4,
	CLIENT_STDIN = 5,
	CLIENT_STDOUT = 6,
};

struct client_answer {
	struct buf text; /* headers and body */
	bool is_ended;   /* FCGI_END_REQUEST came */
	bool is_closed;  /* the connection was closed behind it, or before */
};

int client_connect(const char *path);

/* client_record - append a record. */
void client_record(struct buf *out, int type, const void *data, size_t len);
void client_begin(struct buf *out, int role, bool is_kept);
/* client_param - append one to the content of a record of FCGI_PARAMS. */
void client_param(struct buf *out, const char *name, const char *value);

/*
 * client_request - append a whole request.  `length`: of CONTENT_LENGTH; NULL:
 * as long as the body is.  `body` may be NULL.
 */
void client_request(struct buf *out, const char *method, const char *uri,
    bool is_kept, const char *length, const void *body, size_t len);

/* client_send - answers whether all of it went out; `out` is empty then. */
bool client_send(int fd, struct buf *out);

/* client_read - until the request ended or the connection was closed. */
void client_read(int fd, struct client_answer *a);
void client_release(struct client_answer *a);

int client_status(const struct client_answer *a);
const char *client_body(const struct client_answer *a);

/* client_is_closed - does the other side close it within `ms`? */
bool client_is_closed(int fd, int ms);

#endif

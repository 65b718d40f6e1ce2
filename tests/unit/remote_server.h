/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TESTS_UNIT_REMOTE_SERVER_H
#define TESTS_UNIT_REMOTE_SERVER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A server that plays what it is told: for tests of what real servers do only
 * now and then.  It listens on a free port of this machine, in threads.
 *
 * Each request takes the first line of the play that fits it and was not taken
 * yet.  One that fits none is answered 599, and counted as a surprise.
 */
struct remote_server;

enum remote_server_then {
	THEN_KEEP,  /* wait for the next request */
	THEN_CLOSE, /* close the connection */
	THEN_RESET, /* as if the machine had died */
	THEN_STALL  /* say nothing more until the other side goes */
};

struct remote_server *remote_server_new(void);
void remote_server_free(struct remote_server *s);

/* remote_server_url - "http://127.0.0.1:PORT<path>"; it stays valid. */
const char *remote_server_url(struct remote_server *s, const char *path);

/*
 * remote_server_play - a request that begins with `fits` ("PUT /dav/x"; "" is
 * any) is answered with `status`, `headers` ("A: b\r\n" each; Content-Length
 * comes by itself unless they have one) and `body`.
 */
void remote_server_play(struct remote_server *s, const char *fits, int status,
    const char *headers, const char *body);

/* remote_server_play_raw - with these bytes. */
void remote_server_play_raw(struct remote_server *s, const char *fits,
    const void *bytes, size_t len, enum remote_server_then then);

/* remote_server_listing - a 207 with "<href> <size>" entries; -1: a folder. */
void remote_server_listing(struct remote_server *s, const char *fits,
    const char *const *hrefs, const int *sizes, size_t n);

int remote_server_requests(struct remote_server *s); /* how many came */

/* remote_server_count - how many came that begin with this. */
int remote_server_count(struct remote_server *s, const char *begin);

/* remote_server_head - of the i-th request; "" when there is none. */
const char *remote_server_head(struct remote_server *s, int i);

/* remote_server_header - does the i-th have this line? */
bool remote_server_header(struct remote_server *s, int i, const char *line);

int remote_server_surprises(struct remote_server *s);

/* remote_server_left - lines of the play that nobody asked for. */
int remote_server_left(struct remote_server *s);

/* remote_server_forget - the rest of the play; what comes is no surprise. */
void remote_server_forget(struct remote_server *s);

#endif

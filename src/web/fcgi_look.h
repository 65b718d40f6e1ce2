/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef WEB_FCGI_LOOK_H
#define WEB_FCGI_LOOK_H

#include <stddef.h>

/*
 * The beginning of a request (FastCGI specification 1.0, 5): BEGIN_REQUEST for
 * a responder, then PARAMS until an empty one.  libfcgi believes every length
 * that it reads there and ends the process when it cannot have that much, so
 * it is looked at before.
 */
#define LOOK_PARAMS_MAX (64 * 1024) /* bytes of all parameters */
#define LOOK_BYTES_MAX (96 * 1024)  /* and of their records */

enum look {
	LOOK_WHOLE,
	LOOK_MORE,  /* so far it is one */
	LOOK_FLOOD, /* its parameters are too large */
	LOOK_BAD,
};

/* fcgi_look - at what has come of it; `request_id` is set once it is known. */
enum look fcgi_look(const void *bytes, size_t len, int *request_id);

/*
 * fcgi_wait - until a whole one can be read from `fd`, of which nothing is
 * taken.  0; E_BUSY: nothing has come at all; E_REMOTE: it is none, it was
 * answered, it did not come within 30 s, or the other side has gone.
 */
int fcgi_wait(int fd);

#endif

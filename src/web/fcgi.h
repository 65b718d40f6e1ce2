/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef WEB_FCGI_H
#define WEB_FCGI_H

#include "web/private.h"

#include <fcgiapp.h>

/*
 * One request on a connection that we accepted: the one place that knows
 * libfcgi, which reads and writes its records.  Zeroed memory is fine to begin
 * with; there is one for each thread.
 */
struct fcgi {
	FCGX_Request request;
	struct transport transport;
	int fd;
	bool is_taken;
	int64_t read_since_ms; /* when the body was first waited for */
	int64_t read_bytes;
};

/* fcgi_setup - once in a process, before threads are made.  E_IO. */
int fcgi_setup(void);

/*
 * fcgi_begin - read a request's parameters from `fd`.  E_REMOTE: what came is
 * no request, or the other side has gone; `fd` was closed.  E_BUSY: nothing has
 * come yet, and `fd` is still the caller's.
 */
int fcgi_begin(struct fcgi *f, int fd);

const char *const *fcgi_params(const struct fcgi *f);

/*
 * fcgi_end - the answer is complete (or, with `is_cut`, must be seen to be
 * not).  Answers whether the connection waits for a next request now;
 * otherwise it was closed, or handed over.
 */
bool fcgi_end(struct fcgi *f, bool is_cut, bool is_body_over);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TESTS_UNIT_WEB_RUN_H
#define TESTS_UNIT_WEB_RUN_H

#include "base/str.h"

#include <stdbool.h>

struct mem;
struct serve_app;

/*
 * A request that goes through the router without a socket.  Set `body`,
 * `len` and `piece` (how much one read gives; 0: all), then run; free with
 * web_run_release.
 */
struct web_run {
	const char *body;
	size_t len, piece, at;
	bool is_torn; /* the sender stops behind the body */
	struct mem *mem;
	struct buf held, out; /* out: what goes to the web server */
	int rc;               /* of response_end */
};

void web_run(struct web_run *w, const struct serve_app *app,
    const char *const *params);
void web_run_release(struct web_run *w);

/* web_run_simple - METHOD, URI and a body (or NULL) as JSON; up to three more
 * parameters. */
void web_run_simple(struct web_run *w, const struct serve_app *app,
    const char *method, const char *uri, const char *body,
    const char *const more[3]);

int web_run_status(const struct web_run *w);
const char *web_run_body(const struct web_run *w);
/* web_run_header - its value, in memory of the run; NULL: absent. */
const char *web_run_header(struct web_run *w, const char *name);

#endif

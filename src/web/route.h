/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include <stdbool.h>

struct request;

/* What a caller must be.  `mask`: any of these bits in caller.roles. */
enum need {
	NEED_NOTHING, /* anybody; identified when it says who it is */
	NEED_READ,    /* anybody where reading is public, else somebody */
	NEED_LOGIN,   /* somebody */
	NEED_WRITE,   /* annotator or higher */
	NEED_ADMIN,
};

/*
 * A responder is a table of these.  A path begins behind /api/v1 or /api; {}
 * stands for one segment, decoded to 1 to 255 bytes of UTF-8 without '/' and
 * control characters (else 404).  The first row that fits counts.
 * A path that fits with another method is 405 with Allow; HEAD goes where GET
 * does.  Whoever is known by the cookie alone and changes something must come
 * from the same origin: 403.
 */
struct route {
	const char *method; /* NULL closes the table */
	const char *path;
	enum need need;
	int (*handle)(struct request *req);
};

/* route_is_same_origin - did a page of this very site send it, as the browser
 * says (Sec-Fetch-Site, or else Origin)?  False where nothing is said. */
bool route_is_same_origin(const struct request *req);

/*
 * route_request - find the row, check the need, call the handler, turn an error
 * into an answer.  The one place that does.
 */
struct serve_app;
void route_request(const struct serve_app *app, struct request *req);

#endif

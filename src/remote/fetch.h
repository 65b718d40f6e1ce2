/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_FETCH_H
#define REMOTE_FETCH_H

#include "base/hash.h"
#include "remote/place.h"

/*
 * An object into a file, verified (REMOTE_GET_FILE): what is there is gone on
 * with, by Range and If-Range, which mean the same to WebDAV and to S3
 * (RFC 9110, 13.1.5 and 14).
 */
struct fetch {
	struct outcome outcome; /* first */
	struct place *place;
	struct http_call call;
	const struct remote_transfer *t; /* borrowed */
	int fd;
	struct hash_stream *hash;
	int64_t at;        /* bytes in the file, all of them in `hash` */
	int64_t best;      /* the most that it ever were */
	bool is_new;       /* no file was there before */
	bool is_begun;     /* this try's answer was looked at */
	bool is_misplaced; /* it gave another range than was asked for */
	bool is_too_long;
	bool is_from_start; /* all in the file came in this run */
	int bad_wholes;
	int restarts;
	char etag[256];
};

void fetch_init(struct fetch *g, struct place *place);
void fetch_release(struct fetch *g);
void fetch_start(struct fetch *g, const struct remote_transfer *t);

/* fetch_cancel - close the file; it can be gone on with in a later run. */
void fetch_cancel(struct fetch *g);

#endif

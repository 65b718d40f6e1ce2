/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef WEB_MULTIPART_H
#define WEB_MULTIPART_H

#include <stddef.h>
#include <stdint.h>

struct request;

/*
 * multipart/form-data (RFC 7578), streamed: whatever its size, 64 KiB are held.
 * At most 64 parts, 8 KiB of headers each; a part's name and filename are UTF-8
 * of at most 255 bytes without control characters (a path before the filename
 * is cut off).
 */
struct multipart_part {
	const char *name;
	const char *filename; /* NULL: a plain field */
	const char *type;     /* its Content-Type, or NULL */
};

struct multipart_reader {
	/* Each may answer non-zero, which stops and is answered. */
	int (*begin)(void *arg, const struct multipart_part *part);
	int (*data)(void *arg, const void *data, size_t len);
	int (*end)(void *arg);
	void *arg;
};

/* multipart_read - all parts in order.  422 for what is no form-data, or cut
 * off; nothing is to be kept of it then. */
int multipart_read(struct request *req, const struct multipart_reader *reader);

#endif

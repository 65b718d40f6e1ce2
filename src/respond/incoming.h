/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_INCOMING_H
#define RESPOND_INCOMING_H

#include <stddef.h>
#include <stdint.h>

#include "tei/fileref.h"
#include "tei/parse.h"

struct request;

/* What became of bytes that came in.  Texts are memory of req->mem. */
struct arrival {
	const char *stable_id;
	const char *status; /* "uploaded", "saved", "new", "new_gold" */
};

/* What a client says of a file; NULL where it says nothing. */
struct incoming {
	const char *filename;
	const char *doc_id;
	const char *label;
	const char *collections; /* canonical JSON */
};
#define INCOMING_TEXT_MAX 16384 /* bytes of one of them, as it comes */

/*
 * incoming_set - take one of them by the name that it has in forms and in
 * Upload-Metadata; others are ignored, empty ones say nothing.  `collections`
 * is a JSON array of texts, or names with commas between.  E_INPUT with a
 * sentence.
 */
int incoming_set(struct request *req, struct incoming *in, const char *name,
    const char *value, size_t len);

/* A file that was looked at. */
struct looked {
	enum tei_kind kind;
	struct fileref ref; /* of a TEI */
};

/* incoming_look - what is it?  400 in the words of the API for what is not
 * taken here. */
int incoming_look(struct request *req, int fd, struct looked *looked);

/*
 * incoming_add - a content that is in the blobs becomes a record, or is found to
 * be one of its document.
 *
 *   id, size_bytes  of the content
 *   mark            NULL, or a name under which the arrival is noted with it:
 *                   whoever comes with the same again gets the same answer
 *
 * 403 where the caller may not edit the document; 409 while what would live
 * again is in conflict.
 */
int incoming_add(struct request *req, const struct incoming *in,
    const struct looked *looked, const char *id, int64_t size_bytes,
    const char *mark, struct arrival *arrival);

/*
 * The arrivals that are noted, in the library; each in the caller's
 * transaction.  x_find: 1 found, 0 absent.
 */
struct db;
int arrival_find(struct request *req, const char *mark,
    struct arrival *arrival);
int arrival_put(struct request *req, const char *mark,
    const struct arrival *arrival);
int arrival_forget(struct db *db, const char *mark);

/* incoming_limit - bytes that a file may have (MAX_UPLOAD_MB). */
int64_t incoming_limit(const struct request *req);

/* incoming_too_large - 413, with the limit. */
int incoming_too_large(struct request *req);

/* incoming_deny_size - 413 or 507 for a body of that length (-1: unknown), that
 * is not read then. */
int incoming_deny_size(struct request *req, int64_t size_bytes);

/* incoming_failed - what a full disk is told as, 507; other codes as they
 * are. */
int incoming_failed(struct request *req, int rc);

/* incoming_temp - a file for reading and writing on the disk of the contents,
 * without a name, so that it is gone with its descriptor.  E_IO. */
int incoming_temp(struct request *req);

#endif

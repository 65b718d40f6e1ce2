/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_PLACE_H
#define REMOTE_PLACE_H

#include <stdbool.h>

#include "base/str.h"
#include "remote/http.h"
#include "remote/remote_ops.h"

/*
 * What stores behind HTTP share: WebDAV (dav.c) and S3 (s3.c).  A place stands
 * first in the struct of each kind; fetch.c gets one object into a file,
 * many.c has many transfers under way at once.
 */
struct place {
	struct remote base; /* first */
	struct http *http;
	int connections;
	const struct place_kind *kind;
};

/* How a work ended; it stands first in the struct of every work. */
struct outcome {
	bool is_over;
	bool is_fatal; /* every other work would meet the same error */
	int rc;
	struct buf why; /* the text that belongs to rc */
};

/*
 * What each kind does in its own way.  A work takes one or several requests,
 * and goes from step to step as answers come in; its `outcome` says when it is
 * over.  One that is used again begins anew with its start.
 */
struct place_kind {
	/* ask - make `call` ask `method` about the object `path`. */
	void (*ask)(struct place *place, struct http_call *call,
	    const char *method, const char *path, enum http_repeat repeat);

	/* give - a body to a PUT that was asked for.  E_IO. */
	int (*give)(struct http_call *call, const struct source *src);

	void *(*put_new)(struct place *place);
	void (*put_free)(void *work);
	void (*put_start)(void *work, const char *path,
	    const struct source *src, bool replaces);

	void *(*listing_new)(struct place *place);
	void (*listing_free)(void *work);
	void (*listing_start)(void *work, const char *path,
	    int (*fn)(void *arg, const struct remote_entry *entry), void *arg);
};

void outcome_begin(struct outcome *o);
void outcome_end(struct outcome *o, int rc, const struct http_call *call);

/* outcome_tell - set its text for this thread again; answers its code. */
int outcome_tell(const struct outcome *o);

/*
 * place_open - the connections of a place whose kind is set; `login` as for
 * http_open.
 */
int place_open(struct place *place, const struct remote_config *config,
    const struct http_login *login);

/* place_wait - turn until the outcome is there: its code, or E_STOPPED. */
int place_wait(struct place *place, const struct outcome *o);

/* place_told - was `call` answered, by something that says it is done? */
bool place_told(const struct http_call *call);

/* place_small - GET a body of at most `limit` bytes; `status` is expected. */
int place_small(struct http_call *call, int status, size_t limit,
    struct buf *out);

/* ---- remote_ops that all of them can have ----------------------------- */

int place_list(struct remote *r, const char *dir,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg);
int place_get(struct remote *r, const char *path, size_t limit,
    struct buf *out);
int place_get_part(struct remote *r, const char *path, int64_t from,
    size_t limit, struct buf *out);
int place_put(struct remote *r, const char *path, const struct source *src);
int place_replace(struct remote *r, const char *path, const struct source *src);
int place_put_spoilt(struct remote *r, const char *path,
    const struct source *src, const struct remote_spoil *how);
int place_remove(struct remote *r, const char *path);
int many_run(struct remote *r,
    int (*next)(void *arg, struct remote_transfer *t),
    int (*done)(void *arg, const struct remote_transfer *t, int rc), void *arg);
struct remote_stats place_stats(const struct remote *r);
int64_t place_progress(const struct remote *r);

#endif

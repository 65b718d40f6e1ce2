/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_DAV_H
#define REMOTE_DAV_H

#include "base/hash.h"
#include "base/str.h"
#include "remote/address.h"
#include "remote/http.h"
#include "remote/known.h"
#include "remote/remote_ops.h"

/*
 * A store in a WebDAV folder (RFC 4918).  Each kind of work that takes several
 * requests is a struct that goes from step to step as answers come in, so that
 * many can be under way at once; dav_run.c runs many, dav.c one at a time.
 */
struct dav {
	struct remote base; /* first */
	struct address address;
	struct http *http;
	struct known known; /* folders */
	int connections;
};

/* How a work ended. */
struct outcome {
	bool is_over;
	bool is_fatal; /* every other work would meet the same error */
	int rc;
	struct buf why; /* the text that belongs to rc */
};

void outcome_begin(struct outcome *o);
void outcome_end(struct outcome *o, int rc, const struct http_call *call);

/* outcome_tell - set its text for this thread again; answers its code. */
int outcome_tell(const struct outcome *o);

/*
 * dav_question - make `call` ask `method` about `path`; the folder when
 * `as_dir`.
 */
void dav_question(struct dav *dav, struct http_call *call, const char *method,
    const char *path, bool as_dir, enum http_repeat repeat);

/* dav_destination - add the headers that a MOVE needs. */
void dav_destination(struct dav *dav, struct http_call *call, const char *to,
    bool as_dir, bool overwrites);

/* dav_is_done - is it a status that says that a change was made? */
bool dav_is_done(int status);

/* dav_wait - turn until the outcome is there; E_STOPPED. */
int dav_wait(struct dav *dav, const struct outcome *o);

/* ---- PROPFIND ---------------------------------------------------------- */

struct dav_listing {
	struct dav *dav;
	struct http_call call;
	struct multistatus *ms;
	bool is_self; /* one thing is asked about, not what is in it */
	int (*fn)(void *arg, const struct remote_entry *entry);
	void *arg;
	bool is_there; /* is_self: it is, and what it is */
	bool is_dir;
	int64_t size_bytes;
	void (*over)(void *owner); /* may be NULL */
	void *owner;
	struct outcome outcome;
};

void dav_listing_init(struct dav_listing *l, struct dav *dav,
    void (*over)(void *owner), void *owner);
void dav_listing_release(struct dav_listing *l);

/* dav_listing_start - what is in `path`. */
void dav_listing_start(struct dav_listing *l, const char *path,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg);

/*
 * dav_listing_ask - about `path` itself.  Its being absent is an answer: the
 * outcome is 0 and `is_there` false.
 */
void dav_listing_ask(struct dav_listing *l, const char *path, bool as_dir);

/* ---- PUT ---------------------------------------------------------------- */

struct dav_put {
	struct dav *dav;
	struct http_call call;
	struct dav_listing ask;
	const char *path;         /* borrowed */
	const struct source *src; /* borrowed */
	bool replaces;
	struct buf up; /* the other name; "" when sent to `path` itself */
	struct buf parent;
	bool was_up; /* something may be under that name */
	bool parent_was_made;
	bool was_lost;                   /* both names were gone, once */
	void (*then)(struct dav_put *p); /* the next step */
	struct outcome outcome;
};

void dav_put_init(struct dav_put *p, struct dav *dav);
void dav_put_release(struct dav_put *p);
void dav_put_start(struct dav_put *p, const char *path,
    const struct source *src, bool replaces);

/* ---- GET into a file ---------------------------------------------------- */

struct dav_get {
	struct dav *dav;
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
	struct outcome outcome;
};

void dav_get_init(struct dav_get *g, struct dav *dav);
void dav_get_release(struct dav_get *g);
void dav_get_start(struct dav_get *g, const struct remote_transfer *t);

/* dav_get_cancel - close the file; it can be gone on with in a later run. */
void dav_get_cancel(struct dav_get *g);

/* ---- many ---------------------------------------------------------------- */

int dav_run(struct remote *r, int (*next)(void *arg, struct remote_transfer *t),
    int (*done)(void *arg, const struct remote_transfer *t, int rc), void *arg);

#endif

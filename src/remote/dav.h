/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_DAV_H
#define REMOTE_DAV_H

#include "remote/address.h"
#include "remote/known.h"
#include "remote/place.h"

/*
 * A store in a WebDAV folder (RFC 4918).  Each kind of work that takes several
 * requests is a struct that goes from step to step as answers come in, so that
 * many can be under way at once.
 */
struct dav {
	struct place place; /* first */
	struct address address;
	struct known known; /* folders */
};

/*
 * dav_question - make `call` ask `method` about `path`; the folder when
 * `as_dir`.
 */
void dav_question(struct dav *dav, struct http_call *call, const char *method,
    const char *path, bool as_dir, enum http_repeat repeat);

/* dav_destination - add the headers that a MOVE needs. */
void dav_destination(struct dav *dav, struct http_call *call, const char *to,
    bool as_dir, bool overwrites);

/*
 * dav_other_destination - a MOVE was answered so.  True: that may be for how
 * its destination was told, which is done the other way from now on; try it
 * once more.
 */
bool dav_other_destination(struct dav *dav, int status);

/* dav_is_done - is it a status that says that a change was made? */
bool dav_is_done(int status);

/* ---- PROPFIND ---------------------------------------------------------- */

struct dav_listing {
	struct outcome outcome; /* first */
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
};

void dav_listing_init(struct dav_listing *l, struct dav *dav,
    void (*over)(void *owner), void *owner);
void dav_listing_release(struct dav_listing *l);

/* For a struct place_kind. */
void *dav_listing_new(struct place *place);
void dav_listing_free(void *work);

/* dav_listing_start - what is in `path`. */
void dav_listing_start(void *work, const char *path,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg);

/*
 * dav_listing_ask - about `path` itself.  Its being absent is an answer: the
 * outcome is 0 and `is_there` false.
 */
void dav_listing_ask(struct dav_listing *l, const char *path, bool as_dir);

/* ---- PUT ---------------------------------------------------------------- */

struct dav_put {
	struct outcome outcome; /* first */
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
	bool was_retold;                 /* the destination, otherwise */
	void (*then)(struct dav_put *p); /* the next step */
};

/* For a struct place_kind. */
void *dav_put_new(struct place *place);
void dav_put_free(void *work);
void dav_put_start(void *work, const char *path, const struct source *src,
    bool replaces);

#endif

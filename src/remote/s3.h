/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_S3_H
#define REMOTE_S3_H

#include "remote/address.h"
#include "remote/place.h"
#include "remote/s3_xml.h"

/*
 * A store in a bucket that speaks S3 (Amazon S3 API Reference, 2006-03-01).
 * There are no folders, nothing is renamed, and a PUT is whole; what must not
 * be written over is put with If-None-Match, and the head with If-Match.
 */
struct s3 {
	struct place place;     /* first */
	struct address address; /* of the store: its path has the prefix */
	char *bucket;
	char *bucket_path; /* encoded: "/bucket", or "" in the host */
	char *prefix;      /* decoded: "" or "a/b/" */
	char *token;       /* of a session; NULL: none */
	bool is_swept;     /* uploads that nobody finished were looked for */
	char etag[256];    /* of the head, when it was last seen; "" unknown */
	struct remote_head head;
	struct buf head_body; /* what follows its first line */
};

/* ---- addresses (s3_address.c) ------------------------------------------ */

/*
 * s3_address - take the configured address apart: address, bucket, bucket_path
 * and prefix.  E_INPUT.
 */
int s3_address(const struct remote_config *config, struct s3 *s3);
void s3_address_release(struct s3 *s3);

struct s3_param {
	const char *name;
	const char *value;
};

/*
 * s3_query - append "?a=b&c=d": sorted and encoded as a signature needs it,
 * whatever libcurl does (AWS Signature Version 4, canonical query string).
 */
void s3_query(const struct s3_param *params, size_t n, struct buf *url);

/* ---- requests (s3.c) ----------------------------------------------------- */

/*
 * s3_question - make `call` ask `method` about the object `path`, or about the
 * bucket where that is NULL.  Nobody may have a body yet: s3_body gives one.
 */
void s3_question(struct s3 *s3, struct http_call *call, const char *method,
    const char *path, const struct s3_param *params, size_t n,
    enum http_repeat repeat);

/*
 * s3_body - say what the body is, or that there is none (NULL), with its hash,
 * which the server holds against what comes.  `src` is read once.  E_IO.
 */
int s3_body(struct http_call *call, const struct source *src);

/* ---- answers (s3_error.c) ------------------------------------------------ */

extern const struct http_dialect s3_dialect;

/* s3_code - the S3 error code of an answer: "NoSuchKey"; "" when none. */
void s3_code(const struct http_call *call, char code[static 64]);

/* s3_error_said - the error that stands in a body, whatever its status. */
int s3_error_said(const struct http_call *call, const char *code,
    const char *message);

/* ---- the head (s3_head.c) -------------------------------------------------- */

int s3_head_look(struct remote *r, struct remote_head *seen, int seen_max,
    int *seen_n);
int s3_head_swap(struct remote *r, const struct remote_head *from,
    const struct remote_head *to);
int s3_head_body(struct remote *r, const struct remote_head *head,
    struct buf *body);
int s3_head_create(struct remote *r, const char *uuid, const void *body,
    size_t len);

/*
 * s3_swap - replace `path` by `body` if its ETag is `etag`; sent once, E_CONFLICT
 * told that it is not, E_REMOTE unclear.
 */
int s3_swap(struct remote *r, const char *path, const char *etag,
    const struct buf *body);

/* s3_tag - the ETag that it has now. */
int s3_tag(struct remote *r, const char *path, char etag[static 256]);

/* ---- listings (s3_list.c) -------------------------------------------------- */

void *s3_listing_new(struct place *place);
void s3_listing_free(void *work);
void s3_listing_start(void *work, const char *path,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg);

/* ---- putting (s3_put.c, s3_parts.c) ----------------------------------------- */

#define S3_PART_BYTES (16 * 1024 * 1024)
#define S3_PARTS_MAX 10000

struct s3_parts;

struct s3_put {
	struct outcome outcome; /* first */
	struct s3 *s3;
	struct http_call call;
	struct http_call look;    /* whether it is there */
	const char *path;         /* borrowed */
	const struct source *src; /* borrowed */
	bool replaces;
	void (*then)(struct s3_put *p); /* the next step */
	struct s3_parts *parts;         /* of a large one; NULL: none yet */
};

void *s3_put_new(struct place *place);
void s3_put_free(void *work);
void s3_put_start(void *work, const char *path, const struct source *src,
    bool replaces);

/* For s3_parts.c: how a put ends, and the question whether it is there. */
void s3_put_end(struct s3_put *p, int rc);
void s3_put_ask(struct s3_put *p, void (*then)(struct s3_put *p));

/* s3_put_seen - after s3_put_ask: 1 there with its size, 0 not there; E_EXISTS
 * there with another; or the error of the question. */
int s3_put_seen(struct s3_put *p);

/*
 * s3_parts_start - send `p` in parts (multipart upload), going on with what an
 * earlier try has left.
 */
void s3_parts_start(struct s3_put *p);
void s3_parts_free(struct s3_parts *parts); /* NULL is fine */

/*
 * s3_sweep - remove uploads in parts below the store that were begun a day ago,
 * by the store's clock, by whoever it was; not those of the key `spared`.
 * `over` is called when that is done, or could not be done.
 */
struct s3_sweep;

struct s3_sweep *s3_sweep_new(struct s3 *s3, const char *spared,
    void (*over)(void *owner), void *owner);
void s3_sweep_free(struct s3_sweep *sweep); /* NULL is fine */
void s3_sweep_start(struct s3_sweep *sweep);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_S3_XML_H
#define REMOTE_S3_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What S3 answers in XML, read as it streams (xml.h): lists of objects, of
 * uploads and of parts, page by page; the id of an upload; and errors, which
 * may come with a status of 200.
 */
struct s3_xml;

enum s3_row_kind {
	S3_ROW_OBJECT, /* Contents */
	S3_ROW_PREFIX, /* CommonPrefixes */
	S3_ROW_UPLOAD, /* Upload */
	S3_ROW_PART    /* Part */
};

struct s3_row {
	enum s3_row_kind kind;
	const char *key;    /* decoded; of a prefix with its slash; "" none */
	int64_t size_bytes; /* -1: not told */
	int64_t mtime;      /* seconds since 1970; -1: not told.  Of an upload
				 when it was begun */
	const char *etag;   /* "" none */
	const char *upload_id; /* "" none */
	int64_t part;          /* its number; 0 none */
};

/* What stands outside of rows; texts that are too long are left out. */
struct s3_said {
	char root[64]; /* the name of the whole: "Error" */
	char code[64]; /* of an error; "" none */
	char message[256];
	char region[64];
	char upload_id[1024];
	char next[2048]; /* where the next page begins; "" there is none */
	bool is_truncated;
};

/* s3_xml_new - `row` is called for each; non-zero stops.  It may be NULL. */
struct s3_xml *s3_xml_new(int (*row)(void *arg, const struct s3_row *row),
    void *arg);
void s3_xml_free(struct s3_xml *x); /* NULL is fine */

/* As xml_feed and xml_end. */
int s3_xml_feed(struct s3_xml *x, const void *data, size_t len);
int s3_xml_end(struct s3_xml *x);

/* s3_xml_said - valid until s3_xml_free. */
const struct s3_said *s3_xml_said(const struct s3_xml *x);

/* s3_time - "2026-01-02T03:04:05.000Z", or without the fraction; -1: no time. */
int64_t s3_time(const char *text);

#endif

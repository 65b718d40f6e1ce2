/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_ANSWER_H
#define REMOTE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_HEADERS_MAX 65536 /* bytes of all header lines of an answer */

/* The head of an HTTP answer (RFC 9110), as far as somebody asks. */
struct answer {
	int status;             /* 0: none yet */
	char etag[256];         /* with its quotes; "" for none or too long */
	char location[2048];    /* "" for none */
	int64_t range_from;     /* of Content-Range; -1: none */
	int64_t length;         /* of Content-Length; -1: not told */
	int64_t date_s;         /* the server's clock, since 1970; -1: none */
	int64_t retry_after_ms; /* -1: not told */
	bool offers_basic;
	bool offers_digest;
	size_t header_bytes;
};

void answer_init(struct answer *a);

/*
 * answer_header - one header line, not closed with NUL.  A status line begins
 * the answer anew.  E_CORRUPT when there are too many bytes of them.
 */
int answer_header(struct answer *a, const char *line, size_t len);

/* answer_may_pass - is it a status that another try may change? */
bool answer_may_pass(int status);

/* answer_error - the code and sentence for it: "METHOD path: words (status)". */
int answer_error(const struct answer *a, const char *method, const char *path);

#endif

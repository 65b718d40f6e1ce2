/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

/*
 * Errors say what the caller can do, not which library failed.  Functions that
 * can fail return 0 (or 1 for "found"), or one of these.
 */
enum err {
	E_ABSENT = -1,   /* it is not there */
	E_EXISTS = -2,   /* it is there already */
	E_CONFLICT = -3, /* it changed since you looked */
	E_BUSY = -4,     /* somebody holds it; try again soon */
	E_LOGIN = -5,    /* who are you? */
	E_DENIED = -6,   /* not for you */
	E_INPUT = -7,    /* what you gave cannot be used */
	E_REMOTE = -8,   /* the other side failed; try again later */
	E_CORRUPT = -9,  /* stored bytes are not what they should be */
	E_IO = -10,      /* this machine's disk or system failed */
	E_NOMEM = -11,
	E_GUARD = -12,    /* would delete too much; needs a person's word */
	E_ROLLBACK = -13, /* the store is another one, or older than known */
	E_STOPPED = -14,  /* asked to stop (Ctrl-C, SIGTERM) */
	E_MOVED = -15,    /* the store is elsewhere now; needs a person's word */
};

/*
 * err_set - remember a text for this thread and return `code`.
 *
 * Replaces an earlier text.  At most 1,023 bytes are kept.  The arguments may
 * point into err_text().
 */
int err_set(int code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * err_wrap - put words before the text that is set, as "words: text", keep the
 * code: `return err_wrap(rc, "%s", path);`
 */
int err_wrap(int code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __clang_analyzer__ /* which must be told that they answer `code` */
#define err_set(code, ...) (err_set(code, __VA_ARGS__), (code))
#define err_wrap(code, ...) (err_wrap(code, __VA_ARGS__), (code))
#endif

/* err_text - the text last set in this thread; "" when there is none. */
const char *err_text(void);

/* err_clear - forget the text. */
void err_clear(void);

/* err_name - "absent", "busy", …; "unknown" for what is no code. */
const char *err_name(int code);

/* err_http - the HTTP status that tells it: 404, 409, …; 500 otherwise. */
int err_http(int code);

/* err_retry - may the same call succeed later, by itself? */
bool err_retry(int code);

#endif

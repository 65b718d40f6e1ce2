/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_HTTP_H
#define REMOTE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "remote/answer.h"
#include "remote/remote.h"
#include "remote/source.h"

/*
 * HTTP requests, many at once in one thread, over libcurl: connections are kept
 * and reused, HTTP/2 is used where an https server offers it.  All repeating is
 * done here.
 *
 * A redirect is followed within the same scheme, host and port.  The password
 * is sent over https, or to this machine itself; elsewhere only where the
 * configuration says so.  Proxy settings and certificates of the environment
 * are honoured, but no proxy for this machine.
 *
 * The process ignores SIGPIPE after http_open, unless it handles it.
 */
struct http;
struct easy;
struct curl_slist;
struct http_call;

struct http_login {
	const char *username; /* NULL: none */
	const char *password;
	bool is_loopback; /* the host is this machine */
	const char *sigv4; /* sign each request with the two instead of sending
			      them: as CURLOPT_AWS_SIGV4 has it; NULL: no */
};

/* A protocol above HTTP that says more in its answers than a status. */
struct http_dialect {
	/* may_pass - an answer that another try may change */
	bool (*may_pass)(const struct http_call *call);
	/* error - as http_error, for an answer */
	int (*error)(const struct http_call *call);
};

#define HTTP_SAID_MAX 4096

/* What happens after a failure that may pass (no answer, 408, 423, 5xx …). */
enum http_repeat {
	HTTP_ONCE,   /* it is the answer; and a connection of its own is used,
			since on a kept one libcurl may send twice by itself */
	HTTP_REPEAT, /* the same again, after a pause */
	HTTP_ASK     /* after a pause `done` is called with `is_unclear` */
};

/*
 * A request and its answer.  http_call_init, fill in the question, http_start;
 * `done` is called from within http_turn, and may start it, or others, again.
 */
struct http_call {
	/* the question */
	struct http *http;          /* borrowed */
	const char *method;         /* borrowed */
	struct buf url;             /* whole, encoded */
	struct curl_slist *headers; /* by http_header */
	enum http_repeat repeat;
	int final_status;          /* one that is final though it may pass; 0 */
	const struct source *body; /* borrowed; NULL: none */
	int64_t cut_at;            /* struct remote_spoil */
	int64_t pause_at;
	int64_t pause_ms;
	bool may_reuse;  /* HTTP_ONCE, on a kept connection (for probes) */
	bool is_counted; /* its body counts for http_progress */
	void (*begin)(void *arg); /* before each try; may be NULL */
	int (*sink)(void *arg, const void *data, size_t len); /* body of a 2xx;
		       non-zero ends the call with that; NULL: thrown away */
	int (*check)(void *arg); /* of a 2xx that has come whole: 0, E_REMOTE
		       (this try failed), or the call's error; may be NULL */
	void (*done)(void *arg);
	void *arg;

	/* the answer */
	int rc; /* 0: there is an answer, in `answer`; E_REMOTE: there is none;
		   E_IO; or from `sink` */
	bool is_unclear;     /* HTTP_ASK: a try failed.  See http_again */
	bool is_unreachable; /* rc is E_REMOTE: no connection was made */
	bool is_resent;      /* the body was sent twice in this try */
	struct answer answer;
	struct buf said; /* the body of an answer from 300 on, or the first
			    HTTP_SAID_MAX bytes; only in a dialect */

	/* the engine's own */
	struct easy *easy; /* while a try is under way */
	struct buf why;    /* what went wrong last */
	int state;
	int tries;
	int redirects;
	bool is_spent;
	bool is_digest; /* tried with that since http_start */
	int64_t sent;   /* body bytes of this try */
	int64_t received;
	int64_t due_ms;
	int64_t started_ms;
	int64_t moved_ms; /* when a byte moved last */
	int64_t thrown_away;
};

/*
 * http_open - `config` has its defaults filled in; nothing of it is kept but
 * copies.  `tick` is asked about five to ten times a second.
 */
int http_open(const struct remote_config *config,
    const struct http_login *login, int (*tick)(void *arg), void *arg,
    struct http **http);
void http_close(struct http *http); /* NULL is fine; no call is under way */
void http_set_dialect(struct http *http, const struct http_dialect *dialect);
const struct http_dialect *http_dialect(const struct http *http);

/* http_call_init - once; http_call_reset - before another question. */
void http_call_init(struct http *http, struct http_call *call,
    void (*done)(void *arg), void *arg);
void http_call_reset(struct http_call *call, const char *method,
    enum http_repeat repeat);
void http_call_release(struct http_call *call);
void http_header(struct http_call *call, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* http_start - from the first try. */
void http_start(struct http_call *call);

/*
 * http_again - after `is_unclear`: the same (or changed) question again, as the
 * next try.  0 started; E_REMOTE when all tries were spent: the text says what
 * came last.
 */
int http_again(struct http_call *call);

/* http_gain - something was won by this try: count tries from one again. */
void http_gain(struct http_call *call);

/*
 * http_turn - move what can be moved, wait a little when there is nothing.
 * E_STOPPED when the tick said so.
 */
int http_turn(struct http *http);

/* http_cancel - forget the call, under way or not; `done` is not called. */
void http_cancel(struct http_call *call);

/*
 * http_do - start a call (whose `done` is then not needed) and turn until it is
 * over.  E_STOPPED, otherwise call->rc.
 */
int http_do(struct http_call *call);

/* http_share - how many calls share the limits on the rate. */
void http_share(struct http *http, int n);

/*
 * http_error - the code and the sentence for an answer that is not what was
 * hoped for; or call->rc where there was none.
 */
int http_error(const struct http_call *call);

struct remote_stats http_stats(const struct http *http);
int64_t http_progress(const struct http *http);
void http_progress_add(struct http *http, int64_t bytes); /* or take away */

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "remote/s3.h"

/*
 * The way of a new object: one PUT, which is whole or nothing; after an answer
 * that was unclear, the question whether it is there.  What is large goes in
 * parts (s3_parts.c).
 */

static void
on_step(void *arg)
{
	struct s3_put *p = arg;

	p->then(p);
}

void
s3_put_end(struct s3_put *p, int rc)
{
	outcome_end(&p->outcome, rc, &p->call);
}

static void
end_exists(struct s3_put *p)
{
	s3_put_end(p, err_set(E_EXISTS, "%s: there already", p->path));
}

/* ---- is it there? ------------------------------------------------------------------ */

void
s3_put_ask(struct s3_put *p, void (*then)(struct s3_put *p))
{
	p->then = then;
	s3_question(p->s3, &p->look, "HEAD", p->path, NULL, 0, HTTP_REPEAT);
	(void)s3_body(&p->look, NULL);
	http_start(&p->look);
}

int
s3_put_seen(struct s3_put *p)
{
	const struct http_call *c = &p->look;

	if (c->rc == 0 && c->answer.status == 404)
		return 0;
	if (!place_told(c))
		return http_error(c);
	if (c->answer.length >= 0 && c->answer.length != p->src->size_bytes)
		return err_set(E_EXISTS, "%s: there already", p->path);
	return 1;
}

/* ---- sending ------------------------------------------------------------------------ */

static void was_answered(struct s3_put *p);

static void
looked(struct s3_put *p)
{
	int rc = s3_put_seen(p);

	if (rc > 0) {
		s3_put_end(p, 0);
	} else if (rc == 0 && !p->call.is_unclear) {
		end_exists(p); /* it was, when the condition was not met */
	} else if (rc == 0 || (rc == E_EXISTS && p->replaces)) {
		p->then = was_answered;
		if ((rc = http_again(&p->call)) != 0)
			s3_put_end(p, rc);
	} else {
		s3_put_end(p, rc);
	}
}

static void
was_answered(struct s3_put *p)
{
	const struct http_call *c = &p->call;

	if (c->is_unclear)
		s3_put_ask(p, looked);
	else if (place_told(c))
		s3_put_end(p, 0);
	else if (c->rc == 0 && c->answer.status == 412 &&
	    (c->is_resent || c->tries > 0))
		s3_put_ask(p, looked); /* it may be what we sent before */
	else if (c->rc == 0 && c->answer.status == 412)
		end_exists(p);
	else
		s3_put_end(p, http_error(c));
}

static void
send_it(struct s3_put *p)
{
	struct http_call *c = &p->call;
	int rc;

	p->then = was_answered;
	s3_question(p->s3, c, "PUT", p->path, NULL, 0,
	    p->replaces ? HTTP_REPEAT : HTTP_ASK);
	if (!p->replaces)
		http_header(c, "If-None-Match: *");
	c->is_counted = true;
	if ((rc = s3_body(c, p->src)) != 0)
		s3_put_end(p, rc);
	else
		http_start(c);
}

/* ---- the topic ------------------------------------------------------------------------ */

void *
s3_put_new(struct place *place)
{
	struct s3_put *p = xmalloc(sizeof(*p));

	memset(p, 0, sizeof(*p));
	p->s3 = (struct s3 *)place;
	http_call_init(place->http, &p->call, on_step, p);
	http_call_init(place->http, &p->look, on_step, p);
	return p;
}

void
s3_put_free(void *work)
{
	struct s3_put *p = work;

	http_call_release(&p->call);
	http_call_release(&p->look);
	s3_parts_free(p->parts);
	buf_release(&p->outcome.why);
	free(p);
}

void
s3_put_start(void *work, const char *path, const struct source *src,
    bool replaces)
{
	struct s3_put *p = work;

	outcome_begin(&p->outcome);
	s3_parts_free(p->parts);
	p->parts = NULL;
	p->path = path;
	p->src = src;
	p->replaces = replaces;
	if (src->size_bytes > S3_PART_BYTES)
		s3_parts_start(p);
	else
		send_it(p);
}

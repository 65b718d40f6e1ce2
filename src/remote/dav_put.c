/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "remote/dav.h"

/*
 * The way of a new object:
 *
 *	send ──> (make its folder, send) ──> move from its other name ──> end
 *	  └ unclear: ask whether it is there ┘   └ unclear: look at both names
 *
 * What is sent under its own name at once stops after the first step.
 */
static void send_it(struct dav_put *p);
static void move_it(struct dav_put *p);

static const char *
sent_as(const struct dav_put *p)
{
	return p->up.len > 0 ? buf_text(&p->up) : p->path;
}

static void
on_step(void *arg)
{
	struct dav_put *p = arg;

	p->then(p);
}

/* ---- the end ---------------------------------------------------------- */

static void
tidied(struct dav_put *p)
{
	p->outcome.is_over = true;
}

/* What was sent under another name is litter when it comes to nothing. */
static void
end(struct dav_put *p, int rc)
{
	outcome_end(&p->outcome, rc, &p->call);
	if (rc == 0 || !p->was_up || p->outcome.is_fatal)
		return;
	p->outcome.is_over = false;
	p->then = tidied;
	dav_question(p->dav, &p->call, "DELETE", buf_text(&p->up), false,
	    HTTP_ONCE);
	p->call.may_reuse = true;
	http_start(&p->call);
}

static void
end_exists(struct dav_put *p)
{
	end(p, err_set(E_EXISTS, "%s: there already", p->path));
}

static void
sent(struct dav_put *p)
{
	if (p->up.len > 0)
		move_it(p);
	else
		end(p, 0);
}

/* ---- moving ------------------------------------------------------------ */

static void
end_lost(struct dav_put *p)
{
	end(p, err_set(E_REMOTE, "%s: the server lost what was sent", p->path));
}

/* The other name is gone: what is there now? */
static void
looked_at_target(struct dav_put *p)
{
	const struct dav_listing *l = &p->ask;
	bool is_ours = l->is_there &&
	    (p->replaces || l->size_bytes < 0 ||
		l->size_bytes == p->src->size_bytes);

	if (l->outcome.rc != 0) {
		end(p, outcome_tell(&l->outcome));
		return;
	}
	p->was_up = false;
	if (is_ours) {
		end(p, 0);
	} else if (l->is_there) {
		end_exists(p);
	} else if (p->was_lost) {
		end_lost(p);
	} else {
		p->was_lost = true;
		send_it(p);
	}
}

static void moved(struct dav_put *p);

/* Still under its other name: was the target in the way, or shall we repeat? */
static void
still_there(struct dav_put *p)
{
	int rc;

	if (!p->was_retold &&
	    dav_other_destination(p->dav, p->call.answer.status)) {
		p->was_retold = true;
		move_it(p);
	} else if (p->call.is_unclear) {
		p->then = moved;
		if ((rc = http_again(&p->call)) != 0)
			end(p, rc);
	} else if (p->call.answer.status == 412) {
		end_exists(p);
	} else {
		rc = http_error(&p->call);
		/* A move that is absent or in conflict says nothing of `path`. */
		end(p,
		    rc == E_DENIED || rc == E_LOGIN
			? rc
			: err_set(E_REMOTE, "%s", err_text()));
	}
}

static void
looked_at_source(struct dav_put *p)
{
	const struct dav_listing *l = &p->ask;

	if (l->outcome.rc != 0) {
		end(p, outcome_tell(&l->outcome));
	} else if (l->is_there) {
		still_there(p);
	} else {
		p->then = looked_at_target;
		dav_listing_ask(&p->ask, p->path, false);
	}
}

static void
moved(struct dav_put *p)
{
	if (p->call.rc != 0) {
		end(p, http_error(&p->call));
	} else if (!p->call.is_unclear && dav_is_done(p->call.answer.status)) {
		p->was_up = false;
		end(p, 0);
	} else {
		p->then = looked_at_source;
		dav_listing_ask(&p->ask, buf_text(&p->up), false);
	}
}

static void
move_it(struct dav_put *p)
{
	p->then = moved;
	dav_question(p->dav, &p->call, "MOVE", buf_text(&p->up), false,
	    HTTP_ASK);
	dav_destination(p->dav, &p->call, p->path, false, p->replaces);
	http_start(&p->call);
}

/* ---- sending ------------------------------------------------------------ */

/* Whatever the answer: sending again shows whether the folder is there. */
static void
made_parent(struct dav_put *p)
{
	if (p->call.rc != 0) {
		end(p, http_error(&p->call));
		return;
	}
	if (dav_is_done(p->call.answer.status) || p->call.answer.status == 405)
		known_add(&p->dav->known, buf_text(&p->parent));
	send_it(p);
}

static void
make_parent(struct dav_put *p)
{
	p->parent_was_made = true;
	p->then = made_parent;
	dav_question(p->dav, &p->call, "MKCOL", buf_text(&p->parent), true,
	    HTTP_REPEAT);
	http_start(&p->call);
}

static void was_answered(struct dav_put *p);

static void
asked(struct dav_put *p)
{
	const struct dav_listing *l = &p->ask;
	int rc;

	if (l->outcome.rc != 0) {
		end(p, outcome_tell(&l->outcome));
	} else if (l->is_there && l->size_bytes == p->src->size_bytes) {
		sent(p);
	} else if ((l->is_there && p->up.len == 0) || !p->call.is_unclear) {
		end_exists(p);
	} else {
		p->then = was_answered;
		if ((rc = http_again(&p->call)) != 0)
			end(p, rc);
	}
}

static void
ask(struct dav_put *p)
{
	p->then = asked;
	dav_listing_ask(&p->ask, sent_as(p), false);
}

static bool
may_lack_parent(const struct dav_put *p, int status)
{
	return (status == 404 || status == 409 || status == 500) &&
	    !p->parent_was_made && p->parent.len > 0;
}

static void
was_answered(struct dav_put *p)
{
	const struct http_call *c = &p->call;
	int status = c->answer.status;

	if (c->is_unclear)
		ask(p);
	else if (c->rc != 0)
		end(p, http_error(c));
	else if (dav_is_done(status))
		sent(p);
	else if (status == 412 && (c->is_resent || c->tries > 0))
		ask(p); /* it may be what we sent before */
	else if (status == 412)
		end_exists(p);
	else if (may_lack_parent(p, status))
		make_parent(p);
	else
		end(p, http_error(c));
}

static void
send_it(struct dav_put *p)
{
	struct http_call *c = &p->call;

	p->then = was_answered;
	dav_question(p->dav, c, "PUT", sent_as(p), false, HTTP_ASK);
	if (p->up.len > 0)
		p->was_up = true;
	else if (!p->replaces)
		http_header(c, "If-None-Match: *");
	c->body = p->src;
	c->is_counted = true;
	/* nginx says 500 when the folder is missing: one that was known, too,
	 * once the store is restored from an older copy. */
	if (may_lack_parent(p, 500))
		c->final_status = 500;
	http_start(c);
}

/* ---- the topic ---------------------------------------------------------- */

void *
dav_put_new(struct place *place)
{
	struct dav_put *p = xmalloc(sizeof(*p));

	memset(p, 0, sizeof(*p));
	p->dav = (struct dav *)place;
	http_call_init(place->http, &p->call, on_step, p);
	dav_listing_init(&p->ask, p->dav, on_step, p);
	return p;
}

void
dav_put_free(void *work)
{
	struct dav_put *p = work;

	http_call_release(&p->call);
	dav_listing_release(&p->ask);
	buf_release(&p->up);
	buf_release(&p->parent);
	buf_release(&p->outcome.why);
	free(p);
}

void
dav_put_start(void *work, const char *path, const struct source *src,
    bool replaces)
{
	struct dav_put *p = work;

	outcome_begin(&p->outcome);
	p->path = path;
	p->src = src;
	p->replaces = replaces;
	p->was_up = p->parent_was_made = p->was_lost = p->was_retold = false;
	remote_parent(path, &p->parent);
	buf_clear(&p->up);
	if (!p->dav->place.base.traits.put_is_whole)
		remote_up_path(path, &p->up);
	send_it(p);
}

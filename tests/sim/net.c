/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sim/net.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NEVER INT64_MAX

static void
request_release(struct request *r)
{
	free(r->path);
	free(r->to);
	buf_release(&r->body);
	buf_release(&r->seen);
	buf_release(&r->out);
}

void
net_init(struct net *n)
{
	memset(n, 0, sizeof(*n));
}

static void
flight_free(struct flight *f)
{
	request_release(&f->r);
	free(f);
}

void
net_release(struct net *n)
{
	struct flight *f;

	while ((f = n->first) != NULL) {
		n->first = f->next;
		flight_free(f);
	}
}

/* ---- sending ------------------------------------------------------------------- */

static struct flight *
add(struct net *n, const struct request *r, struct easy_sim *owner)
{
	struct flight *f = xmalloc(sizeof(*f)), **end = &n->first;

	memset(f, 0, sizeof(*f));
	f->r = *r;
	f->owner = owner;
	f->r.id = ++n->next_id;
	f->due_ms = n->now_ms();
	while (*end != NULL)
		end = &(*end)->next;
	*end = f;
	return f;
}

static struct request
copy_of(const struct request *r)
{
	struct request copy = *r;

	copy.path = xstrdup(r->path);
	copy.to = r->to != NULL ? xstrdup(r->to) : NULL;
	memset(&copy.body, 0, sizeof(copy.body));
	memset(&copy.seen, 0, sizeof(copy.seen));
	memset(&copy.out, 0, sizeof(copy.out));
	buf_add(&copy.body, r->body.data != NULL ? r->body.data : "",
	    r->body.len);
	return copy;
}

static int64_t
much_later(struct net *n)
{
	return n->now_ms() + 1000 + (int64_t)rng_below(n->rng, 90000);
}

static void
send_again(struct net *n, const struct request *r)
{
	struct request copy = copy_of(r);
	struct flight *f = add(n, &copy, NULL);

	f->due_ms = much_later(n);
	n->say("  %d %s %s goes twice", f->r.id, r->method, r->path);
}

static enum lie
choose_lie(struct net *n, const struct request *r)
{
	if (strcmp(r->method, "GET") == 0)
		return LIE_GARBLED;
	if (strcmp(r->method, "PROPFIND") == 0)
		return LIE_SHORT_LIST;
	if (strcmp(r->method, "PUT") == 0 && rng_chance(n->rng, 50))
		return LIE_EMPTY;
	return LIE_NOTHING_DONE;
}

static int
choose_error(struct net *n)
{
	static const int errors[] = { 500, 502, 503, 504, 429, 423, 408 };

	return errors[rng_below(n->rng, 7)];
}

/* One number decides, so that the story stays the same when one kind is left
 * out. */
static int
fly(struct net *n, const struct request *r, struct easy_sim *owner)
{
	const struct weather *w = &n->weather;
	int dice = (int)rng_below(n->rng, 1000);
	struct flight *f;

	if ((dice -= w->refused) < 0)
		return -1;
	f = add(n, r, owner);
	if ((dice -= w->lost) < 0) {
		f->due_ms = NEVER;
		n->say("  %d is lost", f->r.id);
	} else if ((dice -= w->late) < 0) {
		f->due_ms = much_later(n);
		n->say("  %d is late", f->r.id);
	} else if ((dice -= w->mute) < 0) {
		f->is_mute = true;
	} else if ((dice -= w->twice) < 0) {
		send_again(n, r);
	} else if ((dice -= w->error) < 0) {
		f->r.status = choose_error(n);
		f->is_answered = true;
	} else if ((dice -= w->done_500) < 0) {
		f->answers_500 = true;
	} else if ((dice -= w->cut) < 0) {
		f->r.is_cut = f->r.has_body && strcmp(r->method, "PUT") == 0;
		f->is_cut_down = !f->r.is_cut;
	} else if ((dice -= w->lies) < 0) {
		f->r.lie = choose_lie(n, r);
		n->say("  %d will be a lie", f->r.id);
	}
	return 0;
}

int
net_send(struct net *n, const struct request *r, struct easy_sim *owner)
{
	struct request mine = *r;

	n->requests++;
	if (!n->is_down && fly(n, r, owner) == 0)
		return 0;
	request_release(&mine);
	return -1;
}

void
net_cut(struct net *n)
{
	for (struct flight *f = n->first; f != NULL; f = f->next) {
		f->is_answered = f->is_mute = true;
		f->due_ms = n->now_ms();
	}
}

void
net_forget(struct net *n, struct easy_sim *owner)
{
	for (struct flight *f = n->first; f != NULL; f = f->next) {
		if (f->owner == owner)
			f->owner = NULL;
	}
}

/* ---- on the way ---------------------------------------------------------------------- */

static bool
is_ready(const struct net *n, const struct flight *f)
{
	return f->due_ms <= n->now_ms();
}

int
net_ready(const struct net *n)
{
	int ready = 0;

	for (const struct flight *f = n->first; f != NULL; f = f->next)
		ready += is_ready(n, f);
	return ready;
}

int64_t
net_due(const struct net *n)
{
	int64_t due = NEVER;

	for (const struct flight *f = n->first; f != NULL; f = f->next) {
		if (f->due_ms < due)
			due = f->due_ms;
	}
	return due == NEVER ? -1 : due;
}

static void
land(struct net *n, struct flight *f)
{
	struct flight **at = &n->first;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	if (f->is_mute || f->r.is_cut)
		f->r.status = 0;
	if (f->owner != NULL) {
		easy_arrived(f->owner, f);
		n->on_arrival(f->r.who);
	}
	flight_free(f);
}

static void
visit(struct net *n, struct flight *f)
{
	if (!server_step(n->server, &f->r))
		return;
	f->is_answered = true;
	n->say("  %d %c %s %s%s%s: %d%s", f->r.id, 'a' + f->r.who, f->r.method,
	    f->r.path, f->r.to != NULL ? " -> " : "",
	    f->r.to != NULL ? f->r.to : "", f->r.status,
	    f->is_mute             ? ", the answer is lost"
		: f->is_cut_down   ? ", the answer is cut"
		: f->answers_500   ? ", told 500"
		: f->owner == NULL ? ", nobody waits"
				   : "");
	if (f->answers_500) {
		f->r.status = 500;
		buf_clear(&f->r.out);
	}
}

void
net_step(struct net *n, int which)
{
	struct flight *f = n->first;

	for (; f != NULL; f = f->next) {
		if (is_ready(n, f) && which-- == 0)
			break;
	}
	if (f == NULL)
		return;
	if (f->is_answered)
		land(n, f);
	else
		visit(n, f);
}

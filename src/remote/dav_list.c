/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "remote/dav.h"
#include "remote/multistatus.h"

static const char question[] =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
    "<propfind xmlns=\"DAV:\"><prop><resourcetype/><getcontentlength/>"
    "<getlastmodified/></prop></propfind>\n";

static const struct source question_body = { .data = question,
	.fd = -1,
	.size_bytes = sizeof(question) - 1 };

/* Of the head the name says all, and it is asked for most often. */
static const char name_question[] =
    "<propfind xmlns=\"DAV:\"><prop><resourcetype/></prop></propfind>\n";

static const struct source name_body = { .data = name_question,
	.fd = -1,
	.size_bytes = sizeof(name_question) - 1 };

static int
on_entry(void *arg, const struct remote_entry *entry)
{
	struct dav_listing *l = arg;

	if (!l->is_self)
		return l->fn(l->arg, entry);
	l->is_there = true;
	l->is_dir = entry->is_dir;
	l->size_bytes = entry->size_bytes;
	return 0;
}

/* After a redirect the answer speaks of the new place. */
static void
on_begin(void *arg)
{
	struct dav_listing *l = arg;

	multistatus_free(l->ms);
	l->ms = multistatus_new(address_path(buf_text(&l->call.url)),
	    l->is_self ? MULTISTATUS_SELF : MULTISTATUS_CHILDREN, on_entry, l);
	l->is_there = false;
}

static int
on_body(void *arg, const void *data, size_t len)
{
	struct dav_listing *l = arg;

	if (l->call.answer.status != 207)
		return err_set(E_DENIED,
		    "the server answered %d and no "
		    "listing: is the address that of a WebDAV folder?",
		    l->call.answer.status);
	return multistatus_feed(l->ms, data, len);
}

static int
on_whole(void *arg)
{
	struct dav_listing *l = arg;

	if (l->call.answer.status != 207)
		return on_body(arg, "", 0);
	return multistatus_end(l->ms);
}

static int
code_of(struct dav_listing *l)
{
	int status = l->call.answer.status;

	if (l->call.rc == 0 && status == 207)
		return 0;
	if (l->call.rc == 0 && (status == 404 || status == 410) && l->is_self)
		return 0;
	if (l->call.rc == 0 && status == 409 && l->is_self)
		return 0; /* not even its folder */
	return http_error(&l->call);
}

static void
on_done(void *arg)
{
	struct dav_listing *l = arg;

	multistatus_free(l->ms);
	l->ms = NULL;
	outcome_end(&l->outcome, code_of(l), &l->call);
	if (l->over != NULL)
		l->over(l->owner);
}

void
dav_listing_init(struct dav_listing *l, struct dav *dav,
    void (*over)(void *owner), void *owner)
{
	memset(l, 0, sizeof(*l));
	l->dav = dav;
	l->over = over;
	l->owner = owner;
	http_call_init(dav->place.http, &l->call, on_done, l);
}

void
dav_listing_release(struct dav_listing *l)
{
	http_call_release(&l->call);
	multistatus_free(l->ms);
	l->ms = NULL;
	buf_release(&l->outcome.why);
}

void *
dav_listing_new(struct place *place)
{
	struct dav_listing *l = xmalloc(sizeof(*l));

	dav_listing_init(l, (struct dav *)place, NULL, NULL);
	return l;
}

void
dav_listing_free(void *work)
{
	dav_listing_release(work);
	free(work);
}

static void
start(struct dav_listing *l, const char *path, bool as_dir)
{
	outcome_begin(&l->outcome);
	l->is_there = l->is_dir = false;
	l->size_bytes = -1;
	dav_question(l->dav, &l->call, "PROPFIND", path, as_dir, HTTP_REPEAT);
	http_header(&l->call, "Depth: %d", l->is_self ? 0 : 1);
	http_header(&l->call, "Content-Type: application/xml; charset=utf-8");
	l->call.body = strcmp(path, "head") == 0 ? &name_body : &question_body;
	l->call.begin = on_begin;
	l->call.sink = on_body;
	l->call.check = on_whole;
	http_start(&l->call);
}

void
dav_listing_start(void *work, const char *path,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg)
{
	struct dav_listing *l = work;

	l->is_self = false;
	l->fn = fn;
	l->arg = arg;
	start(l, path, true);
}

void
dav_listing_ask(struct dav_listing *l, const char *path, bool as_dir)
{
	l->is_self = true;
	start(l, path, as_dir);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "event/subscribe.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "event/event.h"
#include "event/link.h"
#include "event/message.h"
#include "event/start.h"

#include <stdio.h>
#include <stdlib.h>

#define CONNECT_MS 8000
#define ANSWER_MS 5000 /* of a hub that stands still */

struct subscriber {
	struct link link;
	struct mem *mem; /* of one line */
};

/* ---- lines ----------------------------------------------------------------- */

/* A message that must come. */
static int
expect(struct link *l, struct mem *mem, struct message *m)
{
	int rc = link_hear(l, mem, link_until(ANSWER_MS), m);

	return rc == 0 ? err_set(E_REMOTE, "stemma-hub does not answer") : rc;
}

static int
tell(const struct message *m, int (*fn)(void *arg, const struct event *e),
    void *arg)
{
	struct event e = { .name = m->name, .data = m->data, .user = m->user };

	snprintf(e.id, sizeof(e.id), "%s", m->id);
	return fn(arg, &e);
}

/* ---- from now on ------------------------------------------------------------ */

static int
begin(struct subscriber *s)
{
	const struct message ask = { .kind = MESSAGE_SUBSCRIBE };
	struct message m;
	int rc;

	if ((rc = link_say(&s->link, &ask, link_until(ANSWER_MS))) != 0 ||
	    (rc = expect(&s->link, s->mem, &m)) < 0)
		return rc;
	return m.kind == MESSAGE_SUBSCRIBED
	    ? 0
	    : err_set(E_REMOTE, "stemma-hub answers something else");
}

int
subscribe_open(const struct event_place *place, struct subscriber **out)
{
	struct subscriber *s = xmalloc(sizeof(*s));
	int rc;

	link_init(&s->link);
	s->mem = mem_new();
	if ((rc = start_link(&s->link, place, link_until(CONNECT_MS))) == 0)
		rc = begin(s);
	s->link.is_exact = false;
	if (rc == 0)
		*out = s;
	else
		subscribe_close(s);
	return rc;
}

void
subscribe_close(struct subscriber *s)
{
	if (s == NULL)
		return;
	link_close(&s->link);
	mem_free(s->mem);
	free(s);
}

int
subscribe_fd(const struct subscriber *s)
{
	return s->link.fd;
}

int
subscribe_read(struct subscriber *s,
    int (*fn)(void *arg, const struct event *e), void *arg)
{
	struct message m;
	int rc;

	while ((rc = link_hear(&s->link, s->mem, link_until(0), &m)) == 1) {
		rc = m.kind == MESSAGE_EVENT ? tell(&m, fn, arg) : 0;
		mem_reset(s->mem);
		if (rc != 0)
			break;
	}
	return rc;
}

/* ---- what was --------------------------------------------------------------- */

static int
replay(struct link *l, struct mem *mem,
    int (*fn)(void *arg, const struct event *e), void *arg, char *last,
    bool *is_whole)
{
	struct message m;
	int rc;

	while ((rc = expect(l, mem, &m)) == 1 && m.kind == MESSAGE_EVENT) {
		if ((rc = tell(&m, fn, arg)) != 0)
			return rc;
		mem_reset(mem);
	}
	if (rc < 0)
		return rc;
	if (m.kind != MESSAGE_REPLAYED)
		return err_set(E_REMOTE, "stemma-hub answers something else");
	snprintf(last, EVENT_ID_SIZE, "%s", m.last);
	*is_whole = m.whole;
	return 0;
}

int
subscribe_replay(const struct event_place *place, const char *user,
    const char *since, int (*fn)(void *arg, const struct event *e), void *arg,
    char *last, bool *is_whole)
{
	const struct message ask = { .kind = MESSAGE_REPLAY,
		.user = user,
		.since = since };
	struct mem *mem = mem_new();
	struct link l;
	int rc;

	link_init(&l);
	rc = start_link(&l, place, link_until(CONNECT_MS));
	l.is_exact = false;
	if (rc == 0 && (rc = link_say(&l, &ask, link_until(ANSWER_MS))) == 0)
		rc = replay(&l, mem, fn, arg, last, is_whole);
	link_close(&l);
	mem_free(mem);
	return rc;
}

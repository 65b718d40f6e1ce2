/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/ring.h"

#include "base/mem.h"
#include "base/str.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	int64_t offset;
	size_t size;
	char *name, *data;
	char *user; /* or NULL */
};

struct ring {
	char epoch[EVENT_ID_SIZE];
	char last[EVENT_ID_SIZE];
	int64_t base; /* all after this one is here; -1: nothing is known */
	struct entry entries[RING_EVENTS];
	unsigned first, n;
	size_t bytes;
};

struct ring *
ring_new(void)
{
	struct ring *r = xmalloc(sizeof(*r));

	memset(r, 0, sizeof(*r));
	r->base = -1;
	return r;
}

int64_t
ring_offset(const char *id, int *epoch_len)
{
	const char *dash = strrchr(id, '-');
	int64_t offset;

	if (dash == NULL || dash == id || dash - id >= EVENT_ID_SIZE ||
	    str_int64(dash + 1, &offset) != 0 || offset < 0)
		return -1;
	*epoch_len = (int)(dash - id);
	return offset;
}

/* ---- taking and forgetting ----------------------------------------------- */

static void
entry_release(struct entry *e)
{
	free(e->name);
	free(e->data);
	free(e->user);
}

static void
drop_first(struct ring *r)
{
	struct entry *e = &r->entries[r->first];

	r->base = e->offset;
	r->bytes -= e->size;
	entry_release(e);
	r->first = (r->first + 1) % RING_EVENTS;
	r->n--;
}

void
ring_free(struct ring *r)
{
	while (r != NULL && r->n > 0)
		drop_first(r);
	free(r);
}

static void
set_epoch(struct ring *r, const char *id, int len)
{
	snprintf(r->epoch, sizeof(r->epoch), "%.*s", len, id);
}

void
ring_begin(struct ring *r, const char *last)
{
	int len = 0;

	while (r->n > 0)
		drop_first(r);
	r->epoch[0] = '\0';
	r->last[0] = '\0';
	r->base = ring_offset(last, &len);
	if (r->base < 0)
		return;
	set_epoch(r, last, len);
	snprintf(r->last, sizeof(r->last), "%s", last);
}

static bool
is_of_epoch(const struct ring *r, const char *id, int len)
{
	return (int)strlen(r->epoch) == len &&
	    strncmp(r->epoch, id, (size_t)len) == 0;
}

static void
keep(struct ring *r, const struct event *e, int64_t offset)
{
	struct entry *to;

	if (r->n == RING_EVENTS)
		drop_first(r);
	to = &r->entries[(r->first + r->n++) % RING_EVENTS];
	to->offset = offset;
	to->name = xstrdup(e->name);
	to->data = xstrdup(e->data);
	to->user = e->user != NULL ? xstrdup(e->user) : NULL;
	to->size = sizeof(*to) + strlen(e->name) + strlen(e->data);
	r->bytes += to->size;
	while (r->bytes > RING_BYTES && r->n > 1)
		drop_first(r);
}

int64_t
ring_add(struct ring *r, const struct event *e)
{
	int len = 0;
	int64_t offset = ring_offset(e->id, &len);

	if (offset < 0)
		return -1;
	if (!is_of_epoch(r, e->id, len)) {
		ring_begin(r, e->id);
		r->base = offset - 1;
	} else if (offset <= r->base) {
		/* It came twice: with the connection, and as its last. */
		r->base = offset - 1;
	}
	snprintf(r->last, sizeof(r->last), "%s", e->id);
	keep(r, e, offset);
	return offset;
}

/* ---- asking -------------------------------------------------------------- */

const char *
ring_last(const struct ring *r)
{
	return r->last;
}

static struct event
event_of(const struct ring *r, const struct entry *from)
{
	struct event e = { .name = from->name,
		.data = from->data,
		.user = from->user };

	snprintf(e.id, sizeof(e.id), "%.*s-%lld", EVENT_ID_SIZE - 22, r->epoch,
	    (long long)from->offset);
	return e;
}

int
ring_since(const struct ring *r, const char *since, const char *user,
    int (*fn)(void *arg, const struct event *e), void *arg)
{
	int len = 0;
	int64_t offset = ring_offset(since, &len);
	const struct entry *from;
	struct event e;
	unsigned i;

	if (offset < 0 || r->base < 0 || offset < r->base ||
	    !is_of_epoch(r, since, len))
		return 0;
	for (i = 0; i < r->n; i++) {
		from = &r->entries[(r->first + i) % RING_EVENTS];
		if (from->offset <= offset ||
		    (from->user != NULL && !str_eq(from->user, user)))
			continue;
		e = event_of(r, from);
		if (fn(arg, &e) != 0)
			break;
	}
	return 1;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "hub/ring.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "event/message.h"
#include "hub/line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Somebody at whom events of the ring are directed. */
struct user {
	struct user *next;
	size_t events;
	size_t bytes;
	int64_t lost; /* the newest that was pushed out */
	char name[];
};

struct entry {
	struct entry *next, *prev; /* older ones first */
	int64_t number;
	struct user *user; /* NULL: for everybody */
	struct line *line;
};

/* What of a sync is only state. */
enum progress { SYNC_STATE, SYNC_PROGRESS, PROGRESSES };
static const char *const progress_names[PROGRESSES] = {
	[SYNC_STATE] = "syncState",
	[SYNC_PROGRESS] = "syncProgress",
};

struct ring {
	char epoch[EVENT_ID_SIZE / 2];
	int64_t number; /* of the newest event */
	struct entry *first, *last;
	size_t events;
	size_t bytes;
	struct user *users;
	struct entry *newest[PROGRESSES]; /* NULL: not in the ring */
	int64_t lost;                     /* the newest for everybody, */
	int64_t users_lost; /* or for users that are forgotten by now */
};

struct ring *
ring_new(const char *epoch)
{
	struct ring *ring = xmalloc(sizeof(*ring));

	memset(ring, 0, sizeof(*ring));
	snprintf(ring->epoch, sizeof(ring->epoch), "%s", epoch);
	return ring;
}

/* ---- users ------------------------------------------------------------------ */

static struct user *
user_find(const struct ring *ring, const char *name)
{
	struct user *u;

	for (u = ring->users; u != NULL; u = u->next)
		if (strcmp(u->name, name) == 0)
			break;
	return u;
}

static struct user *
user_get(struct ring *ring, const char *name)
{
	struct user *u = user_find(ring, name);
	size_t size = strlen(name) + 1;

	if (u != NULL)
		return u;
	u = xmalloc(sizeof(*u) + size);
	u->next = ring->users;
	u->events = u->bytes = 0;
	u->lost = ring->users_lost;
	memcpy(u->name, name, size);
	ring->users = u;
	return u;
}

/* Of whom nothing is kept, only a bound is: it may tell of a hole too many. */
static void
user_forget(struct ring *ring, struct user *gone)
{
	struct user **at;

	for (at = &ring->users; *at != gone;)
		at = &(*at)->next;
	*at = gone->next;
	if (gone->lost > ring->users_lost)
		ring->users_lost = gone->lost;
	free(gone);
}

/* ---- in and out -------------------------------------------------------------- */

static void
take_out(struct ring *ring, struct entry *e)
{
	struct user *u = e->user;

	*(e->prev != NULL ? &e->prev->next : &ring->first) = e->next;
	*(e->next != NULL ? &e->next->prev : &ring->last) = e->prev;
	ring->events--;
	ring->bytes -= e->line->len;
	for (int i = 0; i < PROGRESSES; i++)
		if (ring->newest[i] == e)
			ring->newest[i] = NULL;
	if (u != NULL) {
		u->bytes -= e->line->len;
		if (--u->events == 0)
			user_forget(ring, u);
	}
	line_unref(e->line);
	free(e);
}

static void
push_out(struct ring *ring, struct entry *e)
{
	int64_t *lost = e->user != NULL ? &e->user->lost : &ring->lost;

	*lost = e->number;
	take_out(ring, e);
}

static struct entry *
oldest_of(const struct ring *ring, const struct user *user)
{
	struct entry *e;

	for (e = ring->first; e != NULL && e->user != user;)
		e = e->next;
	return e;
}

/* The newest event always stays. */
static void
keep_bounds(struct ring *ring, const struct entry *newest)
{
	const struct user *u = newest->user;
	struct entry *e;

	while (u != NULL &&
	    (u->events > RING_USER_EVENTS || u->bytes > RING_USER_BYTES)) {
		if ((e = oldest_of(ring, u)) == NULL || e == newest)
			break;
		push_out(ring, e);
	}
	while ((ring->events > RING_EVENTS || ring->bytes > RING_BYTES) &&
	    (e = ring->first) != NULL && e != newest)
		push_out(ring, e);
}

static void
replace_progress(struct ring *ring, struct entry *e, const char *name)
{
	for (int i = 0; i < PROGRESSES; i++)
		if (e->user == NULL && strcmp(progress_names[i], name) == 0) {
			if (ring->newest[i] != NULL)
				take_out(ring, ring->newest[i]);
			ring->newest[i] = e;
		}
}

static void
put_in(struct ring *ring, struct entry *e, const char *user)
{
	e->next = NULL;
	e->prev = ring->last;
	*(ring->last != NULL ? &ring->last->next : &ring->first) = e;
	ring->last = e;
	ring->events++;
	ring->bytes += e->line->len;
	e->user = user != NULL ? user_get(ring, user) : NULL;
	if (e->user != NULL) {
		e->user->events++;
		e->user->bytes += e->line->len;
	}
}

static void
write_id(const struct ring *ring, int64_t number, char id[EVENT_ID_SIZE])
{
	snprintf(id, EVENT_ID_SIZE, "%s-%" PRId64, ring->epoch, number);
}

struct line *
ring_put(struct ring *ring, const struct message *event)
{
	struct message m = *event;
	char id[EVENT_ID_SIZE];
	struct line *line;
	struct entry *e;

	write_id(ring, ring->number + 1, id);
	m.kind = MESSAGE_EVENT;
	m.id = id;
	line = line_new(&m);
	if (line->len > EVENT_LINE_MAX) {
		line_unref(line);
		(void)err_set(E_INPUT, "the event is too long");
		return NULL;
	}
	e = xmalloc(sizeof(*e));
	e->number = ++ring->number;
	e->line = line_ref(line);
	put_in(ring, e, m.user);
	replace_progress(ring, e, m.name);
	keep_bounds(ring, e);
	return line;
}

void
ring_free(struct ring *ring)
{
	if (ring == NULL)
		return;
	while (ring->first != NULL)
		take_out(ring, ring->first);
	free(ring);
}

/* ---- what was ----------------------------------------------------------------- */

void
ring_last(const struct ring *ring, char id[EVENT_ID_SIZE])
{
	write_id(ring, ring->number, id);
}

/* "<16 hex digits>-<number>". */
static bool
read_id(const char *id, char epoch[EVENT_ID_SIZE], int64_t *number)
{
	const char *dash = id != NULL ? strchr(id, '-') : NULL;

	if (dash == NULL || dash - id != 16 ||
	    str_int64(dash + 1, number) != 0 || *number < 0)
		return false;
	snprintf(epoch, EVENT_ID_SIZE, "%.16s", id);
	return str_is_hex(epoch, 16);
}

static int64_t
lost_of(const struct ring *ring, const char *user)
{
	const struct user *u = user != NULL ? user_find(ring, user) : NULL;
	int64_t lost = ring->lost;

	if (user != NULL && u == NULL && ring->users_lost > lost)
		lost = ring->users_lost;
	if (u != NULL && u->lost > lost)
		lost = u->lost;
	return lost;
}

bool
ring_each(struct ring *ring, const char *user, const char *since,
    void (*fn)(void *arg, struct line *line), void *arg)
{
	char epoch[EVENT_ID_SIZE];
	struct entry *e;
	int64_t number;
	bool is_whole;

	if (!read_id(since, epoch, &number))
		return since == NULL || *since == '\0';
	is_whole = strcmp(epoch, ring->epoch) == 0 && number <= ring->number;
	if (!is_whole)
		number = 0;
	is_whole = is_whole && number >= lost_of(ring, user);
	for (e = ring->first; e != NULL; e = e->next)
		if (e->number > number &&
		    (e->user == NULL || str_eq(e->user->name, user)))
			fn(arg, e->line);
	return is_whole;
}

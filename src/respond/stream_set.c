/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/stream_set.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "respond/packet.h"
#include "respond/stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define IDLE (EPOLLIN | EPOLLRDHUP)

struct stream_set {
	struct loop *loop; /* borrowed */
	struct stream **streams;
	uint32_t n, room;
};

struct stream_set *
stream_set_new(struct loop *loop)
{
	struct stream_set *set = xmalloc(sizeof(*set));

	memset(set, 0, sizeof(*set));
	set->loop = loop;
	return set;
}

uint32_t
stream_set_count(const struct stream_set *set)
{
	return set->n;
}

/* The last one takes its place. */
static void
end_stream(struct stream *s)
{
	struct stream_set *set = s->set;
	struct stream *last = set->streams[--set->n];

	set->streams[s->place] = last;
	last->place = s->place;
	loop_remove(s->watch);
	stream_release(s);
	free(s);
}

void
stream_set_free(struct stream_set *set)
{
	if (set == NULL)
		return;
	while (set->n > 0)
		end_stream(set->streams[set->n - 1]);
	free(set->streams);
	free(set);
}

/* ---- a stream and its descriptor ----------------------------------------- */

/*
 * Nothing is to come any more; what comes all the same is thrown away.  false:
 * the web server has closed, since the browser is gone.
 */
static bool
is_there(int fd)
{
	char waste[256];
	ssize_t n = recv(fd, waste, sizeof(waste), MSG_DONTWAIT);

	return n != 0;
}

static void
on_event(void *arg, void *thread, uint32_t events)
{
	struct stream *s = arg;

	(void)thread;
	if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0 ||
	    ((events & EPOLLIN) != 0 && !is_there(s->fd)) ||
	    ((events & EPOLLOUT) != 0 && !stream_flush(s))) {
		end_stream(s);
		return;
	}
	if ((events & EPOLLOUT) != 0 && !stream_is_behind(s))
		loop_set(s->watch, IDLE);
}

static void
add_to_list(struct stream_set *set, struct stream *s)
{
	if (set->n == set->room) {
		set->room = set->room == 0 ? 64 : 2 * set->room;
		set->streams = xrealloc(set->streams,
		    set->room * sizeof(struct stream *));
	}
	s->place = set->n;
	set->streams[set->n++] = s;
}

static struct stream *
stream_of(struct stream_set *set, const struct stream_who *who)
{
	struct stream *s = xmalloc(sizeof(*s));

	memset(s, 0, sizeof(*s));
	s->set = set;
	s->fd = who->fd;
	s->request_id = who->request_id;
	s->pad = who->pad;
	s->seen = who->seen;
	s->user = xstrdup(who->user);
	memcpy(s->session, who->session,
	    strnlen(who->session, sizeof(s->session) - 1));
	return s;
}

int
stream_set_add(struct stream_set *set, const struct stream_who *who,
    struct stream **stream)
{
	struct stream *s;
	int rc;

	if (set->n >= STREAM_SET_MAX) {
		close(who->fd);
		return err_set(E_BUSY, "too many event streams are open");
	}
	s = stream_of(set, who);
	rc = loop_add(set->loop, s->fd, IDLE, false, on_event, s, &s->watch);
	if (rc != 0) {
		stream_release(s);
		free(s);
		return rc;
	}
	add_to_list(set, s);
	*stream = s;
	return 0;
}

/* ---- sending ------------------------------------------------------------- */

/* false: it was ended. */
static bool
give(struct stream *s, struct packet *p)
{
	bool was_behind = stream_is_behind(s);

	if (!stream_send(s, p)) {
		end_stream(s);
		return false;
	}
	if (!was_behind && stream_is_behind(s))
		loop_set(s->watch, IDLE | EPOLLOUT);
	return true;
}

bool
stream_set_give(struct stream *s, struct packet *p)
{
	struct packet *padded = packet_padded(p, s->pad);
	bool answer = give(s, padded);

	packet_drop(padded);
	return answer;
}

/* Those who want the same pad, and mostly all do, share it. */
static struct packet *
pad_for(struct packet *p, struct packet *last, const struct stream *s,
    uint32_t *last_pad)
{
	if (last != NULL && *last_pad == s->pad)
		return last;
	packet_drop(last);
	*last_pad = s->pad;
	return packet_padded(p, s->pad);
}

void
stream_set_send(struct stream_set *set, struct packet *p, const char *user,
    int64_t offset)
{
	struct packet *padded = NULL;
	uint32_t pad = 0, i = set->n;
	struct stream *s;

	while (i-- > 0) {
		s = set->streams[i];
		if (user != NULL && !str_eq(user, s->user))
			continue;
		if (offset >= 0 && offset <= s->seen)
			continue;
		if (offset >= 0)
			s->seen = offset;
		padded = pad_for(p, padded, s, &pad);
		give(s, padded);
	}
	packet_drop(padded);
}

void
stream_set_forget(struct stream_set *set)
{
	uint32_t i;

	for (i = 0; i < set->n; i++)
		set->streams[i]->seen = -1;
}

/* ---- ending -------------------------------------------------------------- */

void
stream_set_end_session(struct stream_set *set, const char *session)
{
	uint32_t i = set->n;

	while (i-- > 0)
		if (str_eq(set->streams[i]->session, session))
			end_stream(set->streams[i]);
}

void
stream_set_sweep(struct stream_set *set, uint32_t *cursor, uint32_t n,
    bool (*is_alive)(void *arg, const struct stream *s), void *arg)
{
	if (*cursor > set->n)
		*cursor = set->n;
	for (; *cursor > 0 && n > 0; n--) {
		struct stream *s = set->streams[--*cursor];

		if (!is_alive(arg, s))
			end_stream(s);
	}
}

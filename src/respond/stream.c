/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/stream.h"

#include "base/mem.h"
#include "respond/packet.h"
#include "web/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define BATCH 32 /* records in one writev */

/*
 * Over the wire a packet is one record of FastCGI or several, each of a header
 * and up to STREAM_MAX bytes.
 */
#define RECORD (STREAM_HEADER + STREAM_MAX)

static size_t
wire_len(const struct packet *p)
{
	size_t records = (p->len + STREAM_MAX - 1) / STREAM_MAX;

	return p->len + records * STREAM_HEADER;
}

bool
stream_is_behind(const struct stream *s)
{
	return s->queue_n > 0;
}

/* ---- the queue ----------------------------------------------------------- */

static void
queue_remove(struct stream *s, uint32_t i)
{
	s->queue_len -= s->queue[i]->len;
	packet_drop(s->queue[i]);
	s->queue_n--;
	memmove(s->queue + i, s->queue + i + 1,
	    (s->queue_n - i) * sizeof(struct packet *));
}

static void
queue_release(struct stream *s)
{
	while (s->queue_n > 0)
		packet_drop(s->queue[--s->queue_n]);
	free(s->queue);
	s->queue = NULL;
	s->queue_room = 0;
	s->queue_len = 0;
	s->sent = 0;
}

/* Progress is a state: the newest counts.  One that is half sent stays. */
static void
drop_older(struct stream *s, enum packet_kind kind)
{
	uint32_t i = s->queue_n;

	if (kind == PACKET_EVENT)
		return;
	while (i-- > (s->sent > 0 ? 1 : 0))
		if (s->queue[i]->kind == kind)
			queue_remove(s, i);
}

static void
queue_add(struct stream *s, struct packet *p)
{
	if (s->queue_n == s->queue_room) {
		s->queue_room = s->queue_room == 0 ? 4 : 2 * s->queue_room;
		s->queue = xrealloc(s->queue,
		    s->queue_room * sizeof(struct packet *));
	}
	s->queue[s->queue_n++] = packet_ref(p);
	s->queue_len += p->len;
}

/* The first may be longer than all that may wait. */
static bool
is_room_for(const struct stream *s, const struct packet *p)
{
	size_t behind;

	if (s->queue_n == 0)
		return true;
	behind = s->queue_len - s->queue[0]->len;
	return behind + p->len <= STREAM_QUEUE_MAX;
}

/* ---- writing ------------------------------------------------------------- */

struct batch {
	struct iovec iov[2 * BATCH];
	unsigned char headers[BATCH][STREAM_HEADER];
	int records;
	int n;
};

static void
batch_add(struct batch *b, void *data, size_t len, size_t *skip)
{
	size_t skipped = *skip < len ? *skip : len;

	*skip -= skipped;
	if (skipped == len)
		return;
	b->iov[b->n].iov_base = (char *)data + skipped;
	b->iov[b->n].iov_len = len - skipped;
	b->n++;
}

/* The records of one packet, without the first `skip` bytes of them. */
static void
batch_packet(struct batch *b, struct packet *p, int request_id, size_t skip)
{
	size_t at = skip / RECORD * STREAM_MAX;
	size_t len;

	skip %= RECORD;
	for (; at < p->len && b->records < BATCH; at += len) {
		len = p->len - at < STREAM_MAX ? p->len - at : STREAM_MAX;
		stream_header(b->headers[b->records], request_id, len);
		batch_add(b, b->headers[b->records], STREAM_HEADER, &skip);
		batch_add(b, p->text + at, len, &skip);
		b->records++;
	}
}

/* Bytes that were taken; 0: none now; -1: it is gone. */
static ssize_t
write_batch(const struct stream *s, struct batch *b)
{
	struct msghdr msg = { .msg_iov = b->iov, .msg_iovlen = (size_t)b->n };
	ssize_t n;

	do
		n = sendmsg(s->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	return n;
}

static void
take_off(struct stream *s, size_t n)
{
	size_t len;

	s->sent += n;
	while (s->queue_n > 0 && s->sent >= (len = wire_len(s->queue[0]))) {
		s->sent -= len;
		queue_remove(s, 0);
	}
}

bool
stream_flush(struct stream *s)
{
	struct batch b;
	uint32_t i;
	ssize_t n;

	while (s->queue_n > 0) {
		b.n = b.records = 0;
		for (i = 0; i < s->queue_n && b.records < BATCH; i++)
			batch_packet(&b, s->queue[i], s->request_id,
			    i == 0 ? s->sent : 0);
		if ((n = write_batch(s, &b)) <= 0)
			return n == 0;
		take_off(s, (size_t)n);
	}
	queue_release(s);
	return true;
}

/* What is taken at once needs no queue: the usual case. */
static bool
send_now(struct stream *s, struct packet *p)
{
	struct batch b = { .n = 0, .records = 0 };
	ssize_t n;

	batch_packet(&b, p, s->request_id, 0);
	if ((n = write_batch(s, &b)) < 0)
		return false;
	if ((size_t)n == wire_len(p))
		return true;
	queue_add(s, p);
	s->sent = (size_t)n;
	return true;
}

bool
stream_send(struct stream *s, struct packet *p)
{
	if (s->queue_n == 0)
		return send_now(s, p);
	drop_older(s, p->kind);
	if (!is_room_for(s, p))
		return false;
	queue_add(s, p);
	return true;
}

void
stream_release(struct stream *s)
{
	unsigned char end[STREAM_END_SIZE];

	if (s->queue_n == 0) {
		stream_end(end, s->request_id);
		(void)!send(s->fd, end, sizeof(end),
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	queue_release(s);
	close(s->fd);
	free(s->user);
	s->user = NULL;
	s->fd = -1;
}

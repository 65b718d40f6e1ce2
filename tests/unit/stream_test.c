/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "event/event.h"
#include "respond/packet.h"
#include "respond/ring.h"
#include "respond/stream.h"
#include "respond/stream_set.h"

/* ---- the text of events -------------------------------------------------- */

static void
assert_text(const char *id, const char *name, const char *data,
    const char *wanted)
{
	struct buf out = { NULL, 0, 0 };

	packet_put(&out, id, name, data);
	assert_string_equal(buf_text(&out), wanted);
	buf_release(&out);
}

static void
an_event_has_id_name_and_data(void **state)
{
	(void)state;
	assert_text("e-7", "test", "hello",
	    "id: e-7\nevent: test\ndata: hello\n\n");
	assert_text("", NULL, "", "data: \n\n");
}

static void
every_line_break_begins_another_data_line(void **state)
{
	(void)state;
	assert_text(NULL, NULL, "a\nb\rc\r\nd\n",
	    "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
	assert_text(NULL, NULL, "x\n\nevent: forged\ndata: y",
	    "data: x\ndata: \ndata: event: forged\ndata: data: y\n\n");
}

static void
a_line_break_ends_an_id_and_a_name(void **state)
{
	(void)state;
	assert_text("1-1\ndata: x", "a\rb", "d",
	    "id: 1-1\nevent: a\ndata: d\n\n");
}

static void
a_pad_is_a_comment_of_that_length_at_least(void **state)
{
	struct packet *p = packet_new("data: x\n\n", 9, PACKET_EVENT);
	struct packet *padded = packet_padded(p, 4100);

	(void)state;
	assert_true(padded->len >= 4100);
	assert_memory_equal(padded->text, "data: x\n\n:  ", 12);
	assert_int_equal(padded->text[padded->len - 1], '\n');
	assert_ptr_equal(memchr(padded->text + 10, '\n', padded->len - 10),
	    padded->text + padded->len - 1);
	packet_drop(padded);
	padded = packet_padded(p, 9);
	assert_ptr_equal(padded, p);
	packet_drop(padded);
	packet_drop(p);
}

/* ---- a stream that is not read ------------------------------------------- */

struct pipe {
	struct stream s;
	int other;
	struct buf got; /* what was in the records */
};

static void
pipe_open(struct pipe *p)
{
	int fd[2], size = 4096;

	memset(p, 0, sizeof(*p));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
			     fd),
	    0);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	p->s.fd = fd[0];
	p->s.request_id = 258;
	p->s.user = xstrdup("anna");
	p->other = fd[1];
}

static void
pipe_close(struct pipe *p)
{
	stream_release(&p->s);
	close(p->other);
	buf_release(&p->got);
}

/* Reads all that comes, flushing between, and takes the records apart. */
static void
pipe_read(struct pipe *p)
{
	struct buf raw = { NULL, 0, 0 };
	unsigned char part[5000];
	const unsigned char *at;
	size_t len;
	ssize_t n;

	do {
		while ((n = read(p->other, part, sizeof(part))) > 0)
			buf_add(&raw, part, (size_t)n);
		assert_true(stream_flush(&p->s));
	} while (stream_is_behind(&p->s));
	while ((n = read(p->other, part, sizeof(part))) > 0)
		buf_add(&raw, part, (size_t)n);
	at = (unsigned char *)raw.data;
	while (raw.data != NULL && at < (unsigned char *)raw.data + raw.len) {
		assert_int_equal(at[0], 1);
		assert_int_equal(at[1], 6);
		assert_int_equal(at[2] << 8 | at[3], 258);
		len = (size_t)(at[4] << 8 | at[5]);
		buf_add(&p->got, at + 8, len);
		at += 8 + len;
	}
	assert_ptr_equal(at, (unsigned char *)raw.data + raw.len);
	buf_release(&raw);
}

static bool
send_text(struct pipe *p, const char *text, size_t len, enum packet_kind kind)
{
	struct packet *packet = packet_new(text, len, kind);
	bool answer = stream_send(&p->s, packet);

	packet_drop(packet);
	return answer;
}

static void
what_is_sent_arrives_in_records(void **state)
{
	struct pipe p;

	(void)state;
	pipe_open(&p);
	assert_true(send_text(&p, "one", 3, PACKET_EVENT));
	assert_false(stream_is_behind(&p.s));
	assert_null(p.s.queue);
	pipe_read(&p);
	assert_string_equal(buf_text(&p.got), "one");
	pipe_close(&p);
}

static void
a_packet_longer_than_a_record_arrives_whole(void **state)
{
	size_t len = 200000, i;
	char *text = xmalloc(len);
	struct pipe p;

	(void)state;
	for (i = 0; i < len; i++)
		text[i] = (char)('a' + i % 23);
	pipe_open(&p);
	assert_true(send_text(&p, text, len, PACKET_EVENT));
	assert_true(stream_is_behind(&p.s));
	pipe_read(&p);
	assert_int_equal(p.got.len, len);
	assert_memory_equal(p.got.data, text, len);
	free(text);
	pipe_close(&p);
}

/* Fills the socket, so that from now on all waits. */
static void
fill(struct pipe *p)
{
	while (!stream_is_behind(&p->s))
		assert_true(send_text(p, "0123456789", 10, PACKET_EVENT));
}

static void
what_waits_keeps_its_order(void **state)
{
	struct pipe p;
	char text[16];
	int i;

	(void)state;
	pipe_open(&p);
	fill(&p);
	for (i = 0; i < 500; i++) {
		snprintf(text, sizeof(text), "<%d>", i);
		assert_true(send_text(&p, text, strlen(text), PACKET_EVENT));
	}
	pipe_read(&p);
	for (i = 0; i < 499; i++) {
		snprintf(text, sizeof(text), "<%d><%d>", i, i + 1);
		assert_non_null(strstr(p.got.data, text));
	}
	pipe_close(&p);
}

static void
a_queue_that_is_full_ends_the_stream(void **state)
{
	char text[1000] = { 0 };
	struct pipe p;
	int n = 0;

	(void)state;
	pipe_open(&p);
	fill(&p);
	while (send_text(&p, text, sizeof(text), PACKET_EVENT))
		n++;
	assert_in_range(n, STREAM_QUEUE_MAX / 1000 - 1,
	    STREAM_QUEUE_MAX / 1000 + 1);
	pipe_close(&p);
}

static void
of_a_progress_that_waits_the_newest_counts(void **state)
{
	struct pipe p;
	char text[16];
	int i;

	(void)state;
	pipe_open(&p);
	fill(&p);
	assert_true(send_text(&p, "<first>", 7, PACKET_EVENT));
	for (i = 0; i < 100000; i++) {
		snprintf(text, sizeof(text), "<%d%%>", i);
		assert_true(send_text(&p, text, strlen(text),
		    i % 2 == 0 ? PACKET_PROGRESS : PACKET_STATE));
	}
	assert_true(send_text(&p, "<last>", 6, PACKET_EVENT));
	pipe_read(&p);
	assert_non_null(strstr(p.got.data, "<first><99998%><99999%><last>"));
	assert_null(strstr(p.got.data, "<99996%>"));
	pipe_close(&p);
}

static void
a_packet_that_is_half_out_is_not_dropped(void **state)
{
	char text[100000];
	struct pipe p;

	(void)state;
	memset(text, 'p', sizeof(text));
	pipe_open(&p);
	assert_true(send_text(&p, text, sizeof(text), PACKET_PROGRESS));
	assert_true(stream_is_behind(&p.s));
	assert_true(send_text(&p, "<new>", 5, PACKET_PROGRESS));
	pipe_read(&p);
	assert_int_equal(p.got.len, sizeof(text) + 5);
	assert_string_equal(p.got.data + sizeof(text), "<new>");
	pipe_close(&p);
}

static void
a_closed_stream_is_told(void **state)
{
	struct pipe p;

	(void)state;
	pipe_open(&p);
	close(p.other);
	p.other = -1;
	assert_false(send_text(&p, "x", 1, PACKET_EVENT));
	pipe_close(&p);
}

/* ---- many streams -------------------------------------------------------- */

struct many {
	struct loop *loop;
	struct stream_set *set;
	struct stream *streams[4];
	int other[4];
};

static void
many_add(struct many *m, int i, const char *user, const char *session)
{
	struct stream_who who = { .request_id = 1,
		.user = user,
		.session = session,
		.seen = -1 };
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
			     fd),
	    0);
	who.fd = fd[0];
	m->other[i] = fd[1];
	assert_int_equal(stream_set_add(m->set, &who, &m->streams[i]), 0);
}

static void
many_open(struct many *m)
{
	assert_int_equal(loop_new(&m->loop), 0);
	m->set = stream_set_new(m->loop);
	many_add(m, 0, "anna", "s1");
	many_add(m, 1, "ben", "s2");
	many_add(m, 2, "anna", "s1");
	many_add(m, 3, "anna", "s3");
}

static void
many_close(struct many *m)
{
	int i;

	stream_set_free(m->set);
	loop_free(m->loop);
	for (i = 0; i < 4; i++)
		close(m->other[i]);
}

static void
many_send(struct many *m, const char *text, const char *user, int64_t offset)
{
	struct packet *p = packet_new(text, strlen(text), PACKET_EVENT);

	stream_set_send(m->set, p, user, offset);
	packet_drop(p);
}

static void
assert_got(int fd, const char *wanted)
{
	char text[256];
	ssize_t n = read(fd, text, sizeof(text));
	size_t len = strlen(wanted);

	if (len == 0) {
		assert_int_equal(n, -1);
		return;
	}
	assert_int_equal(n, 8 + len);
	assert_memory_equal(text + 8, wanted, len);
}

static void
an_event_reaches_all_streams_of_its_user(void **state)
{
	struct many m;

	(void)state;
	many_open(&m);
	many_send(&m, "for anna", "anna", 5);
	assert_got(m.other[0], "for anna");
	assert_got(m.other[1], "");
	assert_got(m.other[2], "for anna");
	assert_got(m.other[3], "for anna");
	many_send(&m, "for all", NULL, 6);
	assert_got(m.other[0], "for all");
	assert_got(m.other[1], "for all");
	many_close(&m);
}

static void
an_event_that_was_seen_is_not_sent_again(void **state)
{
	struct many m;

	(void)state;
	many_open(&m);
	m.streams[0]->seen = 7;
	many_send(&m, "seven", NULL, 7);
	assert_got(m.other[0], "");
	assert_got(m.other[1], "seven");
	stream_set_forget(m.set);
	many_send(&m, "new", NULL, 1);
	assert_got(m.other[0], "new");
	many_close(&m);
}

static void
a_session_that_ends_ends_its_streams_alone(void **state)
{
	struct many m;
	char end[64];

	(void)state;
	many_open(&m);
	stream_set_end_session(m.set, "s1");
	assert_int_equal(stream_set_count(m.set), 2);
	assert_int_equal(read(m.other[0], end, sizeof(end)), 24);
	assert_int_equal(read(m.other[0], end, sizeof(end)), 0);
	many_send(&m, "on", NULL, 1);
	assert_got(m.other[1], "on");
	assert_got(m.other[3], "on");
	many_close(&m);
}

static bool
is_not_ben(void *arg, const struct stream *s)
{
	++*(int *)arg;
	return !str_eq(s->user, "ben");
}

static void
a_sweep_asks_for_each_in_parts(void **state)
{
	uint32_t cursor = 4;
	struct many m;
	int asked = 0;

	(void)state;
	many_open(&m);
	stream_set_sweep(m.set, &cursor, 3, is_not_ben, &asked);
	assert_int_equal(asked, 3);
	assert_int_equal(cursor, 1);
	stream_set_sweep(m.set, &cursor, 3, is_not_ben, &asked);
	assert_int_equal(asked, 4);
	assert_int_equal(cursor, 0);
	assert_int_equal(stream_set_count(m.set), 3);
	many_send(&m, "on", "anna", 1);
	assert_got(m.other[0], "on");
	assert_got(m.other[2], "on");
	assert_got(m.other[3], "on");
	many_close(&m);
}

/* ---- the ring ------------------------------------------------------------ */

static void
ring_put(struct ring *r, const char *id, const char *user)
{
	struct event e = { .name = "test", .data = "d", .user = user };

	snprintf(e.id, sizeof(e.id), "%s", id);
	ring_add(r, &e);
}

static int
collect(void *arg, const struct event *e)
{
	buf_printf(arg, "%s ", e->id);
	return 0;
}

static void
assert_since(const struct ring *r, const char *since, const char *wanted)
{
	struct buf got = { NULL, 0, 0 };
	int rc = ring_since(r, since, "anna", collect, &got);

	assert_int_equal(rc, wanted != NULL);
	assert_string_equal(buf_text(&got), wanted != NULL ? wanted : "");
	buf_release(&got);
}

static void
a_ring_tells_what_came_after_an_id(void **state)
{
	struct ring *r = ring_new();

	(void)state;
	assert_since(r, "a-1", NULL);
	ring_begin(r, "a-b-10");
	assert_string_equal(ring_last(r), "a-b-10");
	assert_since(r, "a-b-10", "");
	ring_put(r, "a-b-11", NULL);
	ring_put(r, "a-b-12", "ben");
	ring_put(r, "a-b-13", "anna");
	assert_since(r, "a-b-10", "a-b-11 a-b-13 ");
	assert_since(r, "a-b-12", "a-b-13 ");
	assert_since(r, "a-b-9", NULL);
	assert_since(r, "a-10", NULL);
	assert_since(r, "nothing", NULL);
	assert_since(r, "-5", NULL);
	assert_since(r, "a-b--5", NULL);
	ring_put(r, "z-1", NULL);
	assert_since(r, "a-b-12", NULL);
	assert_since(r, "z-0", "z-1 ");
	ring_free(r);
}

static void
a_ring_that_is_full_knows_what_it_lost(void **state)
{
	struct ring *r = ring_new();
	char id[32];
	int i;

	(void)state;
	ring_begin(r, "e-0");
	for (i = 1; i <= RING_EVENTS + 5; i++) {
		snprintf(id, sizeof(id), "e-%d", i);
		ring_put(r, id, "ben");
	}
	assert_since(r, "e-4", NULL);
	assert_since(r, "e-5", "");
	ring_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_has_id_name_and_data),
		cmocka_unit_test(every_line_break_begins_another_data_line),
		cmocka_unit_test(a_line_break_ends_an_id_and_a_name),
		cmocka_unit_test(a_pad_is_a_comment_of_that_length_at_least),
		cmocka_unit_test(what_is_sent_arrives_in_records),
		cmocka_unit_test(a_packet_longer_than_a_record_arrives_whole),
		cmocka_unit_test(what_waits_keeps_its_order),
		cmocka_unit_test(a_queue_that_is_full_ends_the_stream),
		cmocka_unit_test(of_a_progress_that_waits_the_newest_counts),
		cmocka_unit_test(a_packet_that_is_half_out_is_not_dropped),
		cmocka_unit_test(a_closed_stream_is_told),
		cmocka_unit_test(an_event_reaches_all_streams_of_its_user),
		cmocka_unit_test(an_event_that_was_seen_is_not_sent_again),
		cmocka_unit_test(a_session_that_ends_ends_its_streams_alone),
		cmocka_unit_test(a_sweep_asks_for_each_in_parts),
		cmocka_unit_test(a_ring_tells_what_came_after_an_id),
		cmocka_unit_test(a_ring_that_is_full_knows_what_it_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

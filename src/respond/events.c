/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/session.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "event/publish.h"
#include "event/subscribe.h"
#include "local/db.h"
#include "respond/feed.h"
#include "respond/packet.h"
#include "respond/responder.h"
#include "respond/ring.h"
#include "respond/stream.h"
#include "respond/stream_set.h"
#include "web/json.h"
#include "web/response.h"
#include "web/route.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/*
 * The events responder: one process, one thread, one loop.  What the hub says
 * is encoded once and written to every stream that it is meant for; nobody is
 * waited for.
 */
#define BEAT_MS 15000  /* a comment to each stream */
#define SWEEP_BEATS 4  /* sessions are looked after every so many */
#define SWEEP_PART 500 /* in one transaction */
#define SWEEP_PAUSE_MS 5
#define HUB_WAIT_MS 1000           /* of the first who listens */
#define HUB_QUIET_MS 10000         /* one that stands still is left alone */
#define REPLAY_MAX (256 * 1024)    /* bytes; what is more is a resync */
#define POLL_MAX (1024 * 1024)     /* the rest with the next poll */
#define ECHO_BODY_MAX (256 * 1024) /* all texts */
#define ECHO_TEXT_MAX (32 * 1024)  /* one of them */

#define SESSION_ENDED "sessionEnded" /* data: {"session": its key} */

static struct {
	struct loop *loop; /* the server's */
	struct stream_set *set;
	struct ring *ring;
	struct feed *feed;
	struct state *st; /* of the one thread; NULL: there is none yet */
	struct packet *beat_packet;
	struct loop_timer *beat; /* NULL: nobody listens */
	struct loop_timer *sweep;
	int64_t quiet_until; /* the hub is not asked before */
	uint32_t sweep_cursor;
	int beats;
} self;

/* ---- what the hub says --------------------------------------------------- */

static bool
is_for_us(const struct event *e)
{
	return str_eq(e->name, SESSION_ENDED);
}

static void
end_session(const char *data)
{
	struct mem *mem = mem_new();
	struct json key;
	char *text;

	if (json_check(data, strlen(data)) == 0 &&
	    json_find(json_of(data), "session", &key) == 1 &&
	    json_string(mem, key, &text) == 0)
		stream_set_end_session(self.set, text);
	mem_free(mem);
}

static void
on_event(void *arg, const struct event *e)
{
	struct buf text = { NULL, 0, 0 };
	struct packet *p;
	int64_t offset;

	(void)arg;
	if (is_for_us(e)) {
		end_session(e->data);
		return;
	}
	offset = ring_add(self.ring, e);
	packet_put(&text, e->id, e->name, e->data);
	p = packet_new(text.data, text.len, packet_kind_of(e->name));
	stream_set_send(self.set, p, e->user, offset);
	packet_drop(p);
	buf_release(&text);
}

/* What was said meanwhile is not known to those who listened. */
static void
put_resync(struct buf *out, const char *last)
{
	packet_put(out, last, "resync", "");
}

static void
on_up(void *arg, const char *last)
{
	struct buf text = { NULL, 0, 0 };
	struct packet *p;

	(void)arg;
	ring_begin(self.ring, last);
	stream_set_forget(self.set);
	put_resync(&text, last);
	p = packet_new(text.data, text.len, PACKET_EVENT);
	stream_set_send(self.set, p, NULL, -1);
	packet_drop(p);
	buf_release(&text);
}

/* ---- beats --------------------------------------------------------------- */

/*
 * An open stream is a use of its session: who watches stays signed in.  One
 * that has ended or timed out, or whose user was removed, ends its streams.
 * When that cannot be known now, it is asked again with the next sweep.
 */
static bool
is_alive(void *arg, const struct stream *s)
{
	struct site *site = &self.st->site;
	struct session session;
	int rc;

	rc = session_find_key(site->auth, s->session,
	    site->conf->session_timeout_s, arg, &session);
	return rc < 0 ||
	    (rc == 1 && session.username != NULL &&
		str_eq(session.username, s->user));
}

/* A part in one transaction: ten thousand would be as many writes to disk. */
static void
sweep_part(void)
{
	struct mem *mem = mem_new();
	struct db *auth = self.st->site.auth;
	int rc;

	if ((rc = db_begin(auth)) == 0) {
		stream_set_sweep(self.set, &self.sweep_cursor, SWEEP_PART,
		    is_alive, mem);
		rc = db_end(auth, 0);
	}
	if (rc != 0) {
		log_line(LOG_WARN, "events", "sessions: %s", err_text());
		self.sweep_cursor = 0;
	}
	mem_free(mem);
}

static void
on_sweep(void *arg, void *thread, uint32_t events)
{
	(void)arg;
	(void)thread;
	(void)events;
	self.sweep = NULL;
	if (self.st != NULL)
		sweep_part();
	if (self.st != NULL && self.sweep_cursor > 0)
		self.sweep = loop_after(self.loop, SWEEP_PAUSE_MS, on_sweep,
		    NULL);
}

static void
sweep_if_due(void)
{
	if (++self.beats % SWEEP_BEATS != 0 || self.sweep != NULL)
		return;
	self.sweep_cursor = stream_set_count(self.set);
	self.sweep = loop_after(self.loop, SWEEP_PAUSE_MS, on_sweep, NULL);
}

/* One timer for all; none where nobody listens. */
static void
on_beat(void *arg, void *thread, uint32_t events)
{
	(void)arg;
	(void)thread;
	(void)events;
	self.beat = NULL;
	stream_set_send(self.set, self.beat_packet, NULL, -1);
	if (stream_set_count(self.set) == 0) {
		feed_rest(self.feed);
		return;
	}
	sweep_if_due();
	self.beat = loop_after(self.loop, BEAT_MS, on_beat, NULL);
}

static void
start_beats(void)
{
	if (self.beat == NULL)
		self.beat = loop_after(self.loop, BEAT_MS, on_beat, NULL);
}

/* ---- replay -------------------------------------------------------------- */

struct replay {
	struct buf text;
	bool is_too_long;
};

static int
replay_event(void *arg, const struct event *e)
{
	struct replay *r = arg;

	if (is_for_us(e) || r->is_too_long)
		return 0;
	packet_put(&r->text, e->id, e->name, e->data);
	r->is_too_long = r->text.len > REPLAY_MAX;
	return 0;
}

/* A hub that does not answer holds all streams up, but once only. */
static bool
ask_hub(const char *since, const char *user,
    int (*fn)(void *arg, const struct event *e), void *arg, char *last)
{
	bool is_whole = false;

	if (clock_mono_ms() < self.quiet_until)
		return false;
	if (subscribe_replay(&self.st->place, user, since, fn, arg, last,
		&is_whole) == 0)
		return is_whole;
	log_line(LOG_WARN, "events", "no replay: %s", err_text());
	self.quiet_until = clock_mono_ms() + HUB_QUIET_MS;
	return false;
}

/*
 * What `user` may see after `since`: from the ring, else from the hub.  `last`
 * receives the newest id; false: it cannot be had without a hole.
 */
static bool
find_since(const char *since, const char *user,
    int (*fn)(void *arg, const struct event *e), void *arg, char *last)
{
	snprintf(last, EVENT_ID_SIZE, "%s", ring_last(self.ring));
	if (feed_is_up(self.feed) &&
	    ((*since == '\0' && *last != '\0') ||
		ring_since(self.ring, since, user, fn, arg) == 1))
		return true;
	return ask_hub(since, user, fn, arg, last);
}

/* The stream is registered before: nothing can come in between. */
static void
replay(struct stream *s, const char *since)
{
	struct replay r = { { NULL, 0, 0 }, false };
	char last[EVENT_ID_SIZE];
	struct packet *p;
	int len;

	if (!find_since(since, s->user, replay_event, &r, last) ||
	    r.is_too_long) {
		buf_clear(&r.text);
		put_resync(&r.text, last);
	}
	s->seen = ring_offset(last, &len);
	if (r.text.len > 0) {
		p = packet_new(r.text.data, r.text.len, PACKET_EVENT);
		(void)stream_set_give(s, p);
		packet_drop(p);
	}
	buf_release(&r.text);
}

/* ---- GET /sse/subscribe -------------------------------------------------- */

/* Longer than any id of ours: it is none, and nothing is known of it. */
static const char *
bounded(const char *id)
{
	return strlen(id) < EVENT_ID_SIZE ? id : "?";
}

/* NULL: it is the first time. */
static const char *
last_event_id(const struct request *req)
{
	const char *id = request_header(req, "Last-Event-ID");

	if (id == NULL || *id == '\0')
		id = request_query(req, "lastEventId");
	return id == NULL || *id == '\0' ? NULL : bounded(id);
}

static void
put_headers(struct request *req)
{
	response_type(req, "text/event-stream; charset=utf-8");
	response_header(req, "Cache-Control", "no-cache");
	response_header(req, "X-Accel-Buffering", "no");
}

/*
 * Whoever is new here begins with the newest event; who comes again keeps the
 * id it has until it got what it missed.
 */
static int
take_over(struct request *req, const char *since, size_t pad,
    struct stream_who *who)
{
	struct buf first = { NULL, 0, 0 };
	const char *last = ring_last(self.ring);
	int rc, len;

	buf_puts(&first, "retry: 2000\n: ok\n\n");
	packet_put(&first, since != NULL ? NULL : last, "connected",
	    "Stream connected");
	packet_put_pad(&first, 0, pad);
	rc = response_take_over(req, first.data, first.len, &who->fd,
	    &who->request_id);
	buf_release(&first);
	who->user = req->caller.user;
	who->session = req->caller.session;
	who->pad = (uint32_t)pad;
	who->seen = since != NULL ? -1 : ring_offset(last, &len);
	return rc;
}

static int
subscribe(struct request *req)
{
	const char *since = last_event_id(req);
	struct stream_who who;
	struct stream *s;
	int64_t pad;
	int rc;

	if ((rc = request_query_int(req, "pad", 0, STREAM_PAD_MAX, 0, &pad)) !=
	    0)
		return rc;
	put_headers(req);
	if (req->is_head)
		return 0;
	if (stream_set_count(self.set) >= STREAM_SET_MAX) {
		response_header(req, "Retry-After", "30");
		return request_fail(req, 503,
		    "Too many event streams are open");
	}
	(void)feed_want(self.feed, HUB_WAIT_MS);
	if ((rc = take_over(req, since, (size_t)pad, &who)) != 0)
		return rc;
	if (stream_set_add(self.set, &who, &s) != 0)
		return 0; /* closed; the browser comes again */
	start_beats();
	if (since != NULL)
		replay(s, since);
	return 0;
}

/* ---- GET /sse/poll ------------------------------------------------------- */

struct poll {
	struct buf json;
	char last[EVENT_ID_SIZE];
	bool is_full;
};

static void
put_member(struct buf *out, const char *key, const char *value)
{
	json_put_key(out, key);
	json_put_string(out, value);
}

static int
poll_event(void *arg, const struct event *e)
{
	struct poll *p = arg;

	p->is_full = p->is_full || p->json.len > POLL_MAX;
	if (is_for_us(e) || p->is_full)
		return 0;
	if (p->json.len > 0)
		buf_putc(&p->json, ',');
	buf_putc(&p->json, '{');
	put_member(&p->json, "id", e->id);
	put_member(&p->json, "event", e->name);
	put_member(&p->json, "data", e->data);
	buf_putc(&p->json, '}');
	snprintf(p->last, sizeof(p->last), "%s", e->id);
	return 0;
}

static int
answer_poll(struct request *req, const struct poll *p, const char *last,
    bool is_whole)
{
	struct buf out = { NULL, 0, 0 };
	int rc;

	buf_putc(&out, '{');
	put_member(&out, "last", is_whole && p->is_full ? p->last : last);
	json_put_key(&out, "events");
	buf_printf(&out, "[%s]", is_whole ? buf_text(&p->json) : "");
	if (!is_whole) {
		json_put_key(&out, "resync");
		buf_puts(&out, "true");
	}
	buf_putc(&out, '}');
	rc = response_json(req, &out);
	buf_release(&out);
	return rc;
}

/* Nobody waits for a hub to start; it has nothing to tell then either. */
static int
poll_since(struct request *req)
{
	const char *since = request_query(req, "since");
	struct poll p = { .is_full = false };
	char last[EVENT_ID_SIZE];
	bool is_whole;
	int rc;

	since = since == NULL ? "" : bounded(since);
	is_whole = find_since(since, req->caller.user, poll_event, &p, last);
	if (last[0] == '\0') {
		buf_release(&p.json);
		response_header(req, "Retry-After", "5");
		return request_fail(req, 503,
		    "Events cannot be had at the moment; try again soon");
	}
	rc = answer_poll(req, &p, last, is_whole || *since == '\0');
	buf_release(&p.json);
	return rc;
}

/* ---- POST /sse/test/echo ------------------------------------------------- */

static int
echo(struct request *req)
{
	struct state *st = state_of(req);
	struct buf json = { NULL, 0, 0 };
	struct texts texts;
	size_t i;
	int rc;

	if ((rc = json_texts(req, ECHO_BODY_MAX, &texts)) != 0)
		return rc;
	for (i = 0; i < texts.n; i++)
		if (strlen(texts.items[i]) > ECHO_TEXT_MAX)
			return request_fail(req, 413,
			    "A message has at most 32 KiB");
	for (i = 0; i < texts.n; i++)
		publish(st->publisher, "test", texts.items[i],
		    req->caller.user);
	buf_printf(&json, "{\"status\":\"ok\",\"messages_sent\":%zu}", texts.n);
	rc = response_json(req, &json);
	buf_release(&json);
	return rc;
}

/* ---- the responder ------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/sse/subscribe", NEED_LOGIN, subscribe },
	{ "GET", "/sse/poll", NEED_LOGIN, poll_since },
	{ "POST", "/sse/test/echo", NEED_LOGIN, echo },
	{ NULL, NULL, NEED_NOTHING, NULL },
};

/* Each stream has a descriptor. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int
start(struct loop *loop)
{
	static const char beat[] = ": beat\n\n";

	raise_limit();
	self.loop = loop;
	self.set = stream_set_new(loop);
	self.ring = ring_new();
	self.beat_packet = packet_new(beat, sizeof(beat) - 1, PACKET_BEAT);
	return 0;
}

static int
open_state(struct state *st)
{
	const struct feed_calls calls = { on_up, on_event, NULL };

	self.feed = feed_new(self.loop, &st->place, &calls);
	if (self.feed == NULL)
		return err_set(E_IO, "no descriptors are left");
	self.st = st;
	return 0;
}

static void
close_state(struct state *st)
{
	(void)st;
	loop_cancel(self.beat);
	loop_cancel(self.sweep);
	self.beat = self.sweep = NULL;
	stream_set_free(self.set);
	feed_free(self.feed);
	ring_free(self.ring);
	packet_drop(self.beat_packet);
	memset(&self, 0, sizeof(self));
}

int
main(int argc, char **argv)
{
	static const struct responder events = {
		.name = "events",
		.routes = routes,
		.threads = 1,
		.open = open_state,
		.close = close_state,
		.start = start,
	};

	return responder_main(argc, argv, &events);
}

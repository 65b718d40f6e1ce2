/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/feed.h"

#include "base/err.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "event/event.h"
#include "event/subscribe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BACK_OFF_MIN_MS 1000
#define BACK_OFF_MAX_MS 30000
#define NOBODY "-" /* only the newest id is of interest */

/* An attempt: made by the feed, filled in by its thread, sent back whole. */
struct attempt {
	struct event_place place;      /* its texts are its own */
	int pipe;                      /* takes the attempt's own address */
	struct subscriber *subscriber; /* NULL: in vain */
	char last[EVENT_ID_SIZE];
	char why[256];
};

struct feed {
	struct loop *loop; /* borrowed */
	struct event_place place;
	struct feed_calls calls;
	int pipe[2];
	struct loop_watch *answer; /* of an attempt */
	struct subscriber *subscriber;
	struct loop_watch *watch;
	struct loop_timer *again;
	int64_t back_off_ms;
	bool is_wanted;
	bool is_trying;
};

static char *
copy(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

bool
feed_is_up(const struct feed *f)
{
	return f->subscriber != NULL;
}

/* ---- an attempt, in its thread ------------------------------------------- */

static int
no_event(void *arg, const struct event *e)
{
	(void)arg;
	(void)e;
	return 0;
}

static int
attempt_open(struct attempt *a)
{
	bool is_whole;
	int rc;

	if ((rc = subscribe_open(&a->place, &a->subscriber)) != 0)
		return rc;
	/* After the subscription: so nothing is missed in between. */
	rc = subscribe_replay(&a->place, NOBODY, NULL, no_event, NULL, a->last,
	    &is_whole);
	if (rc != 0) {
		subscribe_close(a->subscriber);
		a->subscriber = NULL;
	}
	return rc;
}

static void *
attempt_run(void *arg)
{
	struct attempt *a = arg;
	ssize_t n;

	if (attempt_open(a) != 0)
		snprintf(a->why, sizeof(a->why), "%s", err_text());
	do
		n = write(a->pipe, &a, sizeof(a));
	while (n < 0 && errno == EINTR);
	return NULL;
}

static void
attempt_free(struct attempt *a)
{
	free((void *)(uintptr_t)a->place.run_dir);
	free((void *)(uintptr_t)a->place.program);
	free((void *)(uintptr_t)a->place.conf_file);
	free(a);
}

static void
attempt_start(struct feed *f)
{
	struct attempt *a = xmalloc(sizeof(*a));
	pthread_attr_t attr;
	pthread_t thread;

	memset(a, 0, sizeof(*a));
	a->place.run_dir = copy(f->place.run_dir);
	a->place.program = copy(f->place.program);
	a->place.conf_file = copy(f->place.conf_file);
	a->pipe = f->pipe[1];
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	f->is_trying = pthread_create(&thread, &attr, attempt_run, a) == 0;
	pthread_attr_destroy(&attr);
	if (!f->is_trying)
		attempt_free(a);
}

/* ---- up and down --------------------------------------------------------- */

static void
on_again(void *arg, void *thread, uint32_t events)
{
	struct feed *f = arg;

	(void)thread;
	(void)events;
	f->again = NULL;
	if (f->is_wanted && !f->is_trying)
		attempt_start(f);
}

static void
try_later(struct feed *f)
{
	if (!f->is_wanted || f->again != NULL)
		return;
	f->again = loop_after(f->loop, f->back_off_ms, on_again, f);
	f->back_off_ms *= 2;
	if (f->back_off_ms > BACK_OFF_MAX_MS)
		f->back_off_ms = BACK_OFF_MAX_MS;
}

static void
hang_up(struct feed *f)
{
	loop_remove(f->watch);
	f->watch = NULL;
	subscribe_close(f->subscriber);
	f->subscriber = NULL;
}

static int
on_event(void *arg, const struct event *e)
{
	struct feed *f = arg;

	f->calls.event(f->calls.arg, e);
	return 0;
}

static void
on_ready(void *arg, void *thread, uint32_t events)
{
	struct feed *f = arg;

	(void)thread;
	(void)events;
	if (subscribe_read(f->subscriber, on_event, f) == 0)
		return;
	log_line(LOG_WARN, "events", "the hub has gone: %s", err_text());
	hang_up(f);
	try_later(f);
}

static void
take_up(struct feed *f, struct attempt *a)
{
	int fd = subscribe_fd(a->subscriber);

	f->subscriber = a->subscriber;
	if (loop_add(f->loop, fd, EPOLLIN | EPOLLRDHUP, false, on_ready, f,
		&f->watch) != 0) {
		hang_up(f);
		try_later(f);
		return;
	}
	f->back_off_ms = BACK_OFF_MIN_MS;
	f->calls.up(f->calls.arg, a->last);
}

/* Takes what the thread made of its attempt; false: it is still at it. */
static bool
take_attempt(struct feed *f)
{
	struct attempt *a;
	ssize_t n;

	do
		n = read(f->pipe[0], &a, sizeof(a));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(a))
		return false;
	f->is_trying = false;
	if (a->subscriber == NULL)
		log_line(LOG_WARN, "events", "no hub: %s", a->why);
	if (a->subscriber != NULL && f->is_wanted)
		take_up(f, a);
	else if (a->subscriber != NULL)
		subscribe_close(a->subscriber);
	else
		try_later(f);
	attempt_free(a);
	return true;
}

static void
on_answer(void *arg, void *thread, uint32_t events)
{
	(void)thread;
	(void)events;
	(void)take_attempt(arg);
}

/* ---- for others ---------------------------------------------------------- */

struct feed *
feed_new(struct loop *loop, const struct event_place *place,
    const struct feed_calls *calls)
{
	struct feed *f = xmalloc(sizeof(*f));

	memset(f, 0, sizeof(*f));
	f->loop = loop;
	f->place = *place;
	f->calls = *calls;
	f->back_off_ms = BACK_OFF_MIN_MS;
	if (pipe2(f->pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
		free(f);
		return NULL;
	}
	if (loop_add(loop, f->pipe[0], EPOLLIN, false, on_answer, f,
		&f->answer) != 0) {
		close(f->pipe[0]);
		close(f->pipe[1]);
		free(f);
		return NULL;
	}
	return f;
}

/* The pipe's other end stays open where a thread may still write to it. */
void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	loop_cancel(f->again);
	hang_up(f);
	loop_remove(f->answer);
	if (!f->is_trying) {
		close(f->pipe[0]);
		close(f->pipe[1]);
	}
	free(f);
}

bool
feed_want(struct feed *f, int wait_ms)
{
	struct pollfd ready = { .fd = f->pipe[0], .events = POLLIN };

	f->is_wanted = true;
	if (f->subscriber != NULL || f->again != NULL)
		return f->subscriber != NULL;
	if (!f->is_trying)
		attempt_start(f);
	if (f->is_trying && poll(&ready, 1, wait_ms) == 1)
		(void)take_attempt(f);
	return f->subscriber != NULL;
}

void
feed_rest(struct feed *f)
{
	f->is_wanted = false;
	loop_cancel(f->again);
	f->again = NULL;
	hang_up(f);
	f->back_off_ms = BACK_OFF_MIN_MS;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/loop.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define BATCH 64

struct loop_watch {
	struct loop_watch *next, *prev;
	struct loop *loop;
	int fd;
	bool once;
	bool is_gone; /* removed during a round that may still name it */
	loop_fn *fn;
	void *arg;
};

struct loop_timer {
	struct loop_timer *next; /* by time */
	struct loop *loop;
	int64_t due_ms;
	loop_fn *fn;
	void *arg;
};

struct loop {
	int epoll_fd;
	int stop_fd; /* an eventfd that stays readable once it is over */
	atomic_bool is_over;
	pthread_mutex_t lock; /* of the lists */
	struct loop_watch *watches, *gone;
	struct loop_timer *timers;
	atomic_int threads;
	int signal_fd;
	struct loop_watch *signal_watch;
	loop_fn *signal_fn;
	void *signal_arg;
};

static int
failed(const char *what)
{
	return err_set(E_IO, "%s: %s", what, strerror(errno));
}

/* ---- descriptors --------------------------------------------------------- */

static void
list_put(struct loop_watch **list, struct loop_watch *w)
{
	w->prev = NULL;
	w->next = *list;
	if (*list != NULL)
		(*list)->prev = w;
	*list = w;
}

static void
list_take(struct loop_watch **list, struct loop_watch *w)
{
	if (w->prev != NULL)
		w->prev->next = w->next;
	else
		*list = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
}

static int
control(struct loop_watch *w, int op, uint32_t events)
{
	struct epoll_event ev = { .data.ptr = w };

	ev.events = events | (w->once ? (uint32_t)EPOLLONESHOT : 0);
	return epoll_ctl(w->loop->epoll_fd, op, w->fd, &ev) == 0
	    ? 0
	    : failed("epoll_ctl");
}

int
loop_add(struct loop *loop, int fd, uint32_t events, bool once, loop_fn *fn,
    void *arg, struct loop_watch **watch)
{
	struct loop_watch *w = xmalloc(sizeof(*w));
	int rc;

	*w = (struct loop_watch){ .loop = loop,
		.fd = fd,
		.once = once,
		.fn = fn,
		.arg = arg };
	/* Before the first event another thread may see it. */
	pthread_mutex_lock(&loop->lock);
	list_put(&loop->watches, w);
	if (watch != NULL)
		*watch = w;
	rc = control(w, EPOLL_CTL_ADD, events);
	if (rc != 0)
		list_take(&loop->watches, w);
	pthread_mutex_unlock(&loop->lock);
	if (rc != 0)
		free(w);
	return rc;
}

int
loop_set(struct loop_watch *watch, uint32_t events)
{
	return control(watch, EPOLL_CTL_MOD, events);
}

/*
 * One thread: the events that it already took from epoll may name the watch, so
 * it is freed after the round.  Several: it is a `once`, and nobody else has it.
 */
void
loop_remove(struct loop_watch *watch)
{
	struct loop *loop;

	if (watch == NULL)
		return;
	loop = watch->loop;
	(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	pthread_mutex_lock(&loop->lock);
	list_take(&loop->watches, watch);
	watch->is_gone = true;
	if (!watch->once)
		list_put(&loop->gone, watch);
	pthread_mutex_unlock(&loop->lock);
	if (watch->once)
		free(watch);
}

static void
free_list(struct loop_watch **list)
{
	struct loop_watch *w;

	while ((w = *list) != NULL) {
		*list = w->next;
		free(w);
	}
}

/* ---- times ---------------------------------------------------------------- */

struct loop_timer *
loop_after(struct loop *loop, int64_t ms, loop_fn *fn, void *arg)
{
	struct loop_timer *t = xmalloc(sizeof(*t)), **at;

	t->loop = loop;
	t->due_ms = clock_mono_ms() + ms;
	t->fn = fn;
	t->arg = arg;
	for (at = &loop->timers; *at != NULL && (*at)->due_ms <= t->due_ms;)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
	return t;
}

void
loop_cancel(struct loop_timer *timer)
{
	struct loop_timer **at;

	if (timer == NULL)
		return;
	for (at = &timer->loop->timers; *at != timer;)
		at = &(*at)->next;
	*at = timer->next;
	free(timer);
}

static int
wait_ms(const struct loop *loop)
{
	int64_t ms;

	if (loop->timers == NULL)
		return -1;
	ms = loop->timers->due_ms - clock_mono_ms();
	if (ms < 0)
		return 0;
	return ms > 3600 * 1000 ? 3600 * 1000 : (int)ms;
}

/* Those that are set while they run wait for the next round. */
static void
run_timers(struct loop *loop, void *thread)
{
	int64_t now = clock_mono_ms();
	struct loop_timer *t;

	while ((t = loop->timers) != NULL && t->due_ms <= now) {
		loop->timers = t->next;
		t->fn(t->arg, thread, 0);
		free(t);
	}
}

/* ---- signals --------------------------------------------------------------- */

static void
on_signal(void *arg, void *thread, uint32_t events)
{
	struct loop *loop = arg;
	struct signalfd_siginfo info;

	(void)events;
	while (read(loop->signal_fd, &info, sizeof(info)) ==
	    (ssize_t)sizeof(info)) {
		if (loop->signal_fn != NULL)
			loop->signal_fn(loop->signal_arg, thread,
			    info.ssi_signo);
		else if (info.ssi_signo != SIGHUP)
			loop_stop(loop);
	}
	(void)loop_set(loop->signal_watch, EPOLLIN);
}

int
loop_signals(struct loop *loop, bool want_children, loop_fn *fn, void *arg)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (want_children)
		sigaddset(&set, SIGCHLD);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return failed("pthread_sigmask");
	loop->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (loop->signal_fd < 0)
		return failed("signalfd");
	loop->signal_fn = fn;
	loop->signal_arg = arg;
	return loop_add(loop, loop->signal_fd, EPOLLIN, true, on_signal, loop,
	    &loop->signal_watch);
}

/* ---- the loop -------------------------------------------------------------- */

int
loop_new(struct loop **out)
{
	struct loop *loop = xmalloc(sizeof(*loop));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };

	memset(loop, 0, sizeof(*loop));
	pthread_mutex_init(&loop->lock, NULL);
	loop->signal_fd = loop->stop_fd = -1;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd >= 0)
		loop->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->stop_fd < 0 ||
	    epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->stop_fd, &ev) != 0) {
		loop_free(loop);
		return failed("epoll");
	}
	*out = loop;
	return 0;
}

static void
close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
loop_free(struct loop *loop)
{
	int keep = errno;

	if (loop == NULL)
		return;
	while (loop->timers != NULL)
		loop_cancel(loop->timers);
	free_list(&loop->watches);
	free_list(&loop->gone);
	close_fd(loop->signal_fd);
	close_fd(loop->stop_fd);
	close_fd(loop->epoll_fd);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
	errno = keep;
}

static void
run_events(const struct epoll_event *ev, int n, void *thread)
{
	for (int i = 0; i < n; i++) {
		struct loop_watch *w = ev[i].data.ptr;

		if (w != NULL && !w->is_gone)
			w->fn(w->arg, thread, ev[i].events);
	}
}

/* With several threads each takes one event, or others would wait for it. */
static int
turn(struct loop *loop, void *thread)
{
	struct epoll_event ev[BATCH];
	int most = atomic_load(&loop->threads) > 1 ? 1 : BATCH;
	int n = epoll_wait(loop->epoll_fd, ev, most, wait_ms(loop));

	if (n < 0)
		return errno == EINTR ? 0 : failed("epoll_wait");
	run_events(ev, n, thread);
	if (most > 1) {
		run_timers(loop, thread);
		free_list(&loop->gone);
	}
	return 0;
}

int
loop_run(struct loop *loop, void *thread)
{
	int rc = 0;

	atomic_fetch_add(&loop->threads, 1);
	while (rc == 0 && !atomic_load(&loop->is_over))
		rc = turn(loop, thread);
	atomic_fetch_sub(&loop->threads, 1);
	return rc;
}

/* The eventfd is never read: it wakes every thread. */
void
loop_stop(struct loop *loop)
{
	uint64_t one = 1;

	atomic_store(&loop->is_over, true);
	if (write(loop->stop_fd, &one, sizeof(one)) < 0)
		return; /* full: it is readable already */
}

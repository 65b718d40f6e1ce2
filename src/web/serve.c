/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "web/serve.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "web/fcgi.h"
#include "web/parked.h"
#include "web/private.h"
#include "web/response.h"
#include "web/route.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define STANDSTILL_S 30
#define DRAIN_MAX (256 * 1024)
#define HELD_KEPT (128 * 1024)

struct server {
	const struct serve_app *app;
	struct loop *loop;
	int listen_fd;
	struct loop_watch *listen_watch;
	struct parked *parked;
};

/* A thread of the pool. */
struct worker {
	struct server *server;
	pthread_t thread;
	int rc;
	struct mem *mem;
	struct buf held;
	struct fcgi fcgi;
	bool is_open;
	void *site;
};

/* ---- one request --------------------------------------------------------------- */

static void
log_access(const struct request *req, int64_t ms)
{
	const struct response *r = req->response;
	const char *user = req->caller.user;

	log_line(LOG_INFO, "request",
	    "method=%.20s path=%.500s status=%d ms=%lld bytes=%lld user=%.100s",
	    req->is_head ? "HEAD" : req->method,
	    *req->path != '\0' ? req->path : "-", r->status, (long long)ms,
	    req->is_head ? 0LL : (long long)r->written,
	    user != NULL ? user : "-");
}

static int
worker_open(struct worker *w)
{
	const struct serve_app *app = w->server->app;
	int rc = 0;

	if (!w->is_open && app->open != NULL)
		rc = app->open(app->arg, &w->site);
	w->is_open = rc == 0;
	return rc;
}

/* What cannot be opened is told in the application's words. */
static void
answer(struct worker *w, struct request *req)
{
	int rc = worker_open(w);

	req->site = w->site;
	if (rc == 0) {
		route_request(w->server->app, req);
		return;
	}
	(void)response_header(req, "Retry-After", "5");
	(void)request_fail(req, 503, "%s", err_text());
}

/* Answers whether the connection is to be parked. */
static bool
answer_one(struct worker *w)
{
	int64_t began = clock_mono_ms();
	struct request req;
	bool is_over, is_cut;

	request_init(&req, w->mem, &w->held, fcgi_params(&w->fcgi),
	    &w->fcgi.transport);
	log_set_request(req.id);
	answer(w, &req);
	is_over = req.response->is_taken || request_drain(&req, DRAIN_MAX);
	is_cut = response_end(&req, req.private_->result) != 0;
	is_over = fcgi_end(&w->fcgi, is_cut, is_over);
	log_access(&req, clock_mono_ms() - began);
	log_set_request(NULL);
	mem_reset(w->mem);
	if (w->held.room > HELD_KEPT)
		buf_release(&w->held);
	return is_over;
}

/* ---- connections ---------------------------------------------------------------- */

static loop_fn on_ready;

static void
park(struct server *s, int fd)
{
	if (parked_add(s->parked, fd, on_ready) != 0) {
		log_line(LOG_ERROR, s->app->name, "%s", err_text());
		close(fd);
	}
}

/* Nothing there, or a request, or one more: the connection waits. */
static void
serve_connection(struct worker *w, int fd)
{
	int rc = fcgi_begin(&w->fcgi, fd);

	if (rc == E_BUSY || (rc == 0 && answer_one(w)))
		park(w->server, fd);
	else if (rc != 0)
		log_line(LOG_DEBUG, w->server->app->name, "%s", err_text());
}

/* A parked connection has something to say, or has gone. */
static void
on_ready(void *arg, void *thread, uint32_t events)
{
	(void)events;
	serve_connection(thread, parked_take(arg));
}

/* Reads and writes that stand still end by themselves. */
static int
set_timeouts(int fd)
{
	struct timeval t = { .tv_sec = STANDSTILL_S };

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) |
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

/* Without descriptors left, a parked connection goes, and a moment passes. */
static void
accept_failed(struct server *s)
{
	if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
	    errno != ENOMEM)
		return;
	log_line(LOG_WARN, s->app->name, "accept: %s", strerror(errno));
	parked_evict(s->parked);
	clock_sleep_ms(20);
}

/* The next connection is another thread's, while this one is served. */
static void
on_accept(void *arg, void *thread, uint32_t events)
{
	struct server *s = arg;
	int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		accept_failed(s);
	(void)loop_set(s->listen_watch, EPOLLIN);
	if (fd < 0)
		return;
	if (set_timeouts(fd) == 0)
		serve_connection(thread, fd);
	else
		close(fd);
}

/* ---- the pool -------------------------------------------------------------------- */

static void
worker_init(struct worker *w, struct server *s)
{
	memset(w, 0, sizeof(*w));
	w->server = s;
	w->mem = mem_new();
}

static void
worker_release(struct worker *w)
{
	const struct serve_app *app = w->server->app;

	if (w->is_open && app->close != NULL)
		app->close(w->site);
	mem_free(w->mem);
	buf_release(&w->held);
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;

	w->rc = loop_run(w->server->loop, w);
	if (w->rc != 0) {
		log_line(LOG_ERROR, w->server->app->name, "%s", err_text());
		loop_stop(w->server->loop);
	}
	return NULL;
}

/* Answers how many threads there are, with this one, which is the first. */
static int
make_threads(struct worker *pool, int n)
{
	for (int i = 1; i < n; i++)
		if (pthread_create(&pool[i].thread, NULL, worker_main,
			&pool[i]) != 0)
			return i;
	return n;
}

/* What had been sent before we were told to stop is answered. */
static void
answer_last(struct worker *w)
{
	int fd, rc;

	while ((fd = parked_pop(w->server->parked)) >= 0) {
		rc = fcgi_begin(&w->fcgi, fd);
		if (rc == E_BUSY || (rc == 0 && answer_one(w)))
			close(fd);
	}
}

static int
run_pool(struct server *s, int n)
{
	struct worker *pool = xmalloc((size_t)n * sizeof(*pool));
	int made, rc = 0;

	for (int i = 0; i < n; i++)
		worker_init(&pool[i], s);
	made = make_threads(pool, n);
	worker_main(&pool[0]);
	for (int i = 1; i < made; i++)
		pthread_join(pool[i].thread, NULL);
	answer_last(&pool[0]);
	for (int i = 0; i < n; i++) {
		rc = rc != 0 ? rc : pool[i].rc;
		worker_release(&pool[i]);
	}
	free(pool);
	return rc;
}

/* SIGUSR1 would interrupt a read; libfcgi has a handler for it. */
static void
block_usr1(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* As many connections as the system lets us have. */
static void
raise_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur == r.rlim_max)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

static int
server_start(struct server *s)
{
	const struct serve_app *app = s->app;
	int flags = fcntl(s->listen_fd, F_GETFL), rc;

	if (flags < 0 || fcntl(s->listen_fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return err_set(E_IO, "fcntl: %s", strerror(errno));
	if ((rc = fcgi_setup()) != 0 || (rc = loop_new(&s->loop)) != 0 ||
	    (rc = loop_signals(s->loop, false, NULL, NULL)) != 0)
		return rc;
	block_usr1();
	raise_limit();
	s->parked = parked_new(s->loop);
	rc = loop_add(s->loop, s->listen_fd, EPOLLIN, true, on_accept, s,
	    &s->listen_watch);
	if (rc == 0 && app->start != NULL)
		rc = app->start(app->arg, s->loop);
	return rc;
}

int
serve_run(const struct serve_app *app, int listen_fd)
{
	struct server s = { .app = app, .listen_fd = listen_fd };
	int rc = server_start(&s);

	if (rc == 0)
		rc = run_pool(&s, app->threads > 1 ? app->threads : 1);
	parked_free(s.parked);
	loop_free(s.loop);
	return rc;
}

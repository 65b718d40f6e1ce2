/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef WEB_SERVE_H
#define WEB_SERVE_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct request;
struct route;

/* An application: what a responder is besides HTTP. */
struct serve_app {
	const char *name; /* "files", for the log */
	const struct route *routes;
	unsigned write_roles; /* caller.roles that NEED_WRITE wants, any of */
	unsigned admin_roles;
	bool is_read_public;

	int threads; /* of the pool */
	/* Once in each thread before its first request: the thread's state.  A
	 * failure is told to each request (503, with err_text(): no place for
	 * paths, which it puts into the log) and tried again with the next. */
	int (*open)(void *arg, void **site);
	void (*close)(void *site);

	/*
	 * Who asks: fill in req->caller.  0, also for nobody; E_LOGIN with
	 * "Session expired" for an id that is none (any more).
	 */
	int (*identify)(struct request *req);

	/* For an application of one thread that watches more than requests;
	 * called when the loop is ready.  May be NULL. */
	int (*start)(void *arg, struct loop *loop);
	void *arg;
};

/*
 * serve_run - answer FastCGI requests on `listen_fd` until SIGTERM or SIGINT,
 * which are taken between requests: those under way are answered first.
 *
 * Connections are accepted here and wait in epoll; the ready ones are lent to
 * libfcgi.  A connection that is kept open costs no thread.  Reads and writes
 * that stand still for 30 s end.  Works with nginx, lighttpd (socket or
 * bin-path), mod_fcgid and mod_proxy_fcgi.
 */
int serve_run(const struct serve_app *app, int listen_fd);

/*
 * serve_listen - the socket to listen on: `path` (made anew, and renamed into
 * place; `mode` such as 0660; backlog 4096), or with NULL the one that the
 * parent gave: systemd's first (LISTEN_FDS), else descriptor 0.  E_INPUT with a
 * sentence when that is no socket.
 */
int serve_listen(const char *path, unsigned mode, int *fd);

#endif

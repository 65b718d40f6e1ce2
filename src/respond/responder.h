/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_RESPONDER_H
#define RESPOND_RESPONDER_H

#include "event/event.h"
#include "site/site.h"
#include "web/request.h"

struct conf;
struct loop;
struct publisher;
struct route;

/* A thread's state: what every handler finds in req->site. */
struct state {
	struct site site;
	struct publisher *publisher;
	struct event_place place;
	void *own; /* the responder's, made and freed by it */
};

static inline struct state *
state_of(const struct request *req)
{
	return req->site;
}

/* A responder is a name and a table. */
struct responder {
	const char *name;
	const struct route *routes;
	int threads;                     /* 0: as many as usual (4) */
	int (*open)(struct state *st);   /* may be NULL */
	void (*close)(struct state *st); /* may be NULL */
	int (*start)(struct loop *loop); /* may be NULL; see web/serve.h */
};

/*
 * responder_main - the whole of a responder's main():
 *
 *	stemma-files [-c FILE] [-s SOCKET [-m MODE]] [-t THREADS]
 *
 * One thread when the program's name ends in ".fcgi": mod_fcgid gives a process
 * one request at a time.
 */
int responder_main(int argc, char **argv, const struct responder *r);

/* responder_conf - the configuration of this process, before any thread. */
const struct conf *responder_conf(void);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is said to and by stemma-hub: one JSON object a line (doc/INTERFACES.md),
 * at most EVENT_LINE_MAX bytes.  The hub's socket is RUN_DIR/hub.sock.
 */
#define EVENT_PROTOCOL 1
#define EVENT_LINE_MAX (64 * 1024)
#define EVENT_NAME_MAX 64
#define EVENT_ID_SIZE 48 /* "<epoch>-<offset>" with its NUL */

/* An event on its way to browsers. */
struct event {
	char id[EVENT_ID_SIZE]; /* given by the hub; "" before */
	const char *name;       /* "syncState", ... */
	const char *data;       /* any text; UTF-8, may have line breaks */
	const char *user;       /* NULL: to everybody who is signed in */
};

/* Where the hub is, and how to start it.  Texts are borrowed. */
struct event_place {
	const char *run_dir;
	const char *program; /* stemma-hub; NULL: it is not started from here */
	const char *conf_file; /* for it; NULL: as it finds it */
};

/*
 * event_connect - a connected socket (blocking, close-on-exec) after the hub's
 * greeting; starts it first where nobody listens and `program` is set
 * (flock, double fork, bind and rename), waiting at most 8 s.  E_REMOTE: there
 * is no hub; E_INPUT: it is of another protocol.
 */
int event_connect(const struct event_place *place, int *fd);

#endif

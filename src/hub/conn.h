/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef HUB_CONN_H
#define HUB_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

struct hub;
struct line;
struct loop_watch;
struct message;
struct queued;

#define CONN_MAX 1024
#define CONN_QUEUE_MAX ((size_t)1024 * 1024)    /* of a subscriber */
#define CONN_PAUSE ((size_t)256 * 1024)         /* no commands above it */
#define CONN_ALL_MAX ((size_t)64 * 1024 * 1024) /* of all together */

/* What it waits for. */
enum conn_wait { WAIT_NOTHING, WAIT_START, WAIT_END };

/* One that is connected. */
struct conn {
	struct conn *next, *prev;
	struct hub *hub; /* borrowed */
	int fd;
	pid_t pid; /* of who connected */
	struct loop_watch *watch;
	uint32_t watched;
	struct buf in;
	struct queued *first, *last; /* what goes out */
	size_t queued;               /* bytes of it */
	size_t sent;                 /* bytes of the first */
	bool has_more;               /* commands, perhaps, once that has gone */
	bool is_subscriber;
	bool is_closing; /* once all has gone out */
	bool is_dead;
	enum conn_wait wait;
};

/* conn_accept - all who wait at the door. */
void conn_accept(struct hub *hub);

/* conn_say - queue a message, or a line, and send what the socket takes.  The
 * connection may be dead afterwards, but its memory stays until its turn ends. */
void conn_say(struct conn *conn, const struct message *m);
void conn_send(struct conn *conn, struct line *line);

/* conn_queue - without sending; conn_flush does that. */
void conn_queue(struct conn *conn, struct line *line);
void conn_flush(struct conn *conn);

/* conn_complain - an error line; the connection stays. */
void conn_complain(struct conn *conn, const char *text);

/* conn_tell_all - an event to all who subscribed; who does not keep up goes. */
void conn_tell_all(struct hub *hub, struct line *line);

/* conn_release_all - when the hub ends. */
void conn_release_all(struct hub *hub);

#endif

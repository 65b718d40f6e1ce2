/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef EVENT_LINK_H
#define EVENT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct mem;
struct message;

/*
 * A connection to the hub, for those who use it.  The socket does not block;
 * what waits, waits until `until_ms` of clock_mono_ms (-1: for ever).
 * Internal to event/.
 */
struct link {
	int fd;        /* -1: none */
	struct buf in; /* what has come and was not taken yet */
	size_t at;     /* up to here it was taken */
	bool is_exact; /* nothing behind a line is taken from the socket, so
			  that poll(2) tells of it; so it is at first */
};

void link_init(struct link *l);
void link_close(struct link *l); /* may be opened again */

/*
 * link_open - connect and take the greeting; nobody is started.  E_ABSENT:
 * nobody listens; E_REMOTE: it is no hub of ours, or says nothing; E_INPUT: of
 * another protocol.
 */
int link_open(struct link *l, const char *run_dir, int64_t until_ms);

/* link_send - all of it.  E_REMOTE: it has gone, or takes nothing. */
int link_send(struct link *l, const struct buf *lines, int64_t until_ms);

/*
 * link_line - the next line: 1, `line` (closed with a NUL, without its line
 * feed) holds until the next call; 0: none in that time.  E_REMOTE: it has gone.
 */
int link_line(struct link *l, int64_t until_ms, char **line, size_t *len);

/* link_say - send a message.  link_hear - the next one, in memory of `mem`, and
 * its objects until the next call: as link_line; one that is no message, or an
 * error, is E_REMOTE. */
int link_say(struct link *l, const struct message *m, int64_t until_ms);
int link_hear(struct link *l, struct mem *mem, int64_t until_ms,
    struct message *m);

/* link_until - so many ms from now; -1 for -1. */
int64_t link_until(int64_t wait_ms);

#endif

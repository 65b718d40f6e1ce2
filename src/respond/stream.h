/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_STREAM_H
#define RESPOND_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct loop_watch;
struct packet;
struct stream_set;

/*
 * One browser that listens: some 250 bytes as long as it takes what it is sent,
 * and pointers to shared packets when it is behind.
 */
#define STREAM_QUEUE_MAX (64 * 1024) /* bytes that may wait behind the first */
#define STREAM_PAD_MAX (64 * 1024)

struct stream {
	struct stream_set *set; /* whose it is */
	struct loop_watch *watch;
	int fd;
	int request_id;
	uint32_t place; /* in the set */
	uint32_t pad;   /* bytes that each packet has at least */
	int64_t seen;   /* the newest event it was given (its offset) */
	char *user;
	char session[HASH_HEX_SIZE]; /* the key, never the id */

	struct packet **queue; /* NULL: it takes all */
	uint32_t queue_n, queue_room;
	size_t queue_len; /* bytes in it */
	size_t sent;      /* of the first, as it goes over the wire */
};

/*
 * stream_send - write it, or as much as is taken, and keep the rest in the
 * queue; takes a reference of its own.  Of what waits and tells a state only
 * the newest of each kind stays.  false: it is too far behind, or gone, and is
 * to be ended.
 */
bool stream_send(struct stream *s, struct packet *p);

/* stream_flush - write what waits.  false: it is gone. */
bool stream_flush(struct stream *s);

/* stream_is_behind - does something wait? */
bool stream_is_behind(const struct stream *s);

/* stream_release - let go of the queue; says the end where that is possible,
 * and closes the descriptor. */
void stream_release(struct stream *s);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_STREAM_SET_H
#define RESPOND_STREAM_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct packet;
struct stream;
struct stream_set;

/*
 * All that listen.  Nobody waits for anybody: who does not take what is sent is
 * dropped, and comes again with the id of the last event it has.
 */
#define STREAM_SET_MAX 20000

struct stream_set *stream_set_new(struct loop *loop); /* loop: borrowed */
void stream_set_free(struct stream_set *set);         /* ends all; NULL: fine */
uint32_t stream_set_count(const struct stream_set *set);

struct stream_who {
	int fd; /* non-blocking; the set's from now on */
	int request_id;
	const char *user;    /* copied */
	const char *session; /* its key; copied */
	uint32_t pad;
	int64_t seen;
};

/* stream_set_add - E_BUSY: there are too many; E_IO.  `fd` is closed then. */
int stream_set_add(struct stream_set *set, const struct stream_who *who,
    struct stream **stream);

/* stream_set_give - to one; false: it has been ended. */
bool stream_set_give(struct stream *s, struct packet *p);

/*
 * stream_set_send - to all of `user` (NULL: to everybody) that have not seen
 * `offset` yet (-1: it is no event of the hub's).
 */
void stream_set_send(struct stream_set *set, struct packet *p, const char *user,
    int64_t offset);

/* stream_set_forget - offsets begin anew. */
void stream_set_forget(struct stream_set *set);

/* stream_set_end_session - end the streams of a session. */
void stream_set_end_session(struct stream_set *set, const char *session);

/*
 * stream_set_sweep - `is_alive` for at most `n` streams, downwards from
 * `*cursor`, which is set behind them; 0: that were all.  Those for which it
 * answers false end.
 */
void stream_set_sweep(struct stream_set *set, uint32_t *cursor, uint32_t n,
    bool (*is_alive)(void *arg, const struct stream *s), void *arg);

#endif

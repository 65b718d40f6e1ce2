/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_PACKET_H
#define RESPOND_PACKET_H

#include <stddef.h>

struct buf;

/*
 * Text of an event stream (HTML Living Standard, 9.2.5), encoded once and
 * shared by all who wait for it: counted, and freed with the last of them.
 */
enum packet_kind {
	PACKET_EVENT,
	PACKET_PROGRESS, /* syncProgress: a newer one takes its place */
	PACKET_STATE,    /* syncState: the same */
	PACKET_BEAT,     /* a comment that keeps the stream alive: the same */
};

struct packet {
	unsigned refs;
	enum packet_kind kind;
	size_t len;
	char text[];
};

struct packet *packet_new(const char *text, size_t len, enum packet_kind kind);
struct packet *packet_ref(struct packet *p);
void packet_drop(struct packet *p); /* NULL is fine */

/* packet_kind_of - by the name of an event. */
enum packet_kind packet_kind_of(const char *name);

/*
 * packet_put - append an event: `id` and `name` may be NULL or "".  Every line
 * of `data` (ended by CR, LF or both) is a data line of its own, so that no
 * data can forge an event.  Line breaks in id and name end them.
 */
void packet_put(struct buf *out, const char *id, const char *name,
    const char *data);

/*
 * packet_put_pad - append a comment, so that what was put since `from` has
 * `pad` bytes at least: some web servers hold back what is less.
 */
void packet_put_pad(struct buf *out, size_t from, size_t pad);

/* packet_padded - the same with a pad, one reference to it; itself where it is
 * long enough. */
struct packet *packet_padded(struct packet *p, size_t pad);

#endif

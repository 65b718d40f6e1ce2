/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef HUB_LINE_H
#define HUB_LINE_H

#include <stddef.h>

struct message;

/*
 * A line on its way out.  One is made for all who get it: the ring and each
 * queue hold a reference.
 */
struct line {
	int refs;
	size_t len;
	char text[]; /* with its line feed */
};

/* line_new - of a message, with one reference, which is the caller's. */
struct line *line_new(const struct message *m);
struct line *line_ref(struct line *line);
void line_unref(struct line *line); /* NULL is fine */

#endif

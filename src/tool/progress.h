/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_PROGRESS_H
#define TOOL_PROGRESS_H

#include <stdint.h>

struct buf;

/* How far a long work is.  A total of 0 is not known. */
struct progress {
	const char *what; /* "Sending" */
	int64_t bytes_done;
	int64_t bytes_total;
	int64_t files_done;
	int64_t files_total;
};

/*
 * progress_show - call it as often as you like.  On a terminal it draws a bar,
 * ten times a second at most; otherwise it writes a line every five seconds.
 * Nothing when messages are not wanted.  One work at a time for a process.
 */
void progress_show(const struct progress *p);

/* progress_clear - take the bar away, before something else is written. */
void progress_clear(void);

/*
 * progress_line - append what fits into `width` columns: what is done, a bar,
 * the part of the whole, bytes, rate and time left.  `rate` is in bytes per
 * second, or in files where there are no bytes; 0: not known.
 */
void progress_line(const struct progress *p, double rate, int width,
    struct buf *out);

#endif

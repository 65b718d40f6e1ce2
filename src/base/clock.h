/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_TEXT_SIZE 25 /* "2026-01-31T12:34:56.789Z" and a NUL */

/*
 * All time comes from here, so that a test can tell a story again: a source
 * that is set stands for all three calls.
 */
struct clock_source {
	int64_t (*wall_ms)(void *arg);
	int64_t (*mono_ms)(void *arg);
	void (*sleep_ms)(void *arg, int64_t ms);
	void *arg;
};

/* clock_set - use `source` (borrowed) from now on; NULL: the system's. */
void clock_set(const struct clock_source *source);

int64_t clock_wall_ms(void);     /* since 1970-01-01T00:00:00Z */
int64_t clock_mono_ms(void);     /* from any start, never back */
void clock_sleep_ms(int64_t ms); /* a signal that is handled ends it early */

/* clock_text - ISO 8601 in UTC with milliseconds; answers `text`.  Years 0 to
 * 9999; what lies outside is put at the edge. */
char *clock_text(int64_t wall_ms, char text[CLOCK_TEXT_SIZE]);

/*
 * clock_parse - from exactly that form (24 characters, real dates only).
 * E_INPUT.
 */
int clock_parse(const char *text, int64_t *wall_ms);

#endif

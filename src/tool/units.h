/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_UNITS_H
#define TOOL_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define UNITS_SIZE 24

/* Quantities as a person reads them; each answers `text`. */

/* units_bytes - "999 B", "1.2 kB", "45.0 MB". */
char *units_bytes(int64_t bytes, char text[UNITS_SIZE]);

/* units_seconds - "0:07", "12:34", "3:05:09"; "99:59:59" at most. */
char *units_seconds(int64_t seconds, char text[UNITS_SIZE]);

/* units_width - how many columns of a terminal a UTF-8 text takes. */
int units_width(const char *text);

/*
 * units_fit - the bytes at the start of `text` that fit into `width` columns;
 * `used` receives how many columns these take.
 */
size_t units_fit(const char *text, int width, int *used);

#endif

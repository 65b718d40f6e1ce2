/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/*
 * One line on stderr for each call: "level topic: words key=value".  Control
 * characters in the text become spaces; a line has at most 2,000 bytes and is
 * written with one write(2).  Never pass a password, cookie or token.
 */
void log_line(enum log_level level, const char *topic, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* log_set_level - lines above `level` are dropped; LOG_WARN at start. */
void log_set_level(enum log_level level);

/* log_enabled - would a line of this level be written? */
bool log_enabled(enum log_level level);

/* log_level_parse - "error", "warn", "info", "debug"; E_INPUT otherwise. */
int log_level_parse(const char *name, enum log_level *level);

/* log_set_request - an id that lines of this thread carry; NULL for none. */
void log_set_request(const char *id);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_SAY_H
#define TOOL_SAY_H

#include <stdbool.h>

/*
 * Lines to a person, on stderr; a progress bar makes room for them.  What came
 * from elsewhere may stand in them: control characters become spaces.
 */

/* say - a message; nothing after say_set_quiet(true). */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* complain - what is wrong, as "stemma: text"; always. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void say_set_quiet(bool is_quiet);
bool say_is_quiet(void);

#endif

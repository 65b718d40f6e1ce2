/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_STOP_H
#define TOOL_STOP_H

#include <stdbool.h>

/*
 * stop_catch - from now on the first Ctrl-C or SIGTERM only sets a flag, which
 * whoever works long looks at; the second ends the process as it always does.
 */
void stop_catch(void);

/* stop_wanted - was one seen? */
bool stop_wanted(void);

/* stop_asked - the same, as a callback; sets the error's text. */
int stop_asked(void *arg);

#endif

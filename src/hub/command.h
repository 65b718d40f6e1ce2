/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef HUB_COMMAND_H
#define HUB_COMMAND_H

#include <stddef.h>

struct conn;

/* command_run - do what this line says, and answer.  What cannot be done, or is
 * no command, is answered with an error. */
void command_run(struct conn *conn, const char *line, size_t len);

#endif

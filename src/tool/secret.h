/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_SECRET_H
#define TOOL_SECRET_H

struct buf;

/*
 * secret_read - a password: from the terminal, without showing it and twice, or
 * the first line of stdin where that is no terminal.  Never from the command
 * line, where others see it.  E_INPUT: empty, or two that differ; E_STOPPED.
 */
int secret_read(const char *prompt, struct buf *secret);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

/*
 * For a child between fork(2) and execve(2): what it must not inherit.  Both do
 * only what a signal handler may (signal-safety(7)).
 */

/* process_close_from - close this descriptor and all above it. */
void process_close_from(int first);

/* process_reset_signals - none is ignored, handled or blocked. */
void process_reset_signals(void);

#endif

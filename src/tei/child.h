/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TEI_CHILD_H
#define TEI_CHILD_H

#include <stdint.h>

struct child_limits {
	int64_t wall_ms;      /* then it is killed */
	int64_t memory_bytes; /* of addresses, over what the process has */
	int64_t output_bytes; /* of any file that it writes */
};

/*
 * child_run - do `work` in a child process that can take as long, eat as much
 * and fall over as it likes.
 *
 *   work    answers 1 when it is done; anything else is no result, and
 *           err_text() then says why.  It writes what it made to `out_fd`.
 *   arg     for `work`
 *   out_fd  the descriptor that the child writes to; its only one besides
 *           stderr
 *
 * The child dies with this thread, has no signal handler of ours, and only the
 * thread that called; another one may have held a lock of a library, so the
 * child may hang, until its time is over.  Answers 1 when `work` did; 0 with
 * err_text() when it did not, was killed, crashed or hit a limit: then what is
 * in `out_fd` is worth nothing.  E_IO when there was no child, or when `work`
 * answered E_IO.
 */
int child_run(int (*work)(void *arg, int out_fd), void *arg, int out_fd,
    const struct child_limits *limits);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef HUB_CHILD_H
#define HUB_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/str.h"

struct loop;
struct loop_watch;

/*
 * A process of ours that prints something and ends.  It leads a session of its
 * own, so that it lives on when we end.  Zeroed memory is none.
 */
struct child {
	pid_t pid;  /* 0: none */
	int out_fd; /* what it prints; valid with a pid */
	struct loop_watch *watch;
	struct buf out; /* so far */
	bool is_cut;    /* it printed more than is kept */
};

/*
 * child_start - run argv[0] with stdin from /dev/null, stdout kept here and our
 * stderr; no other descriptor, usual signals.  E_IO.
 */
int child_start(struct child *child, struct loop *loop,
    const char *const *argv);

/* child_ended - has it ended, with this wait(2) status?  `out` is whole then,
 * and there is no child any more. */
bool child_ended(struct child *child, int *status);

/* child_release - forget it, wherever it is. */
void child_release(struct child *child);

#endif

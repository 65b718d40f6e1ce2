/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef WEB_PARKED_H
#define WEB_PARKED_H

#include "base/loop.h"

/*
 * Connections that are kept open and wait for a request, without a thread.
 * There are at most PARKED_MAX: of more, the one that waits longest goes.
 */
#define PARKED_MAX 4096

struct parked;
struct parked_one;

struct parked *parked_new(struct loop *loop);
void parked_free(struct parked *p); /* NULL is fine */

/*
 * parked_add - `fd` waits from now on; `fn` is called once, with the
 * struct parked_one as its `arg`, when there is something to read or the other
 * side has gone.  E_IO: it does not wait, and is still the caller's.
 */
int parked_add(struct parked *p, int fd, loop_fn *fn);

/* parked_take - for `fn`, first of all: the descriptor, the caller's again. */
int parked_take(struct parked_one *one);

/* parked_evict - the one that waits longest is closed for its other side. */
void parked_evict(struct parked *p);

/* parked_pop - one of those that wait, after the loop was left; -1: none. */
int parked_pop(struct parked *p);

#endif

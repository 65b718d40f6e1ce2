/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SIM_CO_H
#define SIM_CO_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Coroutines: each process of a replica is one.  Whoever runs has the only
 * thread, until it yields; the thread's err_text goes with it.
 */
struct co;

struct co *co_new(void);
void co_free(struct co *co); /* it is not running */

/* co_start - `fn` runs in it from the next co_resume on. */
void co_start(struct co *co, void (*fn)(void *arg), void *arg);
void co_resume(struct co *co);
bool co_is_over(const struct co *co);

/* co_yield - from within: give the thread back. */
void co_yield (void);

/* co_self - the one that runs; NULL: none does. */
struct co *co_self(void);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Waiting for descriptors, times and signals, with epoll(7), in one thread or
 * several: each that calls loop_run serves what is ready.
 *
 *   thread  what that thread passed to loop_run: its own state
 *   events  EPOLLIN, EPOLLRDHUP ...; 0 for a timer
 */
struct loop;
struct loop_watch;
struct loop_timer;
typedef void loop_fn(void *arg, void *thread, uint32_t events);

int loop_new(struct loop **loop); /* E_IO */
void loop_free(
    struct loop *loop); /* what is still watched goes; NULL is fine */

/*
 * loop_add - call `fn` when `fd` is ready for `events`.  With `once` only the
 * first time (EPOLLONESHOT), so that one of several threads has it to itself
 * until loop_set.  The descriptor stays the caller's.  E_IO.
 */
int loop_add(struct loop *loop, int fd, uint32_t events, bool once, loop_fn *fn,
    void *arg, struct loop_watch **watch);
/* loop_set - watch for these from now on; arms a `once` again. */
int loop_set(struct loop_watch *watch, uint32_t events);
/* loop_remove - before the descriptor is closed; with several threads, only
 * from its own callback and only of a `once`.  NULL is fine. */
void loop_remove(struct loop_watch *watch);

/*
 * loop_after - call `fn` once, `ms` from now, at the earliest.  loop_cancel
 * before it came; it is freed by either.  A loop without timers does not wake
 * up by itself.  Timers are of loops that one thread runs.
 */
struct loop_timer *loop_after(struct loop *loop, int64_t ms, loop_fn *fn,
    void *arg);
void loop_cancel(struct loop_timer *timer); /* NULL is fine */

/*
 * loop_signals - SIGTERM, SIGINT and SIGHUP are blocked in this thread and
 * those it makes, taken by the loop and told to `fn` (NULL: they stop it);
 * SIGCHLD too, with `want_children`.  To be called before threads are made.
 * `events` is the number of the signal.
 */
int loop_signals(struct loop *loop, bool want_children, loop_fn *fn, void *arg);

/* loop_run - until loop_stop; 0, or E_IO. */
int loop_run(struct loop *loop, void *thread);
/* loop_stop - every thread leaves loop_run, after what it is doing. */
void loop_stop(struct loop *loop);

#endif

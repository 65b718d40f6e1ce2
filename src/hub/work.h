/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef HUB_WORK_H
#define HUB_WORK_H

#include <stdbool.h>
#include <stdint.h>

struct conn;
struct hub;
struct message;

/*
 * The sync that the hub has started: at most one.  Others may run, started by
 * a person or cron; the library's own lock decides, and a child of ours that
 * comes too late ends with status 4.
 */

/* work_ask - start one for who asks here, and tell them how it goes; or that
 * one runs.  E_IO, E_REMOTE. */
int work_ask(struct conn *conn, const struct message *m);

/* work_start - start one that nobody asked for.  E_BUSY: one runs. */
int work_start(struct hub *hub);

/* work_learn - the sync of ours has told its number. */
void work_learn(struct hub *hub, int64_t run_id);

/* work_reap - after SIGCHLD: did it end? */
void work_reap(struct hub *hub);

/* work_is_running, work_run_id - of any sync that we know of; 0: not known. */
bool work_is_running(const struct hub *hub);
int64_t work_run_id(const struct hub *hub);

#endif

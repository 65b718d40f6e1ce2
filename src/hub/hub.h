/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "hub/child.h"
#include "hub/door.h"
#include "hub/schedule.h"
#include "hub/watch.h"

struct conf;
struct conn;
struct loop;
struct loop_timer;
struct loop_watch;
struct ring;

#define HUB_EPOCH_SIZE 17 /* 16 hex digits */

/* How it was started. */
struct hub_options {
	const char *program;   /* stemma */
	const char *conf_file; /* for it; or NULL */
	bool is_on_demand;     /* it ends when nobody needs it */
	int64_t idle_ms;       /* after so long */
	int64_t watch_ms;      /* locks are looked at for so long */
	int ready_fd;          /* gets a byte when it listens; -1: none */
};

/* The hub: what its parts share.  One thread. */
struct hub {
	const struct conf *conf; /* as it is now */
	struct conf *own_conf;   /* read again since the start; or NULL */
	const struct hub_options *options; /* borrowed */
	struct loop *loop;
	struct door door;
	struct loop_watch *door_watch;
	char epoch[HUB_EPOCH_SIZE];
	int64_t started_ms;
	struct ring *ring;

	struct conn *conns;
	struct conn *dead; /* to be freed */
	int conns_n;
	int subscribers_n;
	size_t queued;            /* bytes that wait for connections */
	struct loop_timer *pause; /* of accepting; NULL: none */

	struct child child; /* the sync that was started here */
	bool is_automatic;  /* it is nobody's wish */
	int64_t run_id;     /* of it; 0: not known (yet) */
	const struct conn
	    *teller;      /* tells of a sync, here or elsewhere; NULL */
	struct buf state; /* what it told last; "": nothing */
	int64_t state_run_id;

	struct schedule schedule;
	struct watch watch;
	struct loop_timer *idle; /* NULL: it is not idle, or stays */
};

/* hub_run - until it is told to end, or nobody needs it.  E_BUSY: there is one;
 * E_IO, E_INPUT. */
int hub_run(const struct conf *conf, const struct hub_options *options);

/* hub_reload - read the configuration again: SIGHUP, or settings were changed.
 * What cannot be used changes nothing. */
void hub_reload(struct hub *hub);

/* hub_pause - nobody is let in for a while: descriptors or memory are short. */
void hub_pause(struct hub *hub, int64_t ms);

/* hub_look_idle - after something ended: is anybody left? */
void hub_look_idle(struct hub *hub);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef HUB_SCHEDULE_H
#define HUB_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct conf;
struct hub;
struct loop_timer;

/*
 * When the hub starts a sync by itself: SYNC_INTERVAL after the last, and soon
 * after a change with SYNC_ON_CHANGE; neither in QUIET_HOURS.
 */
struct schedule {
	struct loop_timer *interval; /* NULL: none */
	struct loop_timer *change;   /* NULL: none */
	int64_t changed_ms; /* when the first of the changes came that wait;
			       0: it only is to be tried again */
	bool is_changed;    /* while a sync ran */
	int64_t retry_ms;   /* after the last that failed; 0: none did */
};

void schedule_open(struct hub *hub);
void schedule_close(struct hub *hub);
/* schedule_reload - the configuration is another now. */
void schedule_reload(struct hub *hub);

/* schedule_changed - a person or program changed something in the library. */
void schedule_changed(struct hub *hub);

/* schedule_ended - a sync of ours ended with this code; E_BUSY: it found
 * another.  With SYNC_ON_CHANGE, one that may succeed later is tried again. */
void schedule_ended(struct hub *hub, int code);

/* schedule_is_needed - does the hub have to stay for it? */
bool schedule_is_needed(const struct conf *conf);

/* schedule_quiet_ms - how long it is to be quiet yet, at this time; 0: not. */
int64_t schedule_quiet_ms(const struct conf *conf, int64_t wall_ms);

#endif

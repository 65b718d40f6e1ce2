/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "hub/schedule.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/rand.h"
#include "conf/conf.h"
#include "hub/hub.h"
#include "hub/work.h"

#include <inttypes.h>
#include <time.h>

#define CHANGE_MS 3000       /* after the last change */
#define CHANGE_MOST_MS 15000 /* after the first */
#define BUSY_MS 15000        /* another sync runs: look again then */
#define RETRY_MS 60000       /* what failed; twice as long each time */
#define RETRY_MOST_MS (60 * RETRY_MS)
#define DAY_MIN (24 * 60)
#define MINUTE_MS 60000

static loop_fn on_interval;
static loop_fn on_change;

bool
schedule_is_needed(const struct conf *conf)
{
	return conf->sync_interval_s > 0 || conf->sync_on_change;
}

/* ---- the quiet hours ---------------------------------------------------------- */

/* Such as 22:00-06:30, which goes over midnight. */
int64_t
schedule_quiet_ms(const struct conf *conf, int64_t wall_ms)
{
	time_t now_s = (time_t)(wall_ms / 1000);
	int minute, length, since;
	struct tm now;

	if (conf->quiet_from_min < 0 || localtime_r(&now_s, &now) == NULL)
		return 0;
	minute = now.tm_hour * 60 + now.tm_min;
	length = (conf->quiet_to_min - conf->quiet_from_min + DAY_MIN) %
	    DAY_MIN;
	since = (minute - conf->quiet_from_min + DAY_MIN) % DAY_MIN;
	if (since >= length)
		return 0;
	return (int64_t)(length - since) * MINUTE_MS - now.tm_sec * 1000 -
	    wall_ms % 1000;
}

static int64_t
quiet_ms(const struct hub *hub)
{
	return schedule_quiet_ms(hub->conf, clock_wall_ms());
}

/* ---- now and then -------------------------------------------------------------- */

static void
set_interval(struct hub *hub, int64_t ms)
{
	loop_cancel(hub->schedule.interval);
	hub->schedule.interval = loop_after(hub->loop, ms, on_interval, hub);
}

/* A tenth up or down, or all replicas of a store would come at once. */
static void
begin_interval(struct hub *hub)
{
	int64_t ms = hub->conf->sync_interval_s * INT64_C(1000);

	if (ms > 0)
		set_interval(hub,
		    ms - ms / 10 + (int64_t)rand_below((uint64_t)ms / 5 + 1));
}

static void
on_interval(void *arg, void *thread, uint32_t events)
{
	struct hub *hub = arg;
	int64_t quiet = quiet_ms(hub);

	(void)thread;
	(void)events;
	hub->schedule.interval = NULL;
	if (quiet > 0)
		set_interval(hub, quiet);
	else if (work_start(hub) != 0)
		begin_interval(hub);
}

/* ---- after a change -------------------------------------------------------------- */

static void
set_change(struct hub *hub, int64_t ms)
{
	loop_cancel(hub->schedule.change);
	hub->schedule.change = loop_after(hub->loop, ms, on_change, hub);
}

static void
on_change(void *arg, void *thread, uint32_t events)
{
	struct hub *hub = arg;
	int64_t quiet = quiet_ms(hub);

	(void)thread;
	(void)events;
	hub->schedule.change = NULL;
	if (quiet > 0)
		set_change(hub, quiet);
	else if (hub->child.pid > 0)
		hub->schedule.is_changed = true;
	else
		(void)work_start(hub);
}

void
schedule_changed(struct hub *hub)
{
	struct schedule *s = &hub->schedule;
	int64_t now_ms = clock_mono_ms(), left_ms;

	if (!hub->conf->sync_on_change)
		return;
	if (hub->child.pid > 0) {
		s->is_changed = true;
		return;
	}
	if (s->change == NULL || s->changed_ms == 0)
		s->changed_ms = now_ms;
	left_ms = s->changed_ms + CHANGE_MOST_MS - now_ms;
	set_change(hub,
	    left_ms < 0               ? 0
		: left_ms < CHANGE_MS ? left_ms
				      : CHANGE_MS);
}

/* A laptop is offline for a minute, or for a day. */
static void
try_again(struct hub *hub)
{
	struct schedule *s = &hub->schedule;

	s->retry_ms = s->retry_ms == 0 ? RETRY_MS : 2 * s->retry_ms;
	if (s->retry_ms > RETRY_MOST_MS)
		s->retry_ms = RETRY_MOST_MS;
	s->changed_ms = 0;
	set_change(hub, s->retry_ms);
}

void
schedule_ended(struct hub *hub, int code)
{
	struct schedule *s = &hub->schedule;
	bool is_changed = s->is_changed;

	begin_interval(hub);
	s->is_changed = false;
	if (!hub->conf->sync_on_change)
		return;
	if (code == E_BUSY) {
		s->changed_ms = 0;
		if (hub->is_automatic || is_changed)
			set_change(hub, BUSY_MS);
		return;
	}
	if (code != 0 && err_retry(code)) {
		try_again(hub);
		return;
	}
	s->retry_ms = 0;
	if (is_changed) {
		s->changed_ms = clock_mono_ms();
		set_change(hub, CHANGE_MS);
	}
}

void
schedule_open(struct hub *hub)
{
	begin_interval(hub);
}

/* A sync that runs begins the interval when it ends. */
void
schedule_reload(struct hub *hub)
{
	loop_cancel(hub->schedule.interval);
	hub->schedule.interval = NULL;
	if (hub->child.pid <= 0)
		begin_interval(hub);
	if (hub->conf->sync_on_change)
		return;
	loop_cancel(hub->schedule.change);
	hub->schedule.change = NULL;
}

void
schedule_close(struct hub *hub)
{
	loop_cancel(hub->schedule.interval);
	loop_cancel(hub->schedule.change);
	hub->schedule = (struct schedule){ .interval = NULL };
}

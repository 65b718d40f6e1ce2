/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "hub/watch.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/loop.h"
#include "hub/hub.h"

#include <signal.h>

#define AGAIN_MS 15000 /* one that ended by itself has nothing to look at */

static void
start(struct hub *hub)
{
	const char *argv[7];
	int n = 0;

	argv[n++] = hub->options->program;
	argv[n++] = "-q";
	if (hub->options->conf_file != NULL) {
		argv[n++] = "-c";
		argv[n++] = hub->options->conf_file;
	}
	argv[n++] = "locks";
	argv[n++] = "--watch";
	argv[n] = NULL;
	hub->watch.started_ms = clock_mono_ms();
	if (child_start(&hub->watch.child, hub->loop, argv) != 0)
		log_line(LOG_ERROR, "hub", "%s", err_text());
}

/* It takes back what it has told of us, and ends. */
static void
on_end(void *arg, void *thread, uint32_t events)
{
	struct hub *hub = arg;

	(void)thread;
	(void)events;
	hub->watch.end = NULL;
	if (hub->watch.child.pid > 0)
		(void)kill(hub->watch.child.pid, SIGTERM);
}

void
watch_wanted(struct hub *hub)
{
	struct watch *w = &hub->watch;

	loop_cancel(w->end);
	w->end = loop_after(hub->loop, hub->options->watch_ms, on_end, hub);
	if (w->child.pid <= 0 &&
	    (w->started_ms == 0 || clock_mono_ms() - w->started_ms >= AGAIN_MS))
		start(hub);
}

void
watch_reap(struct hub *hub)
{
	int status;

	if (!child_ended(&hub->watch.child, &status))
		return;
	child_release(&hub->watch.child);
	hub_look_idle(hub);
}

void
watch_close(struct hub *hub)
{
	loop_cancel(hub->watch.end);
	hub->watch.end = NULL;
	if (hub->watch.child.pid > 0)
		(void)kill(hub->watch.child.pid, SIGTERM);
	child_release(&hub->watch.child);
}

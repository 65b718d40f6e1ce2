/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "hub/hub.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/rand.h"
#include "conf/conf.h"
#include "hub/conn.h"
#include "hub/ring.h"
#include "hub/work.h"

#include <config.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define COMING_MS 1000 /* somebody came just as it was to end */

/* ---- idle --------------------------------------------------------------------- */

static bool
may_end(const struct hub *hub)
{
	return hub->options->is_on_demand && hub->conns_n == 0 &&
	    hub->child.pid <= 0 && hub->watch.child.pid <= 0 &&
	    !schedule_is_needed(hub->conf);
}

static void
on_idle(void *arg, void *thread, uint32_t events)
{
	struct hub *hub = arg;

	(void)thread;
	(void)events;
	hub->idle = NULL;
	if (!may_end(hub))
		return;
	if (door_end(&hub->door)) {
		log_line(LOG_INFO, "hub", "nobody needs it: it ends");
		loop_stop(hub->loop);
	} else {
		hub->idle = loop_after(hub->loop, COMING_MS, on_idle, hub);
	}
}

void
hub_look_idle(struct hub *hub)
{
	if (hub->idle == NULL && may_end(hub))
		hub->idle = loop_after(hub->loop, hub->options->idle_ms,
		    on_idle, hub);
}

/* ---- the door ------------------------------------------------------------------- */

static void
on_door(void *arg, void *thread, uint32_t events)
{
	(void)thread;
	(void)events;
	conn_accept(arg);
}

static void
on_pause(void *arg, void *thread, uint32_t events)
{
	struct hub *hub = arg;

	(void)thread;
	(void)events;
	hub->pause = NULL;
	(void)loop_set(hub->door_watch, EPOLLIN);
}

void
hub_pause(struct hub *hub, int64_t ms)
{
	if (hub->pause != NULL)
		return;
	log_line(LOG_WARN, "hub", "nobody is let in for a while: %s",
	    strerror(errno));
	(void)loop_set(hub->door_watch, 0);
	hub->pause = loop_after(hub->loop, ms, on_pause, hub);
}

/* ---- its configuration ------------------------------------------------------------ */

/* Its folder is where others look for it: that stays. */
void
hub_reload(struct hub *hub)
{
	struct conf *conf;

	if (conf_load(hub->options->conf_file, &conf) != 0) {
		log_line(LOG_ERROR, "hub", "goes on as it was: %s", err_text());
		return;
	}
	if (strcmp(conf->run_dir, hub->conf->run_dir) != 0) {
		log_line(LOG_ERROR, "hub",
		    "goes on as it was: RUN_DIR counts from its next start");
		conf_free(conf);
		return;
	}
	conf_free(hub->own_conf);
	hub->conf = hub->own_conf = conf;
	log_set_level(conf->log_level);
	schedule_reload(hub);
	hub_look_idle(hub);
}

/* ---- its life -------------------------------------------------------------------- */

static void
on_signal(void *arg, void *thread, uint32_t number)
{
	struct hub *hub = arg;

	(void)thread;
	if (number == SIGCHLD) {
		work_reap(hub);
		watch_reap(hub);
	} else if (number == SIGHUP)
		hub_reload(hub);
	else
		loop_stop(hub->loop);
}

static void
say_ready(struct hub *hub)
{
	int fd = hub->options->ready_fd;

	log_line(LOG_INFO, "hub", "version=%s epoch=%s run_dir=%s",
	    PACKAGE_VERSION, hub->epoch, hub->conf->run_dir);
	if (fd < 0)
		return;
	(void)!write(fd, "", 1);
	close(fd);
}

static int
open_all(struct hub *hub)
{
	int rc;

	if ((rc = loop_new(&hub->loop)) != 0 ||
	    (rc = loop_signals(hub->loop, true, on_signal, hub)) != 0 ||
	    (rc = door_open(&hub->door, hub->conf->run_dir)) != 0)
		return rc;
	return loop_add(hub->loop, hub->door.fd, EPOLLIN, false, on_door, hub,
	    &hub->door_watch);
}

/* The sync of ours goes on without us, and tells the next hub. */
static void
close_all(struct hub *hub)
{
	schedule_close(hub);
	watch_close(hub);
	conn_release_all(hub);
	child_release(&hub->child);
	loop_remove(hub->door_watch);
	door_close(&hub->door);
	loop_free(hub->loop);
	ring_free(hub->ring);
	buf_release(&hub->state);
	conf_free(hub->own_conf);
}

int
hub_run(const struct conf *conf, const struct hub_options *options)
{
	struct hub hub = { .conf = conf, .options = options };
	int rc;

	hub.door = (struct door){ .fd = -1, .life = -1, .lock = -1 };
	hub.started_ms = clock_mono_ms();
	hub.ring = ring_new(rand_hex(hub.epoch, (HUB_EPOCH_SIZE - 1) / 2));
	if ((rc = open_all(&hub)) == 0) {
		say_ready(&hub);
		schedule_open(&hub);
		hub_look_idle(&hub);
		rc = loop_run(hub.loop, NULL);
	}
	close_all(&hub);
	return rc;
}

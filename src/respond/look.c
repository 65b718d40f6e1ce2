/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/look.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "remote/remote.h"
#include "site/site.h"
#include "sync/sync.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIES 2 /* of one request: somebody is waiting to know */
#define SYNCING_MS 200

/* One for the process: its threads share what is known of the store. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t asked; /* a look is wanted, or the end has come */
	pthread_cond_t came;  /* a look was made */
	pthread_t thread;
	int users;
	bool is_wanted;
	bool is_over;
	int64_t begun; /* looks, numbered */
	int64_t done;
	int64_t at_ms; /* of the last that is done */
	struct look last;
	char *conf_file;
} self = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.asked = PTHREAD_COND_INITIALIZER };

/* ---- one look ----------------------------------------------------------------- */

static int
on_tick(void *arg)
{
	bool is_over;

	(void)arg;
	pthread_mutex_lock(&self.lock);
	is_over = self.is_over;
	pthread_mutex_unlock(&self.lock);
	return is_over;
}

int
look_remote(struct site *s)
{
	struct remote_config config;
	int rc;

	if (s->remote != NULL)
		return 0;
	if ((rc = site_remote_config(s, &config)) != 0)
		return rc;
	config.tries = TRIES;
	return remote_open(&config, &s->remote);
}

static int
ask_store(struct site *s, struct look *look)
{
	struct sync_status status;
	char *dir;
	int rc;

	if ((rc = site_library(s, false)) != 0 || (rc = look_remote(s)) != 0)
		return rc;
	remote_set_tick(s->remote, on_tick, NULL);
	if ((rc = site_work_dir(s, &dir)) != 0 ||
	    (rc = sync_status(s->db, s->remote, dir, &status)) != 0)
		return rc;
	look->reachable = status.reachable;
	look->needs_sync = status.remote_version > status.local_version;
	look->local_version = status.local_version;
	look->needs_recovery = status.reachable &&
	    status.needs_recovery[0] != '\0' && status.remote_error[0] != '\0';
	look->remote_version = status.remote_version;
	snprintf(look->error, sizeof(look->error), "%s", status.remote_error);
	return 0;
}

/* A site that failed is opened anew with the next look. */
static void
look_once(struct site *s, struct look *look)
{
	memset(look, 0, sizeof(*look));
	look->remote_version = -1;
	look->is_known = true;
	look->at_ms = clock_mono_ms();
	err_clear();
	if (ask_store(s, look) != 0) {
		snprintf(look->error, sizeof(look->error), "%s", err_text());
		site_release(s);
		site_init(s, self.conf_file);
	}
}

/* ---- the thread ---------------------------------------------------------------- */

static void
note(const struct look *look)
{
	pthread_mutex_lock(&self.lock);
	self.last = *look;
	self.at_ms = clock_mono_ms();
	self.done = self.begun;
	pthread_cond_broadcast(&self.came);
	pthread_mutex_unlock(&self.lock);
}

/* False: it is over. */
static bool
wait_for_work(void)
{
	bool is_over;

	pthread_mutex_lock(&self.lock);
	while (!self.is_wanted && !self.is_over)
		pthread_cond_wait(&self.asked, &self.lock);
	is_over = self.is_over;
	pthread_mutex_unlock(&self.lock);
	return !is_over;
}

static void
take_work(void)
{
	pthread_mutex_lock(&self.lock);
	self.is_wanted = false;
	self.begun++;
	pthread_mutex_unlock(&self.lock);
}

static void *
run(void *arg)
{
	struct look look;
	struct site site;

	(void)arg;
	site_init(&site, self.conf_file);
	while (wait_for_work()) {
		take_work();
		look_once(&site, &look);
		note(&look);
	}
	site_release(&site);
	return NULL;
}

static int
start(const char *conf_file)
{
	pthread_condattr_t attr;
	int n;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&self.came, &attr);
	pthread_condattr_destroy(&attr);
	self.is_over = self.is_wanted = false;
	self.conf_file = conf_file != NULL ? xstrdup(conf_file) : NULL;
	memset(&self.last, 0, sizeof(self.last));
	if ((n = pthread_create(&self.thread, NULL, run, NULL)) == 0)
		return 0;
	free(self.conf_file);
	return err_set(E_IO, "a thread: %s", strerror(n));
}

int
look_start(const char *conf_file)
{
	int rc = 0;

	pthread_mutex_lock(&self.lock);
	if (self.users == 0)
		rc = start(conf_file);
	if (rc == 0)
		self.users++;
	pthread_mutex_unlock(&self.lock);
	return rc;
}

void
look_stop(void)
{
	bool is_last;

	pthread_mutex_lock(&self.lock);
	is_last = --self.users == 0;
	if (is_last) {
		self.is_over = true;
		pthread_cond_signal(&self.asked);
	}
	pthread_mutex_unlock(&self.lock);
	if (!is_last)
		return;
	pthread_join(self.thread, NULL);
	free(self.conf_file);
	self.conf_file = NULL;
}

/* ---- asking --------------------------------------------------------------------- */

static void
want(void)
{
	self.is_wanted = true;
	pthread_cond_signal(&self.asked);
}

/* True: a look that began after now was made before the time was over. */
static bool
wait_for_look(int64_t wait_ms)
{
	int64_t until_ms = clock_mono_ms() + wait_ms;
	struct timespec until = { .tv_sec = until_ms / 1000,
		.tv_nsec = until_ms % 1000 * 1000000 };
	int64_t enough = self.begun + 1; /* one under way began before */
	int rc = 0;

	want();
	while (self.done < enough && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&self.came, &self.lock, &until);
	return self.done >= enough;
}

static void
too_slow(struct look *look, int64_t wait_ms)
{
	memset(look, 0, sizeof(*look));
	look->is_known = true;
	look->remote_version = -1;
	snprintf(look->error, sizeof(look->error),
	    "the store did not answer within %lld s",
	    (long long)(wait_ms + 999) / 1000);
}

static void
want_if_old(void)
{
	bool is_old = !self.last.is_known ||
	    clock_mono_ms() - self.at_ms >= LOOK_EVERY_MS;

	if (is_old && self.begun == self.done)
		want();
}

void
look_ask(int64_t wait_ms, struct look *look)
{
	bool is_there = true;

	pthread_mutex_lock(&self.lock);
	if (wait_ms > 0)
		is_there = wait_for_look(wait_ms);
	else
		want_if_old();
	*look = self.last;
	pthread_mutex_unlock(&self.lock);
	if (!is_there)
		too_slow(look, wait_ms);
}

/* ---- is one running? -------------------------------------------------------------- */

bool
look_is_syncing(const char *work_dir, bool now)
{
	static _Atomic int64_t at_ms;
	static atomic_bool last;
	int64_t now_ms = clock_mono_ms();
	int64_t then_ms = atomic_load(&at_ms);

	if (now)
		atomic_store(&last, sync_is_running(work_dir));
	/* Of several that ask at once, one looks. */
	else if ((then_ms == 0 || now_ms - then_ms >= SYNCING_MS) &&
	    atomic_compare_exchange_strong(&at_ms, &then_ms, now_ms))
		atomic_store(&last, sync_is_running(work_dir));
	return atomic_load(&last);
}

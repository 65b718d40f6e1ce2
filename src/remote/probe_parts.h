/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_PROBE_PARTS_H
#define REMOTE_PROBE_PARTS_H

#include <pthread.h>

#include "remote/probe.h"
#include "remote/remote_ops.h"

/* What probe.c and probe_swap.c share; for these two only. */

enum {
	PROBE_ROUNDS = 20,
	PROBE_RACERS = 8,
	PROBE_PATH_SIZE = 512,
	PROBE_OBJECT_BYTES = 4096,
	PROBE_LARGE_BYTES = 512 * 1024 /* more than servers hold back */
};

struct probe {
	const struct remote_config *config;
	struct remote *r;
	char dir[64];
	void (*say)(void *arg, const char *sentence);
	void *arg;
	struct probe_findings *found;
	char data[PROBE_OBJECT_BYTES];
	char *large;
};

/* One of those that race; each has a thread and a connection. */
struct probe_racer {
	struct probe *p;
	struct remote *r;
	pthread_t thread;
	pthread_barrier_t *line; /* where all wait for each other */
	int number;
	void *what; /* is raced for */
};

struct probe_look {
	const char *name;
	bool is_there;
	int64_t size_bytes;
	int64_t mtime;
};

void probe_say(const struct probe *p, const char *sentence);

/* probe_path - `name` in the probe's folder. */
const char *probe_path(const struct probe *p, const char *name,
    char path[static PROBE_PATH_SIZE]);
int probe_put(struct probe *p, const char *name, const char *data, size_t len);

/* probe_holds - does `name` hold exactly these bytes?  1, 0, or an error. */
int probe_holds(struct probe *p, const char *name, const char *data,
    size_t len);
int probe_look(struct probe *p, struct remote *r, const char *name,
    struct probe_look *l);

/* probe_is_end - does this error end a probe?  All others are findings. */
bool probe_is_end(int rc);

/* probe_found - the verdict: good when `good` is above 0. */
enum probe_verdict probe_found(int good);

/* probe_race - call `run` with a struct probe_racer in each thread. */
int probe_race(struct probe *p, void *(*run)(void *arg), void *what);

/* probe_open_racer - a connection of its own, that is open already. */
int probe_open_racer(struct probe *p, struct remote **r);

/* probe_swaps - where nothing is renamed: objects that are replaced. */
int probe_swaps(struct probe *p);

#endif

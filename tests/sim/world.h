/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/str.h"
#include "local/record.h"
#include "sim/co.h"
#include "sim/disk.h"
#include "sim/net.h"
#include "sim/rng.h"
#include "sim/server.h"
#include "sync/sync.h"

#define SITES_MAX 6 /* the last is for who bootstraps at the end */
#define STEPS_MAX 4096
#define RETENTION_DAYS 2 /* where there is one */

/* What may go wrong in a story; a shrinker takes them away one by one. */
enum trouble {
	TROUBLE_CRASH = 1,
	TROUBLE_NET = 2,   /* requests are lost, late, doubled, cut, … */
	TROUBLE_LIES = 4,  /* the server answers what is not so */
	TROUBLE_RACES = 8, /* the server is as bad as its profile */
	TROUBLE_CLOCK = 16,
	TROUBLE_DOWN = 32,     /* the server is away for a while */
	TROUBLE_DISK = 64,     /* crashes lose what was not synced */
	TROUBLE_AGE = 128,     /* nights pass, and what is over is removed */
	TROUBLE_RESTORE = 256, /* the store is set back to an older copy */
	TROUBLE_ALL = 511
};

/* All that decides a story. */
struct plan {
	uint64_t seed;
	int steps;
	int sites;
	unsigned trouble;
	uint64_t left_out[STEPS_MAX / 64]; /* steps that are passed over */
};

enum proc_kind { PROC_USER, PROC_SYNC, PROC_KINDS };

/* A process of a replica: its handles live until it ends. */
struct proc {
	struct site *site;
	enum proc_kind kind;
	struct co *co;
	struct disk *disk; /* that it was started on */
	struct db *db;
	struct blobs *blobs;
	struct remote *remote;
	struct sync_options opt;
	bool is_busy;
	bool waits_for_net;
	int64_t wake_ms;
	int64_t dead_ms; /* after its end time runs for nobody else */
	struct rng rng;  /* of what is to be done */
	int (*job)(struct proc *p);
	const char *what;
	int rc; /* of the last job */
	struct sync_summary sum;
	bool confirms; /* what the guard asks */
	int64_t from;  /* the version that was here before the last sync */
	int settled;   /* conflicts, in the last job */
};

struct site {
	struct world *w;
	int at;
	struct disk *disk;
	struct proc procs[PROC_KINDS];
	int64_t clock_ms; /* its wall clock is so far from the world's */
	bool is_joined;
	struct rng engine; /* the randomness that the engine gets */
	char replica[40];  /* its id; "": not seen yet */
	int64_t days;      /* on which something was done there */
	int64_t day;       /* the last one */
};

struct world {
	struct plan plan;
	struct mem *mem;
	struct rng rng;
	int64_t now_ms;
	struct server server;
	struct net net;
	struct site sites[SITES_MAX];
	int sites_n;
	struct proc *running;
	struct model *model;
	struct tree backup; /* of the store */
	bool has_backup;
	bool is_calm; /* faults have stopped */
	bool is_traced;
	struct hash_stream *trace;
	int step;
	bool has_failed;
	char failure[2048];
	char failed_as[128]; /* its text, without what differs each time */
	bool tells_people;   /* of the trace, what people do and hear */
	int64_t events;
};

extern struct world *world; /* the one that there is */

/* world_prepare - once: the picture of an empty library, and that. */
void world_prepare(void);
struct disk *world_image(void);

/*
 * world_run - tell the story: true when all held.  `trace` (may be NULL)
 * receives a hash over all that was told.
 */
bool world_run(struct world *w, const struct plan *plan, struct hash *trace);
void world_release(struct world *w);

/* world_say - one line of the trace. */
void world_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* world_fail - something that must hold does not: the story ends here. */
void world_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* world_event - one thing happens; false: nothing is left to happen. */
bool world_event(struct world *w);

/* world_settle - until nothing is left to happen. */
void world_settle(struct world *w);

/* ---- processes: proc.c ----------------------------------------------------------- */

void site_init(struct site *s, struct world *w, int at);
void site_release(struct site *s);

/* site_crash - at its next call of the disk but `calls`. */
void site_crash(struct site *s, enum crash_kind kind, int64_t calls);

/* site_mourn - is it dead, and have all its processes noticed?  Then it is
 * started again. */
void site_mourn(struct site *s);

/* proc_do - begin a job; it must not be busy.  proc_finish - wait for it. */
void proc_do(struct proc *p, const char *what, int (*job)(struct proc *p));
int proc_finish(struct proc *p);

/* proc_use - the machine that code runs on from here on; NULL: the world's. */
void proc_use(struct proc *p);

#endif

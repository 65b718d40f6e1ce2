/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_RUN_H
#define SYNC_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/str.h"
#include "remote/remote.h"
#include "sync/commit.h"
#include "sync/sync.h"

struct mem;
struct recover;

/* A sync under way: what its parts share.  Internal to sync/. */
struct sync {
	const struct sync_options *opt; /* borrowed, and what is in it */
	struct db *db;
	struct blobs *blobs;
	struct remote *remote;
	struct mem *mem;  /* dies with the run */
	struct mem *step; /* of one commit, or one object: reset at each */
	struct sync_summary *sum;
	struct sync_progress progress;
	int64_t told_ms; /* when it was told last */
	bool is_moving;  /* contents, right now */
	int64_t moved;   /* bytes of this phase before that */
	struct {         /* contents, for those who watch */
		int64_t files, bytes;
	} sent, to_send; /* in earlier waves; in all: 0 before it is counted */
	int wave_files;  /* that are sent at once, at most; 0: thousands */
	int64_t started_ms;
	struct remote_stats before; /* what the remote had moved by then */

	const char *replica; /* this one's id */
	const char *store;   /* UUID */
	struct commit last;  /* the commit applied last: version, and what may
				never go back (its texts are not set) */
	struct hash last_id;

	bool diverged;        /* a state digest differed: rebuild */
	bool digest_reported; /* and did not mend it: go on */
	int64_t deleted;      /* records removed in this run, both ways */
	bool walks;           /* commit by commit, */
	int64_t walk_from;    /* from what was here of this version */
	struct commit_checkpoint
	    offer;            /* uploaded and verified, not named yet */
	int64_t raise_floor;  /* what an empty commit raises the floor to, */
	int64_t raise_forget; /* and forget, with a generation; 0: not */
	int64_t lost;         /* races for the head, in a row */
	bool wants_renewal;   /* a name that was to be sent is taken by
				 something torn: a new generation is needed */
	bool renewed;         /* and was begun in this run */
	bool hasty;           /* what the store lacks is not waited for */
	bool keeps; /* no deletion made here is published in this run */
	struct recover *recover; /* what is to be done first; NULL: nothing */
	bool adopts;             /* commits from now on say that what older
			       software left is adopted */
	struct buf gave_up;      /* stable_ids that this run leaves alone, each
				 closed with a line feed */
	struct buf missed;       /* contents that could not be had in this run:
				 ids, each closed with a line feed */
	struct buf failures; /* the first ones, kept with the run: items of a
				 JSON array */
	int failures_n;
};

/*
 * run_open - begin: what this library is and where it stands (E_ABSENT: it
 * belongs to no store yet), and what the probe found (E_DENIED: the store may not
 * be used by several writers).  run_close after every run_open, failed or not.
 */
int run_open(struct sync *s, const struct sync_options *options,
    struct sync_summary *sum);
void run_close(struct sync *s);

/* run_identity - the part of run_open that needs no store; s->db, s->mem and
 * s->opt must be set. */
int run_identity(struct sync *s);

/* run_lock - one sync at a time: a descriptor to be closed, or E_BUSY.  What
 * run_identity told is read anew: another sync may just have ended. */
int run_lock(struct sync *s);

/* run_lock_file - the lock alone, of this work_dir, with a little patience for
 * those who only look whether it is free. */
int run_lock_file(const char *work_dir);

/* run_transfer - remote_run for one transfer: its own code. */
int run_transfer(struct sync *s, const struct remote_transfer *t);

/* run_say, run_fail - tell a person; run_fail counts an error too, and the run
 * keeps the first of them. */
void run_say(struct sync *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void run_fail(struct sync *s, const char *file, const char *reason);

/* run_summary_json - sync_summary_json, with the failures that are kept. */
void run_summary_json(struct sync *s, struct buf *out);

/*
 * run_give_up - this record cannot be sent in this run: tell why, note it as its
 * sync_reason, and leave it alone from now on.  run_gave_up: was that so?
 */
void run_give_up(struct sync *s, const char *stable_id, const char *file,
    const char *reason);
bool run_gave_up(struct sync *s, const char *stable_id);

/* run_skip - leave it alone for now, without a word. */
void run_skip(struct sync *s, const char *stable_id);

/* run_phase - a new phase with what there is to do; run_phase_from - one that
 * goes on after another; run_progress - tell it, ten times a second at most. */
void run_phase(struct sync *s, enum sync_phase phase, int64_t files,
    int64_t bytes);
void run_phase_from(struct sync *s, enum sync_phase phase, int64_t files,
    int64_t bytes, int64_t files_done, int64_t bytes_done);
void run_progress(struct sync *s);

/* run_moving - contents are moved from now on, after `moved` bytes of this
 * phase: what is half done is told, too; run_moved - no more. */
void run_moving(struct sync *s, int64_t moved);
void run_moved(struct sync *s);

/* run_stopped - E_STOPPED when a person asked to stop, 0 otherwise. */
int run_stopped(struct sync *s);

#endif

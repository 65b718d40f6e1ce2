/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include <stdbool.h>
#include <stdint.h>

struct blobs;
struct buf;
struct db;
struct record;
struct remote;
struct sync_progress;

/* What a sync is to work with and how careful it is to be.  All borrowed. */
struct sync_options {
	struct db *db;
	struct blobs *blobs; /* lent to db too (db_set_blobs) */
	struct remote *remote;
	const char *work_dir; /* for the lock, commits and checkpoints on their
				 way; on the disk of the databases */
	bool force;           /* do not trust the no-change check; look whether
				 what was sent is still there */
	bool confirm_deletions; /* a person said yes to the guard */
	bool note_skipped;      /* a run is noted even when there was nothing
				   to do: who asked for it gets its run_id */
	bool single_writer;     /* this replica alone writes to the store */
	bool metadata_db;       /* keep a plain copy of the checkpoint there */
	int max_delete_percent; /* of the guard */
	int retention_days;     /* of history and trash; 0: for ever */
	const char *const *collections; /* kept here (local/choice.h) */

	/* Told while it runs; each may be NULL. */
	void (*progress)(void *arg, const struct sync_progress *p);
	void (*message)(void *arg, const char *sentence);
	void (*failure)(void *arg, const char *file, const char *reason);
	int (*stop)(void *arg); /* asked often; non-zero: stop cleanly */
	void *arg;
};

enum sync_phase {
	SYNC_CHECK,
	SYNC_PULL,
	SYNC_DOWNLOAD,
	SYNC_UPLOAD,
	SYNC_COMMIT,
	SYNC_TIDY
};

/* State, not events: only the newest counts. */
struct sync_progress {
	int64_t run_id; /* 0: it is not known yet whether there is work */
	enum sync_phase phase;
	int64_t bytes_done;
	int64_t bytes_total; /* of this phase */
	int64_t files_done;
	int64_t files_total;
};

struct sync_summary {
	int64_t run_id; /* 0 when it was skipped, unless that is noted */
	bool skipped;
	int64_t uploaded;        /* contents sent */
	int64_t downloaded;      /* contents fetched */
	int64_t deleted_local;   /* deletions of others applied here */
	int64_t deleted_remote;  /* deletions made here, published */
	int64_t metadata_synced; /* records, either way, without a content */
	int64_t merged;
	int64_t conflicts;   /* new ones */
	int64_t errors;      /* files that could not be sent or had */
	int64_t new_version; /* of the store, known here at the end */
	int64_t duration_ms;
	int64_t bytes_up; /* on the wire, everything counted */
	int64_t bytes_down;
	int64_t requests;
	int64_t answered[4]; /* of these: 2xx, 3xx, 4xx, 5xx */
	int64_t pulled; /* commits of others applied; a checkpoint is one */
	int64_t left; /* records that still wait to be sent or had */
	int64_t open_conflicts;
};

/*
 * sync_run - bring library and store in step: check, pull, push, tidy.
 *
 * May be killed at any instruction; the next one goes on.  One at a time for
 * one library: E_BUSY.  E_GUARD: it would delete more than the guard allows
 * (nothing was deleted; run it again with confirm_deletions when that is what
 * is wanted).  E_ROLLBACK: the store is not the one, or older than, this
 * replica knows; nothing was changed.  E_MOVED: it was moved, and a person must
 * say that this library may follow.  E_ABSENT: no store was joined yet.
 * E_REMOTE, E_LOGIN, E_DENIED, E_CORRUPT, E_STOPPED, E_IO.
 *
 * `sum` is filled in whatever is answered.  The run is written to sync_runs,
 * unless it was skipped (and note_skipped is not set).
 */
int sync_run(const struct sync_options *options, struct sync_summary *sum);

/* sync_summary_json - as the API's Summary, one JSON object. */
void sync_summary_json(const struct sync_summary *sum, struct buf *out);

/*
 * sync_fetch_one - have one content that this library refers to and does not
 * keep, now: verified, durable and noted when this returns 0; at once where it
 * is here already.  A sync may run meanwhile.  E_ABSENT: nothing here refers to
 * it, or the store does not have it; E_REMOTE, E_LOGIN, E_DENIED, E_CORRUPT
 * (what is there has another hash), E_STOPPED, E_IO.
 */
int sync_fetch_one(const struct sync_options *options, const char *id,
    const char *file_type);

/* ---- garbage -------------------------------------------------------------- */

enum {
	SYNC_GC_STORE = 1,  /* the store too, not the library alone */
	SYNC_GC_DRY_RUN = 2 /* tell, and change nothing */
};

/* One thing that was removed, or would be. */
struct sync_garbage {
	const char *where; /* "library", "store" */
	const char *name;  /* below its root */
	int64_t bytes;     /* -1: not known */
	const char *why;
};

struct sync_gc_summary {
	int64_t history;  /* of the library: versions past their time, */
	int64_t contents; /* and contents that nothing refers to any more */
	int64_t bytes;
	int64_t store_contents; /* of the store, what it was: */
	int64_t commits;
	int64_t checkpoints;
	int64_t litter; /* uploads that came to nothing */
	int64_t store_files; /* all of these */
	int64_t store_bytes;
	int64_t waiting;    /* left behind perhaps: to be seen again another day */
	int64_t unknown;    /* contents that no commit is known to have named */
	int64_t generation; /* that was begun; 0: none */
	int64_t floor;      /* that was raised; 0: not */
};

/*
 * sync_gc - remove what nobody needs: in the library, history and trash past
 * retention_days and contents without reference; on the store (SYNC_GC_STORE),
 * contents that no commit names any more, nor can (a generation is begun, and
 * the floor raised, where there is something to gain), commits and checkpoints
 * two floors back, and uploads that came to nothing.  Each sync does a share of
 * it, too.
 *
 *   told   for each thing removed, or that would be; or NULL
 *
 * Any replica may, several at once.  May be killed at any instruction.  With
 * SYNC_GC_DRY_RUN and the store the library must be in step with it: E_CONFLICT.
 * Otherwise what others did is taken in first, with all errors of sync_run.
 */
int sync_gc(const struct sync_options *options, int flags,
    int (*told)(void *arg, const struct sync_garbage *garbage), void *arg,
    struct sync_gc_summary *sum);

/* One thing that a sync would do. */
struct sync_step {
	const char *action; /* "send", "send deletion", "take", "take deletion",
			       "merge", "conflict" */
	const char *stable_id;
	const char *filename;
	const char *doc_id;
	int64_t bytes; /* of content that would move; 0: none */
	const struct record *record; /* as it would be sent, or taken */
};

/*
 * sync_plan - what sync_run would do, one call of `step` for each, and counted
 * in `sum`; changes nothing here or there.  E_GUARD when the guard would stop
 * it (all steps were told).  A record that several commits changed is told once
 * for each.
 */
int sync_plan(const struct sync_options *options,
    int (*step)(void *arg, const struct sync_step *step), void *arg,
    struct sync_summary *sum);

/* What happened to a store. */
enum sync_trouble {
	SYNC_TROUBLE_NONE,      /* it continues what this library knows */
	SYNC_TROUBLE_OLDER,     /* restored from an older copy */
	SYNC_TROUBLE_FORKED,    /* another history, up to here or beyond */
	SYNC_TROUBLE_REPLACED,  /* another store's UUID */
	SYNC_TROUBLE_EMPTIED,   /* nothing of a store is there */
	SYNC_TROUBLE_NO_HEAD,   /* head/ alone is gone */
	SYNC_TROUBLE_TWO_HEADS, /* a leftover beside the head */
	SYNC_TROUBLE_CUT        /* commits or checkpoints are missing */
};

/* sync_trouble_name - "none", "older", "forked", "replaced", "emptied",
 * "no-head", "two-heads", "cut". */
const char *sync_trouble_name(enum sync_trouble trouble);

struct sync_recover_wish {
	bool dry_run; /* look and count, change nothing here or there */
	bool join;    /* go over to another store that is at the address */
	/* Told of each record that is not the same on both sides: "send
	 * again", "take", "merge", "decide" (a person must).  May be NULL. */
	int (*step)(void *arg, const struct sync_step *step);
	void *arg;
};

/* What was found, and what is, or would be, done about it. */
struct sync_recovery {
	enum sync_trouble trouble;
	char found[512]; /* a sentence: what happened to the store */
	char remedy[512]; /* and what is, or would be, done */
	int64_t known_version; /* of the store, here before */
	int64_t store_version; /* of its head; -1: it has none */
	int64_t common_version; /* up to which both are the same */
	int64_t sent_again; /* records that the store lacks, or has older */
	int64_t taken;      /* that it has, and we have not, or older */
	int64_t merged;     /* changed on both sides, united */
	int64_t to_decide;  /* for a person: conflicts */
	int64_t forgotten;  /* deletions that the store does not know any more:
			       what another library still has comes back */
	int64_t not_here;   /* of those sent again: their content is not here;
			       another library must send it */
	int64_t contents_missing; /* that the store names, and does not have */
	int64_t contents_lost;    /* of these: not here either */
};

/*
 * sync_recover - unite library and store, after the store was restored from a
 * backup, forked, replaced, emptied, lost its head or was cut, or this library
 * was restored.  The head is made readable again; then what the store has and
 * this library lacks is taken, what it lacks or has older is published again,
 * with its contents.  Nothing is deleted, and no deletion made here is
 * published; where only one side has deleted a record and it is not known which
 * is newer, it becomes a conflict.  A sync follows (not in a dry run).
 *
 * It may be killed at any instruction, and run by several at once: there will be
 * one history.  Where nothing is wrong it is a sync that looks at all contents.
 * E_ROLLBACK: another store is at the address and `join` is not set, or two
 * heads that do not follow one another; and the errors of sync_run.
 */
int sync_recover(const struct sync_options *options,
    const struct sync_recover_wish *wish, struct sync_recovery *found,
    struct sync_summary *sum);

/* sync_recovery_json - the members of one JSON object, without its braces. */
void sync_recovery_json(const struct sync_recovery *found, struct buf *out);

/*
 * sync_is_running - does a process hold the lock of this work_dir?  Looking
 * takes it for a moment: not to be asked a thousand times a second.
 */
bool sync_is_running(const char *work_dir);

/* What `stemma status` says. */
struct sync_status {
	bool needs_sync;
	int64_t local_version;
	int64_t remote_version; /* -1: not known */
	bool reachable;
	char remote_error[512];
	bool in_progress;
	char needs_recovery[1024]; /* two sentences: what happened to the store,
				      and what to do; "": nothing */
	char moved_to[512]; /* where the store was moved to, as its seal says,
			       and this library did not follow; or "" */
};

/*
 * sync_status - how things stand; one request unless `remote` is NULL.  An
 * unreachable store is told in the struct, and 0 answered.
 */
int sync_status(struct db *db, struct remote *remote, const char *work_dir,
    struct sync_status *status);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_GARBAGE_H
#define SYNC_GARBAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "remote/remote.h"
#include "sync/run.h"

/*
 * Names on the store that nobody needs any more, on their way out: a list that
 * a listing fills, a bounded number at a time, and that is removed afterwards.
 * Any replica may do that, several at once, late or twice: what is on such a
 * list can never be needed again.
 */
struct garbage_item;
struct garbage {
	struct sync *s;
	bool is_looking; /* tell, and change nothing */
	int64_t over;    /* names that were let go before that version are as
			     good as forgotten; while looking */
	int64_t waiting; /* uploads of the present generation that nobody
			     names: garbage in the next */
	struct sync_gc_summary *sum;
	int (*told)(void *arg, const struct sync_garbage *item); /* or NULL */
	void *arg;
	int failed; /* names that could not be removed; the others went */
	/* the rest is garbage.c's */
	struct garbage_item *items;
	int n;
	int counted;             /* removals since the head was looked at */
	struct remote_head seen; /* then */
};

void garbage_init(struct garbage *g, struct sync *s,
    struct sync_gc_summary *sum);
void garbage_release(struct garbage *g);

/* garbage_head - the library is in step with the store: where it stands is the
 * head that was seen last. */
void garbage_head(struct garbage *g);

/*
 * garbage_add - one more, for that reason; `count` (in g->sum, or NULL) is raised
 * when it is gone.  1: the list is full, remove it first.  Negative: what `told`
 * answered.
 */
int garbage_add(struct garbage *g, const char *dir, const char *name,
    int64_t size_bytes, const char *why, int64_t *count);

/* garbage_see_upload - something on its way, left behind perhaps: garbage when
 * it is seen again a day later.  As garbage_add. */
int garbage_see_upload(struct garbage *g, const char *dir,
    const struct remote_entry *entry);

/*
 * garbage_sweep - list the folder, with `see` for each entry (which adds),
 * and remove what was added, until nothing more is.  A folder that is not there
 * is empty.  What cannot be removed is told (run_fail) and passed over, ten names
 * at most.  Before each hundred removals the head is looked at: E_ROLLBACK or
 * E_CONFLICT when it does not come from the one that was seen last; then nothing
 * more is removed.
 */
int garbage_sweep(struct garbage *g, const char *dir,
    int (*see)(void *arg, const struct remote_entry *entry), void *arg);

#endif

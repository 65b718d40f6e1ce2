/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_BESIDE_H
#define SYNC_BESIDE_H

#include "remote/remote.h"
#include "sync/run.h"

/*
 * A library beside ours that knows the store alone: built from nothing, as a
 * newcomer would, by the reader's own code.  It has no contents, and goes with
 * beside_close.
 */
struct beside {
	struct sync sync; /* as if it were a run of its own; sync.db is its
			     library */
	struct sync_options options;
	struct sync_summary summary;
	const char *path;
};

/*
 * beside_open - an empty one, of the store with this UUID (borrowed); memory of
 * s->mem.  beside_close after it, also when it failed.
 */
int beside_open(struct beside *b, struct sync *s, const char *store);
void beside_close(struct beside *b);

/*
 * beside_build - everything up to `head`: the checkpoint that its commit names,
 * and the commits.  E_ABSENT, E_CORRUPT: the store cannot give that.
 */
int beside_build(struct beside *b, const struct remote_head *head);

#endif

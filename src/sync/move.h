/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_MOVE_H
#define SYNC_MOVE_H

#include <stdbool.h>
#include <stdint.h>

#include "sync/sync.h"

struct remote;

/* A marker in the new place, there while a store is being moved to it. */
#define MOVE_MARKER "moving.json"

struct move_wish {
	struct remote *to; /* the new place; its folder is made */
	const char
	    *to_url;     /* as others are to write it: no name, no password */
	bool incomplete; /* move although some contents are lost */
};

struct move_counts {
	int64_t copied; /* objects sent to the new place, and had back */
	int64_t bytes;
	int64_t there; /* found there, and verified in an earlier run or now */
	int64_t lost; /* contents that neither the store nor this library has */
};

/*
 * move_run - copy the store to another place, of whatever kind: the contents
 * that its state names, under their names, the commits from the floor on, the
 * newest checkpoint; each is had back and must have its hash.  Then the old
 * store is sealed by a last commit, which says `moved_to` and is no part of what
 * was copied; only then the new place gets a head, at the same version and
 * commit, and with the same UUID.
 *
 * Others may publish meanwhile: whoever is faster than the seal is copied, too.
 * May be killed at any instruction: run again, here or on another replica, it
 * goes on; what was verified here is not read again.  Afterwards this library
 * must be told the new address by its caller.
 *
 * E_EXISTS: something else is at the new place.  E_CONFLICT: contents are lost
 * (each was told by `failure`), and not `incomplete`; or the store was moved
 * elsewhere meanwhile.  Otherwise the errors of sync_run.
 */
int move_run(const struct sync_options *options, const struct move_wish *wish,
    struct move_counts *counts);

/*
 * move_follow - may this library go over to the place of `options->remote`, to
 * which its store was moved?  The same UUID, a head that continues what is known
 * here, nobody still moving.  What was on its way to the old place is forgotten
 * and sent again.  E_ROLLBACK, E_BUSY, and the errors of a look.
 */
int move_follow(const struct sync_options *options);

#endif

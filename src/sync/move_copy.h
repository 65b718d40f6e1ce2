/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_MOVE_COPY_H
#define SYNC_MOVE_COPY_H

#include "local/side.h"
#include "sync/move.h"
#include "sync/run.h"

/* Parts of a move: for move*.c alone. */

#define MOVE_WAVE_FILES 64
#define MOVE_WAVE_BYTES (64LL * 1024 * 1024)

/* An object on its way.  Texts are memory of the wave. */
struct move_item {
	const char *path;
	const char *source; /* a file here that should be it, or NULL */
	const char *file;   /* what is sent */
	const char *back;   /* had back */
	struct hash want;
	int64_t size_bytes; /* -1: not known */
	bool is_there;      /* the new place shows it, of its size */
	bool is_dropped;    /* no record has it any more: it need not be */
	bool must_come;     /* from the old store */
	bool is_done;
};

struct move {
	struct sync *s;
	struct sync there; /* the same library, the new place */
	const struct move_wish *wish;
	struct move_counts *counts;
	struct mem *mem;               /* of the wave */
	const char *dir;               /* where files lie on their way */
	char after[HASH_HEX_SIZE + 8]; /* contents up to this were verified */
	char last[HASH_HEX_SIZE];      /* and of this wave */
	struct move_item items[MOVE_WAVE_FILES];
	int n;
	int next;
	int64_t bytes;
	struct name dropped; /* the last of those that was taken */
	char dropped_id[HASH_HEX_SIZE], dropped_type[8];
};

/* move_copy - all that the store's state at s->last needs. */
int move_copy(struct move *m);

/* move_add - one more object for the wave, which is sent when it is full. */
int move_add(struct move *m, const struct move_item *item);
int move_wave(struct move *m);

#endif

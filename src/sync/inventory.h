/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_INVENTORY_H
#define SYNC_INVENTORY_H

#include <stdint.h>

#include "sync/run.h"

enum inventory_state {
	INVENTORY_WHOLE,   /* there, and of its size (where that is known) */
	INVENTORY_MISSING, /* not in the listing of its folder */
	INVENTORY_DAMAGED  /* there, of another size */
};

/* A name that the store's state names, and what the store shows of it. */
struct inventory_item {
	char id[HASH_HEX_SIZE];
	char file_type[8];
	int64_t generation;
	int64_t file_size; /* -1: not known */
	bool is_here;      /* this library has the content */
	enum inventory_state state;
};

/*
 * inventory_run - hold what the store's state names against listings of its
 * folders, one for each of the 256 (more for very large ones).  `fn` is called
 * for each in order of id, outside of any listing, so it may use the store.
 */
int inventory_run(struct sync *s,
    int (*fn)(void *arg, const struct inventory_item *item), void *arg);

#endif

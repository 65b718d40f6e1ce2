/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_CHECK_H
#define SYNC_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "sync/sync.h"

struct check_counts {
	int64_t commits;
	int64_t contents;
	int64_t faults;
	int64_t unknown; /* objects that no commit names: not faults */
};

/*
 * check_store - is the store whole?  The chain from the head to the floor (each
 * commit there, its hash, its parent), the checkpoint, and every content that
 * the newest state names: there, with its size, and with `hash` its bytes.
 * `fault` is told each in a sentence.  Needs a library in step with the head
 * (E_CONFLICT: sync first).  Changes nothing, unless `repair`: then a content
 * that is missing or damaged there and whole here is sent again, and published.
 */
int check_store(const struct sync_options *options, bool hash, bool repair,
    int (*fault)(void *arg, const char *sentence), void *arg,
    struct check_counts *counts);

#endif

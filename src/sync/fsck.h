/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_FSCK_H
#define SYNC_FSCK_H

#include <stdbool.h>
#include <stdint.h>

#include "sync/sync.h"

enum fsck_kind {
	FSCK_FAULT, /* the store is not what it should be */
	FSCK_LOST,  /* a content that neither the store nor this library has */
	FSCK_STRAY  /* an object that nothing names: no fault */
};

struct fsck_wish {
	int sample;  /* percent of the contents whose bytes are read; 0: sizes
			alone */
	bool repair; /* mend what this library can */
	/* Told of each finding in a sentence; non-zero from it stops. */
	int (*told)(void *arg, enum fsck_kind kind, const char *sentence);
	void *arg;
};

struct fsck_counts {
	int64_t commits;
	int64_t contents; /* that the newest state names */
	int64_t read;     /* whose bytes were read */
	int64_t faults;
	int64_t lost;
	int64_t strays;
};

/*
 * fsck_store - is the store whole?  One name in head/; every commit from the
 * head to the floor there, with its hash, its parent, its records in bounds and
 * nothing that went back; the checkpoint loaded by the reader's code, its digest
 * that of its version; all of it built once more, as a newcomer would, with the
 * digest that the head says and that this library has; every content that the
 * newest state names there, of its size, and of a sample its bytes.  Then what
 * lies there and is named by nothing.
 *
 * Needs a library in step with the head (E_CONFLICT: sync first).  Changes
 * nothing, unless `repair`: a content that is missing or damaged there and whole
 * here is sent again, a damaged one under another name; for a chain or a
 * checkpoint that is broken a new checkpoint is written, above which all begins
 * anew.  Both are published as commits.
 */
int fsck_store(const struct sync_options *options, const struct fsck_wish *wish,
    struct fsck_counts *counts);

#endif

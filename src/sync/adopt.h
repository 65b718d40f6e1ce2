/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_ADOPT_H
#define SYNC_ADOPT_H

#include <stdbool.h>
#include <stdint.h>

#include "sync/sync.h"

struct adopt_wish {
	bool even_if_locked;   /* though a version.txt.lock lies there */
	bool without_metadata; /* do not look at a metadata.db */
};

struct adopt_counts {
	int64_t contents;   /* read, and found to be what their names say */
	int64_t records;    /* made of them */
	int64_t tombstones; /* made of them: deleted by the older software */
	int64_t there;      /* contents that the store's state named before */
	int64_t left;       /* files left alone, each told by `failure` */
	int64_t missing;    /* named by metadata.db, and not there */
};

/*
 * adopt_run - contents that older software put into the store's folder, under
 * names without a generation, become records: with what a metadata.db there says
 * about them, or as an import would have it.  Each is read once and must have
 * the hash that its name says; what has not, or is nothing of ours, is told and
 * left alone, and so are markers ("<name>.deleted"), whose contents become
 * tombstones.  Nothing is copied on the store, while it is of generation 0.
 *
 * The library must have joined the store (store_adopt).  May be killed at any
 * instruction, be run by several replicas at once, and be gone on with by any of
 * them: what one has published is named, and not read again by the next.  It is
 * done when a commit says `adopted`; run again it takes what was put there
 * since.
 *
 * E_CONFLICT: a version.txt.lock is there, or not all of it could be read (the
 * words say which).  E_CORRUPT: the metadata.db cannot be used.  Otherwise the
 * errors of sync_run.
 */
int adopt_run(const struct sync_options *options, const struct adopt_wish *wish,
    struct adopt_counts *counts);

#endif

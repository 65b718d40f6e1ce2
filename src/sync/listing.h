/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_LISTING_H
#define SYNC_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include "sync/run.h"

/* A name in a folder of the store. */
struct listed {
	const char *name;
	bool is_dir;
	int64_t size_bytes; /* -1: not told */
	int64_t mtime;      /* seconds since 1970; -1: not told */
};

/*
 * listing_each - what is in `dir`, sorted by name, each once, in pages of
 * bounded length (a folder of many names is listed once for each page); names
 * whose first 64 characters are the same stand in one page.  `fn` is called
 * outside of any listing, so it may use the store; non-zero from it stops and is
 * answered.  An absent folder has no names.
 */
int listing_each(struct sync *s, const char *dir,
    int (*fn)(void *arg, const struct listed *page, int n), void *arg);

/* listing_folder - the i-th of the 256 folders of contents: "00" to "ff". */
const char *listing_folder(int i, char name[3]);

#endif

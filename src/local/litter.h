/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_LITTER_H
#define LOCAL_LITTER_H

#include <stdbool.h>
#include <stdint.h>

struct db;

/*
 * Names on the store that look left behind: something that was on its way, and
 * perhaps still is.  It is litter when it is seen again, unchanged, at least a
 * day later by the clock and by the count of days; a leap of the clock by more
 * than a week must be seen on one more day.  At most 10,000 are remembered.
 */

/*
 * litter_see - this name is there: 1 it is litter, 0 not yet.  `is_looking`: it
 * is not noted.
 */
int litter_see(struct db *db, const char *path, int64_t size_bytes,
    bool is_looking);

/* litter_remove - it is gone. */
int litter_remove(struct db *db, const char *path);

/* litter_forget - those that were seen before that many days, which somebody
 * else has removed. */
int litter_forget(struct db *db, int64_t days);

#endif

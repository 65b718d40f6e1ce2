/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_DAY_H
#define LOCAL_DAY_H

#include <stdint.h>

struct db;

/*
 * Days on which this library was synced.  What is removed after so many days
 * must be so old by the clock and by this count: a clock that jumps ahead by
 * years is one more day here, so a wrong clock may delay a removal, and never
 * hastens one.
 */

/* day_note - it is another date than at the last sync: one more day. */
int day_note(struct db *db);

/*
 * day_ago - the state at the beginning of the day `days` before the last one:
 * 1, with the newest history row and sync run there were (0: none); 0: not so
 * many days were seen.
 */
int day_ago(struct db *db, int64_t days, int64_t *history_seq, int64_t *run_id);

/*
 * day_version - a version of the store that this library had reached `days`
 * days ago, by the count of days and by the clock: 1; 0: not so many days were
 * seen.
 */
int day_version(struct db *db, int64_t days, int64_t *version);

/* day_set_back - the store has another history above that version: nothing of
 * it had been reached on any day before. */
int day_set_back(struct db *db, int64_t version);

/* day_number - the number of the last day; 0: none yet. */
int day_number(struct db *db, int64_t *day);

#endif

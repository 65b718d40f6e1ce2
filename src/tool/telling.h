/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_TELLING_H
#define TOOL_TELLING_H

#include <stddef.h>

struct buf;
struct sync_progress;
struct sync_summary;

/*
 * A sync tells of itself by events, where stemma-hub listens; it is never held
 * up by that, and never starts one.  One that finds nothing to do, and has no
 * number, is quiet.  All take NULL.
 */
struct telling;
struct telling *telling_new(const char *run_dir);
void telling_free(struct telling *t);

/* telling_progress - syncState and syncProgress, together ten times a second at
 * most. */
void telling_progress(struct telling *t, const struct sync_progress *p);
void telling_message(struct telling *t, const char *sentence);

/*
 * telling_end - how it ended: the last progress; remoteChanged where it brought
 * something of others; syncComplete or, with the text of the error, syncError.
 *
 *   rc        of the sync
 *   failures  items of a JSON array, of TELLING_FAILURES bytes at most
 */
#define TELLING_FAILURES ((size_t)24 * 1024)
void telling_end(struct telling *t, int rc, const struct sync_summary *sum,
    const char *failures, size_t failures_len);

/* telling_percent - how far a sync as a whole is, by its phase; 0 to 99. */
int telling_percent(const struct sync_progress *p);

/* telling_state - the data of syncState; `spent_ms`: on this phase so far. */
void telling_state(const struct sync_progress *p, long long spent_ms,
    struct buf *out);

#endif

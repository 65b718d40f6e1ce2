/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_UPLOAD_H
#define SYNC_UPLOAD_H

#include "sync/run.h"

struct record;

/*
 * upload_name - under which name (generation) may a commit on top of where we
 * are name this record's content?  1: `generation` is one that the store's state
 * names, or of an upload that was seen complete; 0: it must be sent first.
 */
int upload_name(struct sync *s, const struct record *rec, int64_t *generation);

/*
 * upload_wave - send contents of unsynced records that the store lacks, up to a
 * bounded number, in parallel, and look at their sizes afterwards (one listing
 * for each folder touched).  1: some were sent; 0: there was nothing to send.
 * What could not be sent is told (run_fail) once, and left out from then on.
 */
int upload_wave(struct sync *s);

/* upload_one - send one content under that generation and see it complete. */
int upload_one(struct sync *s, const char *id, const char *file_type,
    int64_t size_bytes, int64_t generation);

#endif

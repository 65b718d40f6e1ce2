/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_REF_H
#define LOCAL_REF_H

#include <stdint.h>

struct db;

/*
 * References of rows to contents (storage_refs): each live row of files, each
 * row of history and each conflict holds one content or two (view `holds`).
 * All of this happens in the caller's transaction, which must have begun with
 * db_begin: blob_collect removes under the same lock, so a content that is here
 * when it is taken stays here until it is dropped.
 */

/*
 * ref_take - one more row holds this content.  Is it here?  With blobs lent to
 * the connection (db_set_blobs) it is looked at now: it is when its file
 * exists with that size; records that waited for it become synced.  Without, a
 * content that was not known counts as not here.
 *
 * 1 it is here, 0 it is not (and so wanted); E_INPUT: no transaction, or no
 * such id or file_type.
 */
int ref_take(struct db *db, const char *id, const char *file_type,
    int64_t size_bytes);

/*
 * ref_drop - one row less.  The last one leaves the content to blob_collect.
 * E_CORRUPT: nobody was said to hold it.
 */
int ref_drop(struct db *db, const char *id, const char *file_type);

/* ref_is_here - 1 the content is known and here (as noted), 0 it is not. */
int ref_is_here(struct db *db, const char *id, const char *file_type);

/* ref_arrived - it is here now; records that waited for it become synced. */
int ref_arrived(struct db *db, const char *id, const char *file_type);

/* ref_missing - it could not be had, for this reason: one try more. */
int ref_missing(struct db *db, const char *id, const char *file_type,
    const char *reason);

/*
 * ref_lost - it is not here, for this reason: synced records that have it wait
 * for it again.
 */
int ref_lost(struct db *db, const char *id, const char *file_type,
    const char *reason);

#endif

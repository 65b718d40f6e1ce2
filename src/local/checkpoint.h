/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_CHECKPOINT_H
#define LOCAL_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "local/meta.h"
#include "local/record.h"

struct db;
struct mem;

/*
 * A checkpoint: all records as of one version, a SQLite file without secondary
 * indexes: file_metadata (the shared record and remote_version, in order of its
 * key stable_id, WITHOUT ROWID), lineage, dropped, replicas, sync_metadata (key,
 * value, updated_at: version, commit, store, state, gc).  Gzipped on the store.
 */

/*
 * checkpoint_write - the store's side of the library as it is now into `path`
 * (plain) in one read snapshot.
 */
int checkpoint_write(struct db *db, const char *path);

/* checkpoint_pack, checkpoint_unpack - gzip (RFC 1952, level 9, no name, no
 * time) and back.  `hash` and size: of the packed file.  Unpacking refuses more
 * than `limit` bytes: E_CORRUPT. */
int checkpoint_pack(const char *plain, const char *packed, struct hash *hash,
    int64_t *size_bytes);
int checkpoint_unpack(const char *packed, const char *plain, int64_t limit);

/* A checkpoint open for reading; bytes of a stranger: everything is checked. */
struct checkpoint;
struct checkpoint_head {
	int64_t version;
	const char *commit;
	const char *store;
	struct hash state; /* as it says */
	int64_t gc;
	int64_t gc_first; /* the version that began generation 1; 0: not told */
};
int checkpoint_open(const char *path, struct checkpoint **cp,
    struct checkpoint_head *head);
void checkpoint_close(struct checkpoint *cp);

/* checkpoint_verify - read every record and compare their sum with the state
 * that the file says.  E_CORRUPT. */
int checkpoint_verify(struct checkpoint *cp, int64_t *records);

/* Records in order of stable_id; texts are valid during the call. */
int checkpoint_each(struct checkpoint *cp,
    int (*fn)(void *arg, const struct record *rec, int64_t version), void *arg);
int checkpoint_find(struct checkpoint *cp, struct mem *mem,
    const char *stable_id, struct record *rec, int64_t *version);
int checkpoint_each_lineage(struct checkpoint *cp,
    int (*fn)(void *arg, const struct lineage *l), void *arg);
int checkpoint_each_replica(struct checkpoint *cp,
    int (*fn)(void *arg, const struct replica *r), void *arg);
int checkpoint_each_dropped(struct checkpoint *cp,
    int (*fn)(void *arg, const char *id, const char *file_type,
	int64_t generation, int64_t version, const char *at),
    void *arg);

/*
 * side_reset - in the caller's transaction: forget the store's side of
 * everything (names, replicas, lineage, digest; every row of files has no side
 * any more), before a checkpoint is loaded by record_write and the like.
 */
int side_reset(struct db *db);

/*
 * checkpoint_load - into a library that has no records at all: the fast way, in
 * one transaction: files (pending_download), names, lineage, dropped, replicas,
 * storage_refs, counts, digest.  The digest is computed from the rows, compared
 * with what the file says: E_CORRUPT, and nothing is changed.
 */
int checkpoint_load(struct db *db, struct checkpoint *cp);

#endif

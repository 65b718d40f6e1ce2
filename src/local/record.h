/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_RECORD_H
#define LOCAL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "local/shared.h"

struct db;
struct mem;

/* A record as this replica holds it: one row of files. */
struct held {
	struct record rec;
	int64_t remote_version; /* 0: the store has none */
	const char *local_modified_at;
	const char *sync_status;
	const char *sync_hash;   /* content of the store's side, or NULL */
	const char *sync_reason; /* or NULL */
	int64_t revision;
	const char *parents; /* JSON, or NULL */
};

/* record_find - 1 found (deleted ones too), 0 absent; memory of `mem`. */
int record_find(struct db *db, struct mem *mem, const char *stable_id,
    struct held *held);

/*
 * record_find_id - what a person typed: a stable_id, a content hash, or a
 * unique prefix (4 characters or more) of either; of a hash that several share
 * the newest live one.  `stable_id` is memory of `mem`.  1 found, 0 absent,
 * E_INPUT: several begin so (named in the text).
 */
int record_find_id(struct db *db, struct mem *mem, const char *typed,
    bool want_deleted, char **stable_id);

/*
 * record_each - every record in order of stable_id, in short reads, so that
 * `fn` may write.  `after` (NULL: from the start), `status` (NULL: all), `live`
 * true: no tombstones.  What `fn` receives is valid during the call.
 */
struct record_filter {
	const char *after;
	const char *status;
	bool live;
	const char *doc_id;
};
int record_each(struct db *db, const struct record_filter *filter,
    int (*fn)(void *arg, const struct held *held), void *arg);

/*
 * record_side - the store's side of a record, as last agreed: 1 found (and
 * `version`, may be NULL, the version it is of), 0 the store has none.
 */
int record_side(struct db *db, struct mem *mem, const char *stable_id,
    struct record *side, int64_t *version);

/* A row and the store's side of it. */
struct record_both {
	bool have_row;
	struct held held;
	bool have_side;
	struct record side;
};

/* record_find_both - what there is of either; memory of `mem`. */
int record_find_both(struct db *db, struct mem *mem, const char *stable_id,
    struct record_both *both);

/*
 * record_write - the one place where a row changes.  In one transaction: the
 * row of files; base (a row where the store's side is another than the row);
 * history (the row before, where content, or anything a user set, changes);
 * references of contents; the state digest, `names` and `remote_version` where
 * the store's side changes; the status, where `status` is NULL: derived (live
 * and the store has none: pending_upload; equal to the store's side: synced, or
 * pending_download while its content is wanted and not here; deleted and the
 * store's is live: pending_delete; deleted and the store never had it: synced;
 * else modified).
 */
struct record_write {
	const struct record *row;
	const struct record *side; /* the store's side from now on; NULL: as it
				      was */
	int64_t side_version;      /* with `side`: the commit it is of */
	const char *side_at;       /* with `side`: the commit's time */
	const char *status;        /* NULL: derived */
	const char *reason;        /* sync_reason */
	const char *parents; /* NULL: none, or the store has this content */
	bool by_user; /* a change made here: revision + 1, local_modified_at */
	const char *kind; /* for the history; NULL: none is written */
	const char *user;
	const struct record_both *was; /* found before in the same transaction,
					  and not changed since; NULL: found */
};
int record_write(struct db *db, const struct record_write *w);

/* record_set_status - set status and reason alone (nothing else changes). */
int record_set_status(struct db *db, const char *stable_id, const char *status,
    const char *reason);

/* record_stamp - hybrid logical time: the later of now and `before` plus 1 ms
 * (`before` NULL: now), as text in `out`. */
void record_stamp(const char *before, char out[25]);

/* ---- what users do ------------------------------------------------------ */

/* A file that came in: its content is in the blobs already. */
struct record_new {
	const char *id;
	int64_t file_size;
	const char *file_type;
	const char *filename;    /* original; the base name is taken */
	const char *doc_id;      /* NULL: the content hash, type custom */
	const char *doc_id_type; /* NULL: "custom" */
	const char *variant;
	const char *label;
	const char *doc_collections; /* canonical, or NULL */
	const char *upload_source;   /* for file_metadata: "cli", "api", … */
	bool is_gold;
	bool is_distinct; /* a record of its own, whatever is there already */
	const char *user;
};

/*
 * record_add - make it a record, or find it: the same content of the same
 * document and variant that is there already is left as it is (`was_there`
 * true); a deleted one lives again.  Version is one more than the highest of
 * this document and variant.  The stable_id is derived, salted when it names
 * another identity here.  `stable_id` is memory of `mem`.  E_CONFLICT: the
 * content is no longer in the blobs (put it again).
 */
int record_add(struct db *db, struct mem *mem, const struct record_new *n,
    char **stable_id, bool *was_there);

/* record_add_id - which record that would be: 1 there is one (it may be
 * deleted), 0 none yet. */
int record_add_id(struct db *db, struct mem *mem, const struct record_new *n,
    char **stable_id);

/*
 * record_next_version - the version that record_add would give to a new record
 * of this document, file_type and variant (or NULL).
 */
int record_next_version(struct db *db, const char *doc_id,
    const char *file_type, const char *variant, int64_t *version);

/*
 * record_save - a new content for a live record.  `if_id` (may be NULL): the
 * content that it must have now: E_CONFLICT.  E_ABSENT, E_DENIED (conflict
 * open: resolve it first).  Equal content changes nothing.
 */
int record_save(struct db *db, const char *stable_id, const char *id,
    int64_t file_size, const char *if_id, const char *user);

/* Metadata to set; NULL leaves as it is. */
struct record_set {
	const char *label; /* "" : none */
	const char *doc_collections;
	const char *doc_metadata;
	const char *file_metadata;
	int is_gold; /* -1 as it is, 0, 1 */
};
int record_set(struct db *db, const char *stable_id,
    const struct record_set *set, const char *user);

/*
 * record_delete - it becomes a tombstone; its content stays in the history (the
 * trash) until the retention is over.  Deleted ones are left alone.
 */
int record_delete(struct db *db, const char *stable_id, const char *user);

/*
 * record_restore - as it was before a change: `seq` of history_each, or 0: what
 * a deleted record was when it was deleted.  E_ABSENT: no such past, or its
 * content is gone.
 */
int record_restore(struct db *db, const char *stable_id, int64_t seq,
    const char *user);

/* history_each - newest first. */
struct past {
	int64_t seq;
	const char *at;
	const char *kind;
	const char *user;
	struct record rec;
};
int history_each(struct db *db, const char *stable_id,
    int (*fn)(void *arg, const struct past *past), void *arg);

/* history_find - one of them by `seq`, or the newest (0): 1 found, 0 absent. */
int history_find(struct db *db, struct mem *mem, const char *stable_id,
    int64_t seq, struct record *rec);

/*
 * history_trash - deleted records, each as it was when it was deleted, the one
 * that was deleted last first; those behind `before` (a `seq`; 0: all).
 */
int history_trash(struct db *db, int64_t before,
    int (*fn)(void *arg, const struct past *past), void *arg);

/*
 * history_has_content - is this content one that the record has, had, or is
 * offered by a conflict?  1, and its file_type in memory of `mem`; 0: it is
 * none of its own.
 */
int history_has_content(struct db *db, struct mem *mem, const char *stable_id,
    const char *id, char **file_type);

/*
 * history_prune - forget what was replaced before `before` (a time text) and is
 * not newer than the row `up_to` (day_ago tells one).  Contents that nobody
 * holds any more are then gone with blob_collect.
 */
int history_prune(struct db *db, const char *before, int64_t up_to, int64_t *n);

/* lineage_each - published versions of a record, oldest first. */
struct lineage {
	const char *stable_id;
	int64_t version;
	const char *id;
	bool deleted;
	const char *parents; /* JSON */
	const char *replica;
	const char *user;
	const char *at;
};
int lineage_put(struct db *db, const struct lineage *l);
int lineage_each(struct db *db, const char *stable_id,
    int (*fn)(void *arg, const struct lineage *l), void *arg);

/* ---- numbers ------------------------------------------------------------- */

struct record_counts {
	int64_t live;
	int64_t deleted;
	int64_t to_send; /* modified, pending_upload, pending_delete */
	int64_t pending_delete;
	int64_t pending_download;
	int64_t unwanted; /* of these: not kept here, by choice */
	int64_t conflicts;
};
/* record_counts - from the counters that triggers keep: the same time at a
 * thousand and at a million records. */
int record_counts(struct db *db, struct record_counts *counts);

/*
 * record_check - compute everything again that record_write keeps, from one
 * snapshot: each row and its store's side are well-formed and fit their status,
 * base rows stand where they must and nowhere else, the digest, the counts, the
 * names and what they are referenced by.  `fn` is told each fault in a sentence
 * (and must not write); non-zero from it stops.  Answers 0 also where there are
 * faults.  Memory is flat.  References of contents are blob_check's.
 */
int record_check(struct db *db, int (*fn)(void *arg, const char *fault),
    void *arg);

#endif

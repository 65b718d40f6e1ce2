/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_RESOLVE_H
#define SYNC_RESOLVE_H

#include <stdint.h>

struct blobs;
struct db;
struct mem;

enum resolution {
	RESOLVE_LOCAL,  /* local_wins */
	RESOLVE_REMOTE, /* remote_wins */
	RESOLVE_BOTH,   /* keep_both */
	RESOLVE_MERGE
};

/* resolution_parse - "local", "local_wins", "remote", "remote_wins", "both",
 * "keep_both", "merge".  E_INPUT. */
int resolution_parse(const char *text, enum resolution *resolution);

/*
 * resolve_conflict - settle a conflict as DESIGN.md's table says; published by
 * the next sync, with both sides as parents.  Nothing is lost: the side that
 * gives way stays in the history.
 *
 *   variant   of the new record (RESOLVE_BOTH)
 *   merge_id  a given merge whose content is in the blobs, and its size; NULL:
 *             the proposed one (RESOLVE_MERGE)
 *   new_id    receives the stable_id of the new record, or NULL; memory of `mem`
 *
 * E_ABSENT: no such conflict.  E_INPUT: a variant is needed, or that resolution
 * is refused for this kind.  E_CONFLICT: there is no merge to take.  E_EXISTS:
 * that variant is there already.
 */
int resolve_conflict(struct db *db, struct mem *mem, const char *stable_id,
    enum resolution resolution, const char *variant, const char *merge_id,
    int64_t merge_size, const char *user, char **new_id);

/*
 * resolve_undo - take a decision back that no sync has published: everything is
 * as it was, and in conflict again.
 *
 *   work_dir  as in sync_options; no sync may run meanwhile: E_BUSY
 *
 * E_ABSENT: there is no such decision.  E_CONFLICT: a record of it was changed
 * since.
 */
int resolve_undo(struct db *db, const char *work_dir, const char *stable_id,
    const char *user);

/*
 * resolve_propose - try the text merge of each open conflict of TEI that has
 * not been tried and whose three contents are here.
 */
int resolve_propose(struct db *db, struct blobs *blobs);

#endif

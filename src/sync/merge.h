/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_MERGE_H
#define SYNC_MERGE_H

#include "local/shared.h"

struct mem;

/*
 * merge_records - three-way merge of the fields of two live records, pure.
 *
 *   base    what both came from; NULL: none (then what either says is in, and
 *           where they say different things, the later one)
 *   out     texts are memory of `mem` or belong to the arguments
 *
 * Fields changed on one side are taken.  doc_collections as a set: what either
 * put in is in, what either took out is out.  doc_metadata, file_metadata and
 * extra key by key.  Where the two together are longer than a record may be, the
 * later side's column stands.  The same scalar changed on both: the later hybrid
 * time (updated_at) wins; at equal times the greater text, so that both replicas
 * decide alike.  The content (id, generation, file_size, mime_type) goes
 * together: the one that changed; where both did, ours (whoever calls has made
 * sure that they are the same, or notes a conflict).  Birth (created_at,
 * created_by): theirs.  updated_at: the later.  Never a value that neither
 * side nor the base has.  E_INPUT: a JSON column is not what it should be.
 */
int merge_records(struct mem *mem, const struct record *base,
    const struct record *ours, const struct record *theirs, struct record *out);

#endif

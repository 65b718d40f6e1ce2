/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_NAME_H
#define SYNC_NAME_H

#include <stdint.h>

#include "base/hash.h"

struct mem;

/* Names of objects on the store, below its root; memory of `mem`. */

/* "commits/00000000/000000000042-<id>.jsonl" */
char *name_commit(struct mem *mem, int64_t version, const struct hash *id);

/* "commits/00000000": where that version's commit lies. */
char *name_commit_dir(struct mem *mem, int64_t version);

/* "checkpoints/000000000042-<sha256>.db.gz" */
char *name_checkpoint(struct mem *mem, int64_t version,
    const struct hash *hash);

/* "ab/ab12….pdf", "ab/ab12….7.tei.xml": the generation unless it is 0. */
char *name_content(struct mem *mem, const char *id, const char *file_type,
    int64_t generation);

#endif

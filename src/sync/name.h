/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_NAME_H
#define SYNC_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"

struct mem;

#define COMMITS_PER_DIR 10000

/* Names of objects on the store, below its root; memory of `mem`. */

/* "commits/00000000/000000000042-<id>.jsonl" */
char *name_commit(struct mem *mem, int64_t version, const struct hash *id);

/* "commits/00000000": where that version's commit lies; and the folder of that
 * number. */
char *name_commit_dir(struct mem *mem, int64_t version);
char *name_commit_folder(struct mem *mem, int64_t folder);

/* "checkpoints/000000000042-<sha256>.db.gz" */
char *name_checkpoint(struct mem *mem, int64_t version,
    const struct hash *hash);

/* "head/000000000042-<commit id>" */
struct remote_head;
char *name_head(struct mem *mem, const struct remote_head *head);

/* name_content_parse - is `name`, in the folder of two hex digits `dir` (NULL: in
 * any), exactly such a name?  Then what it names; `file_type` is a constant. */
bool name_content_parse(const char *dir, const char *name,
    char id[HASH_HEX_SIZE], const char **file_type, int64_t *generation);

/*
 * name_version_parse - is `name` "<version>-<hash><ext>", as those of commits
 * (".jsonl") and checkpoints (".db.gz") are?
 */
bool name_version_parse(const char *name, const char *ext, int64_t *version,
    char hash[HASH_HEX_SIZE]);

/* name_is_upload - "up-<32 hex digits>": something on its way. */
bool name_is_upload(const char *name);

/* "ab/ab12….pdf", "ab/ab12….7.tei.xml": the generation unless it is 0. */
char *name_content(struct mem *mem, const char *id, const char *file_type,
    int64_t generation);

#endif

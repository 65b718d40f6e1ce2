/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/name.h"

#include <inttypes.h>

#include "base/mem.h"
#include "local/shared.h"

#define COMMITS_PER_DIR 10000

char *
name_commit_dir(struct mem *mem, int64_t version)
{
	return mem_printf(mem, "commits/%08" PRId64, version / COMMITS_PER_DIR);
}

char *
name_commit(struct mem *mem, int64_t version, const struct hash *id)
{
	char hex[HASH_HEX_SIZE];

	return mem_printf(mem, "%s/%012" PRId64 "-%s.jsonl",
	    name_commit_dir(mem, version), version, hash_hex(id, hex));
}

char *
name_checkpoint(struct mem *mem, int64_t version, const struct hash *hash)
{
	char hex[HASH_HEX_SIZE];

	return mem_printf(mem, "checkpoints/%012" PRId64 "-%s.db.gz", version,
	    hash_hex(hash, hex));
}

char *
name_content(struct mem *mem, const char *id, const char *file_type,
    int64_t generation)
{
	const char *ext = shared_ext(file_type);

	if (generation == 0)
		return mem_printf(mem, "%.2s/%s.%s", id, id, ext);
	return mem_printf(mem, "%.2s/%s.%" PRId64 ".%s", id, id, generation,
	    ext);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/mem.h"
#include "base/str.h"
#include "fuzz/scratch.h"
#include "local/shared.h"
#include "remote/remote_ops.h"
#include "sync/name.h"

#include <string.h>

/*
 * Names from a listing of the store: of the head, commits, checkpoints,
 * contents, uploads.  What is taken for one is exactly the name that we would
 * give, and no path leads out of the store.
 */

static void
no_way_out(const char *path)
{
	must(path[0] != '/' && strstr(path, "..") == NULL &&
	    strlen(path) <= 120);
}

static void
try_versions(struct mem *mem, const char *name)
{
	char hex[HASH_HEX_SIZE];
	struct hash hash;
	int64_t version;
	const char *path;

	if (name_version_parse(name, ".jsonl", &version, hex)) {
		must(hash_parse(hex, &hash) == 0 && version >= 0);
		path = name_commit(mem, version, &hash);
		no_way_out(path);
		must(strcmp(strrchr(path, '/') + 1, name) == 0);
	}
	if (name_version_parse(name, ".db.gz", &version, hex)) {
		must(hash_parse(hex, &hash) == 0 && version >= 0);
		path = name_checkpoint(mem, version, &hash);
		no_way_out(path);
		must(strcmp(strrchr(path, '/') + 1, name) == 0);
	}
}

static void
try_head(const char *name)
{
	char again[HEAD_NAME_SIZE];
	struct remote_head head;

	if (!head_of_name(name, &head))
		return;
	must(head.version >= 0);
	must(strcmp(head_name(&head, again), name) == 0);
	no_way_out(name);
}

static void
try_content(struct mem *mem, const char *dir, const char *name)
{
	char id[HASH_HEX_SIZE];
	const char *file_type, *path;
	int64_t generation;

	if (!name_content_parse(dir, name, id, &file_type, &generation))
		return;
	must(str_is_hex(id, 64) && shared_ext(file_type) != NULL);
	must(generation >= 0);
	path = name_content(mem, id, file_type, generation);
	no_way_out(path);
	must(strncmp(path, dir, 2) == 0 && strcmp(path + 3, name) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mem *mem = mem_new();
	char *text = mem_strndup(mem, (const char *)data, size);
	char dir[3] = "";

	memcpy(dir, text, strlen(text) < 2 ? strlen(text) : 2);
	try_versions(mem, text);
	try_head(text);
	try_content(mem, dir, text);
	if (strlen(text) > 2)
		try_content(mem, dir, text + 2);
	if (name_is_upload(text))
		no_way_out(text);
	mem_free(mem);
	return 0;
}

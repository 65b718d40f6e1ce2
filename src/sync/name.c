/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/name.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "local/shared.h"
#include "remote/remote.h"

char *
name_commit_dir(struct mem *mem, int64_t version)
{
	return name_commit_folder(mem, version / COMMITS_PER_DIR);
}

char *
name_commit_folder(struct mem *mem, int64_t folder)
{
	return mem_printf(mem, "commits/%08" PRId64, folder);
}

char *
name_commit(struct mem *mem, int64_t version, const struct hash *id)
{
	char hex[HASH_HEX_SIZE];

	return mem_printf(mem, "%s/%012" PRId64 "-%s.jsonl",
	    name_commit_dir(mem, version), version, hash_hex(id, hex));
}

char *
name_head(struct mem *mem, const struct remote_head *head)
{
	char hex[HASH_HEX_SIZE];

	return mem_printf(mem, "head/%012" PRId64 "-%s", head->version,
	    hash_hex(&head->commit, hex));
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

/* ---- reading ------------------------------------------------------------- */

#define HEX_LENGTH (HASH_HEX_SIZE - 1)
#define VERSION_LENGTH 12
#define UPLOAD_DIGITS 32

/* The hash that a name begins with: the rest of it, or NULL. */
static const char *
take_hash(const char *name, char hash[HASH_HEX_SIZE])
{
	if (strnlen(name, HEX_LENGTH) < HEX_LENGTH)
		return NULL;
	memcpy(hash, name, HEX_LENGTH);
	hash[HEX_LENGTH] = '\0';
	return str_is_hex(hash, HEX_LENGTH) ? name + HEX_LENGTH : NULL;
}

static const char *
type_of(const char *ext)
{
	static const char *const types[] = { "pdf", "tei", "rng" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(shared_ext(types[i]), ext) == 0)
			return types[i];
	return NULL;
}

/* ".7.pdf": as it would be written, without a zero in front. */
static const char *
take_generation(const char *rest, int64_t *generation)
{
	char digits[20];
	size_t n = strspn(rest, "0123456789");

	*generation = 0;
	if (n == 0)
		return rest;
	if (n >= sizeof(digits) || rest[0] == '0' || rest[n] != '.')
		return "";
	memcpy(digits, rest, n);
	digits[n] = '\0';
	return str_int64(digits, generation) == 0 ? rest + n + 1 : "";
}

bool
name_content_parse(const char *dir, const char *name, char id[HASH_HEX_SIZE],
    const char **file_type, int64_t *generation)
{
	const char *rest = take_hash(name, id);

	if (rest == NULL || rest[0] != '.' ||
	    (dir != NULL && strncmp(dir, name, 2) != 0))
		return false;
	*file_type = type_of(take_generation(rest + 1, generation));
	return *file_type != NULL;
}

bool
name_version_parse(const char *name, const char *ext, int64_t *version,
    char hash[HASH_HEX_SIZE])
{
	char digits[VERSION_LENGTH + 1];
	const char *rest;

	if (strspn(name, "0123456789") != VERSION_LENGTH ||
	    name[VERSION_LENGTH] != '-')
		return false;
	memcpy(digits, name, VERSION_LENGTH);
	digits[VERSION_LENGTH] = '\0';
	*version = 0;
	for (const char *d = digits; *d != '\0'; d++)
		*version = *version * 10 + (*d - '0');
	rest = take_hash(name + VERSION_LENGTH + 1, hash);
	return rest != NULL && strcmp(rest, ext) == 0;
}

bool
name_is_upload(const char *name)
{
	return strncmp(name, "up-", 3) == 0 &&
	    str_is_hex(name + 3, UPLOAD_DIGITS);
}

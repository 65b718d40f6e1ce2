/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/blob_stray.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "local/shared.h"
#include "local/side.h"

struct stray {
	struct db *db;
	struct mem *mem; /* of one name */
	int (*fn)(void *arg, const char *sentence);
	void *arg;
};

/* The file_type of "<64 digits>.<ext>"; NULL: it is no such name. */
static const char *
type_of(const char *name)
{
	static const char *const types[] = { "pdf", "tei", "rng" };

	if (strlen(name) < 66 || name[64] != '.')
		return NULL;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(name + 65, shared_ext(types[i])) == 0)
			return types[i];
	return NULL;
}

/* 1: something here refers to it, or did not long ago. */
static int
is_known(struct stray *s, const char *name, const char *type)
{
	char *id = mem_strndup(s->mem, name, 64);
	int64_t size;
	int rc;

	if (!str_is_hex(id, 64))
		return 0;
	rc = content_size(s->db, id, type, &size);
	return rc == E_ABSENT ? 0 : rc < 0 ? rc : 1;
}

static int
see(struct stray *s, const char *dir, const char *name)
{
	const char *type = type_of(name);
	int rc;

	mem_reset(s->mem);
	if (name[0] == '.' && (name[1] == '\0' || strcmp(name, "..") == 0))
		return 0;
	rc = type == NULL ? 0 : is_known(s, name, type);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return s->fn(s->arg,
	    mem_printf(s->mem, "%.2s/%s: %s", dir, name,
		type != NULL
		    ? "nothing refers to it; it goes by itself after a day"
		    : "not a name of a content"));
}

static int
look_into(struct stray *s, const char *path, const char *dir)
{
	struct dirent *entry;
	DIR *folder = opendir(path);
	int rc = 0;

	if (folder == NULL)
		return errno == ENOENT
		    ? 0
		    : err_set(E_IO, "%s: %s", path, strerror(errno));
	while (rc == 0 && (entry = readdir(folder)) != NULL)
		rc = see(s, dir, entry->d_name);
	closedir(folder);
	return rc;
}

int
blob_each_stray(const char *root, struct db *db,
    int (*fn)(void *arg, const char *sentence), void *arg)
{
	static const char digits[] = "0123456789abcdef";
	struct stray s = { db, mem_new(), fn, arg };
	struct mem *mem = mem_new();
	char dir[3] = "";
	int rc = 0;

	for (int i = 0; rc == 0 && i < 256; i++) {
		dir[0] = digits[i / 16];
		dir[1] = digits[i % 16];
		mem_reset(mem);
		rc = look_into(&s, path_join(mem, root, dir), dir);
	}
	mem_free(mem);
	mem_free(s.mem);
	return rc;
}

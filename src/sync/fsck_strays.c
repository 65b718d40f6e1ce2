/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/meta.h"
#include "sync/chain.h"
#include "sync/fsck_parts.h"
#include "sync/listing.h"
#include "sync/move.h"
#include "sync/name.h"

#define GC "\"stemma gc --store\" removes it when its time has come"

/* A folder, while its names are looked at. */
struct folder {
	struct fsck *k;
	const char *dir;
	const char *(
	    *why)(struct folder *f, const struct listed *file, int *rc);
};

static int
stray(struct fsck *k, const char *dir, const char *name, const char *why)
{
	return fsck_tell(k, FSCK_STRAY, "%s%s%s: %s", dir,
	    *dir != '\0' ? "/" : "", name, why);
}

static int
see_page(void *arg, const struct listed *page, int n)
{
	struct folder *f = arg;
	const char *why;
	int rc = 0;

	for (int i = 0; rc == 0 && i < n; i++) {
		mem_reset(f->k->s->step);
		why = f->why(f, &page[i], &rc);
		if (rc == 0 && why != NULL)
			rc = stray(f->k, f->dir, page[i].name, why);
	}
	return rc;
}

static int
look_into(struct fsck *k, const char *dir,
    const char *(*why)(struct folder *f, const struct listed *file, int *rc))
{
	struct folder f = { k, dir, why };

	return listing_each(k->s, dir, see_page, &f);
}

/* ---- contents ------------------------------------------------------------------- */

static const char *
why_unnamed(const struct fsck *k, int64_t generation)
{
	if (generation == k->s->last.gc && generation > 0)
		return "on its way, or of an upload that came to nothing; " GC;
	if (generation > 0)
		return "nothing can name it any more; " GC;
	return "no record has it: an older program put it there (\"stemma "
	       "init --adopt\" takes it in), or it is on its way";
}

/* Markers of older software are left alone and mean nothing any more. */
static const char *
content_why(struct folder *f, const struct listed *file, int *rc)
{
	char id[HASH_HEX_SIZE];
	const char *type;
	int64_t generation;

	if (name_is_upload(file->name))
		return "on its way, or left behind; " GC;
	if (str_ends(file->name, ".deleted"))
		return NULL;
	if (file->is_dir ||
	    !name_content_parse(f->dir, file->name, id, &type, &generation))
		return "not a name of a content";
	*rc = name_is_named(f->k->s->db, id, type, generation);
	if (*rc != 0) {
		*rc = *rc > 0 ? 0 : *rc;
		return NULL;
	}
	return why_unnamed(f->k, generation);
}

/* ---- commits and checkpoints ---------------------------------------------------- */

/* What this library passed, or has at hand from the walk. */
static int
is_of_chain(struct fsck *k, int64_t version, const char *hex)
{
	struct hash id;
	char *passed;
	int rc = passed_find(k->s->db, k->s->step, version, &passed);

	if (rc != 0)
		return rc < 0 ? rc : strcmp(passed, hex) == 0;
	return hash_parse(hex, &id) == 0 && chain_have(k->s, version, &id);
}

static const char *
commit_why(struct folder *f, const struct listed *file, int *rc)
{
	struct fsck *k = f->k;
	char hex[HASH_HEX_SIZE];
	int64_t version;

	if (name_is_upload(file->name))
		return "on its way, or left behind; " GC;
	if (file->is_dir ||
	    !name_version_parse(file->name, ".jsonl", &version, hex))
		return "not a name of a commit";
	if (version > k->head.version)
		return "not in the chain (yet): somebody publishes, or began to";
	if (version < k->lowest)
		return NULL; /* below the floor it goes by itself */
	if (!k->is_chain_whole)
		return NULL;
	*rc = is_of_chain(k, version, hex);
	if (*rc != 0) {
		*rc = *rc > 0 ? 0 : *rc;
		return NULL;
	}
	return "it lost a race for its version; " GC;
}

static const char *
checkpoint_why(struct folder *f, const struct listed *file, int *rc)
{
	struct fsck *k = f->k;
	char hex[HASH_HEX_SIZE];
	struct hash hash;
	int64_t version;

	(void)rc;
	if (name_is_upload(file->name))
		return "on its way, or left behind; " GC;
	if (file->is_dir ||
	    !name_version_parse(file->name, ".db.gz", &version, hex) ||
	    hash_parse(hex, &hash) != 0)
		return "not a name of a checkpoint";
	if (version < k->lowest || !k->is_chain_whole)
		return NULL;
	for (int i = 0; i < k->checkpoints_n; i++)
		if (hash_eq(&k->checkpoints[i], &hash))
			return NULL;
	return "no commit names it (yet); " GC;
}

/* Of the chain, and of what may come next. */
static int
commit_folders(struct fsck *k)
{
	int rc = 0;

	for (int64_t v = k->lowest / COMMITS_PER_DIR * COMMITS_PER_DIR;
	     rc == 0 && v <= k->head.version + 1; v += COMMITS_PER_DIR)
		rc = look_into(k, name_commit_dir(k->s->mem, v), commit_why);
	return rc;
}

/* ---- the root ------------------------------------------------------------------- */

static const char *
root_why(struct folder *f, const struct listed *file, int *rc)
{
	static const char *const ours[] = { "head", "commits", "checkpoints",
		"locks", "version.txt", "metadata.db" };
	const char *name = file->name;

	(void)f;
	(void)rc;
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (strcmp(name, ours[i]) == 0)
			return NULL;
	if (file->is_dir && str_is_hex(name, 2))
		return NULL;
	if (name_is_upload(name))
		return "on its way, or left behind; " GC;
	if (str_starts(name, ".stemma-probe-"))
		return "left behind by a probe that was killed";
	if (str_starts(name, "head.new-"))
		return "left behind by a store that was being made";
	if (strcmp(name, "version.txt.lock") == 0)
		return "an older program writes here, or died while it did";
	if (strcmp(name, MOVE_MARKER) == 0)
		return "a store is being moved to this place";
	return "not of the store";
}

int
fsck_strays(struct fsck *k)
{
	char name[3];
	int rc;

	if ((rc = look_into(k, "", root_why)) != 0 ||
	    (rc = look_into(k, "checkpoints", checkpoint_why)) != 0 ||
	    (rc = commit_folders(k)) != 0)
		return rc;
	for (int i = 0; rc == 0 && i < 256; i++)
		rc = look_into(k, listing_folder(i, name), content_why);
	return rc;
}

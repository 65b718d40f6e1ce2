/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/compact.h"

#include <string.h>

#include "base/mem.h"
#include "local/day.h"
#include "local/db.h"
#include "local/meta.h"
#include "sync/name.h"

int
compact_floor(struct sync *s, int64_t newest, int64_t *floor)
{
	int64_t then, found;
	int rc;

	*floor = 0;
	if ((rc = day_version(s->db, COMPACT_DAYS, &then)) != 1)
		return rc;
	rc = checkpoint_newest(s->db, then < newest ? then + 1 : newest,
	    &found);
	if (rc == 1 && found > s->last.floor && found < newest)
		*floor = found;
	return rc < 0 ? rc : 0;
}

/* ---- what lies below ------------------------------------------------------------- */

/* A folder of objects with versions. */
struct level {
	struct garbage *g;
	const char *dir;
	int64_t below; /* the floor before this one: nobody walks there */
};

static int
level_init(struct level *l, struct garbage *g, const char *dir)
{
	l->g = g;
	l->dir = dir;
	return meta_int(g->s->db, "floor_before", &l->below);
}

static int
see_checkpoint(void *arg, const struct remote_entry *entry)
{
	struct level *l = arg;
	char hash[HASH_HEX_SIZE];
	int64_t version;

	if (entry->is_dir)
		return 0;
	if (name_is_upload(entry->name))
		return garbage_see_upload(l->g, l->dir, entry);
	if (!name_version_parse(entry->name, ".db.gz", &version, hash) ||
	    version >= l->below)
		return 0;
	return garbage_add(l->g, l->dir, entry->name, entry->size_bytes,
	    "two floors back", &l->g->sum->checkpoints);
}

int
compact_checkpoints(struct garbage *g)
{
	struct level l;
	int rc = level_init(&l, g, "checkpoints");

	return rc != 0 ? rc : garbage_sweep(g, l.dir, see_checkpoint, &l);
}

/* 1: the chain has another commit of this version, so this one's turn is over:
 * the head that it was to follow was renamed away for good. */
static int
has_lost(struct level *l, int64_t version, const char *hash)
{
	struct sync *s = l->g->s;
	char *known;
	int rc;

	if (version > s->last.version)
		return 0;
	mem_reset(s->step);
	rc = passed_find(s->db, s->step, version, &known);
	return rc == 1 ? strcmp(known, hash) != 0 : rc;
}

static int
see_commit(void *arg, const struct remote_entry *entry)
{
	struct level *l = arg;
	struct garbage *g = l->g;
	char hash[HASH_HEX_SIZE];
	int64_t version;
	int rc;

	if (entry->is_dir)
		return 0;
	if (name_is_upload(entry->name))
		return garbage_see_upload(g, l->dir, entry);
	if (!name_version_parse(entry->name, ".jsonl", &version, hash))
		return 0;
	if (version < l->below)
		return garbage_add(g, l->dir, entry->name, entry->size_bytes,
		    "two floors back", &g->sum->commits);
	if ((rc = has_lost(l, version, hash)) != 1)
		return rc;
	return garbage_add(g, l->dir, entry->name, entry->size_bytes,
	    "it lost a race, and is in no chain", &g->sum->commits);
}

int
compact_commits(struct garbage *g, int64_t folder)
{
	struct mem *mem = mem_new();
	struct level l;
	int rc = level_init(&l, g, name_commit_folder(mem, folder));

	if (rc == 0)
		rc = garbage_sweep(g, l.dir, see_commit, &l);
	mem_free(mem);
	return rc;
}

static int
see_root(void *arg, const struct remote_entry *entry)
{
	struct level *l = arg;

	if (entry->is_dir || !name_is_upload(entry->name))
		return 0;
	return garbage_see_upload(l->g, l->dir, entry);
}

int
compact_root(struct garbage *g)
{
	struct level l = { g, "", 0 };

	return garbage_sweep(g, l.dir, see_root, &l);
}

/* ---- which folders ----------------------------------------------------------------- */

int
compact_folders(struct sync *s, int64_t *first, int64_t *last)
{
	*last = s->last.version / COMMITS_PER_DIR;
	return meta_int(s->db, "gc_commits", first);
}

int
compact_done(struct sync *s)
{
	int64_t below;
	int rc;

	if ((rc = meta_int(s->db, "floor_before", &below)) != 0)
		return rc;
	return meta_put_int(s->db, "gc_commits", below / COMMITS_PER_DIR);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/collect.h"

#include <stdio.h>

#include "local/day.h"
#include "local/db.h"
#include "local/meta.h"
#include "sync/name.h"

#define VERSIONS_KEPT 1000 /* of what was let go, at least */

int
collect_over(struct sync *s, int64_t *version)
{
	int64_t then, most = s->last.version - VERSIONS_KEPT;
	int rc;

	*version = 0;
	if (s->opt->retention_days <= 0 || most <= 0)
		return 0;
	rc = day_version(s->db, s->opt->retention_days, &then);
	if (rc != 1)
		return rc;
	*version = then + 1 < most ? then + 1 : most;
	return 0;
}

/* A name in a listing. */
struct seen {
	struct garbage *g;
	const char *dir;
	char id[HASH_HEX_SIZE];
	const char *file_type;
	int64_t generation;
};

/* Of the state, or as good as forgotten while one only looks. */
static int
is_named(struct seen *n)
{
	struct db *db = n->g->s->db;
	int64_t refs, dropped;
	int rc;

	rc = name_look(db, n->id, n->file_type, n->generation, &refs, &dropped);
	if (rc == 1 && n->g->is_looking && refs == 0)
		return dropped >= n->g->over;
	if (rc != 0)
		return rc;
	return name_in_files(db, n->id, n->file_type, n->generation);
}

/* Ours, or of somebody who is about to name it. */
static int
is_on_its_way(struct seen *n)
{
	return upload_find(n->g->s->db, n->id, n->file_type, n->generation);
}

/* Without a generation it may be older software's: unless a commit named it
 * while there were no others. */
static int
was_stemmas(struct seen *n)
{
	int64_t first;
	int rc;

	if (n->generation > 0)
		return 1;
	if ((rc = meta_int(n->g->s->db, "gc_first", &first)) != 0)
		return rc;
	return name_was_once(n->g->s->db, n->id, n->file_type, first);
}

/* While one looks, what a new generation would make garbage is told, too. */
static int
judge_present(struct seen *n, const struct remote_entry *entry)
{
	struct garbage *g = n->g;
	int64_t refs, dropped;
	int rc;

	if ((rc = is_on_its_way(n)) != 0)
		return rc < 0 ? rc : 0;
	rc = name_look(g->s->db, n->id, n->file_type, n->generation, &refs,
	    &dropped);
	if (rc < 0 || (rc == 0 && n->generation == 0))
		return rc;
	g->waiting += rc == 0;
	if (!g->is_looking)
		return 0;
	return garbage_add(g, n->dir, entry->name, entry->size_bytes,
	    rc == 1 ? "let go, and its time is over" : "no commit names it",
	    &g->sum->store_contents);
}

static int
judge(struct seen *n, const struct remote_entry *entry)
{
	struct garbage *g = n->g;
	int rc;

	if (n->generation > g->s->last.gc || (rc = is_named(n)) == 1)
		return 0;
	if (rc < 0)
		return rc;
	if (n->generation == g->s->last.gc)
		return judge_present(n, entry);
	if ((rc = was_stemmas(n)) < 0)
		return rc;
	if (rc == 0) {
		g->sum->unknown++;
		return 0;
	}
	return garbage_add(g, n->dir, entry->name, entry->size_bytes,
	    "no commit names it, nor can", &g->sum->store_contents);
}

static int
see(void *arg, const struct remote_entry *entry)
{
	struct seen *n = arg;

	if (entry->is_dir)
		return 0;
	if (name_is_upload(entry->name))
		return garbage_see_upload(n->g, n->dir, entry);
	if (!name_content_parse(n->dir, entry->name, n->id, &n->file_type,
		&n->generation))
		return 0;
	return judge(n, entry);
}

int
collect_folder(struct garbage *g, int folder)
{
	char dir[3];
	struct seen n = { .g = g, .dir = dir };

	snprintf(dir, sizeof(dir), "%02x", (unsigned)folder & 0xff);
	return garbage_sweep(g, dir, see, &n);
}

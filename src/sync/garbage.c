/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/garbage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "local/litter.h"
#include "sync/chain.h"
#include "sync/name.h"

#define LIST_MAX 1000  /* names at a time */
#define FAILED_MAX 10  /* names that cannot be removed, and are passed over */
#define LOOK_EVERY 100 /* removals */
#define SWEEPS_MAX \
	1000 /* of one folder: a store that does not remove ends it */
#define PATH_MAX_BYTES 128

struct garbage_item {
	char path[PATH_MAX_BYTES];
	int64_t size_bytes;
	const char *why; /* static */
	int64_t *count;
	bool is_litter;
};

void
garbage_init(struct garbage *g, struct sync *s, struct sync_gc_summary *sum)
{
	memset(g, 0, sizeof(*g));
	g->s = s;
	g->sum = sum;
	g->items = xmalloc(LIST_MAX * sizeof(*g->items));
}

void
garbage_head(struct garbage *g)
{
	g->seen.version = g->s->last.version;
	g->seen.commit = g->s->last_id;
}

void
garbage_release(struct garbage *g)
{
	free(g->items);
}

/* ---- the list ------------------------------------------------------------------ */

static int
tell(struct garbage *g, const struct garbage_item *item)
{
	struct sync_garbage told = { "store", item->path, item->size_bytes,
		item->why };

	if (item->count != NULL)
		(*item->count)++;
	g->sum->store_files++;
	if (item->size_bytes > 0)
		g->sum->store_bytes += item->size_bytes;
	return g->told != NULL ? g->told(g->arg, &told) : 0;
}

/* Who only looks needs no list. */
static int
add(struct garbage *g, const struct garbage_item *item)
{
	if (g->is_looking)
		return tell(g, item);
	g->items[g->n++] = *item;
	return g->n == LIST_MAX;
}

static void
item_make(struct garbage_item *item, const char *dir, const char *name,
    int64_t size_bytes)
{
	memset(item, 0, sizeof(*item));
	snprintf(item->path, sizeof(item->path), "%s%s%s", dir,
	    dir[0] != '\0' ? "/" : "", name);
	item->size_bytes = size_bytes;
}

int
garbage_add(struct garbage *g, const char *dir, const char *name,
    int64_t size_bytes, const char *why, int64_t *count)
{
	struct garbage_item item;

	item_make(&item, dir, name, size_bytes);
	item.why = why;
	item.count = count;
	return add(g, &item);
}

int
garbage_see_upload(struct garbage *g, const char *dir,
    const struct remote_entry *entry)
{
	struct garbage_item item;
	int rc;

	item_make(&item, dir, entry->name, entry->size_bytes);
	item.why = "an upload that came to nothing";
	item.count = &g->sum->litter;
	item.is_litter = true;
	rc = litter_see(g->s->db, item.path, item.size_bytes, g->is_looking);
	if (rc == 0)
		g->sum->waiting++;
	return rc == 1 ? add(g, &item) : rc;
}

/* ---- removing -------------------------------------------------------------------- */

/* What may be removed may be removed under every head that comes from the one
 * that was seen: under another history, nothing is known. */
static int
look_at_head(struct garbage *g)
{
	struct remote_head head;
	struct hash arrival;
	int rc;

	if ((rc = chain_head(g->s, &head)) != 0 ||
	    (head.version == g->seen.version &&
		hash_eq(&head.commit, &g->seen.commit)))
		return rc;
	if (head.version <= g->seen.version)
		return chain_other_history(g->s, &head);
	rc = chain_fetch(g->s, &head, g->seen.version, &arrival);
	run_phase(g->s, SYNC_TIDY, 0, 0);
	if (rc == E_ABSENT)
		return err_set(E_CONFLICT,
		    "the store went on by so much that what is garbage must "
		    "be found anew: run it again");
	if (rc != 0)
		return rc;
	if (!hash_eq(&arrival, &g->seen.commit))
		return chain_other_history(g->s, &head);
	g->seen = head;
	return 0;
}

/* One file that a server holds on to must not keep all others there. */
static int
pass_over(struct garbage *g, const struct garbage_item *item, int rc)
{
	if (rc != E_DENIED && rc != E_REMOTE)
		return rc;
	run_fail(g->s, item->path, err_text());
	return ++g->failed > FAILED_MAX ? rc : 0;
}

static int
remove_item(struct garbage *g, const struct garbage_item *item)
{
	int rc;

	if (g->counted == 0 && (rc = look_at_head(g)) != 0)
		return rc;
	g->counted = (g->counted + 1) % LOOK_EVERY;
	if ((rc = run_stopped(g->s)) != 0)
		return rc;
	if ((rc = remote_remove(g->s->remote, item->path)) != 0)
		return pass_over(g, item, rc);
	if (item->is_litter && (rc = litter_remove(g->s->db, item->path)) != 0)
		return rc;
	return tell(g, item);
}

static int
remove_all(struct garbage *g)
{
	int rc = 0;

	g->counted = 0;
	for (int i = 0; rc == 0 && i < g->n; i++)
		rc = remove_item(g, &g->items[i]);
	g->n = 0;
	return rc;
}

int
garbage_sweep(struct garbage *g, const char *dir,
    int (*see)(void *arg, const struct remote_entry *entry), void *arg)
{
	int rc = 1, removed;

	for (int i = 0; rc == 1 && i < SWEEPS_MAX; i++) {
		if ((rc = run_stopped(g->s)) != 0)
			return rc;
		g->n = 0;
		rc = remote_list(g->s->remote, dir, see, arg);
		if (rc == E_ABSENT)
			return 0;
		if (rc >= 0 && (removed = remove_all(g)) != 0)
			return removed;
	}
	return rc < 0 ? rc : 0;
}

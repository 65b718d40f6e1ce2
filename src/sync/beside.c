/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/beside.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rand.h"
#include "local/db.h"
#include "local/meta.h"
#include "sync/apply.h"

static void
remove_files(const struct beside *b)
{
	struct mem *mem = b->sync.mem;

	file_remove(b->path);
	file_remove(mem_printf(mem, "%s-wal", b->path));
	file_remove(mem_printf(mem, "%s-shm", b->path));
}

/* Nothing of ours: neither where we are, nor who we are. */
static void
be_nobody(struct beside *b, const char *store)
{
	struct sync *s = &b->sync;
	char uuid[37];

	b->options = *s->opt;
	b->options.confirm_deletions = true;
	b->options.message = NULL;
	s->opt = &b->options;
	s->sum = &b->summary;
	s->store = store;
	s->replica = mem_strdup(s->mem, rand_uuid(uuid));
	s->diverged = false;
	s->digest_reported = true;
	memset(&s->last, 0, sizeof(s->last));
	memset(&s->last_id, 0, sizeof(s->last_id));
}

int
beside_open(struct beside *b, struct sync *s, const char *store)
{
	int rc;

	memset(b, 0, sizeof(*b));
	b->sync = *s;
	b->sync.db = NULL;
	b->path = mem_printf(s->mem, "%s/beside.db", s->opt->work_dir);
	remove_files(b);
	if ((rc = db_open(b->path, DB_LIBRARY, true, &b->sync.db)) != 0)
		return rc;
	be_nobody(b, store);
	if ((rc = meta_put(b->sync.db, "store", store)) != 0)
		return rc;
	return meta_put(b->sync.db, "replica", b->sync.replica);
}

void
beside_close(struct beside *b)
{
	db_close(b->sync.db);
	b->sync.db = NULL;
	remove_files(b);
}

int
beside_build(struct beside *b, const struct remote_head *head)
{
	return head->version == 0 ? 0 : apply_from(&b->sync, head);
}

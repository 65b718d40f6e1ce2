/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "local/blob.h"
#include "sync/fsck_parts.h"
#include "sync/name.h"
#include "sync/repair.h"

/* ---- what is not as it should be ------------------------------------------------ */

/* What is here must be whole before it is sent in place of what is not. */
static bool
is_whole_here(struct fsck *k, const struct inventory_item *item)
{
	struct hash want, seen;
	int fd, rc;

	if (hash_parse(item->id, &want) != 0 ||
	    (fd = blob_open(k->s->blobs, item->id, item->file_type)) < 0)
		return false;
	rc = hash_fd(fd, &seen, NULL);
	close(fd);
	return rc == 0 && hash_eq(&want, &seen);
}

static const char *
what_is_wrong(enum inventory_state state, bool by_bytes)
{
	if (state == INVENTORY_MISSING)
		return "it is not there";
	return by_bytes ? "its bytes are not those of its name"
			: "it has another size than it should";
}

/* A content that nobody but another replica has is on the list of the lost. */
static int
is_faulty(struct fsck *k, const struct inventory_item *item,
    enum inventory_state state, bool by_bytes)
{
	struct inventory_item faulty = *item;
	const char *path = name_content(k->s->step, item->id, item->file_type,
	    item->generation);
	bool is_here = is_whole_here(k, item);
	int rc;

	faulty.state = state;
	faulty.is_here = is_here;
	if (!is_here)
		return fsck_tell(k, FSCK_LOST,
		    "%s: %s, and this library does not have it either", path,
		    what_is_wrong(state, by_bytes));
	rc = fsck_tell(k, FSCK_FAULT, "%s: %s", path,
	    what_is_wrong(state, by_bytes));
	return rc == 0 && k->wish->repair ? repair_item(k->s, &faulty) : rc;
}

/* ---- bytes ---------------------------------------------------------------------- */

static int
next_read(void *arg, struct remote_transfer *t)
{
	struct fsck *k = arg;
	struct fsck_read *r;

	if (k->next == k->n)
		return 0;
	r = &k->reads[k->next++];
	memset(t, 0, sizeof(*t));
	t->kind = REMOTE_GET_FILE;
	t->path = r->path;
	t->file = r->file;
	t->size_bytes = r->item.file_size;
	t->limit_bytes = r->item.file_size > 0 ? r->item.file_size : 0;
	t->arg = r;
	file_remove(r->file);
	return hash_parse(r->item.id, &t->want) != 0 ? E_CORRUPT : 1;
}

static int
was_read(void *arg, const struct remote_transfer *t, int rc)
{
	struct fsck *k = arg;
	struct fsck_read *r = t->arg;

	file_remove(r->file);
	r->rc = rc;
	k->counts->read++;
	k->s->progress.files_done++;
	run_progress(k->s);
	if (rc != 0 && rc != E_ABSENT && rc != E_CORRUPT)
		return err_wrap(rc, "%s", t->path);
	return run_stopped(k->s);
}

static int
read_wave(struct fsck *k)
{
	int rc;

	k->next = 0;
	rc = remote_run(k->s->remote, next_read, was_read, k);
	for (int i = 0; i < k->n; i++)
		file_remove(k->reads[i].file);
	for (int i = 0; rc == 0 && i < k->n; i++) {
		const struct fsck_read *r = &k->reads[i];

		mem_reset(k->s->step);
		if (r->rc != 0)
			rc = is_faulty(k, &r->item,
			    r->rc == E_ABSENT ? INVENTORY_MISSING
					      : INVENTORY_DAMAGED,
			    true);
	}
	k->n = 0;
	mem_reset(k->mem);
	return rc;
}

static int
add_read(struct fsck *k, const struct inventory_item *item)
{
	struct fsck_read *r = &k->reads[k->n];

	r->item = *item;
	r->rc = 0;
	r->path = name_content(k->mem, item->id, item->file_type,
	    item->generation);
	r->file = mem_printf(k->mem, "%s/fsck-%d", k->s->opt->work_dir, k->n);
	k->n++;
	return k->n == FSCK_WAVE ? read_wave(k) : 0;
}

/* ---- all of them ---------------------------------------------------------------- */

static bool
is_of_sample(const struct fsck *k)
{
	return (int)rand_below(100) < k->wish->sample;
}

static int
check_item(void *arg, const struct inventory_item *item)
{
	struct fsck *k = arg;

	mem_reset(k->s->step);
	k->counts->contents++;
	if (item->state != INVENTORY_WHOLE)
		return is_faulty(k, item, item->state, false);
	if (is_of_sample(k))
		return add_read(k, item);
	k->s->progress.files_done++;
	run_progress(k->s);
	return 0;
}

int
fsck_contents(struct fsck *k)
{
	int rc;

	run_phase(k->s, SYNC_DOWNLOAD, 0, 0);
	mem_reset(k->mem);
	rc = inventory_run(k->s, check_item, k);
	return rc != 0 ? rc : read_wave(k);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "local/checkpoint.h"
#include "local/db.h"
#include "local/meta.h"
#include "sync/bootstrap.h"
#include "sync/chain.h"
#include "sync/inventory.h"
#include "sync/name.h"
#include "sync/push.h"
#include "sync/repair.h"
#include "sync/run.h"

struct check {
	struct sync *s;
	bool hash;
	bool repair;
	int (*fault)(void *arg, const char *sentence);
	void *arg;
	struct check_counts *counts;
};

static int
tell(struct check *k, const char *sentence)
{
	k->counts->faults++;
	return k->fault(k->arg, sentence);
}

/* ---- the chain ------------------------------------------------------------------ */

static void
forget_files(struct check *k, int64_t from, int64_t to)
{
	struct mem *mem = mem_new();

	for (int64_t v = from; v <= to; v++) {
		file_remove(chain_file(k->s, mem, v));
		mem_reset(mem);
	}
	mem_free(mem);
}

/* From the head down to the floor; what breaks it is one fault. */
static int
check_chain(struct check *k, const struct remote_head *head)
{
	int64_t floor = k->s->last.floor;
	int64_t stop = floor > 0 ? floor - 1 : 0;
	struct hash arrival;
	int rc;

	rc = chain_fetch(k->s, head, stop, &arrival);
	k->counts->commits = head->version - stop;
	forget_files(k, stop + 1, head->version);
	if (rc == E_CORRUPT || rc == E_ABSENT)
		return tell(k, err_text());
	return rc;
}

static int
check_checkpoint(struct check *k)
{
	const struct commit_checkpoint *cp = &k->s->last.checkpoint;
	struct checkpoint_head at;
	struct checkpoint *file;
	char *plain;
	int rc;

	if (cp->version == 0)
		return 0;
	if ((rc = bootstrap_get(k->s, cp, &plain)) == 0 &&
	    (rc = checkpoint_open(plain, &file, &at)) == 0) {
		rc = checkpoint_verify(file, NULL);
		checkpoint_close(file);
		file_remove(plain);
	}
	if (rc == E_CORRUPT || rc == E_ABSENT)
		return tell(k, err_text());
	return rc;
}

/* ---- contents ---------------------------------------------------------------------- */

/* Told, and mended where that is wanted; the path may be forgotten then. */
static int
is_faulty(struct check *k, const struct inventory_item *item,
    enum inventory_state state, const char *sentence)
{
	struct inventory_item faulty = *item;
	int rc = tell(k, sentence);

	if (rc != 0 || !k->repair)
		return rc;
	faulty.state = state;
	return repair_item(k->s, &faulty);
}

static int
check_bytes(struct check *k, const struct inventory_item *item,
    const char *path)
{
	struct remote_transfer get = {
		.kind = REMOTE_GET_FILE,
		.path = path,
		.file = path_join(k->s->step, k->s->opt->work_dir, "content"),
		.size_bytes = item->file_size,
		.limit_bytes = item->file_size > 0 ? item->file_size : 0,
	};
	int rc;

	if ((rc = hash_parse(item->id, &get.want)) != 0 ||
	    (rc = file_remove(get.file)) != 0)
		return rc;
	rc = run_transfer(k->s, &get);
	file_remove(get.file);
	if (rc == E_ABSENT)
		return is_faulty(k, item, INVENTORY_MISSING,
		    mem_printf(k->s->step, "%s: it is not there", path));
	if (rc == E_CORRUPT)
		return is_faulty(k, item, INVENTORY_DAMAGED,
		    mem_printf(k->s->step,
			"%s: its bytes are not those of "
			"its name",
			path));
	return rc;
}

static int
check_item(void *arg, const struct inventory_item *item)
{
	struct check *k = arg;
	char *path;

	mem_reset(k->s->step);
	path = name_content(k->s->step, item->id, item->file_type,
	    item->generation);
	k->counts->contents++;
	if (item->state == INVENTORY_MISSING)
		return is_faulty(k, item, item->state,
		    mem_printf(k->s->step, "%s: it is not there", path));
	if (item->state == INVENTORY_DAMAGED)
		return is_faulty(k, item, item->state,
		    mem_printf(k->s->step,
			"%s: it has another size than it "
			"should",
			path));
	return k->hash ? check_bytes(k, item, path) : 0;
}

/* ---- all of it ---------------------------------------------------------------------- */

static int
check_all(struct check *k)
{
	struct remote_head head;
	int rc;

	if ((rc = chain_head(k->s, &head)) != 0 ||
	    (rc = chain_check(k->s, &head)) != 0)
		return rc;
	if (head.version != k->s->last.version)
		return err_set(E_CONFLICT,
		    "the store is at version %" PRId64
		    ", this library at %" PRId64 ": stemma sync first",
		    head.version, k->s->last.version);
	if (head.version == 0)
		return 0;
	if ((rc = check_chain(k, &head)) != 0 ||
	    (rc = check_checkpoint(k)) != 0)
		return rc;
	if (k->repair && (rc = push_frozen(k->s)) != 0)
		return rc;
	rc = inventory_run(k->s, check_item, k);
	return rc == 0 && k->repair ? push_changes(k->s) : rc;
}

int
check_store(const struct sync_options *opt, bool hash, bool repair,
    int (*fault)(void *arg, const char *sentence), void *arg,
    struct check_counts *counts)
{
	struct sync_summary sum;
	struct sync s;
	struct check k = { &s, hash, repair, fault, arg, counts };
	int rc, lock;

	memset(counts, 0, sizeof(*counts));

	if ((rc = run_open(&s, opt, &sum)) == 0) {
		rc = lock = run_lock(&s);
		if (lock >= 0) {
			rc = check_all(&k);
			close(lock);
		}
	}
	run_close(&s);
	return rc;
}

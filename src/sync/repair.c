/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/repair.h"

#include <inttypes.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/record.h"
#include "local/side.h"
#include "sync/inventory.h"
#include "sync/name.h"
#include "sync/push.h"
#include "sync/upload.h"

/* Under which name a damaged content is to be sent again. */
static int
rename_row(void *arg, const struct held *held)
{
	struct sync *s = arg;
	struct record row = held->rec;
	struct record_write w = { .row = &row,
		.parents = held->parents,
		.reason = "its content on the store is damaged" };

	if (held->remote_version == 0)
		return 0;
	row.generation = s->last.gc;
	if (row.generation == held->rec.generation)
		return 0;
	w.status = str_eq(held->sync_status, "conflict") ? "conflict" : NULL;
	return record_write(s->db, &w);
}

static int
retire(struct sync *s, const struct inventory_item *item)
{
	int rc;

	if ((rc = db_begin(s->db)) != 0)
		return rc;
	rc = name_retire(s->db, item->id, item->file_type, item->generation);
	if (rc == 0)
		rc = record_each_with(s->db, item->id, item->file_type,
		    rename_row, s);
	return db_end(s->db, rc);
}

/* A name is never written over: the damaged one is left behind. */
static int
replace(struct sync *s, const struct inventory_item *item)
{
	int rc;

	if (item->generation == s->last.gc && (rc = push_empty(s, true)) != 0)
		return rc;
	if (item->generation == s->last.gc)
		return 0; /* a race was lost: at the next look */
	return retire(s, item);
}

/* What concerns this content alone was told; the next may do better. */
static int
put_again(struct sync *s, const struct inventory_item *item)
{
	int rc = upload_one(s, item->id, item->file_type, item->file_size,
	    item->generation);

	return rc == E_REMOTE ? 0 : rc;
}

int
repair_item(struct sync *s, const struct inventory_item *item)
{
	struct mem *mem;

	mem_reset(s->step);
	mem = s->step;
	if (!item->is_here) {
		run_fail(s,
		    name_content(mem, item->id, item->file_type,
			item->generation),
		    item->state == INVENTORY_MISSING
			? "it is not on the store, and not here"
			: "it is damaged on the store, and not here");
		return 0;
	}
	run_say(s, "%s is %s on the store: sending it again.",
	    name_content(mem, item->id, item->file_type, item->generation),
	    item->state == INVENTORY_MISSING ? "missing" : "damaged");
	if (item->state == INVENTORY_DAMAGED)
		return replace(s, item);
	return put_again(s, item);
}

static int
repair_one(void *arg, const struct inventory_item *item)
{
	return item->state == INVENTORY_WHOLE ? 0 : repair_item(arg, item);
}

int
repair_contents(struct sync *s)
{
	int rc = push_frozen(s);

	return rc != 0 ? rc : inventory_run(s, repair_one, s);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/recover.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "local/side.h"
#include "sync/beside.h"
#include "sync/chain.h"
#include "sync/inventory.h"
#include "sync/moved.h"
#include "sync/name.h"
#include "sync/push.h"
#include "sync/recover_head.h"
#include "sync/store.h"
#include "sync/tidy.h"
#include "sync/unite.h"

#define ROUNDS 16 /* of mending the head, while others do so too */
#define PATIENCE_MS 30000
#define LOOK_AGAIN_MS 5000

/* What is found on the way. */
struct finder {
	struct sync *s;
	struct recover *r;
	struct sync_recovery *f;
	struct remote_head head; /* as it is, or would be after mending */
	const char *store;       /* the UUID behind it */
	struct beside beside;    /* the store up to that head */
	bool has_beside;
	bool cuts_back;
	int64_t common;
};

/* What was found first is what happened; the rest follows from it. */
static void
note(struct finder *x, enum sync_trouble trouble)
{
	if (x->f->trouble == SYNC_TROUBLE_NONE)
		x->f->trouble = trouble;
}

static bool
is_dry(const struct finder *x)
{
	return x->r->wish->dry_run;
}

/* ---- the head --------------------------------------------------------------------- */

static void
close_beside(struct finder *x)
{
	if (x->has_beside)
		beside_close(&x->beside);
	x->has_beside = false;
}

/* The store up to that head, as a newcomer would have it, without patience. */
static int
build(struct finder *x, const struct remote_head *head)
{
	int rc;

	close_beside(x);
	x->has_beside = true;
	x->s->hasty = true;
	if ((rc = beside_open(&x->beside, x->s, x->store)) == 0)
		rc = beside_build(&x->beside, head);
	x->s->hasty = false;
	return rc;
}

/* Where somebody else was faster, we look again. */
static int
again(int rc)
{
	return rc == E_CONFLICT || rc == 0 ? 1 : rc;
}

/* 1: it was set; 0: it would be. */
static int
set_head(struct finder *x, const struct remote_head *from,
    const struct remote_head *to)
{
	x->head = *to;
	return is_dry(x) ? build(x, to) : again(head_move(x->s, from, to));
}

static int
make_head(struct finder *x, const struct head_look *look)
{
	static const struct remote_head first;
	struct remote_head newest = first;
	int rc;

	note(x, look->has_log ? SYNC_TROUBLE_NO_HEAD : SYNC_TROUBLE_EMPTIED);
	x->store = x->s->store;
	if (look->has_log &&
	    (rc = head_newest(x->s, x->store, -1, &newest)) != 0)
		return rc;
	x->head = newest;
	if (is_dry(x))
		return build(x, &newest);
	if ((rc = head_make(x->s, look, x->store)) != 0)
		return rc;
	return newest.version == 0 ? 1 : set_head(x, &first, &newest);
}

/* A head of version 0 above commits was made, and not yet set to them. */
static int
lift_head(struct finder *x, const struct remote_head *head)
{
	struct remote_head newest;
	int rc;

	if ((rc = head_newest(x->s, x->store, -1, &newest)) != 0)
		return rc;
	if (newest.version == 0)
		return 0;
	note(x, SYNC_TROUBLE_NO_HEAD);
	return set_head(x, head, &newest);
}

static int
lower_head(struct finder *x, const struct remote_head *head)
{
	struct remote_head newest;
	int rc;

	note(x, SYNC_TROUBLE_CUT);
	x->cuts_back = true;
	close_beside(x);
	if ((rc = head_newest(x->s, x->store, head->version - 1, &newest)) != 0)
		return rc;
	return set_head(x, head, &newest);
}

static int
which_store(struct finder *x, const struct remote_head *head)
{
	char *uuid;
	int rc = store_of(x->s->mem, x->s->remote, head, &uuid);

	if (rc != 0)
		return rc == E_ABSENT ? 1 : rc;
	x->store = uuid;
	if (str_eq(uuid, x->s->store))
		return 0;
	note(x, SYNC_TROUBLE_REPLACED);
	recover_say(x->s, x->r, false);
	if (x->r->wish->join || is_dry(x))
		return 0;
	return err_set(E_ROLLBACK, "%s  %s", x->f->found, x->f->remedy);
}

/* ---- the chain ------------------------------------------------------------------------ */

static bool
is_ours(const struct finder *x, const struct remote_head *head)
{
	return head->version == x->s->last.version &&
	    hash_eq(&head->commit, &x->s->last_id);
}

static bool
is_loss(int rc)
{
	return rc == E_CORRUPT || rc == E_ABSENT || rc == E_ROLLBACK;
}

/* Those who are behind walk from the floor. */
static int
walk_to_floor(struct finder *x, const struct remote_head *head)
{
	int64_t floor = x->beside.sync.last.floor;
	struct hash arrival;
	int rc;

	x->s->hasty = true;
	rc = chain_fetch(&x->beside.sync, head, floor > 0 ? floor - 1 : 0,
	    &arrival);
	x->s->hasty = false;
	return rc;
}

/* What a head names and does not come may be on its way: listings and caches
 * lag, and to set a head back undoes what others published.  1: it is another
 * head by now; otherwise as build(). */
static int
build_patiently(struct finder *x, const struct remote_head *head)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;
	struct remote_head now;
	bool told = false;
	int rc;

	while (is_loss(rc = build(x, head)) && !is_ours(x, head) &&
	    clock_mono_ms() < until) {
		if (!told)
			run_say(x->s,
			    "Something that the head of the store names is not "
			    "to be had; looking again for half a minute.");
		told = true;
		clock_sleep_ms(LOOK_AGAIN_MS);
		if ((rc = run_stopped(x->s)) != 0 ||
		    (rc = chain_head(x->s, &now)) != 0)
			return rc;
		if (now.version != head->version ||
		    !hash_eq(&now.commit, &head->commit))
			return 1;
	}
	return rc;
}

/* Can a newcomer, and who is behind, read what this head names?  We who stand
 * there do not need it, and can make a checkpoint. */
static int
read_chain(struct finder *x, const struct remote_head *head)
{
	int rc;

	x->head = *head;
	if ((rc = build_patiently(x, head)) == 1)
		return 1;
	if (is_loss(rc) && !is_ours(x, head))
		return lower_head(x, head);
	if (rc == 0 && head->version > 0)
		rc = walk_to_floor(x, head);
	if (!is_loss(rc))
		return rc;
	note(x, SYNC_TROUBLE_CUT);
	x->r->wants_floor = true;
	return 0;
}

/* One look, and one step: 1 when something changed there, 0 when it is well or
 * may not be changed. */
static int
mend_head(struct finder *x)
{
	struct head_look look;
	struct remote_head head;
	int rc;

	if ((rc = head_look(x->s, &look)) != 0)
		return rc;
	if (look.state == HEAD_GONE)
		return make_head(x, &look);
	if (look.state == HEAD_DOUBLE) {
		note(x, SYNC_TROUBLE_TWO_HEADS);
		if (!is_dry(x))
			return again(head_remove(x->s, &look.leftover));
	}
	x->f->store_version = look.head.version;
	x->head = look.head;
	if ((rc = which_store(x, &look.head)) != 0)
		return rc;
	if (look.has_log && (rc = lift_head(x, &look.head)) != 0)
		return rc;
	head = x->head;
	return head.version == 0 ? build(x, &head) : read_chain(x, &head);
}

static int
settle_head(struct finder *x)
{
	int rc = 1;

	for (int i = 0; rc == 1 && i < ROUNDS; i++) {
		if ((rc = run_stopped(x->s)) == 0)
			rc = mend_head(x);
	}
	if (rc == 1)
		return err_set(E_BUSY,
		    "others are at work on the head of the store; try again "
		    "later");
	return rc;
}

/* ---- how far it is the same ----------------------------------------------------------- */

/* Below the checkpoint the headers of older commits tell, while they are there.
 * 1: down to the beginning; 0: only so far. */
static int
walk_headers(struct finder *x)
{
	struct sync *b = &x->beside.sync;
	struct mem *mem = mem_new();
	struct remote_head at = { b->last.checkpoint.version, { { 0 } } };
	struct commit c;
	char hex[HASH_HEX_SIZE];
	char *known;
	int rc = passed_find(b->db, mem, at.version, &known);

	if (rc == 1)
		rc = hash_parse(known, &at.commit) == 0;
	while (rc == 1 && x->common == 0 && at.version > 1) {
		if ((rc = chain_peek(b, mem, &at, &c)) != 0)
			break;
		for (int i = 0; x->common == 0 && i < c.ancestors_n; i++) {
			at.version--;
			at.commit = c.ancestors[i];
			rc = passed_find(x->s->db, mem, at.version, &known);
			if (rc == 1 &&
			    strcmp(known, hash_hex(&at.commit, hex)) == 0)
				x->common = at.version;
		}
		rc = rc < 0 ? rc : 1;
		mem_reset(mem);
	}
	mem_free(mem);
	if (at.version <= 1)
		return 1;
	return rc < 0 && !is_loss(rc) ? rc : 0;
}

static int
row_differs(void *arg, const struct held *held)
{
	struct finder *x = arg;
	struct record side;
	int64_t version = 0;
	int rc;

	if (held->remote_version > x->common)
		return 0;
	mem_reset(x->s->step);
	rc = record_side(x->s->db, x->s->step, held->rec.stable_id, &side,
	    &version);
	if (rc < 0)
		return rc;
	if (rc == 0 || version != held->remote_version ||
	    !shared_equal(&side, &held->rec))
		x->common = held->remote_version - 1;
	return 0;
}

/* What somebody published last, as we know it, and the store does not. */
static int
replica_differs(void *arg, const struct replica *known)
{
	struct finder *x = arg;
	struct replica r = { 0 };
	int rc;

	mem_reset(x->s->step);
	rc = replica_find(x->beside.sync.db, x->s->step, known->replica, &r);
	if (rc < 0)
		return rc;
	if ((rc == 0 || r.counter < known->counter) &&
	    known->version <= x->common)
		x->common = known->version - 1;
	return 0;
}

/* No commit is known to both any more: what replicas and records say. */
static int
compare_rows(struct finder *x)
{
	static const struct record_filter all = { 0 };
	int rc;

	x->common = x->s->last.version < x->head.version ? x->s->last.version
							 : x->head.version;
	if ((rc = replica_each(x->s->db, replica_differs, x)) != 0)
		return rc;
	return record_each(x->beside.sync.db, &all, row_differs, x);
}

static int
find_common(struct finder *x)
{
	int rc;

	x->common = 0;
	if (x->head.version == 0 || !str_eq(x->store, x->s->store))
		return 0;
	if ((rc = side_common(x->s->db, x->beside.sync.db, &x->common)) != 0 ||
	    x->common > 0 || x->beside.sync.last.checkpoint.version == 0)
		return rc;
	if ((rc = walk_headers(x)) != 0 || x->common > 0)
		return rc < 0 ? rc : 0;
	return compare_rows(x);
}

/* ---- contents --------------------------------------------------------------------------- */

static int
look_at_content(void *arg, const struct inventory_item *item)
{
	struct finder *x = arg;

	if (item->state == INVENTORY_WHOLE)
		return 0;
	x->f->contents_missing++;
	if (blob_is_here(x->s->blobs, item->id, item->file_type))
		return 0;
	x->f->contents_lost++;
	if (!is_dry(x))
		return 0; /* told when it could not be sent */
	mem_reset(x->s->step);
	run_fail(x->s,
	    name_content(x->s->step, item->id, item->file_type,
		item->generation),
	    "it is not on the store, and not here");
	return 0;
}

static int
count_contents(struct finder *x, struct sync *of)
{
	int rc = inventory_run(of, look_at_content, x);

	return rc == E_ABSENT ? 0 : rc;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static void
name_trouble(struct finder *x)
{
	const struct sync *s = x->s;

	x->f->common_version = x->common;
	if (x->common >= s->last.version)
		return;
	note(x,
	    x->common == x->head.version ? SYNC_TROUBLE_OLDER
					 : SYNC_TROUBLE_FORKED);
}

static int
unite(struct finder *x)
{
	struct sync *s = x->s;
	int rc;

	if ((rc = unite_run(s, &x->beside, x->common, x->r)) != 0 || is_dry(x))
		return rc;
	run_say(s,
	    "%" PRId64 " records are published again, %" PRId64
	    " taken, %" PRId64 " united; %" PRId64 " are for you to decide.",
	    x->f->sent_again, x->f->taken, x->f->merged, x->f->to_decide);
	return run_identity(s);
}

/* Who is behind a hole cannot walk. */
static bool
must_unite(const struct finder *x)
{
	return x->common < x->s->last.version ||
	    !str_eq(x->store, x->s->store) ||
	    (x->r->wants_floor && !is_ours(x, &x->head));
}

static int
compare_and_unite(struct finder *x)
{
	bool is_same_head = is_ours(x, &x->head);
	int rc = 0;

	if (is_same_head)
		x->common = x->s->last.version;
	else if ((rc = find_common(x)) != 0)
		return rc;
	name_trouble(x);
	recover_say(x->s, x->r, x->cuts_back);
	run_say(x->s, "%s  %s", x->f->found, x->f->remedy);
	if ((rc = count_contents(x, is_same_head ? x->s : &x->beside.sync)) !=
	    0)
		return rc;
	return must_unite(x) ? unite(x) : 0;
}

/* A store that was sealed is not opened beside the one that it became. */
static int
check_moved(const struct finder *x)
{
	struct sync *s = x->s;
	int rc = moved_check(s);

	if (rc != E_MOVED)
		return rc;
	if (x->r->wish->join)
		return is_dry(x) ? 0 : moved_forget(s);
	return err_set(rc,
	    "%s  If the store there is lost for good, \"stemma recover "
	    "--join\" goes on with this one.",
	    mem_strdup(s->mem, err_text()));
}

int
recover_begin(struct sync *s, struct recover *r)
{
	struct finder x = { .s = s, .r = r, .f = r->found };
	int rc;

	memset(r->found, 0, sizeof(*r->found));
	r->found->known_version = s->last.version;
	r->found->store_version = -1;
	r->wants_floor = false;
	run_phase(s, SYNC_CHECK, 0, 0);
	if ((rc = check_moved(&x)) == 0 && (rc = settle_head(&x)) == 0)
		rc = compare_and_unite(&x);
	close_beside(&x);
	s->keeps = true;
	return rc;
}

int
recover_end(struct sync *s, struct recover *r)
{
	int rc = 0;

	for (int i = 0; rc == 0 && r->wants_floor && i < ROUNDS; i++) {
		rc = tidy_begin_here(s);
		r->wants_floor = s->last.floor <= r->found->store_version;
	}
	return rc;
}

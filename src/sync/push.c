/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/push.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "sync/apply.h"
#include "sync/chain.h"
#include "sync/draft.h"
#include "sync/guard.h"
#include "sync/name.h"
#include "sync/upload.h"

#define SWAP_TRIES 6
#define TORN_TRIES 4
#define LOST_MAX 1000

/* ---- the swap ---------------------------------------------------------------- */

static bool
same_head(const struct remote_head *a, const struct remote_head *b)
{
	return a->version == b->version && hash_eq(&a->commit, &b->commit);
}

static void
wait_a_little(int64_t most_ms)
{
	clock_sleep_ms((int64_t)rand_below((uint64_t)most_ms) + 1);
}

/*
 * Rename the head and look, until it is seen beyond `from`.  1: it is ours;
 * 0: it is beyond, and the walk must tell whose; negative: not known, and the
 * outbox stays frozen.
 */
static int
swap_and_look(struct sync *s, const struct remote_head *from,
    const struct remote_head *to)
{
	struct remote_head head;
	int rc, told = 0;

	for (int i = 0; i < SWAP_TRIES; i++) {
		if (i > 0)
			wait_a_little(100LL << i);
		told = remote_head_swap(s->remote, from, to);
		if ((rc = chain_head(s, &head)) != 0)
			return rc;
		if (same_head(&head, to))
			return 1;
		if (!same_head(&head, from))
			return head.version >= to->version
			    ? 0
			    : chain_check(s, &head);
		if (told == E_LOGIN || told == E_DENIED || told == E_STOPPED)
			break;
	}
	if (told < 0)
		return err_wrap(told,
		    "the head of the store could not be "
		    "renamed");
	return err_set(E_REMOTE,
	    "the store at %s says that it renamed its "
	    "head, and did not",
	    remote_name(s->remote));
}

static int
is_settled(struct sync *s)
{
	struct outbox outbox;
	int rc = outbox_find(s->db, s->step, &outbox);

	return rc < 0 ? rc : rc == 0;
}

/* The way the others went: 1 when ours is in it after all, 0 when it lost. */
static int
settle_by_walk(struct sync *s)
{
	int rc;

	if ((rc = apply_pull(s)) != 0 || (rc = is_settled(s)) < 0)
		return rc;
	s->lost = rc ? 0 : s->lost + 1;
	return rc;
}

/* The outbox is frozen from here until the head is seen beyond its parent. */
static int
publish_frozen(struct sync *s, const struct outbox *outbox)
{
	struct remote_head from = { s->last.version, s->last_id }, to;
	char *file = chain_file(s, s->step, outbox->version);
	int rc;

	to.version = outbox->version;
	if ((rc = hash_parse(outbox->commit_id, &to.commit)) != 0 ||
	    (rc = swap_and_look(s, &from, &to)) < 0)
		return rc;
	if (rc == 0)
		return settle_by_walk(s);
	s->lost = 0;
	if (!chain_have(s, outbox->version, &to.commit) &&
	    (rc = file_write(file, outbox->bytes, outbox->len, 0600)) != 0)
		return rc;
	rc = apply_commit(s, outbox->version);
	return rc != 0 ? rc : 1;
}

/* ---- the object ----------------------------------------------------------------- */

/* The folder of the commit before is there. */
static int
make_commit_dir(struct sync *s, int64_t version)
{
	const char *dir = name_commit_dir(s->step, version);

	if (version > 1 &&
	    strcmp(dir, name_commit_dir(s->step, version - 1)) == 0)
		return 0;
	return remote_make_dir(s->remote, dir);
}

/* Put it and read it back: 1 whole, 0 torn (never repaired: a new one). */
static int
put_object(struct sync *s, const struct outbox *outbox)
{
	struct buf back = { 0 };
	struct hash id, seen;
	char *path;
	int rc;

	if ((rc = hash_parse(outbox->commit_id, &id)) != 0)
		return rc;
	path = name_commit(s->step, outbox->version, &id);
	rc = make_commit_dir(s, outbox->version);
	if (rc == 0)
		rc = remote_put(s->remote, path, outbox->bytes, outbox->len);
	if (rc == 0 || rc == E_EXISTS)
		rc = remote_get(s->remote, path, outbox->len, &back);
	if (rc == 0) {
		hash_bytes(back.data, back.len, &seen);
		rc = hash_eq(&id, &seen);
	} else if (rc == E_INPUT || rc == E_ABSENT) {
		rc = 0;
	}
	buf_release(&back);
	return rc;
}

static int
rehearse(struct sync *s, const struct outbox *outbox)
{
	char *file = chain_file(s, s->step, outbox->version);
	int rc;

	if ((rc = file_write(file, outbox->bytes, outbox->len, 0600)) != 0)
		return rc;
	return apply_rehearse(s, outbox->version);
}

/*
 * One commit from a draft to its end: 1 published, 0 lost to another (which
 * was pulled), negative.
 */
static int
publish(struct sync *s, struct draft *draft)
{
	struct outbox outbox;
	int rc;

	run_phase(s, SYNC_COMMIT, draft_changes(draft), 0);
	mem_reset(s->step);
	for (int i = 0; i < TORN_TRIES; i++) {
		if ((rc = run_stopped(s)) != 0 ||
		    (rc = draft_to_outbox(draft, s->step, &outbox)) != 0 ||
		    (rc = rehearse(s, &outbox)) != 0 ||
		    (rc = put_object(s, &outbox)) < 0)
			return rc;
		if (rc == 0)
			continue;
		if ((rc = outbox_freeze(s->db)) != 0)
			return rc;
		return publish_frozen(s, &outbox);
	}
	return err_set(E_REMOTE,
	    "the store at %s does not keep a commit "
	    "whole",
	    remote_name(s->remote));
}

/* ---- all that is unsynced --------------------------------------------------------- */

static int
may_write(struct sync *s)
{
	if (s->last.min_writer > COMMIT_WRITER)
		return err_set(E_INPUT,
		    "The store may be written only by a Stemma that knows "
		    "format %" PRId64 " of it, and this one knows %d: it may "
		    "read, but not write.  Install the newer version here; "
		    "what was changed waits until then.",
		    s->last.min_writer, COMMIT_WRITER);
	return 0;
}

static int
check_guard(struct sync *s)
{
	struct record_counts counts;
	int rc;

	if ((rc = record_counts(s->db, &counts)) != 0)
		return rc;
	return guard_check(s, counts.pending_delete, "on the store");
}

/* The object may have gone since it was read back: with a crash of the server's
 * own, say.  A head must never name what is not there. */
int
push_frozen(struct sync *s)
{
	struct outbox outbox;
	int rc;

	rc = outbox_find(s->db, s->step, &outbox);
	if (rc <= 0 || !outbox.frozen)
		return rc < 0 ? rc : 0;
	if ((rc = put_object(s, &outbox)) == 0)
		return err_set(E_REMOTE,
		    "the store at %s does not keep a "
		    "commit whole",
		    remote_name(s->remote));
	if (rc == 1)
		rc = publish_frozen(s, &outbox);
	return rc < 0 ? rc : 0;
}

/* 1 something was published or lost: go on; 0 nothing is left. */
static int
push_one(struct sync *s)
{
	struct draft *draft;
	int rc, published;

	if ((rc = draft_new(s, &draft)) != 0)
		return rc;
	rc = draft_fill(draft);
	if (rc == 0 && draft_changes(draft) > 0) {
		/* Users delete while a sync runs, too. */
		if ((published = check_guard(s)) == 0)
			published = publish(s, draft);
		rc = published < 0 ? published : 1;
	} else if (rc == 0) {
		s->lost = 0; /* who won published the same */
	}
	draft_free(draft);
	return rc;
}

static int
back_off(struct sync *s)
{
	if (s->lost == 0)
		return 0;
	if (s->lost > LOST_MAX)
		return err_set(E_BUSY,
		    "others publish so fast that this "
		    "replica lost %d races in a row; try again later",
		    LOST_MAX);
	wait_a_little(s->lost < 6 ? 20LL << s->lost : 1000);
	return run_stopped(s);
}

static int
push_all(struct sync *s)
{
	int rc, sent;

	do {
		if ((sent = upload_wave(s)) < 0)
			return sent;
		while ((rc = push_one(s)) == 1) {
			if ((rc = back_off(s)) != 0)
				return rc;
			if (s->lost > 0)
				break;
		}
		if (rc < 0)
			return rc;
	} while (sent || s->lost > 0);
	return 0;
}

/* Once in a run: names that were taken are free again in a new generation. */
static int
renew(struct sync *s)
{
	s->renewed = true;
	buf_clear(&s->gave_up);
	return push_empty(s, true);
}

/* Who has nothing to say need not be told that it may not. */
static int
may_keep_quiet(struct sync *s)
{
	struct record_counts counts;
	int rc = record_counts(s->db, &counts);

	if (rc != 0)
		return rc;
	return s->last.min_writer > COMMIT_WRITER && counts.to_send == 0;
}

int
push_changes(struct sync *s)
{
	int rc;

	if ((rc = push_frozen(s)) == 0 && (rc = may_keep_quiet(s)) == 1)
		return 0;
	if (rc != 0)
		return rc;
	if ((rc = may_write(s)) != 0 || (rc = check_guard(s)) != 0 ||
	    (rc = push_all(s)) != 0)
		return rc;
	if (s->wants_renewal &&
	    ((rc = renew(s)) != 0 || (rc = push_all(s)) != 0))
		return rc;
	return upload_clear(s->db);
}

int
push_empty(struct sync *s, bool new_generation)
{
	struct draft *draft;
	int rc;

	if ((rc = push_frozen(s)) != 0 || (rc = may_write(s)) != 0 ||
	    (rc = draft_new(s, &draft)) != 0)
		return rc;
	if (new_generation)
		draft_new_generation(draft);
	rc = publish(s, draft);
	draft_free(draft);
	return rc < 0 ? rc : 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/move.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "base/str.h"
#include "local/meta.h"
#include "sync/apply.h"
#include "sync/chain.h"
#include "sync/draft.h"
#include "sync/move_copy.h"
#include "sync/moved.h"
#include "sync/name.h"
#include "sync/push.h"
#include "sync/store.h"

#define SWAP_TRIES 6

static bool
same_head(const struct remote_head *a, const struct remote_head *b)
{
	return a->version == b->version && hash_eq(&a->commit, &b->commit);
}

static struct remote_head
our_head(const struct move *m)
{
	return (struct remote_head){ m->s->last.version, m->s->last_id };
}

/* ---- the new place -------------------------------------------------------------- */

static int
something_else(struct move *m, const char *what)
{
	return err_set(E_EXISTS,
	    "The place at %s holds %s.  Name an empty folder.",
	    remote_name(m->wish->to), what);
}

struct root {
	int things;
};

/* Whoever was killed when he put the marker may have left it half sent. */
static int
see_thing(void *arg, const struct remote_entry *entry)
{
	struct root *root = arg;

	root->things += !str_starts(entry->name, ".") &&
	    !name_is_upload(entry->name);
	return 0;
}

/* 1: a move of this very store was begun there; 0: there is no marker. */
static int
read_marker(struct mem *mem, struct remote *to, const char *store)
{
	struct buf body = { 0 };
	struct json value;
	char *uuid = NULL;
	int rc = remote_get(to, MOVE_MARKER, 4096, &body);

	if (rc == 0 &&
	    (json_check(body.data, body.len) != 0 ||
		json_find((struct json){ body.data, body.len }, "store",
		    &value) != 1 ||
		json_string(mem, value, &uuid) != 0))
		uuid = NULL;
	buf_release(&body);
	if (rc == E_ABSENT)
		return 0;
	if (rc == 0 && !str_eq(uuid, store))
		return err_set(E_EXISTS,
		    "Another store is being moved to %s.  Name an empty "
		    "folder.",
		    remote_name(to));
	return rc == 0 ? 1 : rc;
}

static int
put_marker(struct move *m)
{
	struct root root = { 0 };
	struct buf body = { 0 };
	int rc;

	if ((rc = remote_list(m->wish->to, "", see_thing, &root)) != 0)
		return rc;
	if (root.things > 0)
		return something_else(m, "something already");
	buf_printf(&body, "{\"store\":\"%s\"}\n", m->s->store);
	rc = remote_put(m->wish->to, MOVE_MARKER, body.data, body.len);
	buf_release(&body);
	return rc == E_EXISTS ? 0 : rc;
}

/* 1: a store is there, ours, and nobody moves any more: it was done before. */
static int
is_done(struct move *m)
{
	char *uuid;
	int rc = store_uuid(m->mem, m->wish->to, &uuid);

	if (rc != 0)
		return rc == E_ABSENT ? 0 : rc;
	if (strcmp(uuid, m->s->store) != 0)
		return something_else(m, "another store");
	return 1;
}

/* 1: done in an earlier run; 0: go on. */
static int
prepare(struct move *m)
{
	int rc;

	if ((rc = remote_make_root(m->wish->to)) != 0 ||
	    (rc = read_marker(m->mem, m->wish->to, m->s->store)) < 0)
		return rc;
	if (rc == 0) {
		if ((rc = is_done(m)) != 0)
			return rc;
		rc = put_marker(m);
	}
	return rc < 0 ? rc : 0;
}

/* The same body as the old one's: UUID and layout. */
static int
make_head(struct move *m)
{
	struct buf body = { 0 };
	char uuid[37];
	int rc;

	buf_printf(&body, "{\"store\":\"%s\",\"layout\":%d}", m->s->store,
	    STORE_LAYOUT);
	rc = remote_head_create(m->wish->to, rand_uuid(uuid), body.data,
	    body.len);
	buf_release(&body);
	return rc == E_EXISTS ? 0 : rc;
}

/* Another who moved it there as well was faster, and somebody has published
 * since: whether that follows, the next sync will see. */
static int
is_opened(struct move *m, const struct remote_head *seen)
{
	int rc = is_done(m);

	if (rc == 1 && seen->version > m->s->last.version)
		return 0;
	return rc < 0 ? rc : something_else(m, "another history");
}

/* From nothing, or from its beginning, to where the old one ended. */
static int
open_head(struct move *m)
{
	const struct remote_head first = { .version = 0 };
	struct remote_head want = our_head(m), seen;
	int rc = 0;

	for (int i = 0; i < SWAP_TRIES; i++) {
		rc = remote_head_read(m->wish->to, &seen);
		if (rc == 0 && same_head(&seen, &want))
			return 0;
		if (rc == 0 && !same_head(&seen, &first))
			return is_opened(m, &seen);
		if (rc == 0)
			rc = remote_head_swap(m->wish->to, &first, &want);
		else if (rc == E_ABSENT)
			rc = make_head(m);
		if (rc < 0 && rc != E_CONFLICT && rc != E_REMOTE &&
		    rc != E_BUSY)
			return rc;
		if (i > 0)
			clock_sleep_ms(200LL << i);
	}
	return err_set(E_REMOTE, "the place at %s got no head",
	    remote_name(m->wish->to));
}

/* Newcomers may come in when the marker is gone. */
static int
open_store(struct move *m)
{
	char *text = mem_printf(m->mem, "%" PRId64 "\n", m->s->last.version);
	int rc;

	if ((rc = open_head(m)) != 0 ||
	    (rc = remote_replace(m->wish->to, "version.txt", text,
		 strlen(text))) != 0)
		return rc;
	return remote_remove(m->wish->to, MOVE_MARKER);
}

/* ---- the seal ------------------------------------------------------------------- */

static int
put_seal(struct move *m, const struct buf *bytes, struct remote_head *to)
{
	struct remote *old = m->s->remote;
	struct buf back = { 0 };
	struct hash seen;
	const char *path;
	int rc;

	hash_bytes(bytes->data, bytes->len, &to->commit);
	to->version = m->s->last.version + 1;
	path = name_commit(m->mem, to->version, &to->commit);
	if ((rc = remote_make_dir(old, name_commit_dir(m->mem, to->version))) !=
		0 ||
	    ((rc = remote_put(old, path, bytes->data, bytes->len)) != 0 &&
		rc != E_EXISTS) ||
	    (rc = remote_get(old, path, bytes->len, &back)) != 0)
		goto done;
	hash_bytes(back.data, back.len, &seen);
	if (!hash_eq(&seen, &to->commit))
		rc = err_set(E_REMOTE,
		    "the store at %s does not keep a commit "
		    "whole",
		    remote_name(old));
done:
	buf_release(&back);
	return rc;
}

/* 1: it is sealed; 0: somebody else published meanwhile. */
static int
swap_seal(struct move *m, const struct remote_head *to)
{
	struct remote_head from = our_head(m), head;
	int rc;

	for (int i = 0; i < SWAP_TRIES; i++) {
		if (i > 0)
			clock_sleep_ms(100LL << i);
		(void)remote_head_swap(m->s->remote, &from, to);
		if ((rc = chain_head(m->s, &head)) != 0)
			return rc;
		if (same_head(&head, to))
			return 1;
		if (!same_head(&head, &from))
			return 0;
	}
	return err_wrap(E_REMOTE, "the old store could not be sealed");
}

static int
seal(struct move *m)
{
	struct buf bytes = { 0 };
	struct remote_head to;
	struct draft *draft;
	int rc;

	if ((rc = draft_new(m->s, &draft)) != 0)
		return rc;
	if ((rc = draft_seal(draft, m->mem, m->wish->to_url, &bytes)) == 0 &&
	    (rc = put_seal(m, &bytes, &to)) == 0)
		rc = swap_seal(m, &to);
	draft_free(draft);
	buf_release(&bytes);
	return rc;
}

/* ---- in step with the old one --------------------------------------------------- */

/* The commit before the seal is the last that counts. */
static int
pull_below(struct move *m, const struct remote_head *head)
{
	struct remote_head below = { .version = head->version - 1 };
	struct commit c;
	int rc;

	if ((rc = chain_peek(m->s, m->mem, head, &c)) != 0)
		return rc;
	if (c.moved_to == NULL)
		return (rc = moved_check(m->s)) != 0 ? rc : E_BUSY;
	if (strcmp(c.moved_to, m->wish->to_url) != 0)
		return err_set(E_CONFLICT,
		    "The store at %s was moved already, to %s.  Nothing was "
		    "changed.",
		    remote_name(m->s->remote), c.moved_to);
	below.commit = c.parent;
	if (below.version <= m->s->last.version)
		return chain_check(m->s, &below);
	return apply_from(m->s, &below);
}

/* 1: it is sealed, by us or by another who moves it to the same place. */
static int
pull(struct move *m)
{
	struct remote_head head;
	int rc = apply_pull(m->s);

	if (rc != E_MOVED)
		return rc;
	if ((rc = chain_head(m->s, &head)) != 0 ||
	    (rc = pull_below(m, &head)) != 0)
		return rc;
	return 1;
}

static int
check_lost(const struct move *m)
{
	if (m->counts->lost == 0 || m->wish->incomplete)
		return 0;
	return err_set(E_CONFLICT,
	    "%" PRId64 " contents are lost, so the "
	    "store was not moved.  Another replica may have them (\"stemma "
	    "fsck --store --repair\" there); or move without them "
	    "(--incomplete).",
	    m->counts->lost);
}

static int
copy_and_seal(struct move *m)
{
	int rc, sealed;

	do {
		m->counts->lost = 0;
		if ((rc = run_stopped(m->s)) != 0 || (sealed = pull(m)) < 0)
			return rc != 0 ? rc : sealed;
		if (!sealed && (rc = push_frozen(m->s)) != 0)
			return rc;
		if ((rc = move_copy(m)) != 0 || (rc = check_lost(m)) != 0)
			return rc;
		if (!sealed && (sealed = seal(m)) < 0)
			return sealed;
	} while (!sealed);
	return 0;
}

/* A store of ours is there: of a move, or a copy that nobody vouches for. */
static int
check_sealed(struct move *m)
{
	int rc = pull(m);

	if (rc == 0)
		return something_else(m, "a copy of this store already");
	return rc < 0 ? rc : 0;
}

/* ---- all of it ------------------------------------------------------------------ */

static int
move_all(struct move *m)
{
	int rc;

	if ((rc = path_make_dirs(m->dir, 0750)) != 0 || (rc = prepare(m)) < 0)
		return rc;
	if (rc == 1)
		return check_sealed(m);
	run_say(m->s, "Copying the store at %s to %s.",
	    remote_name(m->s->remote), remote_name(m->wish->to));
	if ((rc = copy_and_seal(m)) != 0)
		return rc;
	run_say(m->s, "The store at %s is sealed at version %" PRId64 ".",
	    remote_name(m->s->remote), m->s->last.version);
	return open_store(m);
}

/* The library is at the end of the old chain, and takes up the new one. */
static int
settle(struct move *m)
{
	int rc;

	if ((rc = moved_reset(m->s, m->s->last.version + 1)) != 0)
		return rc;
	file_remove(path_join(m->s->mem, m->s->opt->work_dir, "move.json"));
	return moved_forget(m->s);
}

static int
move_locked(struct sync *s, const struct move_wish *wish,
    struct move_counts *counts)
{
	struct move *m = xmalloc(sizeof(*m));
	int rc;

	memset(m, 0, sizeof(*m));
	m->s = s;
	m->there = *s;
	m->there.remote = wish->to;
	m->wish = wish;
	m->counts = counts;
	m->mem = mem_new();
	m->dir = path_join(s->mem, s->opt->work_dir, "move");
	if ((rc = move_all(m)) == 0)
		rc = settle(m);
	mem_free(m->mem);
	free(m);
	return rc;
}

int
move_run(const struct sync_options *opt, const struct move_wish *wish,
    struct move_counts *counts)
{
	struct sync_summary sum;
	struct sync s;
	int lock, rc;

	memset(counts, 0, sizeof(*counts));
	if ((rc = run_open(&s, opt, &sum)) == 0) {
		rc = lock = run_lock(&s);
		if (lock >= 0) {
			rc = move_locked(&s, wish, counts);
			close(lock);
		}
	}
	run_close(&s);
	return rc;
}

/* ---- following ------------------------------------------------------------------ */

static int
follow_locked(struct sync *s)
{
	struct remote_head head;
	int rc;

	if ((rc = read_marker(s->mem, s->remote, s->store)) != 0)
		return rc < 0 ? rc
			      : err_set(E_BUSY,
				    "The store is still being moved to %s; "
				    "try again when that is done.",
				    remote_name(s->remote));
	if ((rc = chain_same_store(s)) != 0 ||
	    (rc = chain_head(s, &head)) != 0 ||
	    (rc = chain_check(s, &head)) != 0 ||
	    (rc = moved_reset(s, head.version + 1)) != 0)
		return rc;
	return moved_forget(s);
}

int
move_follow(const struct sync_options *opt)
{
	struct sync_summary sum;
	struct sync s;
	int lock, rc;

	if ((rc = run_open(&s, opt, &sum)) == 0) {
		rc = lock = run_lock(&s);
		if (lock >= 0) {
			rc = follow_locked(&s);
			close(lock);
		}
	}
	run_close(&s);
	return rc;
}

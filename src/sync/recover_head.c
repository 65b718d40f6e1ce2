/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/recover_head.h"

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
#include "sync/beside.h"
#include "sync/chain.h"
#include "sync/name.h"
#include "sync/store.h"

#define SEEN_MAX 4
#define LOOK_MS 15000
#define LOOK_AGAIN_MS 250
#define MOVE_TRIES 6

/* ---- looking -------------------------------------------------------------------- */

static int
found_file(void *arg, const struct remote_entry *entry)
{
	*(bool *)arg |= !entry->is_dir;
	return 0;
}

static int
found_commits(void *arg, const struct remote_entry *entry)
{
	*(bool *)arg |= !entry->is_dir || strcmp(entry->name, "00000000") != 0;
	return 0;
}

/* Empty folders are no log. */
static int
look_for_log(struct sync *s, bool *has_log)
{
	int rc = remote_list(s->remote, "checkpoints", found_file, has_log);

	if (rc == 0 || rc == E_ABSENT)
		rc = remote_list(s->remote, "commits", found_commits, has_log);
	if (rc == 0 || rc == E_ABSENT)
		rc = remote_list(s->remote, "commits/00000000", found_file,
		    has_log);
	return rc == E_ABSENT ? 0 : rc;
}

/* Is the lower one where the higher came from? */
static int
is_ancestor(struct sync *s, const struct remote_head *low,
    const struct remote_head *high)
{
	struct hash arrival;
	int rc;

	if (low->version == high->version)
		return 0;
	if (low->version == 0)
		return 1;
	rc = chain_fetch(s, high, low->version, &arrival);
	if (rc == E_CORRUPT || rc == E_ABSENT)
		return 0;
	return rc != 0 ? rc : hash_eq(&arrival, &low->commit);
}

static int
take_two(struct sync *s, struct head_look *look,
    const struct remote_head seen[SEEN_MAX], int n)
{
	int high = 0, low = 0, rc;

	for (int i = 1; i < n && i < SEEN_MAX; i++) {
		if (seen[i].version > seen[high].version)
			high = i;
		if (seen[i].version < seen[low].version)
			low = i;
	}
	look->state = HEAD_DOUBLE;
	look->head = seen[high];
	look->leftover = seen[low];
	if ((rc = is_ancestor(s, &seen[low], &seen[high])) != 0)
		return rc < 0 ? rc : 0;
	return err_set(E_ROLLBACK,
	    "The folder head/ of the store at %s shows two names, and neither "
	    "version comes from the other: the store does not rename exactly, "
	    "or two copies of it were put together.  Remove the name that you "
	    "do not want by hand, and run \"stemma recover\" again: what it "
	    "lacks then is published again.",
	    remote_name(s->remote));
}

int
head_look(struct sync *s, struct head_look *look)
{
	struct remote_head seen[SEEN_MAX];
	int n = 0, rc;

	memset(look, 0, sizeof(*look));
	rc = chain_head(s, &look->head);
	look->has_folder = true;
	if (rc == 0)
		return look->head.version > 0 ? 0
					      : look_for_log(s, &look->has_log);
	if (rc != E_ROLLBACK)
		return rc;
	rc = remote_head_look(s->remote, seen, SEEN_MAX, &n);
	if (rc != 0 && rc != E_BUSY && rc != E_ABSENT)
		return rc;
	if (rc == E_BUSY && n > 1)
		return take_two(s, look, seen, n);
	if (rc == 0)
		return head_look(s, look);
	look->state = HEAD_GONE;
	look->has_folder = rc != E_ABSENT;
	return look_for_log(s, &look->has_log);
}

/* ---- changing it ------------------------------------------------------------------- */

static int
put_first(struct sync *s, const struct head_look *look, const struct buf *body)
{
	struct remote_head first = { 0 };
	char uuid[37];
	int rc;

	if (look->has_folder)
		rc = remote_put(s->remote, name_head(s->mem, &first),
		    body->data, body->len);
	else
		rc = remote_head_create(s->remote, rand_uuid(uuid), body->data,
		    body->len);
	return rc == E_EXISTS || rc == E_REMOTE ? 0 : rc;
}

static int
wait_for_one(struct sync *s)
{
	int64_t until = clock_mono_ms() + LOOK_MS;
	struct remote_head head;
	int rc;

	while ((rc = remote_head_read(s->remote, &head)) == E_ABSENT ||
	    rc == E_BUSY) {
		if (clock_mono_ms() >= until)
			return err_set(E_REMOTE,
			    "the head of the store at %s was made, but cannot "
			    "be read",
			    remote_name(s->remote));
		if ((rc = run_stopped(s)) != 0)
			return rc;
		clock_sleep_ms(LOOK_AGAIN_MS);
	}
	return rc;
}

int
head_make(struct sync *s, const struct head_look *look, const char *store)
{
	static const char *const dirs[] = { "commits", "checkpoints" };
	struct buf body = { 0 };
	int rc;

	remote_forget_dirs(s->remote);
	if ((rc = remote_make_root(s->remote)) != 0)
		return rc;
	for (size_t i = 0; i < 2; i++) {
		if ((rc = remote_make_dir(s->remote, dirs[i])) != 0)
			return rc;
	}
	buf_printf(&body, "{\"store\":\"%s\",\"layout\":%d}", store,
	    STORE_LAYOUT);
	rc = put_first(s, look, &body);
	buf_release(&body);
	return rc != 0 ? rc : wait_for_one(s);
}

static bool
same(const struct remote_head *a, const struct remote_head *b)
{
	return a->version == b->version && hash_eq(&a->commit, &b->commit);
}

int
head_move(struct sync *s, const struct remote_head *from,
    const struct remote_head *to)
{
	struct remote_head now;
	int rc, told = 0;

	for (int i = 0; i < MOVE_TRIES; i++) {
		told = remote_head_swap(s->remote, from, to);
		if ((rc = chain_head(s, &now)) != 0)
			return rc;
		if (same(&now, to))
			return 0;
		if (!same(&now, from))
			return err_set(E_CONFLICT,
			    "the head of the store moves");
		clock_sleep_ms(100LL << i);
	}
	return told < 0
	    ? err_wrap(told, "the head of the store could not be renamed")
	    : err_set(E_REMOTE,
		  "the store at %s says that it renamed its head, and did not",
		  remote_name(s->remote));
}

int
head_remove(struct sync *s, const struct remote_head *leftover)
{
	return remote_remove(s->remote, name_head(s->mem, leftover));
}

/* ---- the newest that can be read ------------------------------------------------------ */

#define TRIED_MAX 64 /* of one version: commits that lost a race */

/* The commits of one version that are there: those of the highest below a
 * limit. */
struct search {
	struct sync *s;
	const char *store;
	int64_t below; /* versions from here up were tried */
	int64_t dir;   /* the highest folder below the limit; -1: none */
	int64_t version;
	struct hash ids[TRIED_MAX];
	int n;
	struct hash named[COMMIT_ANCESTORS]; /* by the last that was read */
	int named_n;
};

static int
see_commit(void *arg, const struct remote_entry *entry)
{
	struct search *x = arg;
	char hex[HASH_HEX_SIZE];
	struct hash id;
	int64_t version;

	if (entry->is_dir ||
	    !name_version_parse(entry->name, ".jsonl", &version, hex) ||
	    hash_parse(hex, &id) != 0 || version >= x->below ||
	    version < x->version || version == 0)
		return 0;
	if (version > x->version)
		x->n = 0;
	x->version = version;
	if (x->n < TRIED_MAX)
		x->ids[x->n++] = id;
	return 0;
}

static int
see_dir(void *arg, const struct remote_entry *entry)
{
	struct search *x = arg;
	char *end;
	int64_t n;

	if (!entry->is_dir || strlen(entry->name) != 8 ||
	    strspn(entry->name, "0123456789") != 8)
		return 0;
	n = strtoll(entry->name, &end, 10);
	if (n > x->dir && n * COMMITS_PER_DIR < x->below)
		x->dir = n;
	return 0;
}

/* 1: those of the highest version below the limit; 0: there is none. */
static int
next_version(struct search *x)
{
	int64_t limit = x->below;
	int rc;

	do {
		x->dir = x->version = -1;
		x->n = 0;
		rc = remote_list(x->s->remote, "commits", see_dir, x);
		if (rc != 0 || x->dir < 0)
			return rc == E_ABSENT ? 0 : rc;
		x->version = 0;
		rc = remote_list(x->s->remote,
		    name_commit_dir(x->s->mem, x->dir * COMMITS_PER_DIR),
		    see_commit, x);
		if (rc != 0 && rc != E_ABSENT)
			return rc;
		x->below = x->dir * COMMITS_PER_DIR;
	} while (x->n == 0 && x->below > 0);
	x->below = limit;
	return x->n > 0;
}

/* The better guess comes first: what we passed, then what is named. */
static int
rank(struct search *x, const struct hash *id)
{
	char hex[HASH_HEX_SIZE];
	char *known;
	int rc = passed_find(x->s->db, x->s->mem, x->version, &known);

	if (rc == 1 && strcmp(known, hash_hex(id, hex)) == 0)
		return 0;
	for (int i = 0; i < x->named_n; i++) {
		if (hash_eq(&x->named[i], id))
			return 1;
	}
	return 2;
}

/* How far down one came: the lowest commit that was had. */
static void
note_lowest(struct search *x, const struct remote_head *from)
{
	struct mem *mem = mem_new();
	struct remote_head at = *from;
	struct commit c;
	struct hash id;
	int64_t size;

	while (at.version > 0 && chain_have(x->s, at.version, &at.commit) &&
	    chain_header(x->s, mem, at.version, &c, &id, &size) == 0) {
		x->named_n = c.ancestors_n;
		memcpy(x->named, c.ancestors, sizeof(x->named));
		if (at.version < x->below)
			x->below = at.version;
		at = (struct remote_head){ at.version - 1, c.parent };
		file_remove(chain_file(x->s, mem, at.version + 1));
		mem_reset(mem);
		mem_reset(x->s->step);
	}
	mem_free(mem);
}

/* 1: a newcomer could read the store from there. */
static int
can_be_read(struct search *x, const struct remote_head *head)
{
	struct beside b;
	int rc;

	if ((rc = beside_open(&b, x->s, x->store)) == 0)
		rc = beside_build(&b, head);
	beside_close(&b);
	if (rc == 0)
		return 1;
	return rc == E_CORRUPT || rc == E_ABSENT || rc == E_ROLLBACK ? 0 : rc;
}

/* A seal is the end only where nothing else has its version: else it lost the
 * race for it. */
static int
try_version(struct search *x, struct remote_head *found)
{
	char *moved = NULL;
	int rc = 0;

	for (int r = 0; rc == 0 && r < 3; r++) {
		for (int i = 0; rc == 0 && i < x->n; i++) {
			if (rank(x, &x->ids[i]) != r)
				continue;
			*found = (struct remote_head){ x->version, x->ids[i] };
			if ((rc = can_be_read(x, found)) != E_MOVED)
				continue;
			moved = mem_strdup(x->s->mem, err_text());
			rc = 0;
		}
	}
	return rc == 0 && moved != NULL ? err_set(E_MOVED, "%s", moved) : rc;
}

int
head_newest(struct sync *s, const char *store, int64_t most,
    struct remote_head *found)
{
	struct search x = { .s = s,
		.store = store,
		.below = most < 0 ? INT64_MAX : most + 1 };
	int rc;

	s->hasty = true;
	while ((rc = next_version(&x)) == 1 && (rc = run_stopped(s)) == 0) {
		if ((rc = try_version(&x, found)) != 0)
			break;
		x.below = x.version;
		note_lowest(&x, found);
	}
	s->hasty = false;
	if (rc == 0)
		memset(found, 0, sizeof(*found));
	return rc < 0 ? rc : 0;
}

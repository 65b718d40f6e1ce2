/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/chain.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "local/day.h"
#include "local/db.h"
#include "local/meta.h"
#include "sync/name.h"
#include "sync/store.h"

#define HEAD_PATIENCE_MS 10000
#define ABSENT_PATIENCE_MS 30000
#define LOOK_AGAIN_MS 250

/* ---- where we are --------------------------------------------------------- */

static int
load_hash(struct sync *s, const char *key, struct hash *hash)
{
	char *text;
	int rc = meta_find(s->db, s->mem, key, &text);

	memset(hash, 0, sizeof(*hash));
	if (rc <= 0)
		return rc;
	if (hash_parse(text, hash) != 0)
		return err_set(E_CORRUPT, "the library's %s is no hash", key);
	return 0;
}

static int
load_checkpoint(struct sync *s, struct commit_checkpoint *cp)
{
	int rc;

	if ((rc = meta_int(s->db, "checkpoint", &cp->version)) != 0 ||
	    (rc = meta_int(s->db, "checkpoint_size", &cp->size_bytes)) != 0)
		return rc;
	return load_hash(s, "checkpoint_hash", &cp->hash);
}

int
chain_load(struct sync *s)
{
	struct commit *c = &s->last;
	int rc;

	memset(c, 0, sizeof(*c));
	if ((rc = meta_int(s->db, "version", &c->version)) != 0 ||
	    (rc = meta_int(s->db, "gc", &c->gc)) != 0 ||
	    (rc = meta_int(s->db, "floor", &c->floor)) != 0 ||
	    (rc = meta_int(s->db, "forget", &c->forget)) != 0 ||
	    (rc = meta_int(s->db, "adopted", &c->adopted)) != 0 ||
	    (rc = meta_int(s->db, "min_reader", &c->min_reader)) != 0 ||
	    (rc = meta_int(s->db, "min_writer", &c->min_writer)) != 0 ||
	    (rc = load_checkpoint(s, &c->checkpoint)) != 0)
		return rc;
	return load_hash(s, "commit", &s->last_id);
}

static int
note_checkpoint(struct sync *s, const struct commit_checkpoint *cp)
{
	char hex[HASH_HEX_SIZE];
	int rc;

	if ((rc = meta_put_int(s->db, "checkpoint", cp->version)) != 0 ||
	    (rc = meta_put_int(s->db, "checkpoint_size", cp->size_bytes)) != 0)
		return rc;
	return meta_put(s->db, "checkpoint_hash", hash_hex(&cp->hash, hex));
}

/*
 * What removals go by: the floor before this one, the checkpoints that a later
 * floor may be raised to, the day on which a generation began, and where the
 * names without one end.
 */
static int
note_steps(struct sync *s, const struct commit *c)
{
	int64_t day;
	int rc = 0;

	if (c->floor > s->last.floor &&
	    ((rc = meta_put_int(s->db, "floor_before", s->last.floor)) != 0 ||
		(rc = checkpoint_forget(s->db, c->floor)) != 0))
		return rc;
	if (c->checkpoint.version > s->last.checkpoint.version &&
	    (rc = checkpoint_named(s->db, c->checkpoint.version)) != 0)
		return rc;
	if (c->gc == s->last.gc)
		return 0;
	if ((rc = day_number(s->db, &day)) != 0 ||
	    (rc = meta_put_int(s->db, "gc_day", day)) != 0 || s->last.gc > 0)
		return rc;
	return meta_put_int(s->db, "gc_first", c->version);
}

/* What is let go for good, all replicas forget in the same commit: whether a
 * name may be named is a question that has one answer. */
static int
note_forgotten(struct sync *s, const struct commit *c)
{
	int rc;

	if (c->forget == s->last.forget)
		return 0;
	rc = meta_put_int(s->db, "forget", c->forget);
	return rc != 0 ? rc : name_forget(s->db, c->forget);
}

/* Commits before a checkpoint no longer weigh. */
static int
note_weight(struct sync *s, const struct commit *c, int64_t size_bytes)
{
	int64_t weight;
	int rc;

	if ((rc = meta_int(s->db, "weight", &weight)) != 0)
		return rc;
	weight += size_bytes;
	if (c->checkpoint.version > s->last.checkpoint.version)
		weight = 0;
	return meta_put_int(s->db, "weight", weight);
}

static int
note_ancestor(struct sync *s, int64_t version, const struct hash *id)
{
	char hex[HASH_HEX_SIZE];
	char *known;
	int rc = passed_find(s->db, s->step, version, &known);

	if (rc < 0)
		return rc;
	hash_hex(id, hex);
	if (rc == 0)
		return passed_put(s->db, version, hex);
	if (strcmp(known, hex) != 0)
		return err_set(E_CORRUPT,
		    "commit %" PRId64 " is not the "
		    "ancestor that a later one names",
		    version);
	return 0;
}

/* After a jump to a checkpoint the first commit tells what lies below, up to
 * where we were; who knows them all can write the next. */
static int
note_ancestors(struct sync *s, const struct commit *c)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < c->ancestors_n; i++)
		rc = note_ancestor(s, c->version - 1 - i, &c->ancestors[i]);
	return rc;
}

int
chain_note(struct sync *s, const struct commit *c, const struct hash *id,
    int64_t size_bytes)
{
	char hex[HASH_HEX_SIZE];
	struct replica r = { c->replica, c->counter, c->txn, c->version,
		hash_hex(id, hex) };
	int rc;

	if ((rc = meta_put_int(s->db, "version", c->version)) != 0 ||
	    (rc = meta_put(s->db, "commit", hex)) != 0 ||
	    (rc = meta_put_int(s->db, "gc", c->gc)) != 0 ||
	    (rc = meta_put_int(s->db, "floor", c->floor)) != 0 ||
	    (rc = meta_put_int(s->db, "adopted", c->adopted)) != 0 ||
	    (rc = meta_put_int(s->db, "min_reader", c->min_reader)) != 0 ||
	    (rc = meta_put_int(s->db, "min_writer", c->min_writer)) != 0 ||
	    (rc = note_steps(s, c)) != 0 ||
	    (rc = note_forgotten(s, c)) != 0 ||
	    (rc = note_weight(s, c, size_bytes)) != 0 ||
	    (rc = note_ancestors(s, c)) != 0 ||
	    (rc = meta_put(s->db, "last_fetch", NULL)) != 0 ||
	    (rc = note_checkpoint(s, &c->checkpoint)) != 0 ||
	    (rc = replica_put(s->db, &r)) != 0)
		return rc;
	return passed_put(s->db, c->version, hex);
}

void
chain_adopt(struct sync *s, const struct commit *c, const struct hash *id)
{
	s->last = *c;
	s->last.store = s->last.nonce = s->last.replica = s->last.txn =
	    s->last.at = s->last.moved_to = NULL;
	s->last_id = *id;
}

/* ---- the head ------------------------------------------------------------- */

static int
head_is_gone(struct sync *s)
{
	return err_set(E_ROLLBACK,
	    "The store at %s has no head/ any more: its "
	    "folder was emptied, moved or mistyped, or is not the one that "
	    "this library belongs to.  Nothing was deleted here; correct the "
	    "address, bring the folder back, or see what \"stemma recover "
	    "--dry-run\" would make anew.",
	    remote_name(s->remote));
}

/* Two names: the lower is an ancestor that a server failed to rename away. */
static int
head_is_unclear(struct sync *s)
{
	struct remote_head seen[4];
	int n = 0, rc;

	if ((rc = remote_head_look(s->remote, seen, 4, &n)) != 0 &&
	    rc != E_BUSY)
		return rc;
	if (n == 0)
		return head_is_gone(s);
	return err_set(E_ROLLBACK,
	    "The folder head/ of the store at %s shows "
	    "%d names and must show one.  Nobody can publish until the lower "
	    "one, a leftover, is removed: \"stemma recover --dry-run\" tells "
	    "which.",
	    remote_name(s->remote), n);
}

int
chain_head(struct sync *s, struct remote_head *head)
{
	int64_t until = clock_mono_ms() + HEAD_PATIENCE_MS;
	int rc;

	while ((rc = remote_head_read(s->remote, head)) == E_BUSY) {
		if (clock_mono_ms() >= until)
			return head_is_unclear(s);
		if ((rc = run_stopped(s)) != 0)
			return rc;
		clock_sleep_ms(LOOK_AGAIN_MS);
	}
	return rc == E_ABSENT ? head_is_gone(s) : rc;
}

static int
went_back(struct sync *s, const struct remote_head *head)
{
	return err_set(E_ROLLBACK,
	    "The store at %s is at version %" PRId64
	    ", but this library has seen version %" PRId64 " of it: the store "
	    "was restored from an older copy.  Nothing was changed, and this "
	    "library still has what the store lacks; \"stemma recover "
	    "--dry-run\" tells what would be published again.",
	    remote_name(s->remote), head->version, s->last.version);
}

int
chain_other_history(struct sync *s, const struct remote_head *head)
{
	return err_set(E_ROLLBACK,
	    "The store at %s has another history at "
	    "version %" PRId64 " than this library knows: it was replaced, or "
	    "restored from a copy and then written to.  Nothing was changed, "
	    "and this library still has all that it had; \"stemma recover "
	    "--dry-run\" tells how the two would be united.",
	    remote_name(s->remote), head->version);
}

int
chain_check(struct sync *s, const struct remote_head *head)
{
	char hex[HASH_HEX_SIZE];
	char *known;
	int rc;

	if (head->version > s->last.version)
		return 0;
	if (head->version == s->last.version)
		return hash_eq(&head->commit, &s->last_id)
		    ? 0
		    : chain_other_history(s, head);
	rc = passed_find(s->db, s->mem, head->version, &known);
	if (rc < 0)
		return rc;
	if (rc == 1 && strcmp(known, hash_hex(&head->commit, hex)) != 0)
		return chain_other_history(s, head);
	return went_back(s, head);
}

/* ---- the way down ---------------------------------------------------------- */

char *
chain_file(struct sync *s, struct mem *mem, int64_t version)
{
	return mem_printf(mem, "%s/%012" PRId64 ".jsonl", s->opt->work_dir,
	    version);
}

static int
hash_file(const char *file, struct hash *id, int64_t *size_bytes)
{
	int fd, rc;

	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
		return E_ABSENT;
	rc = hash_fd(fd, id, size_bytes);
	close(fd);
	return rc;
}

static int
check_store(struct sync *s, const char *uuid)
{
	if (s->store == NULL || strcmp(uuid, s->store) == 0)
		return 0;
	return err_set(E_ROLLBACK,
	    "The store at %s is another one (%s) than "
	    "this library belongs to (%s).  Nothing was changed here; correct "
	    "the address, or see what \"stemma recover --join --dry-run\" "
	    "would unite.",
	    remote_name(s->remote), uuid, s->store);
}

int
chain_same_store(struct sync *s)
{
	char *uuid;
	int rc;

	if ((rc = store_uuid(s->mem, s->remote, &uuid)) != 0)
		return rc == E_ABSENT ? head_is_gone(s) : rc;
	return check_store(s, uuid);
}

int
chain_header(struct sync *s, struct mem *mem, int64_t version, struct commit *c,
    struct hash *id, int64_t *size_bytes)
{
	char *file = chain_file(s, mem, version);
	int rc;

	if ((rc = hash_file(file, id, size_bytes)) != 0)
		return err_set(rc, "%s: cannot be read", file);
	if ((rc = commit_read_header(mem, file, c)) != 0)
		return rc;
	if (c->version != version)
		return err_set(E_CORRUPT,
		    "commit %" PRId64 " says that it is "
		    "version %" PRId64,
		    version, c->version);
	return check_store(s, c->store);
}

/* A handful of commits that are fetched at once: ids[i] is of top - i. */
struct handful {
	struct sync *s;
	struct mem *mem;
	int64_t top;
	struct hash ids[COMMIT_ANCESTORS];
	int n;
	int next;
	int rc; /* the first error of a transfer */
};

bool
chain_have(struct sync *s, int64_t version, const struct hash *id)
{
	struct hash seen;

	return hash_file(chain_file(s, s->step, version), &seen, NULL) == 0 &&
	    hash_eq(&seen, id);
}

static int
next_commit(void *arg, struct remote_transfer *t)
{
	struct handful *h = arg;

	while (h->next < h->n &&
	    chain_have(h->s, h->top - h->next, &h->ids[h->next]))
		h->next++;
	if (h->next == h->n)
		return 0;
	memset(t, 0, sizeof(*t));
	t->kind = REMOTE_GET_FILE;
	t->path = name_commit(h->mem, h->top - h->next, &h->ids[h->next]);
	t->file = chain_file(h->s, h->mem, h->top - h->next);
	t->size_bytes = -1;
	t->limit_bytes = COMMIT_READ_MAX;
	t->want = h->ids[h->next];
	file_remove(t->file);
	h->next++;
	return 1;
}

static int
got_commit(void *arg, const struct remote_transfer *t, int rc)
{
	struct handful *h = arg;

	if (rc != 0 && h->rc == 0)
		h->rc = err_wrap(rc, "commit %s", t->path);
	return rc == 0 || rc == E_ABSENT ? 0 : h->rc;
}

static int
get_handful(struct handful *h)
{
	int rc;

	h->next = 0;
	h->rc = 0;
	rc = remote_run(h->s->remote, next_commit, got_commit, h);
	return rc != 0 ? rc : h->rc;
}

int
chain_peek(struct sync *s, struct mem *mem, const struct remote_head *head,
    struct commit *c)
{
	struct handful h = { .s = s, .mem = mem, .top = head->version, .n = 1 };
	struct hash id;
	int64_t size;
	int rc;

	h.ids[0] = head->commit;
	if ((rc = get_handful(&h)) != 0)
		return rc;
	return chain_header(s, mem, head->version, c, &id, &size);
}

/* Has the floor passed us by while we walked? */
static int
floor_rose(struct sync *s, int64_t version)
{
	struct mem *mem = mem_new();
	struct remote_head head;
	struct commit c;
	int rc;

	if ((rc = chain_head(s, &head)) == 0 &&
	    (rc = chain_peek(s, mem, &head, &c)) == 0)
		rc = c.floor > version;
	mem_free(mem);
	return rc;
}

static int
lost_commits(struct handful *h)
{
	return err_set(E_CORRUPT,
	    "The store at %s lost commits at or below version %" PRId64
	    ", which its chain names.  Nothing was changed here; \"stemma "
	    "recover --dry-run\" tells what can be mended.",
	    remote_name(h->s->remote), h->top);
}

/* A commit that the chain names and that is not there is no fork: look again
 * for a while, since listings and caches lag. */
static int
get_patiently(struct handful *h)
{
	int64_t until = clock_mono_ms() + ABSENT_PATIENCE_MS;
	int rc, rose;

	while ((rc = get_handful(h)) == E_ABSENT) {
		if (h->s->hasty)
			return lost_commits(h);
		if ((rose = floor_rose(h->s, h->top - h->n + 1)) != 0)
			return rose < 0 ? rose : E_ABSENT;
		if (clock_mono_ms() >= until)
			return lost_commits(h);
		if ((rc = run_stopped(h->s)) != 0)
			return rc;
		clock_sleep_ms(1000);
	}
	return rc;
}

/* Each names the next as its parent; the lowest gives the ids that follow. */
static int
check_handful(struct handful *h, struct commit *lowest)
{
	struct hash id;
	int64_t size;
	int rc;

	for (int i = 0; i < h->n; i++) {
		if ((rc = chain_header(h->s, h->mem, h->top - i, lowest, &id,
			 &size)) != 0)
			return rc;
		if (i + 1 < h->n && !hash_eq(&lowest->parent, &h->ids[i + 1]))
			return err_set(E_CORRUPT,
			    "commit %" PRId64 " has "
			    "another parent than commits above it say",
			    h->top - i);
	}
	return 0;
}

static void
go_down(struct handful *h, const struct commit *lowest, int64_t stop)
{
	int64_t left = lowest->version - 1 - stop;

	h->top = lowest->version - 1;
	h->n = lowest->ancestors_n;
	if (left < h->n)
		h->n = (int)left;
	memcpy(h->ids, lowest->ancestors, sizeof(h->ids));
	mem_reset(h->mem);
	mem_reset(h->s->step);
}

int
chain_fetch(struct sync *s, const struct remote_head *head, int64_t stop,
    struct hash *arrival)
{
	struct handful h = { .s = s,
		.mem = mem_new(),
		.top = head->version,
		.n = 1 };
	struct commit lowest = { 0 };
	int rc = 0;

	h.ids[0] = head->commit;
	*arrival = head->commit;
	run_phase(s, SYNC_PULL, head->version - stop, 0);
	while (h.n > 0 && h.top > stop) {
		if ((rc = run_stopped(s)) != 0 ||
		    (rc = get_patiently(&h)) != 0 ||
		    (rc = check_handful(&h, &lowest)) != 0)
			break;
		*arrival = lowest.parent;
		s->progress.files_done += h.n;
		run_progress(s);
		go_down(&h, &lowest, stop);
	}
	mem_free(h.mem);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/apply.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "local/conflict.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "local/side.h"
#include "sync/bootstrap.h"
#include "sync/chain.h"
#include "sync/guard.h"
#include "sync/merge.h"
#include "sync/moved.h"
#include "sync/plan.h"
#include "sync/propose.h"
#include "sync/rebuild.h"

/* ---- one record ------------------------------------------------------------ */

/* Ours, theirs, and what both came from. */
struct meeting {
	struct sync *s;
	struct mem *mem;
	const struct theirs *theirs;
	struct record_both both;
	const struct held *held; /* of both */
	bool have_row;
	bool have_conflict;
	struct conflict conflict;
	bool have_base;
	struct record base;
};

/* In a conflict the base is what both came from, not the store's side. */
static int
meeting_load(struct meeting *m, const char *stable_id)
{
	struct db *db = m->s->db;
	int rc;

	if (m->theirs->found != NULL)
		m->both = *m->theirs->found;
	else if ((rc = record_find_both(db, m->mem, stable_id, &m->both)) != 0)
		return rc;
	m->held = &m->both.held;
	m->have_row = m->both.have_row;
	if ((rc = conflict_find(db, m->mem, stable_id, &m->conflict)) < 0)
		return rc;
	m->have_conflict = rc == 1;
	if (m->have_conflict) {
		m->have_base = m->conflict.has_ancestor;
		m->base = m->conflict.ancestor;
		return 0;
	}
	m->have_base = m->both.have_side;
	m->base = m->both.side;
	return 0;
}

static int
meeting_write(struct meeting *m, const struct record *row, const char *kind,
    const char *status)
{
	struct record_write w = {
		.row = row,
		.side = m->theirs->rec,
		.side_version = m->theirs->version,
		.side_at = m->theirs->at,
		.status = status,
		.kind = kind,
		.user = m->theirs->user,
		.was = &m->both,
	};
	int rc;

	if (row != m->theirs->rec && m->have_row)
		w.parents = m->held->parents;
	if (m->have_conflict && status == NULL &&
	    (rc = conflict_remove(m->s->db, row->stable_id)) != 0)
		return rc;
	return record_write(m->s->db, &w);
}

/* The first row of a record tells: was it born in this walk?  1: yes, 2: no. */
static int
see_birth(void *arg, const struct lineage *l)
{
	const struct sync *s = arg;

	return l->version > s->walk_from && !l->deleted &&
		strcmp(l->parents, "[]") == 0
	    ? 1
	    : 2;
}

/* What came and went in one walk was never here for anybody: the guard was not
 * asked for it, and must not count it later. */
static int
count_deletion_here(struct meeting *m)
{
	struct sync *s = m->s;
	int rc = 0;

	s->sum->deleted_local++;
	if (s->walks && m->held->remote_version > s->walk_from)
		rc = lineage_each(s->db, m->theirs->rec->stable_id, see_birth,
		    s);
	if (rc < 0)
		return rc;
	s->deleted += rc != 1;
	return 0;
}

static int
take_theirs(struct meeting *m)
{
	const struct record *theirs = m->theirs->rec;
	struct sync_summary *sum = m->s->sum;
	int rc;

	if (theirs->deleted && m->have_row && !m->held->rec.deleted) {
		if ((rc = count_deletion_here(m)) != 0)
			return rc;
	} else if (m->have_row && strcmp(m->held->rec.id, theirs->id) == 0) {
		sum->metadata_synced++;
	}
	return meeting_write(m, theirs, "sync", NULL);
}

static int
keep_ours(struct meeting *m)
{
	return meeting_write(m, &m->held->rec, NULL, NULL);
}

static int
merge_fields(struct meeting *m, struct record *merged)
{
	const struct record *base = m->have_base && !m->base.deleted ? &m->base
								     : NULL;

	return merge_records(m->mem, base, &m->held->rec, m->theirs->rec,
	    merged);
}

static int
merge_both(struct meeting *m)
{
	struct record merged;
	int rc;

	if ((rc = merge_fields(m, &merged)) != 0)
		return rc;
	if (shared_same(&merged, m->theirs->rec))
		return take_theirs(m);
	m->s->sum->merged++;
	return meeting_write(m, &merged, "merge", NULL);
}

/* One conflict for each record: a later one takes its place. */
static int
in_conflict(struct meeting *m, const struct record *row, const char *type)
{
	struct conflict c = {
		.stable_id = row->stable_id,
		.type = type,
		.has_ancestor = m->have_base,
		.ancestor = m->base,
		.their_replica = m->theirs->replica,
		.their_user = m->theirs->user,
	};
	char now[CLOCK_TEXT_SIZE];
	int rc;

	c.seen_at = clock_text(clock_wall_ms(), now);
	if (!m->have_conflict)
		m->s->sum->conflicts++;
	if ((rc = meeting_write(m, row, "merge", "conflict")) != 0)
		return rc;
	return conflict_put(m->s->db, &c);
}

static int
conflict_both(struct meeting *m)
{
	struct record merged;
	int rc;

	if ((rc = merge_fields(m, &merged)) != 0)
		return rc;
	return in_conflict(m, &merged, "modified_both");
}

/* A short id of other origin names another thing here: ours moves away. */
static int
make_room(struct meeting *m)
{
	const char *new_id;
	int rc;

	if ((rc = record_rekey(m->s->db, m->mem, m->held->rec.stable_id,
		 &new_id)) != 0)
		return rc;
	log_line(LOG_WARN, "sync",
	    "%s names another document on the store: "
	    "ours is %s now",
	    m->held->rec.stable_id, new_id);
	m->have_row = false;
	return take_theirs(m);
}

/* What is proposed stays so, whatever they do, until a person decides; unless
 * both sides say the same. */
static int
still_proposed(struct meeting *m)
{
	const struct record *ours = &m->held->rec, *theirs = m->theirs->rec;
	const char *new_id;
	int rc;

	if (!m->have_base && !plan_same_thing(ours, theirs)) {
		rc = record_rekey(m->s->db, m->mem, ours->stable_id, &new_id);
		if (rc != 0 || (rc = propose_record(m->s, new_id)) != 0)
			return rc;
		m->have_row = false;
		return take_theirs(m);
	}
	if (ours->deleted ? theirs->deleted : shared_same(ours, theirs))
		return take_theirs(m);
	return in_conflict(m, ours, "proposed");
}

static int
meeting_act(struct meeting *m)
{
	const struct record *base = m->have_base ? &m->base : NULL;
	const struct record *ours = m->have_row ? &m->held->rec : NULL;
	const struct record *theirs = m->theirs->rec;
	enum change here = plan_change(base, ours);
	enum change there = plan_change(base, theirs);

	if (m->have_conflict && m->have_row && propose_is(m->conflict.type))
		return still_proposed(m);
	if (here == CHANGE_BORN && base == NULL && !m->have_conflict &&
	    !plan_same_thing(ours, theirs))
		return make_room(m);
	if (here == CHANGE_BORN && m->have_conflict && theirs->deleted)
		return in_conflict(m, ours, "deleted_remote");
	switch (plan_action(here, there,
	    ours != NULL && strcmp(ours->id, theirs->id) == 0)) {
	case ACTION_NOTHING:
	case ACTION_TAKE:
		return take_theirs(m);
	case ACTION_SEND:
		return keep_ours(m);
	case ACTION_MERGE:
		return merge_both(m);
	case ACTION_CONFLICT_BOTH:
		return conflict_both(m);
	case ACTION_CONFLICT_REMOTE:
		return in_conflict(m, ours, "deleted_remote");
	case ACTION_CONFLICT_LOCAL:
		return in_conflict(m, ours, "deleted_local");
	case ACTION_NEVER:
		break;
	}
	return err_set(E_CORRUPT, "record %s changed in a way that cannot be",
	    theirs->stable_id);
}

int
apply_record(struct sync *s, struct mem *mem, const struct theirs *theirs)
{
	struct meeting m = { .s = s, .mem = mem, .theirs = theirs };
	int rc;

	if ((rc = meeting_load(&m, theirs->rec->stable_id)) != 0)
		return rc;
	return meeting_act(&m);
}

int
apply_conflict(struct sync *s, struct mem *mem, const struct theirs *theirs,
    const char *type, const struct record *ancestor)
{
	struct meeting m = { .s = s, .mem = mem, .theirs = theirs };
	int rc;

	if ((rc = meeting_load(&m, theirs->rec->stable_id)) != 0)
		return rc;
	m.have_base = ancestor != NULL;
	if (m.have_base)
		m.base = *ancestor;
	return in_conflict(&m, &m.held->rec, type);
}

/* ---- one commit ------------------------------------------------------------ */

struct apply {
	struct sync *s;
	struct mem *mem;    /* of the commit */
	struct mem *change; /* of one change */
	struct commit c;
	struct hash id;
	int64_t size_bytes;
	const char *file;
	bool have_outbox;
	struct outbox outbox;
	bool own;
	struct hash state;       /* of a rehearsal */
	struct record_both both; /* of one change: what is here */
};

static int
find_both(struct apply *a, const struct commit_change *change)
{
	mem_reset(a->change);
	return record_find_both(a->s->db, a->change, change->rec.stable_id,
	    &a->both);
}

/* A commit may name only what its parent's state names, or names of the
 * parent's generation. */
static int
check_name(struct apply *a, const struct record *rec)
{
	int rc;

	if (rec->generation == a->s->last.gc)
		return 0;
	rc = name_is_named(a->s->db, rec->id, rec->file_type, rec->generation);
	if (rc == 0)
		return err_set(E_CORRUPT,
		    "commit %" PRId64 " names a content "
		    "of record %s that may be gone",
		    a->c.version, rec->stable_id);
	return rc < 0 ? rc : 0;
}

static int
note_lineage(struct apply *a, const struct commit_change *change)
{
	struct lineage l = {
		.stable_id = change->rec.stable_id,
		.version = a->c.version,
		.id = change->rec.id,
		.deleted = change->is_delete,
		.parents = change->parents,
		.replica = change->replica,
		.user = change->user,
		.at = a->c.at,
	};
	const struct record *side = &a->both.side;

	if (a->both.have_side && side->deleted == change->is_delete &&
	    strcmp(side->id, l.id) == 0)
		return 0;
	return lineage_put(a->s->db, &l);
}

/* Our own: the records as they stand in it are the store's side; what was
 * edited since they were taken stays edited. */
static int
finish_own(struct apply *a, const struct commit_change *change)
{
	const struct record *sent = &change->rec;
	struct record_write w = { .row = sent,
		.side = sent,
		.side_version = a->c.version,
		.side_at = a->c.at,
		.was = &a->both };
	const struct held *held = &a->both.held;
	int64_t revision = -1;
	int rc;

	if (!a->both.have_row)
		return err_set(E_CORRUPT,
		    "record %s of our own commit is not "
		    "here",
		    sent->stable_id);
	if ((rc = outbox_row_find(a->s->db, sent->stable_id, &revision)) < 0)
		return rc;
	if (held->revision != revision) {
		w.row = &held->rec;
		if (!held->rec.deleted && strcmp(held->rec.id, sent->id) != 0)
			w.parents = mem_printf(a->change, "[[\"%s\",\"%s\"]]",
			    sent->stable_id, sent->id);
	}
	if (change->is_delete) {
		/* what nobody had alive is no deletion */
		a->s->sum->deleted_remote += a->both.have_side;
		a->s->deleted += a->both.have_side;
	} else if ((rc = upload_find(a->s->db, sent->id, sent->file_type,
			sent->generation)) < 0) {
		return rc;
	} else if (rc == 0) {
		a->s->sum->metadata_synced++;
	}
	return record_write(a->s->db, &w);
}

static int
apply_change(void *arg, const struct commit_change *change)
{
	struct apply *a = arg;
	struct theirs theirs = { &change->rec, a->c.version, a->c.at,
		change->replica, change->user, &a->both };
	int rc;

	if ((rc = find_both(a, change)) != 0 ||
	    (rc = check_name(a, &change->rec)) != 0 ||
	    (rc = note_lineage(a, change)) != 0)
		return rc;
	if (a->own)
		return finish_own(a, change);
	return apply_record(a->s, a->change, &theirs);
}

static int
apply_open(struct apply *a, int64_t version)
{
	struct sync *s = a->s;
	const struct commit *before = s->last.version ? &s->last : NULL;
	char hex[HASH_HEX_SIZE];
	int rc;

	a->file = chain_file(s, a->mem, version);
	if ((rc = chain_header(s, a->mem, version, &a->c, &a->id,
		 &a->size_bytes)) != 0 ||
	    (rc = commit_follows(&a->c, before, &s->last_id)) != 0)
		return rc;
	if ((rc = outbox_find(s->db, a->mem, &a->outbox)) < 0)
		return rc;
	a->have_outbox = rc == 1;
	a->own = a->have_outbox && strcmp(a->c.replica, s->replica) == 0 &&
	    strcmp(a->c.txn, a->outbox.txn) == 0 &&
	    strcmp(hash_hex(&a->id, hex), a->outbox.commit_id) == 0;
	return 0;
}

/* A commit by our id that we never made (or that, under our txn, is not the one
 * that we froze: only that may be swapped in): we are a copy of that replica, or
 * were restored from a backup.  It is foreign; we get an id of our own. */
int
apply_become_another(struct sync *s)
{
	char uuid[37];
	int rc;

	s->replica = mem_strdup(s->mem, rand_uuid(uuid));
	run_say(s,
	    "Another copy of this library publishes under the same "
	    "id; this one goes on as %s.",
	    s->replica);
	if ((rc = outbox_clear(s->db)) != 0 ||
	    (rc = meta_put_int(s->db, "counter", 0)) != 0)
		return rc;
	return meta_put(s->db, "replica", s->replica);
}

static int
settle_outbox(struct apply *a)
{
	struct sync *s = a->s;
	int rc;

	if (a->own) {
		if ((rc = meta_put_int(s->db, "counter", a->c.counter)) != 0)
			return rc;
		return outbox_clear(s->db);
	}
	if (strcmp(a->c.replica, s->replica) == 0)
		return apply_become_another(s);
	if (!a->have_outbox || a->outbox.version > a->c.version)
		return 0;
	a->outbox.frozen = 0;
	if ((rc = outbox_rows_clear(s->db)) != 0)
		return rc;
	return outbox_put(s->db, &a->outbox);
}

static int
compare_state(struct apply *a)
{
	struct hash state;
	int rc;

	if ((rc = state_find(a->s->db, &state)) != 0)
		return rc;
	if (hash_eq(&state, &a->c.state)) {
		a->s->diverged = a->s->digest_reported = false;
		return meta_put(a->s->db, "digest_differs", NULL);
	}
	a->s->diverged = true;
	log_line(LOG_WARN, "sync",
	    "the state digest differs at version %" PRId64, a->c.version);
	return 0;
}

/* What the guard counts must not be forgotten by a run that dies. */
static int
note_deleted(struct apply *a, int64_t before)
{
	struct sync_summary *sum = a->s->sum;
	struct buf json = { 0 };
	int rc;

	if (sum->run_id == 0 || a->s->deleted == before)
		return 0;
	sync_summary_json(sum, &json);
	rc = run_update(a->s->db, sum->run_id, buf_text(&json), a->s->deleted);
	buf_release(&json);
	return rc;
}

static int
apply_all(struct apply *a)
{
	int64_t deleted = a->s->deleted;
	int rc;

	if ((rc = commit_each(a->file, apply_change, a)) != 0 ||
	    (rc = settle_outbox(a)) != 0 ||
	    (rc = note_deleted(a, deleted)) != 0 ||
	    (rc = compare_state(a)) != 0)
		return rc;
	return chain_note(a->s, &a->c, &a->id, a->size_bytes);
}

static int
apply_begin(struct apply *a, struct sync *s, int64_t version)
{
	memset(a, 0, sizeof(*a));
	a->s = s;
	a->mem = mem_new();
	a->change = mem_new();
	return apply_open(a, version);
}

static void
apply_release(struct apply *a)
{
	mem_free(a->mem);
	mem_free(a->change);
}

int
apply_commit(struct sync *s, int64_t version)
{
	struct apply a;
	int rc;

	if ((rc = apply_begin(&a, s, version)) == 0 &&
	    (rc = db_begin(s->db)) == 0)
		rc = db_end(s->db, apply_all(&a));
	if (rc == 0) {
		chain_adopt(s, &a.c, &a.id);
		s->sum->pulled += !a.own;
		file_remove(a.file);
	}
	apply_release(&a);
	return rc;
}

static int
finish_change(void *arg, const struct commit_change *change)
{
	struct apply *a = arg;
	int rc = find_both(a, change);

	return rc != 0 ? rc : finish_own(a, change);
}

int
apply_outbox(struct sync *s, const struct outbox *outbox)
{
	struct apply a = { .s = s, .mem = mem_new(), .change = mem_new() };
	char *file = mem_printf(a.mem, "%s/outbox.jsonl", s->opt->work_dir);
	int rc;

	if ((rc = file_write(file, outbox->bytes, outbox->len, 0600)) == 0 &&
	    (rc = commit_read_header(a.mem, file, &a.c)) == 0 &&
	    (rc = commit_each(file, finish_change, &a)) == 0)
		rc = meta_put_int(s->db, "counter", a.c.counter);
	file_remove(file);
	apply_release(&a);
	return rc;
}

/* ---- the rehearsal ----------------------------------------------------------- */

/* What a reader will look at, without writing: names, and the digest. */
static int
rehearse_change(void *arg, const struct commit_change *change)
{
	struct apply *a = arg;
	struct hash one;
	int rc;

	if ((rc = find_both(a, change)) != 0 ||
	    (rc = check_name(a, &change->rec)) != 0)
		return rc;
	if (a->both.have_side) {
		shared_digest(&a->both.side, &one);
		hash_sum_sub(&a->state, &one);
	}
	shared_digest(&change->rec, &one);
	hash_sum_add(&a->state, &one);
	return 0;
}

int
apply_rehearse(struct sync *s, int64_t version)
{
	struct apply a;
	int rc;

	if ((rc = apply_begin(&a, s, version)) == 0 &&
	    (rc = db_begin_read(s->db)) == 0) {
		if ((rc = state_find(s->db, &a.state)) == 0)
			rc = commit_each(a.file, rehearse_change, &a);
		rc = db_end(s->db, rc);
	}
	if (rc == 0 && !hash_eq(&a.state, &a.c.state))
		rc = err_set(E_CORRUPT,
		    "commit %" PRId64 " of our own does "
		    "not lead to the state that it says",
		    version);
	apply_release(&a);
	return rc;
}

/* ---- all that came ---------------------------------------------------------- */

struct count {
	struct sync *s;
	struct mem *mem;
	int64_t n;
};

static int
count_deletion(void *arg, const struct commit_change *change)
{
	struct count *c = arg;
	struct held held;
	int rc;

	if (!change->is_delete)
		return 0;
	mem_reset(c->mem);
	rc = record_find(c->s->db, c->mem, change->rec.stable_id, &held);
	if (rc == 1 && !held.rec.deleted &&
	    strcmp(held.sync_status, "conflict") != 0)
		c->n++;
	return rc < 0 ? rc : 0;
}

int
apply_deletions(struct sync *s, int64_t version, int64_t *n)
{
	struct count c = { s, mem_new(), 0 };
	int rc = commit_each(chain_file(s, s->step, version), count_deletion,
	    &c);

	*n = c.n;
	mem_free(c.mem);
	return rc;
}

static int
look_before(struct sync *s, int64_t head_version)
{
	int64_t n, sum = 0;
	int rc;

	for (int64_t v = s->last.version + 1; v <= head_version; v++) {
		mem_reset(s->step);
		if ((rc = apply_deletions(s, v, &n)) != 0)
			return rc;
		sum += n;
	}
	return guard_check(s, sum, "here");
}

static int
apply_walk(struct sync *s, const struct remote_head *head)
{
	struct hash arrival;
	int rc;

	if ((rc = chain_fetch(s, head, s->last.version, &arrival)) != 0)
		return rc;
	if (!hash_eq(&arrival, &s->last_id))
		return chain_other_history(s, head);
	if ((rc = look_before(s, head->version)) != 0)
		return rc;
	s->walks = true;
	s->walk_from = s->last.version;
	while (rc == 0 && s->last.version < head->version) {
		mem_reset(s->step);
		if ((rc = run_stopped(s)) == 0)
			rc = apply_commit(s, s->last.version + 1);
	}
	s->walks = false;
	return rc;
}

/* A checkpoint that is damaged or gone only costs time, while all commits are
 * there. */
static int
jump_or_walk(struct sync *s, const struct remote_head *head,
    const struct commit *c)
{
	int rc = bootstrap_run(s, head, c);

	if ((rc != E_CORRUPT && rc != E_ABSENT) ||
	    s->last.version + 1 < c->floor)
		return rc;
	log_line(LOG_WARN, "sync", "%s: walking instead", err_text());
	return 0;
}

int
apply_from(struct sync *s, const struct remote_head *head)
{
	struct mem *mem = mem_new();
	struct commit c;
	int rc;

	if ((rc = chain_peek(s, mem, head, &c)) == 0 && c.moved_to != NULL)
		rc = moved_note(s, &c);
	else if (rc == 0 && bootstrap_is_due(s, &c))
		rc = jump_or_walk(s, head, &c);
	mem_free(mem);
	return rc == 0 ? apply_walk(s, head) : rc;
}

/* Once from the head as it is: E_ABSENT when it must be read again. */
static int
pull_once(struct sync *s)
{
	struct remote_head head;
	int rc;

	if ((rc = chain_head(s, &head)) != 0 ||
	    (rc = chain_check(s, &head)) != 0)
		return rc;
	if (head.version > s->last.version)
		return apply_from(s, &head);
	return head.version == 0 ? chain_same_store(s) : 0;
}

int
apply_pull(struct sync *s)
{
	int64_t until = clock_mono_ms() + 60000;
	int rc;

	if ((rc = moved_check(s)) != 0)
		return rc;
	while ((rc = pull_once(s)) == E_ABSENT) {
		if (clock_mono_ms() >= until)
			return err_wrap(E_CORRUPT,
			    "the store lacks what its "
			    "head names");
		if ((rc = run_stopped(s)) != 0)
			return rc;
		clock_sleep_ms(500);
	}
	if (rc == 0 && s->diverged && !s->digest_reported)
		rc = rebuild_run(s);
	return rc;
}

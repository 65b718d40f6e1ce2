/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "local/blob.h"
#include "local/checkpoint.h"
#include "local/db.h"
#include "local/record.h"
#include "sync/bootstrap.h"
#include "sync/chain.h"
#include "sync/guard.h"
#include "sync/moved.h"
#include "sync/plan.h"
#include "sync/propose.h"
#include "sync/run.h"
#include "sync/sync.h"
#include "sync/upload.h"

struct preview {
	struct sync *s;
	struct mem *mem; /* of one record */
	int (*step)(void *arg, const struct sync_step *step);
	void *arg;
	int64_t deletions_here;
	int64_t deletions_there;
	bool proposes; /* what was changed here is not sent, but proposed */
	struct buf met; /* stable_ids that were told, each closed with a line
			   feed: what is sent of them is not told again */
};

static int
tell(struct preview *p, const char *action, const struct record *rec,
    int64_t bytes)
{
	struct sync_step step = { action, rec->stable_id, rec->filename,
		rec->doc_id, bytes, rec };

	return p->step(p->arg, &step);
}

/* ---- what would come ------------------------------------------------------------- */

static int
would_take(struct preview *p, const struct held *held,
    const struct record *theirs)
{
	struct sync_summary *sum = p->s->sum;

	if (theirs->deleted) {
		if (held == NULL || held->rec.deleted)
			return 0;
		sum->deleted_local++;
		p->deletions_here++;
		return tell(p, "take deletion", theirs, 0);
	}
	if (blob_is_here(p->s->blobs, theirs->id, theirs->file_type)) {
		sum->metadata_synced++;
		return tell(p, "take", theirs, 0);
	}
	sum->downloaded++;
	return tell(p, "take", theirs, theirs->file_size);
}

static int
preview_record(struct preview *p, const struct record *theirs)
{
	struct record side;
	struct held held;
	const struct record *base = NULL, *ours = NULL;
	int have, rc;

	mem_reset(p->mem);
	if ((have = record_find(p->s->db, p->mem, theirs->stable_id, &held)) <
		0 ||
	    (rc = record_side(p->s->db, p->mem, theirs->stable_id, &side,
		 NULL)) < 0)
		return have < 0 ? have : rc;
	if (have)
		ours = &held.rec;
	if (rc == 1)
		base = &side;
	if (p->proposes && plan_change(base, ours) != CHANGE_NONE)
		return 0; /* told with what is here */
	switch (plan_action(plan_change(base, ours), plan_change(base, theirs),
	    ours != NULL && strcmp(ours->id, theirs->id) == 0)) {
	case ACTION_TAKE:
		return would_take(p, have ? &held : NULL, theirs);
	case ACTION_MERGE:
		p->s->sum->merged++;
		buf_printf(&p->met, "%s\n", theirs->stable_id);
		return tell(p, "merge", theirs, 0);
	case ACTION_CONFLICT_BOTH:
	case ACTION_CONFLICT_REMOTE:
	case ACTION_CONFLICT_LOCAL:
		p->s->sum->conflicts++;
		buf_printf(&p->met, "%s\n", theirs->stable_id);
		return tell(p, "conflict", theirs, 0);
	default:
		return 0;
	}
}

static int
preview_change(void *arg, const struct commit_change *change)
{
	return preview_record(arg, &change->rec);
}

static int
preview_row(void *arg, const struct record *rec, int64_t version)
{
	struct preview *p = arg;

	return version > p->s->last.version ? preview_record(p, rec) : 0;
}

static int
preview_checkpoint(struct preview *p, const struct commit *c)
{
	struct checkpoint_head at;
	struct checkpoint *cp;
	char *plain;
	int rc;

	if ((rc = bootstrap_get(p->s, &c->checkpoint, &plain)) != 0)
		return rc;
	if ((rc = checkpoint_open(plain, &cp, &at)) == 0) {
		if ((rc = checkpoint_verify(cp, NULL)) == 0)
			rc = checkpoint_each(cp, preview_row, p);
		checkpoint_close(cp);
	}
	file_remove(plain);
	return rc;
}

static int
preview_commits(struct preview *p, const struct remote_head *head, int64_t stop)
{
	struct hash arrival;
	int rc;

	if ((rc = chain_fetch(p->s, head, stop, &arrival)) != 0)
		return rc;
	for (int64_t v = stop + 1; rc == 0 && v <= head->version; v++) {
		mem_reset(p->s->step);
		rc = commit_each(chain_file(p->s, p->s->step, v),
		    preview_change, p);
	}
	return rc;
}

static int
preview_pull(struct preview *p)
{
	struct sync *s = p->s;
	int64_t stop = s->last.version;
	struct remote_head head;
	struct commit c;
	int rc;

	if ((rc = moved_check(s)) != 0 || (rc = chain_head(s, &head)) != 0 ||
	    (rc = chain_check(s, &head)) != 0 || head.version == stop ||
	    (rc = chain_peek(s, s->mem, &head, &c)) != 0)
		return rc;
	if (c.moved_to != NULL)
		return moved_say(s, &c);
	s->sum->new_version = head.version;
	if (bootstrap_is_due(s, &c)) {
		stop = c.checkpoint.version;
		if ((rc = propose_would(s, c.at)) < 0)
			return rc;
		p->proposes = rc == 1;
		if ((rc = preview_checkpoint(p, &c)) != 0)
			return rc;
	}
	return preview_commits(p, &head, stop);
}

/* ---- what would go --------------------------------------------------------------- */

static bool
was_met(const struct preview *p, const char *stable_id)
{
	char line[STABLE_ID_SIZE + 1];

	snprintf(line, sizeof(line), "%s\n", stable_id);
	return p->met.len > 0 && strstr(p->met.data, line) != NULL;
}

static int
preview_send(void *arg, const struct held *held)
{
	struct preview *p = arg;
	int64_t generation;
	int rc;

	if (was_met(p, held->rec.stable_id))
		return 0;
	if (p->proposes) {
		p->s->sum->conflicts++;
		return tell(p, "conflict", &held->rec, 0);
	}
	if (held->rec.deleted) {
		p->s->sum->deleted_remote++;
		p->deletions_there++;
		return tell(p, "send deletion", &held->rec, 0);
	}
	if ((rc = upload_name(p->s, &held->rec, &generation)) < 0)
		return rc;
	if (rc == 1)
		p->s->sum->metadata_synced++;
	else
		p->s->sum->uploaded++;
	return tell(p, "send", &held->rec, rc == 1 ? 0 : held->rec.file_size);
}

static int
preview_push(struct preview *p)
{
	static const char *const status[] = { "pending_delete", "modified",
		"pending_upload" };
	int rc = 0;

	for (int i = 0; i < 3 && rc == 0; i++) {
		struct record_filter filter = { .status = status[i] };

		rc = record_each(p->s->db, &filter, preview_send, p);
	}
	return rc;
}

static int
preview_all(struct preview *p)
{
	int rc;

	p->s->sum->new_version = p->s->last.version;
	if ((rc = preview_pull(p)) != 0 || (rc = preview_push(p)) != 0 ||
	    (rc = guard_check(p->s, p->deletions_here, "here")) != 0)
		return rc;
	return guard_check(p->s, p->deletions_there, "on the store");
}

int
sync_plan(const struct sync_options *opt,
    int (*step)(void *arg, const struct sync_step *step), void *arg,
    struct sync_summary *sum)
{
	struct sync s;
	struct preview p = { .s = &s, .step = step, .arg = arg };
	int lock, rc;

	p.mem = mem_new();
	if ((rc = run_open(&s, opt, sum)) == 0) {
		rc = lock = run_lock(&s);
		if (lock >= 0) {
			rc = preview_all(&p);
			close(lock);
		}
	}
	run_close(&s);
	buf_release(&p.met);
	mem_free(p.mem);
	return rc;
}

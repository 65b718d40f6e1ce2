/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "remote/dav.h"

/* One of the places where transfers are under way; used again and again. */
struct slot {
	bool is_busy;
	struct remote_transfer t;
	struct source src;
	struct dav_get get;
	struct dav_put put;
	struct dav_listing list;
	struct outcome *outcome; /* of the one that is under way */
	struct outcome failed;   /* of one that could not begin */
};

struct run {
	struct dav *dav;
	struct slot *slots;
	int n_slots;
	int n_busy;
	bool has_more;
	int (*next)(void *arg, struct remote_transfer *t);
	int (*done)(void *arg, const struct remote_transfer *t, int rc);
	void *arg;
};

/* ---- a slot --------------------------------------------------------------- */

static void
slot_init(struct slot *s, struct dav *dav)
{
	memset(s, 0, sizeof(*s));
	s->src.fd = -1;
	dav_get_init(&s->get, dav);
	dav_put_init(&s->put, dav);
	dav_listing_init(&s->list, dav, NULL, NULL);
}

static void
slot_release(struct slot *s)
{
	if (s->is_busy && s->t.kind == REMOTE_GET_FILE)
		dav_get_cancel(&s->get);
	dav_get_release(&s->get);
	dav_put_release(&s->put);
	dav_listing_release(&s->list);
	source_close(&s->src);
	buf_release(&s->failed.why);
}

static void
begin_get(struct slot *s)
{
	s->outcome = &s->get.outcome;
	dav_get_start(&s->get, &s->t);
}

static void
begin_put(struct slot *s)
{
	int rc = source_open(&s->src, s->t.file, s->t.size_bytes);

	if (rc != 0) {
		s->outcome = &s->failed;
		outcome_end(s->outcome, rc, NULL);
		return;
	}
	s->outcome = &s->put.outcome;
	dav_put_start(&s->put, s->t.path, &s->src, false);
}

static void
begin_list(struct slot *s)
{
	s->outcome = &s->list.outcome;
	dav_listing_start(&s->list, s->t.path, s->t.entry, s->t.arg);
}

static void
slot_begin(struct slot *s)
{
	int rc;

	s->is_busy = true;
	outcome_begin(&s->failed);
	if ((rc = remote_path_check(s->t.path)) != 0) {
		s->outcome = &s->failed;
		outcome_end(s->outcome, rc, NULL);
	} else if (s->t.kind == REMOTE_GET_FILE) {
		begin_get(s);
	} else if (s->t.kind == REMOTE_PUT_FILE) {
		begin_put(s);
	} else {
		begin_list(s);
	}
}

/* ---- a run ---------------------------------------------------------------- */

static int
slot_end(struct run *run, struct slot *s)
{
	struct outcome *o = s->outcome;
	int rc;

	source_close(&s->src);
	s->is_busy = false;
	run->n_busy--;
	rc = run->done(run->arg, &s->t, outcome_tell(o));
	if (rc < 0)
		return rc;
	return o->is_fatal ? outcome_tell(o) : 0;
}

static int
fill(struct run *run)
{
	int i, rc;

	for (i = 0; i < run->n_slots && run->has_more; i++) {
		struct slot *s = &run->slots[i];

		if (s->is_busy)
			continue;
		memset(&s->t, 0, sizeof(s->t));
		if ((rc = run->next(run->arg, &s->t)) < 0)
			return rc;
		run->has_more = rc > 0;
		if (!run->has_more)
			break;
		run->n_busy++;
		slot_begin(s);
	}
	return 0;
}

static int
collect(struct run *run)
{
	int i, rc;

	for (i = 0; i < run->n_slots; i++) {
		struct slot *s = &run->slots[i];

		if (s->is_busy && s->outcome->is_over &&
		    (rc = slot_end(run, s)) < 0)
			return rc;
	}
	return 0;
}

static int
run_all(struct run *run)
{
	int rc;

	for (;;) {
		if ((rc = fill(run)) != 0)
			return rc;
		if (run->n_busy == 0)
			return 0;
		if ((rc = http_turn(run->dav->http)) != 0 ||
		    (rc = collect(run)) != 0)
			return rc;
	}
}

/* What was cancelled cleans up after itself; the error that counts stays. */
static void
release(struct run *run, int rc)
{
	struct buf why = { 0 };
	int i;

	buf_puts(&why, err_text());
	for (i = 0; i < run->n_slots; i++)
		slot_release(&run->slots[i]);
	free(run->slots);
	if (rc != 0)
		(void)err_set(rc, "%s", buf_text(&why));
	buf_release(&why);
}

int
dav_run(struct remote *r, int (*next)(void *arg, struct remote_transfer *t),
    int (*done)(void *arg, const struct remote_transfer *t, int rc), void *arg)
{
	struct dav *dav = (struct dav *)r;
	struct run run = { .dav = dav,
		.n_slots = dav->connections,
		.has_more = true,
		.next = next,
		.done = done,
		.arg = arg };
	int i, rc;

	run.slots = xmalloc((size_t)run.n_slots * sizeof(*run.slots));
	for (i = 0; i < run.n_slots; i++)
		slot_init(&run.slots[i], dav);
	http_share(dav->http, run.n_slots);
	http_progress_add(dav->http, -http_progress(dav->http));
	rc = run_all(&run);
	http_share(dav->http, 1);
	release(&run, rc);
	return rc;
}

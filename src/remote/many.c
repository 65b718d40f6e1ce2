/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "remote/fetch.h"

/* One of the places where transfers are under way; used again and again. */
struct slot {
	bool is_busy;
	const struct place_kind *kind;
	struct remote_transfer t;
	struct source src;
	struct fetch get;
	void *put; /* as the place's kind makes them */
	void *list;
	struct outcome *outcome; /* of the one that is under way */
	struct outcome failed;   /* of one that could not begin */
};

struct run {
	struct place *place;
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
slot_init(struct slot *s, struct place *place)
{
	memset(s, 0, sizeof(*s));
	s->src.fd = -1;
	s->kind = place->kind;
	fetch_init(&s->get, place);
	s->put = s->kind->put_new(place);
	s->list = s->kind->listing_new(place);
}

static void
slot_release(struct slot *s)
{
	if (s->is_busy && s->t.kind == REMOTE_GET_FILE)
		fetch_cancel(&s->get);
	fetch_release(&s->get);
	s->kind->put_free(s->put);
	s->kind->listing_free(s->list);
	source_close(&s->src);
	buf_release(&s->failed.why);
}

static void
begin_get(struct slot *s)
{
	s->outcome = &s->get.outcome;
	fetch_start(&s->get, &s->t);
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
	s->outcome = s->put;
	s->kind->put_start(s->put, s->t.path, &s->src, false);
}

static void
begin_list(struct slot *s)
{
	s->outcome = s->list;
	s->kind->listing_start(s->list, s->t.path, s->t.entry, s->t.arg);
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
		if ((rc = http_turn(run->place->http)) != 0 ||
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
many_run(struct remote *r, int (*next)(void *arg, struct remote_transfer *t),
    int (*done)(void *arg, const struct remote_transfer *t, int rc), void *arg)
{
	struct place *place = (struct place *)r;
	struct run run = { .place = place,
		.n_slots = place->connections,
		.has_more = true,
		.next = next,
		.done = done,
		.arg = arg };
	int i, rc;

	run.slots = xmalloc((size_t)run.n_slots * sizeof(*run.slots));
	for (i = 0; i < run.n_slots; i++)
		slot_init(&run.slots[i], place);
	http_share(place->http, run.n_slots);
	http_progress_add(place->http, -http_progress(place->http));
	rc = run_all(&run);
	http_share(place->http, 1);
	release(&run, rc);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/rand.h"
#include "local/ref.h"
#include "unit/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * A random walk: users edit, the store changes, contents arrive and are
 * collected, and after each step all that the library keeps about itself is
 * computed again.  Nothing that a user saved goes.  STEMMA_SEED and STEMMA_STEPS
 * tell a walk again, or a longer one.
 */
#define IDS 8       /* documents */
#define CONTENTS 12 /* texts that go round */

struct walk {
	struct contents *c;
	uint64_t seed;
	char *id[100]; /* stable_ids */
	int ids;
	int64_t version;      /* of the store */
	bool saved[CONTENTS]; /* was it acknowledged to a user? */
	int done;
};

/* xorshift64* (Vigna 2016): the same walk on all machines. */
static unsigned
roll(struct walk *w, unsigned limit)
{
	w->seed ^= w->seed >> 12;
	w->seed ^= w->seed << 25;
	w->seed ^= w->seed >> 27;
	return (unsigned)((w->seed * 2685821657736338717u) >> 33) % limit;
}

static const char *
any_id(struct walk *w)
{
	return w->id[roll(w, (unsigned)w->ids)];
}

static char *
text_of(struct walk *w, unsigned n)
{
	return mem_printf(w->c->l->mem, "content %u", n);
}

static char *
hash_of(struct walk *w, unsigned n)
{
	char *hex = mem_alloc(w->c->l->mem, HASH_HEX_SIZE);
	char *text = text_of(w, n);
	struct hash hash;

	hash_bytes(text, strlen(text), &hash);
	return hash_hex(&hash, hex);
}

static void
know_id(struct walk *w, char *id)
{
	int i;

	for (i = 0; i < w->ids; i++)
		if (strcmp(w->id[i], id) == 0)
			return;
	if (w->ids < 100)
		w->id[w->ids++] = id;
}

/* ---- what users do ------------------------------------------------------------------ */

/* It lies in the blobs now, though nobody took it. */
static int
put_in_vain(struct walk *w, unsigned n)
{
	library_must(blob_arrived(w->c->l->db, hash_of(w, n), "tei") >= 0,
	    "blob_arrived");
	return E_ABSENT;
}

/* One that was deleted, and is in conflict for that, does not live again so. */
static int
step_add(struct walk *w)
{
	const char *doc_id = mem_printf(w->c->l->mem, "doc %u", roll(w, IDS));
	unsigned n = roll(w, CONTENTS);
	char *stable_id;
	int rc = records_try_add(w->c, doc_id, text_of(w, n), &stable_id);

	if (rc == E_DENIED)
		return put_in_vain(w, n);
	library_must(rc == 0, "record_add");
	know_id(w, stable_id);
	w->saved[n] = true;
	return 0;
}

static int
step_save(struct walk *w)
{
	unsigned n = roll(w, CONTENTS);
	int rc = records_save(w->c, any_id(w), text_of(w, n));

	if (rc != 0)
		return put_in_vain(w, n);
	w->saved[n] = true;
	return rc;
}

static int
step_set(struct walk *w)
{
	static const char *const labels[] = { "", "a", "b" };
	static const char *const collections[] = { NULL, "[]", "[\"x\"]" };
	struct record_set set = { .label = labels[roll(w, 3)],
		.doc_collections = collections[roll(w, 3)],
		.is_gold = (int)roll(w, 3) - 1 };

	return record_set(w->c->l->db, any_id(w), &set, "anna");
}

static int
step_delete(struct walk *w)
{
	return record_delete(w->c->l->db, any_id(w), "anna");
}

static int
step_restore(struct walk *w)
{
	int64_t seq = roll(w, 2) == 0 ? 0 : (int64_t)roll(w, 200);

	return record_restore(w->c->l->db, any_id(w), seq, "anna");
}

/* ---- what the store does --------------------------------------------------------------- */

static struct record
their_change(struct walk *w, const struct record *from)
{
	struct record rec = *from;
	unsigned n = roll(w, CONTENTS);

	rec.deleted = roll(w, 4) == 0;
	rec.label = roll(w, 2) == 0 ? "theirs" : rec.label;
	rec.generation = (int64_t)roll(w, 3);
	if (roll(w, 2) == 0) {
		rec.id = hash_of(w, n);
		rec.file_size = (int64_t)strlen(text_of(w, n));
	}
	rec.updated_at = clock_text(clock_wall_ms(),
	    mem_alloc(w->c->l->mem, CLOCK_TEXT_SIZE));
	return rec;
}

static bool
in_conflict(const struct held *held)
{
	return strcmp(held->sync_status, "conflict") == 0;
}

/* Our row as it is becomes the store's. */
static int
step_publish(struct walk *w)
{
	const char *id = any_id(w);
	struct held held = records_find(w->c, id);

	if (in_conflict(&held))
		return E_DENIED;
	records_publish(w->c, id, ++w->version);
	return 0;
}

/* Theirs replaces ours; or stands beside it, as after a merge. */
static int
step_theirs(struct walk *w)
{
	struct held held = records_find(w->c, any_id(w));
	struct record side = their_change(w, &held.rec);
	struct record_write write = { .row = &side,
		.side = &side,
		.side_version = ++w->version,
		.side_at = AT,
		.kind = "sync" };

	if (in_conflict(&held))
		write.status = held.sync_status;
	if (in_conflict(&held) || roll(w, 2) == 0)
		write.row = &held.rec;
	return record_write(w->c->l->db, &write);
}

static int
step_foreign(struct walk *w)
{
	struct held held = records_find(w->c, any_id(w));
	struct record rec = their_change(w, &held.rec);
	char *id = mem_alloc(w->c->l->mem, STABLE_ID_SIZE);

	stable_id_make("theirs", "tei", NULL, rec.id, (int64_t)roll(w, 20), id);
	rec.stable_id = id;
	if (record_find(w->c->l->db, w->c->l->mem, id, &held) == 1 &&
	    in_conflict(&held))
		return E_DENIED;
	know_id(w, id);
	return records_apply(w->c, &rec, ++w->version);
}

static int
step_conflict(struct walk *w)
{
	const char *id = any_id(w);
	struct held held = records_find(w->c, id);
	int rc;

	if (!in_conflict(&held) && strcmp(held.sync_status, "modified") != 0)
		return E_INPUT;
	if ((rc = db_begin(w->c->l->db)) != 0)
		return rc;
	if (strcmp(held.sync_status, "modified") == 0) {
		library_exec(w->c->l,
		    "INSERT INTO conflicts (stable_id, conflict_type,"
		    " file_type, seen_at)"
		    " VALUES ('%s', 'modified_both', 'tei', '" AT "')",
		    id);
		rc = record_set_status(w->c->l->db, id, "conflict", "both");
	} else {
		library_exec(w->c->l,
		    "DELETE FROM conflicts WHERE stable_id = '%s'", id);
		rc = record_write(w->c->l->db,
		    &(struct record_write){ .row = &held.rec });
	}
	return db_end(w->c->l->db, rc);
}

/* ---- what else happens ---------------------------------------------------------------------- */

static int
step_arrive(struct walk *w)
{
	unsigned n = roll(w, CONTENTS);

	if (library_ask(w->c->l,
		"SELECT present FROM storage_refs"
		" WHERE id = '%s'",
		hash_of(w, n)) != 0)
		return E_ABSENT;
	contents_put(w->c, text_of(w, n), "tei");
	return blob_arrived(w->c->l->db, hash_of(w, n), "tei");
}

static int
step_collect(struct walk *w)
{
	return blob_collect(w->c->blobs, w->c->l->db, NULL);
}

/* An edit that is undone leaves nothing. */
static int
step_undo(struct walk *w)
{
	struct contents *c = w->c;
	unsigned n = roll(w, CONTENTS);
	bool saved = w->saved[n];
	int rc;

	contents_put(c, text_of(w, n), "tei");
	if ((rc = db_begin(c->l->db)) != 0)
		return rc;
	(void)record_save(c->l->db, any_id(w), hash_of(w, n), 9, NULL, NULL);
	(void)record_delete(c->l->db, any_id(w), NULL);
	w->saved[n] = saved;
	rc = db_end(c->l->db, E_STOPPED);
	put_in_vain(w, n);
	return rc == E_STOPPED ? 0 : E_IO;
}

/* Contents that a user saved are here: something holds each of them. */
static void
check_nothing_is_lost(struct walk *w)
{
	unsigned n;

	for (n = 0; n < CONTENTS; n++)
		if (w->saved[n] &&
		    !blob_is_here(w->c->blobs, hash_of(w, n), "tei"))
			fail_msg("content %u is gone", n);
}

static int (*const steps[])(struct walk *w) = {
	step_add,
	step_add,
	step_save,
	step_save,
	step_save,
	step_set,
	step_set,
	step_delete,
	step_restore,
	step_publish,
	step_publish,
	step_theirs,
	step_theirs,
	step_foreign,
	step_conflict,
	step_arrive,
	step_collect,
	step_undo,
};

static uint64_t
number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void
whatever_happens_the_library_is_right(void **state)
{
	struct walk w = { .c = *state };
	uint64_t i, count = number_from("STEMMA_STEPS", 1000);
	unsigned step;
	int rc;

	w.seed = number_from("STEMMA_SEED", 0);
	if (w.seed == 0)
		rand_bytes(&w.seed, sizeof(w.seed));
	print_message("# STEMMA_SEED=%llu\n", (unsigned long long)w.seed);
	library_exec(w.c->l, "PRAGMA synchronous = OFF");
	step_add(&w);
	for (i = 0; i < count; i++) {
		step = roll(&w, sizeof(steps) / sizeof(*steps));
		rc = steps[step](&w);
		if (rc < 0 && rc != E_ABSENT && rc != E_DENIED &&
		    rc != E_INPUT && rc != E_CONFLICT)
			fail_msg("step %u: %d %s", step, rc, err_text());
		w.done += rc >= 0;
		if (records_faults(w.c) != 0)
			fail_msg("after step %llu, which was %u",
			    (unsigned long long)i, step);
		check_nothing_is_lost(&w);
	}
	assert_true(w.done > (int)(count / 2));
}

static int
setup(void **state)
{
	*state = records_new();
	return 0;
}

static int
teardown(void **state)
{
	records_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    whatever_happens_the_library_is_right, setup, teardown),
	};

	return cmocka_run_group_tests_name("record_walk", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/meta.h"

#include "base/clock.h"
#include "base/err.h"
#include "unit/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static int
setup(void **state)
{
	*state = library_new();
	return 0;
}

static int
teardown(void **state)
{
	library_free(*state);
	return 0;
}

/* What the callbacks below saw, in order. */
static char seen[200];
static struct db *writes; /* a callback writes to this, too */

static void
see(const char *text)
{
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s ", text);
}

/* ---- single values ------------------------------------------------------- */

static void
a_value_is_found_replaced_and_removed(void **state)
{
	struct library *l = *state;
	char *value;

	assert_int_equal(meta_find(l->db, l->mem, "store", &value), 0);
	assert_int_equal(meta_put(l->db, "store", "one"), 0);
	assert_int_equal(meta_put(l->db, "store", "two"), 0);
	assert_int_equal(meta_find(l->db, l->mem, "store", &value), 1);
	assert_string_equal(value, "two");
	assert_int_equal(meta_put(l->db, "store", NULL), 0);
	assert_int_equal(meta_put(l->db, "store", NULL), 0);
	assert_int_equal(meta_find(l->db, l->mem, "store", &value), 0);
}

static void
a_number_is_zero_until_it_is_put(void **state)
{
	struct library *l = *state;
	int64_t n = 7;

	assert_int_equal(meta_int(l->db, "gc", &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(meta_put_int(l->db, "gc", INT64_MAX), 0);
	assert_int_equal(meta_int(l->db, "gc", &n), 0);
	assert_true(n == INT64_MAX);
	assert_int_equal(meta_put(l->db, "gc", "12x"), 0);
	assert_int_equal(meta_int(l->db, "gc", &n), E_CORRUPT);
}

static void
the_state_is_zeros_until_it_is_put(void **state)
{
	struct library *l = *state;
	struct hash h = { { 1 } };
	char text[HASH_HEX_SIZE];

	assert_int_equal(state_find(l->db, &h), 0);
	assert_int_equal(strspn(hash_hex(&h, text), "0"), 64);
	assert_int_equal(meta_put(l->db, "state", A), 0);
	assert_int_equal(state_find(l->db, &h), 0);
	assert_string_equal(hash_hex(&h, text), A);
	assert_int_equal(meta_put(l->db, "state", "x"), 0);
	assert_int_equal(state_find(l->db, &h), E_CORRUPT);
}

static void
values_are_part_of_a_transaction(void **state)
{
	struct library *l = *state;
	char *value;

	assert_int_equal(db_begin(l->db), 0);
	assert_int_equal(meta_put(l->db, "store", "one"), 0);
	assert_int_equal(passed_put(l->db, 1, A), 0);
	assert_int_equal(db_end(l->db, E_STOPPED), E_STOPPED);
	assert_int_equal(meta_find(l->db, l->mem, "store", &value), 0);
	assert_int_equal(passed_find(l->db, l->mem, 1, &value), 0);
}

/* ---- the chain ----------------------------------------------------------- */

static void
versions_that_were_passed_are_remembered(void **state)
{
	struct library *l = *state;
	char *commit;

	assert_int_equal(passed_find(l->db, l->mem, 5, &commit), 0);
	assert_int_equal(passed_put(l->db, 5, A), 0);
	assert_int_equal(passed_put(l->db, 5, B), 0);
	assert_int_equal(passed_find(l->db, l->mem, 5, &commit), 1);
	assert_string_equal(commit, B);
	assert_int_equal(passed_find(l->db, l->mem, 4, &commit), 0);
}

static int
see_replica(void *arg, const struct replica *r)
{
	(void)arg;
	see(r->replica);
	if (writes != NULL)
		return meta_put(writes, r->replica, r->txn);
	return r->counter == 99 ? 5 : 0;
}

static void
each_replica_has_its_last_transaction(void **state)
{
	struct library *l = *state;
	struct replica r = { "b", 3, "txn", 4, A }, back;

	assert_int_equal(replica_find(l->db, l->mem, "b", &back), 0);
	assert_int_equal(replica_put(l->db, &r), 0);
	r.counter = 99;
	r.txn = "txn2";
	r.version = 6;
	r.commit_id = B;
	assert_int_equal(replica_put(l->db, &r), 0);
	assert_int_equal(replica_find(l->db, l->mem, "b", &back), 1);
	assert_string_equal(back.replica, "b");
	assert_int_equal(back.counter, 99);
	assert_string_equal(back.txn, "txn2");
	assert_int_equal(back.version, 6);
	assert_string_equal(back.commit_id, B);

	r.replica = "c";
	r.counter = 1;
	assert_int_equal(replica_put(l->db, &r), 0);
	r.replica = "a";
	assert_int_equal(replica_put(l->db, &r), 0);
	*seen = '\0';
	assert_int_equal(replica_each(l->db, see_replica, NULL), 5);
	assert_string_equal(seen, "a b ");
	writes = l->db;
	*seen = '\0';
	assert_int_equal(replica_each(l->db, see_replica, NULL), 0);
	assert_string_equal(seen, "a b c ");
	writes = NULL;
}

static void
put_name(struct library *l, const char *id, int generation, int refs,
    int dropped_version, const char *dropped_at)
{
	library_exec(l,
	    "INSERT INTO names (id, file_type, generation, refs,"
	    " dropped_version, dropped_at)"
	    " VALUES ('%s', 'pdf', %d, %d, %d, '%s')",
	    id, generation, refs, dropped_version, dropped_at);
}

static void
the_newest_name_of_a_content_is_found(void **state)
{
	struct library *l = *state;
	int64_t generation = -1;

	put_name(l, A, 2, 1, 0, "");
	put_name(l, A, 10, 0, 5, "2026-01-01");
	put_name(l, B, 11, 1, 0, "");
	assert_int_equal(name_find(l->db, A, "pdf", &generation), 1);
	assert_int_equal(generation, 10);
	assert_int_equal(name_find(l->db, A, "tei", &generation), 0);
	assert_int_equal(name_is_named(l->db, A, "pdf", 2), 1);
	assert_int_equal(name_is_named(l->db, A, "pdf", 10), 1);
	assert_int_equal(name_is_named(l->db, A, "pdf", 3), 0);
	assert_int_equal(name_is_named(l->db, B, "tei", 11), 0);
	/* A damaged one is named, but no more to be used. */
	library_exec(l, "UPDATE names SET damaged = 1 WHERE generation = 10");
	assert_int_equal(name_find(l->db, A, "pdf", &generation), 1);
	assert_int_equal(generation, 2);
	assert_int_equal(name_is_named(l->db, A, "pdf", 10), 1);
}

static void
a_name_is_forgotten_by_the_version_that_let_it_go(void **state)
{
	struct library *l = *state;
	int64_t n;

	put_name(l, A, 1, 0, 100, "2026-01-01");
	put_name(l, A, 2, 0, 101, "1970-01-01"); /* no clock decides */
	put_name(l, A, 3, 0, 500, "2026-01-01");
	put_name(l, A, 4, 1, 100, "2026-01-01"); /* live again */
	assert_int_equal(name_over(l->db, 101, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(name_forget(l->db, 101), 0);
	assert_int_equal(library_ask(l,
			     "SELECT group_concat(generation, '')"
			     " FROM names"),
	    234);
}

/* All replicas must say the same of a name, however they came to know of it. */
static void
what_was_let_go_is_what_a_checkpoint_says(void **state)
{
	struct library *l = *state;
	int64_t refs, dropped;

	put_name(l, A, 1, 0, 100, "2026-01-01"); /* by another version */
	put_name(l, A, 2, 0, 100, "2026-01-01"); /* forgotten meanwhile */
	put_name(l, A, 3, 1, 100, "2026-01-01"); /* a record has it */
	library_exec(l, "UPDATE names SET damaged = 1 WHERE generation = 1");
	assert_int_equal(dropped_begin(l->db), 0);
	assert_int_equal(dropped_put(l->db, A, "pdf", 1, 90, "2026-01-02"), 0);
	assert_int_equal(dropped_put(l->db, A, "pdf", 3, 90, "2026-01-02"), 0);
	assert_int_equal(dropped_put(l->db, A, "pdf", 5, 95, "2026-01-02"), 0);
	assert_int_equal(dropped_end(l->db), 0);
	assert_int_equal(name_look(l->db, A, "pdf", 1, &refs, &dropped), 1);
	assert_int_equal(dropped, 90);
	assert_int_equal(name_look(l->db, A, "pdf", 2, &refs, &dropped), 0);
	assert_int_equal(name_look(l->db, A, "pdf", 3, &refs, &dropped), 1);
	assert_int_equal(refs, 1);
	assert_int_equal(name_look(l->db, A, "pdf", 5, &refs, &dropped), 1);
	assert_int_equal(dropped, 95);
	assert_int_equal(library_ask(l,
			     "SELECT damaged FROM names WHERE generation = 1"),
	    1);
}

static void
the_newest_checkpoint_below_a_version_is_found(void **state)
{
	struct library *l = *state;
	int64_t found;

	assert_int_equal(checkpoint_newest(l->db, 100, &found), 0);
	assert_int_equal(checkpoint_named(l->db, 5), 0);
	assert_int_equal(checkpoint_named(l->db, 50), 0);
	assert_int_equal(checkpoint_named(l->db, 50), 0);
	assert_int_equal(checkpoint_newest(l->db, 50, &found), 1);
	assert_int_equal(found, 5);
	assert_int_equal(checkpoint_newest(l->db, 51, &found), 1);
	assert_int_equal(found, 50);
	assert_int_equal(checkpoint_forget(l->db, 50), 0);
	assert_int_equal(checkpoint_newest(l->db, 50, &found), 0);
}

/* ---- outbox and uploads -------------------------------------------------- */

static int
see_row(void *arg, const char *stable_id, int64_t revision)
{
	(void)arg;
	see(stable_id);
	if (writes != NULL)
		return meta_put_int(writes, stable_id, revision);
	return revision == 2 ? 3 : 0;
}

static void
the_outbox_holds_exact_bytes(void **state)
{
	struct library *l = *state;
	struct outbox o = { "txn", 1, 2, A, "a\0b\n", 4, 0 }, back;

	assert_int_equal(outbox_find(l->db, l->mem, &back), 0);
	assert_int_equal(outbox_freeze(l->db), E_ABSENT);
	assert_int_equal(outbox_put(l->db, &o), 0);
	assert_int_equal(outbox_find(l->db, l->mem, &back), 1);
	assert_string_equal(back.txn, "txn");
	assert_int_equal(back.counter, 1);
	assert_int_equal(back.version, 2);
	assert_string_equal(back.commit_id, A);
	assert_int_equal(back.len, 4);
	assert_memory_equal(back.bytes, "a\0b\n", 4);
	assert_int_equal(back.frozen, 0);
	assert_int_equal(outbox_freeze(l->db), 0);
	assert_int_equal(outbox_find(l->db, l->mem, &back), 1);
	assert_int_equal(back.frozen, 1);
}

static void
the_outbox_has_one_commit_and_its_rows(void **state)
{
	struct library *l = *state;
	struct outbox o = { "txn", 1, 2, A, NULL, 0, 0 }, back;
	int64_t revision;

	assert_int_equal(outbox_row_put(l->db, "b", 1), 0);
	assert_int_equal(outbox_row_put(l->db, "b", 2), 0);
	assert_int_equal(outbox_row_put(l->db, "a", 7), 0);
	assert_int_equal(outbox_row_put(l->db, "c", 8), 0);
	assert_int_equal(outbox_put(l->db, &o), 0);
	o.txn = "other";
	assert_int_equal(outbox_put(l->db, &o), 0);
	assert_int_equal(outbox_find(l->db, l->mem, &back), 1);
	assert_string_equal(back.txn, "other");
	assert_int_equal(outbox_row_find(l->db, "b", &revision), 1);
	assert_int_equal(revision, 2);
	*seen = '\0';
	assert_int_equal(outbox_row_each(l->db, l->mem, see_row, NULL), 3);
	assert_string_equal(seen, "a b ");
	writes = l->db;
	*seen = '\0';
	assert_int_equal(outbox_row_each(l->db, l->mem, see_row, NULL), 0);
	assert_string_equal(seen, "a b c ");
	writes = NULL;
	assert_int_equal(outbox_clear(l->db), 0);
	assert_int_equal(outbox_find(l->db, l->mem, &back), 0);
	assert_int_equal(outbox_row_find(l->db, "b", &revision), 0);
	assert_int_equal(outbox_row_put(l->db, "b", 1), 0);
	assert_int_equal(outbox_rows_clear(l->db), 0);
	assert_int_equal(outbox_row_find(l->db, "b", &revision), 0);
}

static void
uploads_are_known_by_their_whole_name(void **state)
{
	struct library *l = *state;

	assert_int_equal(upload_put(l->db, A, "pdf", 3, 10), 0);
	assert_int_equal(upload_put(l->db, A, "pdf", 3, 10), 0);
	assert_int_equal(upload_find(l->db, A, "pdf", 3), 1);
	assert_int_equal(upload_find(l->db, A, "tei", 3), 0);
	assert_int_equal(upload_find(l->db, A, "pdf", 2), 0);
	assert_int_equal(upload_find(l->db, B, "pdf", 3), 0);
	assert_int_equal(upload_clear(l->db), 0);
	assert_int_equal(upload_find(l->db, A, "pdf", 3), 0);
}

/* ---- syncs --------------------------------------------------------------- */

static int64_t fake_ms;

static int64_t
fake_now(void *arg)
{
	(void)arg;
	return fake_ms;
}

static void
fake_sleep(void *arg, int64_t ms)
{
	(void)arg;
	fake_ms += ms;
}

static const struct clock_source fake_clock = { fake_now, fake_now, fake_sleep,
	NULL };

/* A sync that ends at that second and deletes so many. */
static void
run(struct library *l, int64_t at, int64_t deleted, int confirmed)
{
	int64_t id;

	fake_ms = at * 1000;
	assert_int_equal(run_begin(l->db, &id), 0);
	assert_int_equal(run_update(l->db, id, "{\"uploaded\":1}", deleted / 2),
	    0);
	assert_int_equal(run_end(l->db, id, "done", NULL, "{}", deleted,
			     confirmed),
	    0);
}

static int64_t
deleted_since(struct library *l, int64_t at)
{
	char text[CLOCK_TEXT_SIZE];
	int64_t n;

	assert_int_equal(run_deleted(l->db, clock_text(at * 1000, text),
			     INT64_MAX, &n),
	    0);
	return n;
}

static void
deletions_count_since_a_day_or_a_persons_word(void **state)
{
	struct library *l = *state;
	int64_t id;

	clock_set(&fake_clock);
	assert_int_equal(deleted_since(l, 0), 0);
	run(l, 100, 1, 0);
	run(l, 200, 2, 0);
	run(l, 300, 4, 0);
	assert_int_equal(deleted_since(l, 0), 7);
	assert_int_equal(deleted_since(l, 200), 6);
	run(l, 400, 1000, 1);
	assert_int_equal(deleted_since(l, 0), 0);
	run(l, 500, 8, 0);
	assert_int_equal(deleted_since(l, 0), 8);
	/* One that died in the middle counts, with what it said. */
	assert_int_equal(run_begin(l->db, &id), 0);
	assert_int_equal(run_update(l->db, id, "{}", 16), 0);
	assert_int_equal(deleted_since(l, 0), 24);
	assert_int_equal(run_update(l->db, id + 1, "{}", 16), E_ABSENT);
	clock_set(NULL);
}

static int
see_run(void *arg, const struct run *r)
{
	char text[30];

	(void)arg;
	snprintf(text, sizeof(text), "%d%s", (int)r->run_id,
	    r->ended_at == NULL ? "?" : "");
	see(text);
	assert_non_null(r->started_at);
	assert_string_equal(r->summary, "{}");
	return writes != NULL ? meta_put(writes, "x", text) : 0;
}

static void
runs_are_told_newest_first(void **state)
{
	struct library *l = *state;
	int64_t id;

	run(l, 100, 0, 0);
	run(l, 200, 0, 0);
	assert_int_equal(run_begin(l->db, &id), 0);
	assert_int_equal(id, 3);
	*seen = '\0';
	assert_int_equal(run_each(l->db, 2, see_run, NULL), 0);
	assert_string_equal(seen, "3? 2 ");
	*seen = '\0';
	writes = l->db;
	assert_int_equal(run_each(l->db, 9, see_run, NULL), 0);
	assert_string_equal(seen, "3? 2 1 ");
	writes = NULL;
}

static void
old_runs_are_forgotten(void **state)
{
	struct library *l = *state;
	int64_t id;

	library_exec(l,
	    "INSERT INTO sync_runs (run_id, started_at, summary)"
	    " VALUES (5, '', ''), (6, '', ''), (10004, '', '')");
	assert_int_equal(run_begin(l->db, &id), 0);
	assert_int_equal(id, 10005);
	assert_int_equal(library_ask(l, "SELECT count(*) FROM sync_runs"), 3);
	assert_int_equal(library_ask(l, "SELECT min(run_id) FROM sync_runs"),
	    6);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_value_is_found_replaced_and_removed),
		T(a_number_is_zero_until_it_is_put),
		T(the_state_is_zeros_until_it_is_put),
		T(values_are_part_of_a_transaction),
		T(versions_that_were_passed_are_remembered),
		T(each_replica_has_its_last_transaction),
		T(the_newest_name_of_a_content_is_found),
		T(a_name_is_forgotten_by_the_version_that_let_it_go),
		T(what_was_let_go_is_what_a_checkpoint_says),
		T(the_newest_checkpoint_below_a_version_is_found),
		T(the_outbox_holds_exact_bytes),
		T(the_outbox_has_one_commit_and_its_rows),
		T(uploads_are_known_by_their_whole_name),
		T(deletions_count_since_a_day_or_a_persons_word),
		T(runs_are_told_newest_first),
		T(old_runs_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

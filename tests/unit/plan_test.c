/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/shared.h"
#include "sync/plan.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define X_ID "dace9a4d2d04f51bc9fee54104893d5612aebf483e53dedc2be1ae40db3f6244"
#define Y_ID "1381be58ff61c837f922512c19392ea90fd3caec38cd0ba4a2e4344fcfd48a71"

static const struct record x = {
	.stable_id = "u3d6vxqm594m",
	.id = X_ID,
	.filename = "a.tei.xml",
	.doc_id = "doc",
	.doc_id_type = "custom",
	.file_type = "tei",
	.mime_type = "application/xml",
	.file_size = 6,
	.version = 1,
	.doc_collections = "[]",
	.doc_metadata = "{}",
	.file_metadata = "{}",
	.created_at = "2026-01-31T12:34:56.789Z",
	.updated_at = "2026-02-01T00:00:00.001Z",
};

/* ---- the table ------------------------------------------------------------- */

struct cell {
	enum change here, there;
	enum action other; /* contents differ */
	enum action same;
};

/* Written out by hand from the policy: not from the code that is tested. */
static const struct cell cells[] = {
	/* nothing happened here: what happened there stands */
	{ CHANGE_NONE, CHANGE_NONE, ACTION_NOTHING, ACTION_NOTHING },
	{ CHANGE_NONE, CHANGE_NAME, ACTION_TAKE, ACTION_TAKE },
	{ CHANGE_NONE, CHANGE_META, ACTION_TAKE, ACTION_TAKE },
	{ CHANGE_NONE, CHANGE_CONTENT, ACTION_TAKE, ACTION_TAKE },
	{ CHANGE_NONE, CHANGE_DELETED, ACTION_TAKE, ACTION_TAKE },
	{ CHANGE_NONE, CHANGE_BORN, ACTION_TAKE, ACTION_TAKE },

	/* nothing happened there: what happened here is sent */
	{ CHANGE_NAME, CHANGE_NONE, ACTION_SEND, ACTION_SEND },
	{ CHANGE_META, CHANGE_NONE, ACTION_SEND, ACTION_SEND },
	{ CHANGE_CONTENT, CHANGE_NONE, ACTION_SEND, ACTION_SEND },
	{ CHANGE_DELETED, CHANGE_NONE, ACTION_SEND, ACTION_SEND },
	{ CHANGE_BORN, CHANGE_NONE, ACTION_SEND, ACTION_SEND },

	/* fields merge; two contents only where they are the same */
	{ CHANGE_META, CHANGE_META, ACTION_MERGE, ACTION_MERGE },
	{ CHANGE_META, CHANGE_CONTENT, ACTION_MERGE, ACTION_MERGE },
	{ CHANGE_CONTENT, CHANGE_META, ACTION_MERGE, ACTION_MERGE },
	{ CHANGE_CONTENT, CHANGE_CONTENT, ACTION_CONFLICT_BOTH, ACTION_MERGE },
	{ CHANGE_BORN, CHANGE_BORN, ACTION_CONFLICT_BOTH, ACTION_MERGE },

	/* a new name of the old content stands back behind any edit */
	{ CHANGE_NAME, CHANGE_NAME, ACTION_MERGE, ACTION_MERGE },
	{ CHANGE_NAME, CHANGE_META, ACTION_MERGE, ACTION_MERGE },
	{ CHANGE_META, CHANGE_NAME, ACTION_MERGE, ACTION_MERGE },
	{ CHANGE_NAME, CHANGE_CONTENT, ACTION_TAKE, ACTION_TAKE },
	{ CHANGE_CONTENT, CHANGE_NAME, ACTION_SEND, ACTION_SEND },
	{ CHANGE_NAME, CHANGE_DELETED, ACTION_TAKE, ACTION_TAKE },
	{ CHANGE_DELETED, CHANGE_NAME, ACTION_SEND, ACTION_SEND },

	/* a deletion against an edit is never decided here */
	{ CHANGE_META, CHANGE_DELETED, ACTION_CONFLICT_REMOTE,
	    ACTION_CONFLICT_REMOTE },
	{ CHANGE_CONTENT, CHANGE_DELETED, ACTION_CONFLICT_REMOTE,
	    ACTION_CONFLICT_REMOTE },
	{ CHANGE_DELETED, CHANGE_META, ACTION_CONFLICT_LOCAL,
	    ACTION_CONFLICT_LOCAL },
	{ CHANGE_DELETED, CHANGE_CONTENT, ACTION_CONFLICT_LOCAL,
	    ACTION_CONFLICT_LOCAL },
	{ CHANGE_DELETED, CHANGE_DELETED, ACTION_TAKE, ACTION_TAKE },

	/* a live base on one side and none on the other cannot be */
	{ CHANGE_NAME, CHANGE_BORN, ACTION_NEVER, ACTION_NEVER },
	{ CHANGE_META, CHANGE_BORN, ACTION_NEVER, ACTION_NEVER },
	{ CHANGE_CONTENT, CHANGE_BORN, ACTION_NEVER, ACTION_NEVER },
	{ CHANGE_DELETED, CHANGE_BORN, ACTION_NEVER, ACTION_NEVER },
	{ CHANGE_BORN, CHANGE_NAME, ACTION_NEVER, ACTION_NEVER },
	{ CHANGE_BORN, CHANGE_META, ACTION_NEVER, ACTION_NEVER },
	{ CHANGE_BORN, CHANGE_CONTENT, ACTION_NEVER, ACTION_NEVER },
	{ CHANGE_BORN, CHANGE_DELETED, ACTION_NEVER, ACTION_NEVER },
};
#define CELLS (sizeof(cells) / sizeof(cells[0]))

static void
every_cell_says_what_the_policy_says(void **state)
{
	bool seen[CHANGE_N][CHANGE_N] = { { false } };

	(void)state;
	for (size_t i = 0; i < CELLS; i++) {
		const struct cell *c = &cells[i];

		assert_int_equal(plan_action(c->here, c->there, false),
		    c->other);
		assert_int_equal(plan_action(c->here, c->there, true), c->same);
		assert_false(seen[c->here][c->there]);
		seen[c->here][c->there] = true;
	}
	assert_int_equal(CELLS, CHANGE_N * CHANGE_N);
}

/* Both replicas of a pair see the same thing from their own side. */
static void
the_table_is_fair_to_both_sides(void **state)
{
	(void)state;
	for (enum change a = 0; a < CHANGE_N; a++) {
		for (enum change b = 0; b < CHANGE_N; b++) {
			enum action ab = plan_action(a, b, false);
			enum action ba = plan_action(b, a, false);

			assert_int_equal(ab == ACTION_MERGE,
			    ba == ACTION_MERGE);
			assert_int_equal(ab == ACTION_CONFLICT_BOTH,
			    ba == ACTION_CONFLICT_BOTH);
			assert_int_equal(ab == ACTION_CONFLICT_REMOTE,
			    ba == ACTION_CONFLICT_LOCAL);
			assert_int_equal(ab == ACTION_NEVER,
			    ba == ACTION_NEVER);
		}
	}
}

/* An edit here is never thrown away by what came: that is for a person. */
static void
no_edit_is_ever_overruled(void **state)
{
	static const enum change edits[] = { CHANGE_META, CHANGE_CONTENT,
		CHANGE_BORN };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (enum change b = 0; b < CHANGE_N; b++) {
			assert_int_not_equal(plan_action(edits[i], b, false),
			    ACTION_TAKE);
			assert_int_not_equal(plan_action(edits[i], b, false),
			    ACTION_NOTHING);
		}
	}
}

/* ---- what happened ----------------------------------------------------------- */

static void
a_record_that_vanished_did_not_change(void **state)
{
	(void)state;
	assert_int_equal(plan_change(&x, NULL), CHANGE_NONE);
	assert_int_equal(plan_change(NULL, NULL), CHANGE_NONE);
}

static void
without_a_base_what_lives_is_born(void **state)
{
	struct record dead = x;

	(void)state;
	dead.deleted = true;
	assert_int_equal(plan_change(NULL, &x), CHANGE_BORN);
	assert_int_equal(plan_change(&dead, &x), CHANGE_BORN);
	assert_int_equal(plan_change(NULL, &dead), CHANGE_NONE);
	assert_int_equal(plan_change(&dead, &dead), CHANGE_NONE);
}

static void
times_alone_are_no_change(void **state)
{
	struct record y = x;

	(void)state;
	assert_int_equal(plan_change(&x, &y), CHANGE_NONE);
	y.updated_at = "2030-01-01T00:00:00.000Z";
	y.created_at = "2030-01-01T00:00:00.000Z";
	assert_int_equal(plan_change(&x, &y), CHANGE_NONE);
}

static void
each_field_is_a_change_of_fields(void **state)
{
	struct record y;

	(void)state;
#define WITH(field, value) \
	y = x;             \
	y.field = (value); \
	assert_int_equal(plan_change(&x, &y), CHANGE_META)
	WITH(filename, "b.tei.xml");
	WITH(doc_id, "other");
	WITH(doc_id_type, "doi");
	WITH(label, "L");
	WITH(variant, "V");
	WITH(version, 2);
	WITH(is_gold, true);
	WITH(doc_collections, "[\"c\"]");
	WITH(doc_metadata, "{\"a\":1}");
	WITH(file_metadata, "{\"a\":1}");
	WITH(extra, "{\"new\":1}");
#undef WITH
}

static void
another_generation_is_a_change_of_name(void **state)
{
	struct record y = x;

	(void)state;
	y.generation = 1;
	y.updated_at = "2030-01-01T00:00:00.000Z";
	assert_int_equal(plan_change(&x, &y), CHANGE_NAME);
	y.label = "L";
	assert_int_equal(plan_change(&x, &y), CHANGE_META);
}

static void
another_content_is_a_change_of_content(void **state)
{
	struct record y = x;

	(void)state;
	y.id = Y_ID;
	y.file_size = 7;
	assert_int_equal(plan_change(&x, &y), CHANGE_CONTENT);
	y.label = "and a field";
	assert_int_equal(plan_change(&x, &y), CHANGE_CONTENT);
}

/* A tombstone names some content; that is no edit of it. */
static void
a_deletion_is_a_deletion_whatever_else_changed(void **state)
{
	struct record y = x;

	(void)state;
	y.deleted = true;
	assert_int_equal(plan_change(&x, &y), CHANGE_DELETED);
	y.id = Y_ID;
	y.label = "L";
	assert_int_equal(plan_change(&x, &y), CHANGE_DELETED);
}

static void
the_same_thing_has_document_type_and_variant(void **state)
{
	struct record y = x;

	(void)state;
	y.id = Y_ID;
	y.filename = "b";
	y.label = "L";
	assert_true(plan_same_thing(&x, &y));
	y.variant = "V";
	assert_false(plan_same_thing(&x, &y));
	assert_false(plan_same_thing(&y, &x));
	y = x;
	y.doc_id = "other";
	assert_false(plan_same_thing(&x, &y));
	y = x;
	y.file_type = "pdf";
	assert_false(plan_same_thing(&x, &y));
}

/* ---- the guard ------------------------------------------------------------------ */

static void
twenty_may_always_be_removed(void **state)
{
	(void)state;
	assert_false(plan_guard(0, 0, 10));
	assert_false(plan_guard(20, 20, 10));
	assert_false(plan_guard(20, 20, 0));
	assert_true(plan_guard(21, 21, 10));
	assert_true(plan_guard(21, 21, 0));
}

static void
more_than_the_percentage_is_too_much(void **state)
{
	(void)state;
	assert_false(plan_guard(100, 1000, 10));
	assert_true(plan_guard(101, 1000, 10));
	assert_false(plan_guard(25, 250, 10));
	assert_true(plan_guard(26, 250, 10));
	assert_false(plan_guard(25, 259, 10));
	assert_true(plan_guard(26, 259, 10));
	assert_false(plan_guard(1000, 1000, 100));
}

/* 10 % of n, counted without a number type that overflows. */
static void
the_percentage_of_any_number_is_right(void **state)
{
	(void)state;
	for (int64_t live = 0; live < 3000; live++) {
		for (int percent = 0; percent <= 100; percent += 7) {
			int64_t most = live * percent / 100;

			if (most < PLAN_GUARD_MIN)
				most = PLAN_GUARD_MIN;
			assert_false(plan_guard(most, live, percent));
			assert_true(plan_guard(most + 1, live, percent));
		}
	}
	assert_false(plan_guard(INT64_MAX / 100 * 50, INT64_MAX, 50));
	assert_true(plan_guard(INT64_MAX / 100 * 50 + 60, INT64_MAX, 50));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_says_what_the_policy_says),
		cmocka_unit_test(the_table_is_fair_to_both_sides),
		cmocka_unit_test(no_edit_is_ever_overruled),
		cmocka_unit_test(a_record_that_vanished_did_not_change),
		cmocka_unit_test(without_a_base_what_lives_is_born),
		cmocka_unit_test(times_alone_are_no_change),
		cmocka_unit_test(each_field_is_a_change_of_fields),
		cmocka_unit_test(another_generation_is_a_change_of_name),
		cmocka_unit_test(another_content_is_a_change_of_content),
		cmocka_unit_test(
		    a_deletion_is_a_deletion_whatever_else_changed),
		cmocka_unit_test(the_same_thing_has_document_type_and_variant),
		cmocka_unit_test(twenty_may_always_be_removed),
		cmocka_unit_test(more_than_the_percentage_is_too_much),
		cmocka_unit_test(the_percentage_of_any_number_is_right),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}

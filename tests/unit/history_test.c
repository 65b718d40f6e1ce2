/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/ref.h"
#include "unit/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

/* The kinds of the rows, one letter each. */
static int
take_kind(void *arg, const struct past *past)
{
	struct buf *kinds = arg;

	buf_putc(kinds, past->kind[0]);
	assert_string_equal(past->user, "anna");
	return 0;
}

static void
the_past_is_told_newest_first(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, "d", "one");
	struct record_set set = { .label = "L", .is_gold = -1 };
	struct buf kinds = { 0 };

	assert_int_equal(records_save(c, id, "two"), 0);
	assert_int_equal(record_set(c->l->db, id, &set, "anna"), 0);
	assert_int_equal(record_delete(c->l->db, id, "anna"), 0);
	assert_int_equal(history_each(c->l->db, id, take_kind, &kinds), 0);
	assert_string_equal(buf_text(&kinds), "dss");
	buf_release(&kinds);
	assert_int_equal(records_past(c, "abcdef"), 0);
}

struct walk {
	struct contents *c;
	const char *stable_id;
	int64_t last;
	int n;
};

static int
look_and_save(void *arg, const struct past *past)
{
	struct walk *w = arg;

	assert_true(w->last == 0 || past->seq < w->last);
	w->last = past->seq;
	w->n++;
	return records_save(w->c, w->stable_id,
	    mem_printf(w->c->l->mem, "again %d", w->n));
}

static void
a_long_past_is_seen_while_it_grows(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, "d", "one");
	struct walk w = { .c = c, .stable_id = id };
	int i;

	for (i = 0; i < 120; i++)
		assert_int_equal(records_save(c, id,
				     mem_printf(c->l->mem, "%d", i)),
		    0);
	assert_int_equal(history_each(c->l->db, id, look_and_save, &w), 0);
	assert_int_equal(w.n, 120);
	assert_int_equal(records_past(c, id), 240);
	assert_int_equal(records_faults(c), 0);
}

static void
the_past_holds_its_contents_until_it_is_forgotten(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, "d", "one");
	const char *one = records_find(c, id).rec.id;
	char then[CLOCK_TEXT_SIZE];
	int64_t n;

	assert_int_equal(records_save(c, id, "two"), 0);
	clock_text(records_ms + 500, then);
	assert_int_equal(records_save(c, id, "three"), 0);
	assert_int_equal(blob_collect(c->blobs, c->l->db, &n), 0);
	assert_int_equal(n, 0);
	assert_true(blob_is_here(c->blobs, one, "tei"));
	assert_int_equal(history_prune(c->l->db, "2020-01-01T00:00:00.000Z",
			     INT64_MAX, &n),
	    0);
	assert_int_equal(n, 0);
	assert_int_equal(history_prune(c->l->db, then, INT64_MAX, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(records_past(c, id), 1);
	assert_int_equal(blob_collect(c->blobs, c->l->db, &n), 0);
	assert_int_equal(n, 1);
	assert_false(blob_is_here(c->blobs, one, "tei"));
	assert_int_equal(records_faults(c), 0);
}

static void
a_long_past_is_forgotten_whole(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, "d", "one");
	int64_t n;
	int i;

	assert_int_equal(db_begin(c->l->db), 0);
	for (i = 0; i < 1001; i++)
		assert_int_equal(records_save(c, id,
				     i % 2 == 0 ? "even" : "odd"),
		    0);
	assert_int_equal(db_end(c->l->db, 0), 0);
	assert_int_equal(history_prune(c->l->db, "2027-01-01T00:00:00.000Z",
			     INT64_MAX, &n),
	    0);
	assert_int_equal(n, 1001);
	assert_int_equal(library_ask(c->l, "SELECT count(*) FROM history"), 0);
	assert_int_equal(library_ask(c->l,
			     "SELECT sum(refs) FROM"
			     " storage_refs"),
	    1);
	assert_int_equal(records_faults(c), 0);
}

/* ---- lineage ------------------------------------------------------------------------ */

static int
expect_next(void *arg, const struct lineage *l)
{
	int64_t *last = arg;

	assert_int_equal(l->version, ++*last);
	assert_string_equal(l->stable_id, "abcdef");
	assert_string_equal(l->parents, "[]");
	assert_string_equal(l->replica, "r");
	assert_null(l->user);
	assert_int_equal(l->deleted, l->version == 250);
	return 0;
}

static void
published_versions_are_told_oldest_first(void **state)
{
	struct contents *c = *state;
	struct lineage l = { .stable_id = "abcdef",
		.parents = "[]",
		.replica = "r",
		.at = AT };
	int64_t last = 0;

	l.id = contents_put(c, "one", "tei");
	for (l.version = 250; l.version > 0; l.version--) {
		l.deleted = l.version == 250;
		assert_int_equal(lineage_put(c->l->db, &l), 0);
	}
	l.version = 7;
	assert_int_equal(lineage_put(c->l->db, &l), 0);
	l.stable_id = "abcdeg";
	assert_int_equal(lineage_put(c->l->db, &l), 0);
	assert_int_equal(lineage_each(c->l->db, "abcdef", expect_next, &last),
	    0);
	assert_int_equal(last, 250);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_past_is_told_newest_first),
		TEST(a_long_past_is_seen_while_it_grows),
		TEST(the_past_holds_its_contents_until_it_is_forgotten),
		TEST(a_long_past_is_forgotten_whole),
		TEST(published_versions_are_told_oldest_first),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}

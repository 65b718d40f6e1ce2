/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "local/day.h"
#include "local/meta.h"
#include "unit/library.h"

#include <setjmp.h>
#include <stddef.h>

#include <cmocka.h>

#define DAY_MS (24 * 60 * 60 * 1000LL)

/* A clock that goes where a test puts it. */
static int64_t now_ms = 1790000000000;

static int64_t
wall_ms(void *arg)
{
	(void)arg;
	return now_ms;
}

static int64_t
mono_ms(void *arg)
{
	(void)arg;
	return now_ms;
}

static void
sleep_ms(void *arg, int64_t ms)
{
	(void)arg;
	now_ms += ms;
}

static struct library *l;

static int
setup(void **state)
{
	static const struct clock_source source = { wall_ms, mono_ms, sleep_ms,
		NULL };

	(void)state;
	clock_set(&source);
	l = library_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	library_free(l);
	clock_set(NULL);
	return 0;
}

static void
a_day_is_counted_once(void **state)
{
	(void)state;
	assert_int_equal(day_note(l->db), 0);
	now_ms += 1000;
	assert_int_equal(day_note(l->db), 0);
	assert_int_equal(library_ask(l, "SELECT count(*) FROM days"), 1);
	now_ms += DAY_MS;
	assert_int_equal(day_note(l->db), 0);
	assert_int_equal(library_ask(l, "SELECT count(*) FROM days"), 2);
}

static void
a_clock_that_jumps_by_years_is_one_day_more(void **state)
{
	int64_t seq, run;

	(void)state;
	assert_int_equal(day_note(l->db), 0);
	now_ms += 1000 * DAY_MS;
	assert_int_equal(day_note(l->db), 0);
	assert_int_equal(day_ago(l->db, 90, &seq, &run), 0);
	assert_int_equal(day_ago(l->db, 2, &seq, &run), 0);
	assert_int_equal(day_ago(l->db, 1, &seq, &run), 1);
}

static void
a_day_ago_knows_what_there_was(void **state)
{
	int64_t seq = -1, run = -1, run_id;

	(void)state;
	assert_int_equal(day_note(l->db), 0);
	assert_int_equal(run_begin(l->db, &run_id), 0);
	now_ms += DAY_MS;
	assert_int_equal(day_note(l->db), 0);
	assert_int_equal(run_begin(l->db, &run_id), 0);
	assert_int_equal(day_ago(l->db, 0, &seq, &run), 1);
	assert_int_equal(run, 1);
	assert_int_equal(day_ago(l->db, 1, &seq, &run), 1);
	assert_int_equal(run, 0);
	assert_int_equal(seq, 0);
}

/* A version that was reached so many days ago, by both the count and the clock. */
static void
a_version_is_so_many_days_old(void **state)
{
	int64_t version;

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(meta_put_int(l->db, "version", 100 + i), 0);
		assert_int_equal(day_note(l->db), 0);
		now_ms += DAY_MS;
	}
	now_ms -= DAY_MS;
	assert_int_equal(day_version(l->db, 3, &version), 1);
	assert_int_equal(version, 106);
	assert_int_equal(day_version(l->db, 9, &version), 1);
	assert_int_equal(version, 100);
	assert_int_equal(day_version(l->db, 10, &version), 0);
}

/* Set ahead by years, or back by years, or to and fro: nothing gets older than
 * it is. */
static void
a_wrong_clock_makes_no_version_older(void **state)
{
	int64_t version, right_ms;

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(meta_put_int(l->db, "version", 100 + i), 0);
		assert_int_equal(day_note(l->db), 0);
		now_ms += DAY_MS;
	}
	right_ms = now_ms;
	now_ms += 73 * 365 * DAY_MS;
	assert_int_equal(day_note(l->db), 0);
	assert_int_equal(day_version(l->db, 3, &version), 1);
	assert_int_equal(version, 107);
	/* to and fro: the count is wrong, but not the dates */
	for (int i = 0; i < 20; i++) {
		now_ms = i % 2 ? right_ms : 86400000;
		assert_int_equal(day_note(l->db), 0);
	}
	now_ms = right_ms;
	assert_int_equal(day_version(l->db, 5, &version), 1);
	assert_int_equal(version, 105);
	assert_int_equal(day_version(l->db, 20, &version), 0);
}

static void
deletions_of_the_last_day_count_whatever_the_clock_says(void **state)
{
	int64_t n, run_id;

	(void)state;
	assert_int_equal(run_begin(l->db, &run_id), 0);
	assert_int_equal(run_update(l->db, run_id, "{}", 7), 0);
	assert_int_equal(run_deleted(l->db, "2099-01-01T00:00:00.000Z",
			     INT64_MAX, &n),
	    0);
	assert_int_equal(n, 0);
	assert_int_equal(run_deleted(l->db, "2099-01-01T00:00:00.000Z", 0, &n),
	    0);
	assert_int_equal(n, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fact) cmocka_unit_test_setup_teardown(fact, setup, teardown)
		T(a_day_is_counted_once),
		T(a_clock_that_jumps_by_years_is_one_day_more),
		T(a_day_ago_knows_what_there_was),
		T(a_version_is_so_many_days_old),
		T(a_wrong_clock_makes_no_version_older),
		T(deletions_of_the_last_day_count_whatever_the_clock_says),
	};

	return cmocka_run_group_tests_name("day", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "local/day.h"
#include "local/litter.h"
#include "unit/library.h"

#include <setjmp.h>
#include <stddef.h>

#include <cmocka.h>

#define DAY_MS (24 * 60 * 60 * 1000LL)
#define UP "ab/up-00000000000000000000000000000000"

static int64_t now_ms;

static int64_t
wall_ms(void *arg)
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
	static const struct clock_source source = { wall_ms, wall_ms, sleep_ms,
		NULL };

	(void)state;
	now_ms = 1790000000000;
	clock_set(&source);
	l = library_new();
	return day_note(l->db);
}

static int
teardown(void **state)
{
	(void)state;
	library_free(l);
	clock_set(NULL);
	return 0;
}

static int
see_after(int64_t ms, int64_t size_bytes)
{
	now_ms += ms;
	assert_int_equal(day_note(l->db), 0);
	return litter_see(l->db, UP, size_bytes, false);
}

static void
what_is_seen_again_a_day_later_is_litter(void **state)
{
	(void)state;
	assert_int_equal(see_after(0, 9), 0);
	assert_int_equal(see_after(DAY_MS / 2, 9), 0);
	assert_int_equal(see_after(DAY_MS / 2, 9), 1);
	assert_int_equal(litter_remove(l->db, UP), 0);
	assert_int_equal(see_after(0, 9), 0);
}

static void
what_grows_is_on_its_way(void **state)
{
	(void)state;
	assert_int_equal(see_after(0, 9), 0);
	assert_int_equal(see_after(DAY_MS, 10), 0);
	assert_int_equal(see_after(DAY_MS, 10), 1);
}

static void
a_clock_that_leaps_by_years_is_not_believed_at_once(void **state)
{
	(void)state;
	assert_int_equal(see_after(0, 9), 0);
	assert_int_equal(see_after(73 * 365 * DAY_MS, 9), 0);
	assert_int_equal(see_after(DAY_MS, 9), 1);
}

static void
a_clock_that_went_back_makes_no_litter(void **state)
{
	(void)state;
	assert_int_equal(see_after(0, 9), 0);
	assert_int_equal(see_after(-30 * DAY_MS, 9), 0);
	assert_int_equal(see_after(2 * DAY_MS, 9), 0);
	assert_int_equal(see_after(30 * DAY_MS, 9), 1);
}

static void
who_only_looks_notes_nothing(void **state)
{
	(void)state;
	assert_int_equal(litter_see(l->db, UP, 9, true), 0);
	assert_int_equal(library_ask(l, "SELECT count(*) FROM litter"), 0);
	assert_int_equal(see_after(DAY_MS, 9), 0);
	assert_int_equal(library_ask(l, "SELECT count(*) FROM litter"), 1);
}

static void
what_is_remembered_is_bounded(void **state)
{
	(void)state;
	library_exec(l,
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 10000) INSERT INTO litter SELECT i, 1, 1,"
	    " '2026-01-01T00:00:00.000Z' FROM n");
	assert_int_equal(see_after(0, 9), 0);
	assert_int_equal(library_ask(l, "SELECT count(*) FROM litter"), 10000);
	for (int i = 0; i < 10; i++)
		(void)see_after(DAY_MS, 9);
	assert_int_equal(litter_forget(l->db, 5), 0);
	assert_int_equal(library_ask(l, "SELECT count(*) FROM litter"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fact) cmocka_unit_test_setup_teardown(fact, setup, teardown)
		T(what_is_seen_again_a_day_later_is_litter),
		T(what_grows_is_on_its_way),
		T(a_clock_that_leaps_by_years_is_not_believed_at_once),
		T(a_clock_that_went_back_makes_no_litter),
		T(who_only_looks_notes_nothing),
		T(what_is_remembered_is_bounded),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

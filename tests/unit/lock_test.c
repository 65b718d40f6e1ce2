/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/lock.h"

#include "base/clock.h"
#include "base/err.h"
#include "unit/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

static int
setup(void **state)
{
	struct library *l = library_new();

	library_file(l, "aaaaaa", "1", "synced", 0);
	library_file(l, "bbbbbb", "2", "synced", 0);
	library_file(l, "dddddd", "3", "synced", 1);
	fake_ms = 1000000;
	clock_set(&fake_clock);
	*state = l;
	return 0;
}

static int
teardown(void **state)
{
	clock_set(NULL);
	library_free(*state);
	return 0;
}

static int
is_held_by(struct library *l, const char *stable_id, const char *who)
{
	char *owner, *user;

	return lock_find(l->db, l->mem, stable_id, &owner, &user) == 1 &&
	    strcmp(user, who) == 0;
}

static void
a_lock_is_held_by_one_owner(void **state)
{
	struct library *l = *state;

	assert_int_equal(lock_put(l->db, "aaaaaa", "s1", "ann"), 0);
	assert_int_equal(lock_put(l->db, "aaaaaa", "s1", "ann"), 0);
	assert_int_equal(lock_put(l->db, "aaaaaa", "s2", "bob"), E_BUSY);
	assert_non_null(strstr(err_text(), "ann"));
	/* The same person in another window is another owner. */
	assert_int_equal(lock_put(l->db, "aaaaaa", "s3", "ann"), E_BUSY);
	assert_int_equal(lock_put(l->db, "bbbbbb", "s2", "bob"), 0);
	assert_true(is_held_by(l, "aaaaaa", "ann"));
	assert_true(is_held_by(l, "bbbbbb", "bob"));
}

static void
only_live_records_are_locked(void **state)
{
	struct library *l = *state;

	assert_int_equal(lock_put(l->db, "dddddd", "s1", "ann"), E_ABSENT);
	assert_int_equal(lock_put(l->db, "zzzzzz", "s1", "ann"), E_ABSENT);
	assert_false(is_held_by(l, "dddddd", "ann"));
}

static void
a_lock_lapses_after_its_time(void **state)
{
	struct library *l = *state;

	assert_int_equal(lock_put(l->db, "aaaaaa", "s1", "ann"), 0);
	fake_ms += LOCK_SECONDS * 1000 - 1;
	assert_int_equal(lock_put(l->db, "aaaaaa", "s2", "bob"), E_BUSY);
	fake_ms += 1;
	assert_false(is_held_by(l, "aaaaaa", "ann"));
	assert_int_equal(lock_refresh(l->db, "aaaaaa", "s1"), E_CONFLICT);
	assert_int_equal(lock_put(l->db, "aaaaaa", "s2", "bob"), 0);
	assert_true(is_held_by(l, "aaaaaa", "bob"));
}

static void
a_refresh_prolongs_only_ones_own(void **state)
{
	struct library *l = *state;

	assert_int_equal(lock_refresh(l->db, "aaaaaa", "s1"), E_CONFLICT);
	assert_int_equal(lock_put(l->db, "aaaaaa", "s1", "ann"), 0);
	fake_ms += LOCK_SECONDS * 1000 - 1;
	assert_int_equal(lock_refresh(l->db, "aaaaaa", "s2"), E_CONFLICT);
	assert_int_equal(lock_refresh(l->db, "bbbbbb", "s1"), E_CONFLICT);
	assert_int_equal(lock_refresh(l->db, "aaaaaa", "s1"), 0);
	fake_ms += LOCK_SECONDS * 1000 - 1;
	assert_true(is_held_by(l, "aaaaaa", "ann"));
}

static void
a_clock_that_is_set_back_leaves_no_lock_for_ever(void **state)
{
	struct library *l = *state;

	fake_ms += 1000 * 86400 * 365LL;
	assert_int_equal(lock_put(l->db, "aaaaaa", "s1", "ann"), 0);
	/* A second is nothing. */
	fake_ms -= 1000;
	assert_int_equal(lock_put(l->db, "aaaaaa", "s2", "bob"), E_BUSY);
	fake_ms -= 1000 * 86400 * 365LL;
	assert_false(is_held_by(l, "aaaaaa", "ann"));
	assert_int_equal(lock_refresh(l->db, "aaaaaa", "s1"), E_CONFLICT);
	assert_int_equal(lock_put(l->db, "aaaaaa", "s2", "bob"), 0);
}

static void
only_ones_own_is_released(void **state)
{
	struct library *l = *state;

	assert_int_equal(lock_remove(l->db, "aaaaaa", "s1"), 0);
	assert_int_equal(lock_put(l->db, "aaaaaa", "s1", "ann"), 0);
	assert_int_equal(lock_remove(l->db, "aaaaaa", "s2"), E_CONFLICT);
	assert_true(is_held_by(l, "aaaaaa", "ann"));
	assert_int_equal(lock_remove(l->db, "aaaaaa", "s1"), 1);
	assert_int_equal(lock_remove(l->db, "aaaaaa", "s1"), 0);
	/* One that is over is nobody's. */
	assert_int_equal(lock_put(l->db, "aaaaaa", "s1", "ann"), 0);
	fake_ms += LOCK_SECONDS * 1000;
	assert_int_equal(lock_remove(l->db, "aaaaaa", "s2"), 0);
	assert_int_equal(lock_remove(l->db, "aaaaaa", "s1"), 0);
}

static char seen[100];

static int
see(void *arg, const char *stable_id)
{
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s ",
	    stable_id);
	/* What is seen may be let go at once. */
	return arg == NULL ? 0 : lock_remove(arg, stable_id, "s1") < 0;
}

static void
all_of_an_owner_are_told_and_released(void **state)
{
	struct library *l = *state;

	library_file(l, "cccccc", "4", "synced", 0);
	lock_put(l->db, "bbbbbb", "s1", "ann");
	lock_put(l->db, "aaaaaa", "s1", "ann");
	lock_put(l->db, "cccccc", "s2", "bob");
	assert_int_equal(lock_each(l->db, "s1", see, NULL), 0);
	assert_string_equal(seen, "aaaaaa bbbbbb ");
	*seen = '\0';
	assert_int_equal(lock_each(l->db, "s1", see, l->db), 0);
	assert_string_equal(seen, "aaaaaa bbbbbb ");
	*seen = '\0';
	assert_int_equal(lock_each(l->db, "s1", see, NULL), 0);
	assert_string_equal(seen, "");
	lock_put(l->db, "aaaaaa", "s1", "ann");
	lock_put(l->db, "bbbbbb", "s1", "ann");
	assert_int_equal(lock_remove_all(l->db, "s1"), 0);
	assert_false(is_held_by(l, "aaaaaa", "ann"));
	assert_false(is_held_by(l, "bbbbbb", "ann"));
	assert_true(is_held_by(l, "cccccc", "bob"));
}

static void
what_others_hold_is_told_without_ones_own(void **state)
{
	struct library *l = *state;

	*seen = '\0';
	lock_put(l->db, "bbbbbb", "s1", "ann");
	lock_put(l->db, "aaaaaa", "s2", "bob");
	assert_int_equal(lock_each_other(l->db, "s1", see, NULL), 0);
	assert_string_equal(seen, "aaaaaa ");
	*seen = '\0';
	assert_int_equal(lock_each_other(l->db, NULL, see, NULL), 0);
	assert_string_equal(seen, "aaaaaa bbbbbb ");
	*seen = '\0';
	fake_ms += LOCK_SECONDS * 1000;
	assert_int_equal(lock_each_other(l->db, "s1", see, NULL), 0);
	assert_string_equal(seen, "");
}

static int
take(void *arg, int i)
{
	struct library *l = arg;
	struct db *db;
	char owner[10];
	int rc;

	clock_set(NULL);
	if ((rc = db_open(l->path, DB_LIBRARY, false, &db)) != 0)
		return rc;
	snprintf(owner, sizeof(owner), "s%d", i);
	rc = lock_put(db, "aaaaaa", owner, owner);
	db_close(db);
	return rc;
}

static void
of_many_at_once_one_gets_it(void **state)
{
	struct library *l = *state;
	int i;

	for (i = 0; i < 10; i++) {
		library_exec(l, "DELETE FROM locks");
		assert_int_equal(library_race(6, take, l), 1);
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_lock_is_held_by_one_owner),
		T(only_live_records_are_locked),
		T(a_lock_lapses_after_its_time),
		T(a_refresh_prolongs_only_ones_own),
		T(a_clock_that_is_set_back_leaves_no_lock_for_ever),
		T(only_ones_own_is_released),
		T(all_of_an_owner_are_told_and_released),
		T(what_others_hold_is_told_without_ones_own),
		T(of_many_at_once_one_gets_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/throttle.h"
#include "auth/user.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "local/db.h"
#include "unit/temp.h"

#include <pthread.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define START INT64_C(1800000000000)
#define HOME "192.0.2.1"

static struct mem *mem;
static char *dir;
static struct db *db;
static int64_t now_ms;

static int64_t
tell_time(void *arg)
{
	(void)arg;
	return now_ms;
}

static void
pass_time(void *arg, int64_t ms)
{
	(void)arg;
	now_ms += ms;
}

static const struct clock_source story = { tell_time, tell_time, pass_time,
	NULL };

static void
reopen(void)
{
	db_close(db);
	assert_int_equal(db_open(path_join(mem, dir, "auth.db"), DB_AUTH, true,
			     &db),
	    0);
}

static int
setup(void **state)
{
	(void)state;
	mem = mem_new();
	dir = temp_dir();
	now_ms = START;
	clock_set(&story);
	reopen();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	db = NULL;
	clock_set(NULL);
	temp_remove(dir);
	mem_free(mem);
	return 0;
}

/* Seconds to wait before a login may be tried; it is not. */
static int64_t
wait_of(const char *user, const char *address)
{
	struct throttle t;
	int64_t wait = -1;

	throttle_init(&t, user, address);
	assert_int_equal(throttle_wait(db, &t, &wait), 0);
	return wait;
}

/* One login; the seconds to wait if it was refused. */
static int64_t
attempt(const char *user, const char *address, bool is_right)
{
	struct throttle t;
	int64_t wait = -1;

	throttle_init(&t, user, address);
	assert_int_equal(throttle_begin(db, &t, &wait), 0);
	if (wait == 0 && is_right)
		assert_int_equal(throttle_succeed(db, &t), 0);
	return wait;
}

static void
keep_failing(const char *user, const char *address, int times)
{
	for (int i = 0; i < times; i++) {
		now_ms += SECOND * wait_of(user, address);
		assert_int_equal(attempt(user, address, false), 0);
	}
}

static void
five_failures_are_free_then_each_doubles_the_wait(void **state)
{
	int64_t want = 1;

	(void)state;
	keep_failing("ada", HOME, 5);
	assert_int_equal(now_ms, START);
	for (int i = 0; i < 9; i++, want *= 2) {
		assert_int_equal(wait_of("ada", HOME), want);
		assert_int_equal(attempt("ada", HOME, true), want);
		keep_failing("ada", HOME, 1);
	}
}

static void
nobody_waits_longer_than_a_quarter_of_an_hour(void **state)
{
	(void)state;
	keep_failing("ada", HOME, 40);
	assert_true(wait_of("ada", HOME) <= 15 * 60);
	assert_true(wait_of("ada", HOME) > 60);
	now_ms += 15 * MINUTE;
	assert_int_equal(wait_of("ada", HOME), 0);
}

static void
what_is_refused_is_not_counted(void **state)
{
	(void)state;
	keep_failing("ada", HOME, 6);
	for (int i = 0; i < 100; i++)
		assert_int_equal(attempt("ada", HOME, false), 2);
	now_ms += 2 * SECOND;
	assert_int_equal(attempt("ada", HOME, true), 0);
}

static void
a_success_forgives_the_pair(void **state)
{
	(void)state;
	keep_failing("ada", HOME, 5);
	now_ms += SECOND;
	assert_int_equal(attempt("ada", HOME, true), 0);
	keep_failing("ada", HOME, 5);
	assert_int_equal(wait_of("ada", HOME), 1);
}

static void
a_success_is_no_failure_of_address_and_user(void **state)
{
	char user[8];

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(user, sizeof(user), "u%d", i);
		assert_int_equal(attempt(user, HOME, true), 0);
	}
	assert_int_equal(wait_of("ada", HOME), 0);
}

static void
failures_are_forgiven_with_time(void **state)
{
	(void)state;
	keep_failing("ada", HOME, 7);
	assert_int_equal(wait_of("ada", HOME), 4);
	now_ms += 3 * 15 * MINUTE;
	keep_failing("ada", HOME, 1);
	assert_int_equal(wait_of("ada", HOME), 1);
	now_ms += 5 * 15 * MINUTE;
	keep_failing("ada", HOME, 5);
	assert_int_equal(wait_of("ada", HOME), 1);
}

static void
a_restart_forgets_nothing(void **state)
{
	(void)state;
	keep_failing("ada", HOME, 8);
	reopen();
	assert_int_equal(wait_of("ada", HOME), 8);
}

static void
an_address_that_tries_many_names_has_to_wait(void **state)
{
	char user[8];

	(void)state;
	for (int i = 0; i < 30; i++) {
		snprintf(user, sizeof(user), "u%d", i);
		assert_int_equal(attempt(user, HOME, false), 0);
	}
	assert_int_equal(wait_of("somebody", HOME), 1);
	assert_int_equal(wait_of("somebody", "192.0.2.2"), 0);
}

static void
a_user_who_is_tried_from_everywhere_waits_half_a_minute_at_most(void **state)
{
	char address[24];

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(address, sizeof(address), "198.51.100.%d", i);
		now_ms += SECOND * wait_of("ada", address);
		assert_int_equal(attempt("ada", address, false), 0);
	}
	assert_true(wait_of("ada", "203.0.113.9") > 0);
	assert_true(wait_of("ada", "203.0.113.9") <= 30);
	assert_int_equal(wait_of("bob", "203.0.113.9"), 0);
}

/* A thousand strangers cannot keep somebody out where they belong. */
static void
whoever_has_signed_in_here_is_not_kept_out_by_others(void **state)
{
	char address[24], user[8];

	(void)state;
	assert_int_equal(attempt("ada", HOME, true), 0);
	for (int i = 0; i < 60; i++) {
		snprintf(user, sizeof(user), "u%d", i);
		now_ms += SECOND * wait_of(user, HOME);
		assert_int_equal(attempt(user, HOME, false), 0);
	}
	assert_int_not_equal(wait_of("bob", HOME), 0);
	assert_int_equal(wait_of("ada", HOME), 0);
	for (int i = 0; i < 60; i++) {
		snprintf(address, sizeof(address), "198.51.100.%d", i);
		now_ms += SECOND * wait_of("ada", address);
		assert_int_equal(attempt("ada", address, false), 0);
	}
	assert_int_not_equal(wait_of("ada", "203.0.113.9"), 0);
	assert_int_equal(attempt("ada", HOME, true), 0);
	keep_failing("ada", HOME, 5);
	assert_int_equal(wait_of("ada", HOME), 1);
}

static void
many_at_once_get_no_more_tries_than_one_after_another(void **state)
{
	struct throttle t[8];
	int64_t wait;
	int let_in = 0;

	(void)state;
	for (int i = 0; i < 8; i++) {
		throttle_init(&t[i], "ada", HOME);
		assert_int_equal(throttle_begin(db, &t[i], &wait), 0);
		let_in += wait == 0;
	}
	assert_int_equal(let_in, 5);
}

static void
an_address_of_ipv6_is_its_64(void **state)
{
	static const struct {
		const char *address, *counted;
	} rows[] = {
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
		{ "2001:DB8:1:2::1", "2001:db8:1:2::/64" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "192.0.2.1", "192.0.2.1" },
		{ "::1", "::/64" },
		{ "", "-" },
		{ NULL, "-" },
		{ "unix:/tmp/x", "-" },
		{ "192.0.2.1\r\nX: y", "-" },
	};
	struct throttle t;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		throttle_init(&t, "ada", rows[i].address);
		assert_string_equal(t.address, rows[i].counted);
	}
	keep_failing("ada", "2001:db8::1", 5);
	assert_int_equal(wait_of("ada", "2001:db8::ffff:2"), 1);
	assert_int_equal(wait_of("ada", "2001:db8:0:1::1"), 0);
}

static void
a_clock_that_was_set_back_keeps_nobody_out(void **state)
{
	(void)state;
	now_ms = START + 365 * 24 * 60 * MINUTE;
	keep_failing("ada", HOME, 20);
	now_ms = START;
	assert_int_equal(wait_of("ada", HOME), 0);
	keep_failing("ada", HOME, 6);
	assert_int_equal(wait_of("ada", HOME), 2);
}

static void
a_new_password_forgives_a_user_everywhere(void **state)
{
	(void)state;
	assert_int_equal(user_add(db, "ada", NULL, USER_READER, "x"), 0);
	keep_failing("ada", HOME, 8);
	keep_failing("ada", "192.0.2.2", 8);
	assert_int_equal(user_set_password(db, "ada", "y"), 0);
	assert_int_equal(wait_of("ada", HOME), 0);
	assert_int_equal(wait_of("ada", "192.0.2.2"), 0);
}

/* Does a row of that user and address stand there? */
static bool
has_row(const char *user, const char *address)
{
	struct throttle t;
	struct stmt *st;
	bool is_there;

	throttle_init(&t, user, address);
	assert_int_equal(db_stmt(db, AUTH_FAILURE_FIND, &st), 0);
	db_bind_text(st, 1, t.user);
	db_bind_text(st, 2, t.address);
	is_there = db_step(st) == 1;
	db_reset(st);
	return is_there;
}

static void
always_zero(void *arg, void *data, size_t len)
{
	(void)arg;
	memset(data, 0, len);
}

/* It is swept now and then, by chance: here, at once. */
static void
rows_go_when_they_say_nothing_any_more(void **state)
{
	(void)state;
	assert_int_equal(attempt("bob", HOME, true), 0);
	keep_failing("eve", HOME, 3);
	now_ms += 25 * 60 * MINUTE;
	assert_true(has_row("eve", HOME));
	rand_set(always_zero, NULL);
	assert_int_equal(attempt("ada", HOME, true), 0);
	rand_set(NULL, NULL);
	assert_false(has_row("eve", HOME));
	assert_true(has_row("bob", HOME));
}

/* Whoever makes up names and addresses does not fill the disk with them. */
static void
there_are_not_more_rows_than_a_hundred_thousand(void **state)
{
	(void)state;
	assert_int_equal(attempt("bob", HOME, true), 0);
	assert_int_equal(attempt("eve", "192.0.2.9", false), 0);
	now_ms += MINUTE;
	assert_int_equal(db_exec(db,
			     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
			     " SELECT i + 1 FROM n WHERE i < 100010)"
			     " INSERT INTO failures (user, address, count,"
			     " at_ms) SELECT i, 'x', 1, 1800000059999 FROM n"),
	    0);
	assert_true(has_row("eve", "192.0.2.9"));
	rand_set(always_zero, NULL);
	assert_int_equal(attempt("ada", HOME, false), 0);
	rand_set(NULL, NULL);
	assert_false(has_row("eve", "192.0.2.9"));
	assert_true(has_row("bob", HOME));
	assert_true(has_row("ada", HOME));
}

static void *
wait_in_queue(void *arg)
{
	int *rc = arg;

	if ((*rc = throttle_enter()) == 0)
		throttle_leave();
	return NULL;
}

static void
no_more_than_the_queue_may_wait(void **state)
{
	pthread_t threads[THROTTLE_QUEUE + 4];
	int rcs[THROTTLE_QUEUE + 4], busy = 0;

	(void)state;
	clock_set(NULL);
	assert_int_equal(throttle_enter(), 0);
	for (int i = 0; i < THROTTLE_QUEUE + 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
				     wait_in_queue, &rcs[i]),
		    0);
	clock_sleep_ms(200);
	throttle_leave();
	for (int i = 0; i < THROTTLE_QUEUE + 4; i++) {
		pthread_join(threads[i], NULL);
		busy += rcs[i] == E_BUSY;
	}
	assert_int_equal(busy, 4);
	assert_int_equal(throttle_enter(), 0);
	throttle_leave();
}

#define FACT(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(five_failures_are_free_then_each_doubles_the_wait),
		FACT(nobody_waits_longer_than_a_quarter_of_an_hour),
		FACT(what_is_refused_is_not_counted),
		FACT(a_success_forgives_the_pair),
		FACT(a_success_is_no_failure_of_address_and_user),
		FACT(failures_are_forgiven_with_time),
		FACT(a_restart_forgets_nothing),
		FACT(an_address_that_tries_many_names_has_to_wait),
		FACT(
		    a_user_who_is_tried_from_everywhere_waits_half_a_minute_at_most),
		FACT(whoever_has_signed_in_here_is_not_kept_out_by_others),
		FACT(many_at_once_get_no_more_tries_than_one_after_another),
		FACT(an_address_of_ipv6_is_its_64),
		FACT(a_clock_that_was_set_back_keeps_nobody_out),
		FACT(a_new_password_forgives_a_user_everywhere),
		FACT(rows_go_when_they_say_nothing_any_more),
		FACT(there_are_not_more_rows_than_a_hundred_thousand),
		FACT(no_more_than_the_queue_may_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

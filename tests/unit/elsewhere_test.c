/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/elsewhere.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "local/lock.h"
#include "remote/remote.h"
#include "unit/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Anna and Berta have the same document; each of their replicas follows what
 * the other says. */
static struct world *w;
static struct site *a, *b;
static struct elsewhere *at_a, *at_b;
static const char *sid;
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
	(void)state;
	w = world_new();
	a = site_open(w, "anna");
	b = site_open(w, "berta");
	sid = site_add(a, "doc", NULL, "<x/>");
	must_sync(a);
	must_sync(b);
	fake_ms = INT64_C(1790000000000);
	clock_set(&fake_clock);
	assert_int_equal(elsewhere_new(a->db, a->remote, &at_a), 0);
	assert_int_equal(elsewhere_new(b->db, b->remote, &at_b), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	elsewhere_free(at_a);
	elsewhere_free(at_b);
	clock_set(NULL);
	site_close(a);
	site_close(b);
	world_free(w);
	return 0;
}

static bool
is_held_at(struct site *s, const char *user)
{
	char *replica, *who;

	return lock_find_elsewhere(s->db, s->mem, sid, &replica, &who) == 1 &&
	    strcmp(who, user) == 0;
}

static int
files_in_locks(void)
{
	world_run(w, "test \"$(ls store/locks | wc -l)\" = 1");
	return 1;
}

static void
a_lock_is_seen_on_the_other_replica(void **state)
{
	(void)state;
	assert_int_equal(lock_put(a->db, sid, "s1", "anna"), 0);
	assert_int_equal(elsewhere_say(at_a), 0);
	assert_int_equal(elsewhere_look(at_b), 1);
	assert_true(is_held_at(b, "anna"));
	assert_int_equal(elsewhere_look(at_b), 0);
	/* Nobody is told of what is held here. */
	assert_int_equal(elsewhere_look(at_a), 0);
	assert_false(is_held_at(a, "anna"));
}

static void
it_keeps_nobody_from_a_lock(void **state)
{
	(void)state;
	assert_int_equal(lock_put(a->db, sid, "s1", "anna"), 0);
	assert_int_equal(elsewhere_say(at_a), 0);
	assert_int_equal(elsewhere_look(at_b), 1);
	assert_int_equal(lock_put(b->db, sid, "s2", "berta"), 0);
}

static void
what_is_let_go_is_free_after_two_looks(void **state)
{
	(void)state;
	assert_int_equal(lock_put(a->db, sid, "s1", "anna"), 0);
	assert_int_equal(elsewhere_say(at_a), 0);
	assert_int_equal(elsewhere_look(at_b), 1);
	assert_int_equal(lock_remove(a->db, sid, "s1"), 1);
	assert_int_equal(elsewhere_say(at_a), 0);
	assert_int_equal(elsewhere_look(at_b), 0);
	assert_true(is_held_at(b, "anna"));
	assert_int_equal(elsewhere_look(at_b), 1);
	assert_false(is_held_at(b, "anna"));
	assert_int_equal(elsewhere_look(at_b), 0);
	world_run(w, "test -z \"$(ls store/locks)\"");
}

static void
who_goes_on_saying_it_goes_on_holding_it(void **state)
{
	(void)state;
	assert_int_equal(lock_put(a->db, sid, "s1", "anna"), 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(lock_refresh(a->db, sid, "s1"), 0);
		assert_int_equal(elsewhere_say(at_a), 0);
		assert_int_equal(elsewhere_look(at_b), i == 0);
		fake_ms += ELSEWHERE_SAY_MS;
		assert_true(is_held_at(b, "anna"));
		assert_int_equal(files_in_locks(), 1);
	}
}

/* A laptop is closed: its file stays, and its clock was a year behind. */
static void
who_falls_silent_holds_nothing_after_a_while(void **state)
{
	(void)state;
	assert_int_equal(lock_put(a->db, sid, "s1", "anna"), 0);
	assert_int_equal(elsewhere_say(at_a), 0);
	fake_ms += INT64_C(366) * 24 * 3600 * 1000;
	assert_int_equal(elsewhere_look(at_b), 1);
	assert_true(is_held_at(b, "anna"));
	fake_ms += LOCK_ELSEWHERE_SECONDS * 1000 + 1;
	assert_false(is_held_at(b, "anna"));
	assert_int_equal(elsewhere_look(at_b), 1);
	assert_int_equal(elsewhere_look(at_b), 0);
	assert_false(is_held_at(b, "anna"));
}

static void
a_file_that_was_left_behind_is_removed_by_its_owner(void **state)
{
	(void)state;
	assert_int_equal(lock_put(a->db, sid, "s1", "anna"), 0);
	assert_int_equal(elsewhere_say(at_a), 0);
	elsewhere_free(at_a);
	assert_int_equal(elsewhere_new(a->db, a->remote, &at_a), 0);
	/* Another replica's is not ours to remove. */
	assert_int_equal(elsewhere_look(at_b), 1);
	assert_int_equal(files_in_locks(), 1);
	assert_int_equal(elsewhere_look(at_a), 0);
	world_run(w, "test -z \"$(ls store/locks)\"");
	/* The next has a higher number than any before. */
	assert_int_equal(elsewhere_say(at_a), 0);
	world_run(w, "ls store/locks | grep -q -- -000000000002-");
}

static void
who_says_nonsense_is_not_believed(void **state)
{
	static const char *const bodies[] = { "", "[]", "{", "{\"locks\":1}",
		"{\"locks\":[1]}",
		("{\"locks\":[{\"stable_id\":\"../x\","
		 "\"user\":\"x\"}]}"),
		"{\"locks\":[{\"stable_id\":\"abcdef\",\"user\":\"\"}]}" };

	(void)state;
	world_run(w,
	    "mkdir store/locks && touch store/locks/x store/locks/"
	    "00000000-0000-0000-0000-000000000000-1-00000000.json");
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		world_run(w,
		    "printf '%%s' '%s' >store/locks/"
		    "00000000-0000-0000-0000-000000000000-%012zu-"
		    "00000000.json",
		    bodies[i], i);
		assert_int_equal(elsewhere_look(at_b), 0);
	}
	assert_int_equal(lock_put(a->db, sid, "s1", "anna"), 0);
	assert_int_equal(elsewhere_say(at_a), 0);
	assert_int_equal(elsewhere_look(at_b), 1);
	assert_true(is_held_at(b, "anna"));
}

static void
who_holds_nothing_says_nothing(void **state)
{
	struct remote_stats before = remote_stats(a->remote);

	(void)state;
	assert_int_equal(elsewhere_say(at_a), 0);
	assert_int_equal(remote_stats(a->remote).requests, before.requests);
	world_run(w, "test ! -e store/locks");
	assert_int_equal(elsewhere_look(at_b), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_lock_is_seen_on_the_other_replica, setup, teardown),
		cmocka_unit_test_setup_teardown(it_keeps_nobody_from_a_lock,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_let_go_is_free_after_two_looks, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    who_goes_on_saying_it_goes_on_holding_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    who_falls_silent_holds_nothing_after_a_while, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    a_file_that_was_left_behind_is_removed_by_its_owner, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    who_says_nonsense_is_not_believed, setup, teardown),
		cmocka_unit_test_setup_teardown(who_holds_nothing_says_nothing,
		    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

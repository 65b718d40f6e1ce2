/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/str.h"
#include "event/message.h"
#include "hub/line.h"
#include "hub/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EPOCH "0123456789abcdef"

static struct ring *ring;
static int seen;
static struct buf names; /* of events that were seen, each with a space */

static int
setup(void **state)
{
	(void)state;
	ring = ring_new(EPOCH);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ring_free(ring);
	buf_release(&names);
	return 0;
}

static void
put_data(const char *name, const char *data, const char *user)
{
	const struct message m = { .kind = MESSAGE_PUBLISH,
		.name = name,
		.data = data,
		.user = user };
	struct line *line = ring_put(ring, &m);

	assert_non_null(line);
	line_unref(line);
}

static void
put(const char *name, const char *user)
{
	put_data(name, "", user);
}

static void
see(void *arg, struct line *line)
{
	const char *name = strstr(line->text, "\"name\":\"") + 8;

	(void)arg;
	seen++;
	buf_add(&names, name, strcspn(name, "\""));
	buf_putc(&names, ' ');
}

static bool
look(const char *user, const char *since)
{
	seen = 0;
	buf_clear(&names);
	return ring_each(ring, user, since, see, NULL);
}

static void
events_are_numbered_over_all_users(void **state)
{
	char last[EVENT_ID_SIZE];

	(void)state;
	ring_last(ring, last);
	assert_string_equal(last, EPOCH "-0");
	put("a", NULL);
	put("b", "anna");
	put("c", "ben");
	put("d", NULL);
	ring_last(ring, last);
	assert_string_equal(last, EPOCH "-4");
	assert_true(look("anna", EPOCH "-0"));
	assert_string_equal(buf_text(&names), "a b d ");
	assert_true(look("ben", EPOCH "-1"));
	assert_string_equal(buf_text(&names), "c d ");
	assert_true(look(NULL, EPOCH "-0"));
	assert_string_equal(buf_text(&names), "a d ");
	assert_true(look("anna", EPOCH "-4"));
	assert_int_equal(seen, 0);
}

static void
an_id_that_is_none_brings_nothing(void **state)
{
	static const char *const bad[] = { "x", "-1", EPOCH, EPOCH "-",
		EPOCH "-x", EPOCH "--1", "0123456789ABCDEF-1", EPOCH "0-1" };

	(void)state;
	put("a", NULL);
	assert_true(look("anna", NULL));
	assert_true(look("anna", ""));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(look("anna", bad[i]));
	assert_int_equal(seen, 0);
}

static void
another_life_brings_all_and_is_not_whole(void **state)
{
	(void)state;
	put("a", NULL);
	assert_false(look("anna", "fedcba9876543210-1"));
	assert_string_equal(buf_text(&names), "a ");
	assert_false(look("anna", EPOCH "-2")); /* not yet */
}

static void
only_the_newest_progress_is_kept(void **state)
{
	(void)state;
	put("syncState", NULL);
	put("syncProgress", NULL);
	put("x", NULL);
	put("syncState", NULL);
	put("syncProgress", NULL);
	put("y", NULL);
	assert_true(look("anna", EPOCH "-0"));
	assert_string_equal(buf_text(&names), "x syncState syncProgress y ");
	put("syncState", "anna"); /* directed: an event like others */
	assert_true(look("ben", EPOCH "-0"));
	assert_string_equal(buf_text(&names), "x syncState syncProgress y ");
}

static void
the_oldest_goes_when_there_are_too_many(void **state)
{
	(void)state;
	for (int i = 0; i < RING_EVENTS + 5; i++)
		put("a", NULL);
	assert_false(look("anna", EPOCH "-4"));
	assert_int_equal(seen, RING_EVENTS);
	assert_true(look("anna", EPOCH "-5"));
	assert_int_equal(seen, RING_EVENTS);
}

static void
the_oldest_goes_when_they_are_too_large(void **state)
{
	char *data = malloc(50001);

	(void)state;
	memset(data, 'x', 50000);
	data[50000] = '\0';
	for (int i = 0; i < 300; i++)
		put_data("a", data, NULL);
	assert_false(look("anna", EPOCH "-1"));
	assert_in_range(seen, RING_BYTES / 51000, RING_BYTES / 50000);
	free(data);
}

static void
a_flood_at_one_user_takes_nothing_from_others(void **state)
{
	(void)state;
	put("early", NULL);
	put("mine", "ben");
	for (int i = 0; i < RING_EVENTS + 5; i++)
		put("flood", "anna");
	assert_true(look("ben", EPOCH "-0"));
	assert_string_equal(buf_text(&names), "early mine ");
	assert_false(look("anna", EPOCH "-2"));
	assert_int_equal(seen, RING_USER_EVENTS);
}

/* Who was forgotten with his last event is not told that he missed none. */
static void
a_user_of_whom_nothing_is_left_misses_something(void **state)
{
	(void)state;
	put("mine", "ben");
	put("mine", "clara");
	for (int i = 0; i < RING_EVENTS - 1; i++)
		put("a", NULL);
	assert_false(look("ben", EPOCH "-0"));
	assert_true(look("anna", EPOCH "-1"));
	put("mine", "ben");
	assert_false(look("ben", EPOCH "-0"));
	assert_true(look("ben", EPOCH "-1"));
}

static void
what_is_too_long_with_its_id_is_refused(void **state)
{
	char *data = malloc(EVENT_LINE_MAX);
	struct message m = { .kind = MESSAGE_PUBLISH, .name = "a" };

	(void)state;
	memset(data, 'x', EVENT_LINE_MAX);
	data[EVENT_LINE_MAX - 40] = '\0';
	m.data = data;
	assert_null(ring_put(ring, &m));
	assert_true(look("anna", EPOCH "-0"));
	free(data);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(events_are_numbered_over_all_users),
		T(an_id_that_is_none_brings_nothing),
		T(another_life_brings_all_and_is_not_whole),
		T(only_the_newest_progress_is_kept),
		T(the_oldest_goes_when_there_are_too_many),
		T(the_oldest_goes_when_they_are_too_large),
		T(a_flood_at_one_user_takes_nothing_from_others),
		T(a_user_of_whom_nothing_is_left_misses_something),
		T(what_is_too_long_with_its_id_is_refused),
	};

	return cmocka_run_group_tests_name("hub_ring", tests, NULL, NULL);
}

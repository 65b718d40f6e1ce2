/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "base/err.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *
text_of(int64_t ms)
{
	static char text[CLOCK_TEXT_SIZE];

	return clock_text(ms, text);
}

static void
times_have_their_text(void **state)
{
	(void)state;
	assert_string_equal(text_of(0), "1970-01-01T00:00:00.000Z");
	assert_string_equal(text_of(1), "1970-01-01T00:00:00.001Z");
	assert_string_equal(text_of(-1), "1969-12-31T23:59:59.999Z");
	assert_string_equal(text_of(-1000), "1969-12-31T23:59:59.000Z");
	assert_string_equal(text_of(951782400000), "2000-02-29T00:00:00.000Z");
	assert_string_equal(text_of(1769862896789), "2026-01-31T12:34:56.789Z");
}

static void
what_lies_outside_is_put_at_the_edge(void **state)
{
	(void)state;
	assert_string_equal(text_of(INT64_MIN), "0000-01-01T00:00:00.000Z");
	assert_string_equal(text_of(INT64_MAX), "9999-12-31T23:59:59.999Z");
	assert_string_equal(text_of(INT64_C(-62167219200000)),
	    "0000-01-01T00:00:00.000Z");
	assert_string_equal(text_of(INT64_C(253402300799999)),
	    "9999-12-31T23:59:59.999Z");
}

static void
a_text_gives_its_time(void **state)
{
	int64_t ms = 5;

	(void)state;
	assert_int_equal(clock_parse("1970-01-01T00:00:00.000Z", &ms), 0);
	assert_true(ms == 0);
	assert_int_equal(clock_parse("1969-12-31T23:59:59.999Z", &ms), 0);
	assert_true(ms == -1);
	assert_int_equal(clock_parse("2026-01-31T12:34:56.789Z", &ms), 0);
	assert_true(ms == 1769862896789);
	assert_int_equal(clock_parse("0000-01-01T00:00:00.000Z", &ms), 0);
	assert_true(ms == INT64_C(-62167219200000));
}

static void
there_and_back_is_the_same(void **state)
{
	int64_t ms, again;

	(void)state;
	for (ms = INT64_C(-62167219200000); ms < INT64_C(253402300799999);
	     ms += INT64_C(99999999977)) {
		assert_int_equal(clock_parse(text_of(ms), &again), 0);
		assert_true(again == ms);
	}
}

static void
only_that_form_and_real_dates_are_times(void **state)
{
	static const char *const bad[] = {
		"",
		"2026-01-31",
		"2026-01-31T12:34:56Z",
		"2026-01-31T12:34:56.78Z",
		"2026-01-31T12:34:56.789",
		"2026-01-31T12:34:56.789z",
		"2026-01-31 12:34:56.789Z",
		"2026-01-31T12:34:56.789Zx",
		"2026-01-31T12:34:56,789Z",
		"+026-01-31T12:34:56.789Z",
		"2026-01-31T12:34:56.789+00:00",
		"2026-02-29T00:00:00.000Z",
		"2026-04-31T00:00:00.000Z",
		"2026-13-01T00:00:00.000Z",
		"2026-00-10T00:00:00.000Z",
		"2026-01-00T00:00:00.000Z",
		"2026-01-01T24:00:00.000Z",
		"2026-01-01T23:60:00.000Z",
		"2016-12-31T23:59:60.000Z",
		"9999-12-31T23:59:99.999Z",
	};
	int64_t ms = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(clock_parse(bad[i], &ms), E_INPUT);
		assert_true(ms == 7);
	}
}

static int64_t
fixed(void *arg)
{
	return *(int64_t *)arg;
}

static void
move_on(void *arg, int64_t ms)
{
	*(int64_t *)arg += ms;
}

static void
a_source_stands_for_all_three(void **state)
{
	int64_t now = 1000;
	struct clock_source source = { fixed, fixed, move_on, &now };

	(void)state;
	clock_set(&source);
	assert_true(clock_wall_ms() == 1000);
	clock_sleep_ms(500);
	assert_true(clock_mono_ms() == 1500);
	clock_set(NULL);
	assert_true(clock_wall_ms() > INT64_C(1577836800000));
}

static void
the_system_does_not_sleep_too_short(void **state)
{
	int64_t before = clock_mono_ms();

	(void)state;
	clock_sleep_ms(20);
	assert_true(clock_mono_ms() - before >= 19);
	clock_sleep_ms(0);
	clock_sleep_ms(-5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_have_their_text),
		cmocka_unit_test(what_lies_outside_is_put_at_the_edge),
		cmocka_unit_test(a_text_gives_its_time),
		cmocka_unit_test(there_and_back_is_the_same),
		cmocka_unit_test(only_that_form_and_real_dates_are_times),
		cmocka_unit_test(a_source_stands_for_all_three),
		cmocka_unit_test(the_system_does_not_sleep_too_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

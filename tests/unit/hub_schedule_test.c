/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "conf/conf.h"
#include "hub/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define MINUTES(n) ((n)*INT64_C(60000))

/* How long it is quiet yet, at this time, from and to these minutes. */
static int64_t
quiet(const char *text, int from_min, int to_min)
{
	const struct conf conf = { .quiet_from_min = from_min,
		.quiet_to_min = to_min };
	int64_t wall_ms;

	assert_int_equal(clock_parse(text, &wall_ms), 0);
	return schedule_quiet_ms(&conf, wall_ms);
}

static void
quiet_hours_begin_and_end_to_the_millisecond(void **state)
{
	(void)state;
	assert_int_equal(quiet("2026-01-31T12:59:59.999Z", 780, 840), 0);
	assert_int_equal(quiet("2026-01-31T13:00:00.000Z", 780, 840),
	    MINUTES(60));
	assert_int_equal(quiet("2026-01-31T13:59:59.999Z", 780, 840), 1);
	assert_int_equal(quiet("2026-01-31T14:00:00.000Z", 780, 840), 0);
}

static void
quiet_hours_may_go_over_midnight(void **state)
{
	(void)state;
	assert_int_equal(quiet("2026-01-31T23:00:00.000Z", 1320, 390),
	    MINUTES(450));
	assert_int_equal(quiet("2026-01-31T06:29:00.000Z", 1320, 390),
	    MINUTES(1));
	assert_int_equal(quiet("2026-01-31T06:30:00.000Z", 1320, 390), 0);
	assert_int_equal(quiet("2026-01-31T21:59:59.000Z", 1320, 390), 0);
}

static void
without_quiet_hours_it_is_never_quiet(void **state)
{
	(void)state;
	assert_int_equal(quiet("2026-01-31T03:00:00.000Z", -1, -1), 0);
}

static void
a_hub_with_an_interval_or_watching_changes_is_needed(void **state)
{
	(void)state;
	assert_false(
	    schedule_is_needed(&(struct conf){ .sync_interval_s = 0 }));
	assert_true(schedule_is_needed(&(struct conf){ .sync_interval_s = 1 }));
	assert_true(
	    schedule_is_needed(&(struct conf){ .sync_on_change = true }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_hours_begin_and_end_to_the_millisecond),
		cmocka_unit_test(quiet_hours_may_go_over_midnight),
		cmocka_unit_test(without_quiet_hours_it_is_never_quiet),
		cmocka_unit_test(
		    a_hub_with_an_interval_or_watching_changes_is_needed),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("hub_schedule", tests, NULL, NULL);
}

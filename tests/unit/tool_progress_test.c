/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/str.h"
#include "tool/progress.h"
#include "tool/units.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct progress half = { "Sending", 133500000, 267000000, 50,
	100 };

static char *
line(const struct progress *p, double rate, int width, struct buf *out)
{
	buf_clear(out);
	progress_line(p, rate, width, out);
	return out->data;
}

static void
a_line_tells_bytes_rate_and_time_left(void **state)
{
	struct buf out = { NULL, 0, 0 };

	(void)state;
	assert_string_equal(line(&half, 12300000, 79, &out),
	    "Sending  [#########---------]   50%  133.5 MB of 267.0 MB  "
	    "12.3 MB/s  0:11 left");
	assert_int_equal(out.len, 79);
	buf_release(&out);
}

static void
a_wide_line_tells_files_too(void **state)
{
	struct buf out = { NULL, 0, 0 };

	(void)state;
	assert_non_null(
	    strstr(line(&half, 12300000, 110, &out), "  50/100 files"));
	buf_release(&out);
}

static void
no_line_is_wider_than_it_may_be(void **state)
{
	static const struct progress works[] = {
		{ "Sending", 133500000, 267000000, 50, 100 },
		{ "Sending", 0, 0, 0, 0 },
		{ "Sending", 5, 0, 0, 0 },
		{ "Sending", 0, 0, 7, 0 },
		{ "Sending", 0, 0, 7, 9 },
		{ "Sending", 300, 200, 9, 7 },
		{ "Sending", INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX },
	};
	struct buf out = { NULL, 0, 0 };
	size_t i;
	int width;

	(void)state;
	for (i = 0; i < sizeof(works) / sizeof(*works); i++)
		for (width = 1; width < 200; width++) {
			line(&works[i], 1, width, &out);
			assert_true((int)out.len <= width);
		}
	buf_release(&out);
}

static void
a_narrow_line_keeps_what_is_worth_most(void **state)
{
	struct buf out = { NULL, 0, 0 };

	(void)state;
	assert_string_equal(line(&half, 12300000, 39, &out),
	    "Sending   50%  133.5 MB  0:11 left");
	assert_string_equal(line(&half, 12300000, 14, &out), "Sending   50%");
	assert_string_equal(line(&half, 12300000, 5, &out), "Sendi");
	buf_release(&out);
}

static void
without_a_total_there_is_no_bar_and_no_time_left(void **state)
{
	const struct progress p = { "Exporting", 1500, 0, 3, 0 };
	struct buf out = { NULL, 0, 0 };

	(void)state;
	assert_string_equal(line(&p, 1000, 79, &out),
	    "Exporting  1.5 kB  3 files  1.0 kB/s");
	buf_release(&out);
}

static void
without_bytes_files_are_counted(void **state)
{
	const struct progress p = { "Committing", 0, 0, 25, 100 };
	struct buf out = { NULL, 0, 0 };

	(void)state;
	assert_string_equal(line(&p, 5, 79, &out),
	    "Committing  [#######----------------------]   25%  25/100 files  5/s  "
	    "0:15 left");
	buf_release(&out);
}

static void
bytes_are_told_in_tens_of_three(void **state)
{
	static const struct {
		int64_t bytes;
		const char *text;
	} rows[] = { { 0, "0 B" }, { 999, "999 B" }, { 1000, "1.0 kB" },
		{ 1250, "1.2 kB" }, { 999949, "999.9 kB" },
		{ 999950, "1.0 MB" }, { 45000000, "45.0 MB" },
		{ 2000000000, "2.0 GB" }, { INT64_MAX, "9.2 EB" } };
	char text[UNITS_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(units_bytes(rows[i].bytes, text),
		    rows[i].text);
}

static void
times_are_told_in_minutes_and_hours(void **state)
{
	char text[UNITS_SIZE];

	(void)state;
	assert_string_equal(units_seconds(-5, text), "0:00");
	assert_string_equal(units_seconds(7, text), "0:07");
	assert_string_equal(units_seconds(754, text), "12:34");
	assert_string_equal(units_seconds(3 * 3600 + 309, text), "3:05:09");
	assert_string_equal(units_seconds(INT64_MAX, text), "99:59:59");
}

static void
a_text_is_never_cut_within_a_character(void **state)
{
	int used;

	(void)state;
	assert_int_equal(units_fit("\u00e4\u00f6\u00fc", 2, &used), 4);
	assert_int_equal(used, 2);
	assert_int_equal(units_fit("\u6f22\u5b57", 3, &used), 3);
	assert_int_equal(used, 2);
	assert_int_equal(units_fit("e\u0301x", 1, &used), 3);
	assert_int_equal(units_fit("\xff\xfe", 9, &used), 2);
	assert_int_equal(units_width("\u6f22\u5b57x"), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_tells_bytes_rate_and_time_left),
		cmocka_unit_test(a_wide_line_tells_files_too),
		cmocka_unit_test(no_line_is_wider_than_it_may_be),
		cmocka_unit_test(a_narrow_line_keeps_what_is_worth_most),
		cmocka_unit_test(
		    without_a_total_there_is_no_bar_and_no_time_left),
		cmocka_unit_test(without_bytes_files_are_counted),
		cmocka_unit_test(bytes_are_told_in_tens_of_three),
		cmocka_unit_test(times_are_told_in_minutes_and_hours),
		cmocka_unit_test(a_text_is_never_cut_within_a_character),
	};

	return cmocka_run_group_tests_name("tool_progress", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/str.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
a_zeroed_buffer_is_empty_for_all_calls(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_string_equal(buf_text(&b), "");
	buf_clear(&b);
	assert_string_equal(b.data, "");
	buf_release(&b);
	memset(&b, 0, sizeof(b));
	buf_add(&b, NULL, 0);
	assert_string_equal(b.data, "");
	buf_release(&b);
	memset(&b, 0, sizeof(b));
	buf_putc(&b, 'x');
	assert_string_equal(b.data, "x");
	buf_release(&b);
}

static void
a_buffer_is_always_closed(void **state)
{
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b);
	assert_string_equal(b.data, "");
	for (i = 1; i <= 5000; i++) {
		buf_putc(&b, 'x');
		assert_int_equal(b.len, i);
		assert_int_equal(strlen(b.data), i);
	}
	buf_release(&b);
	assert_int_equal(b.len, 0);
}

static void
a_buffer_holds_any_bytes(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 4);
	buf_release(&b);
}

static void
a_buffer_prints(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_puts(&b, "n=");
	buf_printf(&b, "%d %s", 12, "x");
	assert_string_equal(buf_text(&b), "n=12 x");
	buf_printf(&b, "%03000d", 1);
	assert_int_equal(b.len, 3006);
	buf_release(&b);
}

static void
a_cleared_buffer_keeps_its_memory(void **state)
{
	struct buf b = { 0 };
	char *before;

	(void)state;
	buf_puts(&b, "some text");
	before = b.data;
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	buf_puts(&b, "x");
	assert_ptr_equal(b.data, before);
	buf_release(&b);
}

static void
null_is_equal_to_null_and_sorts_first(void **state)
{
	(void)state;
	assert_true(str_eq(NULL, NULL));
	assert_false(str_eq(NULL, ""));
	assert_false(str_eq("a", NULL));
	assert_true(str_eq("a", "a"));
	assert_true(str_cmp(NULL, "") < 0);
	assert_true(str_cmp("", NULL) > 0);
	assert_true(str_cmp("a", "\xc3\xa4") < 0);
}

static void
starts_and_ends_are_found(void **state)
{
	(void)state;
	assert_true(str_starts("abc", "ab"));
	assert_true(str_starts("abc", ""));
	assert_false(str_starts("ab", "abc"));
	assert_true(str_ends("x.tei.xml", ".tei.xml"));
	assert_true(str_ends("x", ""));
	assert_false(str_ends("xml", ".xml"));
}

static void
a_number_is_read_whole(void **state)
{
	int64_t n = 5;

	(void)state;
	assert_int_equal(str_int64("0", &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(str_int64("-0", &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(str_int64("9223372036854775807", &n), 0);
	assert_true(n == INT64_MAX);
	assert_int_equal(str_int64("-9223372036854775808", &n), 0);
	assert_true(n == INT64_MIN);
	assert_int_equal(str_int64("0042", &n), 0);
	assert_int_equal(n, 42);
}

static void
what_is_no_number_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"-",
		"+1",
		" 1",
		"1 ",
		"1x",
		"0x10",
		"1.0",
		"1e3",
		"--1",
		"9223372036854775808",
		"-9223372036854775809",
		"99999999999999999999999999999999",
	};
	int64_t n = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(str_int64(bad[i], &n), E_INPUT);
		assert_int_equal(n, 7);
	}
}

static void
hex_is_lower_case_and_of_that_length(void **state)
{
	(void)state;
	assert_true(str_is_hex("09af", 4));
	assert_true(str_is_hex("", 0));
	assert_false(str_is_hex("09aF", 4));
	assert_false(str_is_hex("09ag", 4));
	assert_false(str_is_hex("09a", 4));
	assert_false(str_is_hex("09af0", 4));
}

/* Rows of the table of well-formed sequences in RFC 3629, section 4. */
static void
the_edges_of_utf8_are_accepted(void **state)
{
	static const char *const good[] = {
		"",
		"a",
		"\x01",
		"\x7f",
		"\xc2\x80",
		"\xdf\xbf",
		"\xe0\xa0\x80",
		"\xe0\xbf\xbf",
		"\xe1\x80\x80",
		"\xec\xbf\xbf",
		"\xed\x80\x80",
		"\xed\x9f\xbf",
		"\xee\x80\x80",
		"\xef\xbf\xbf",
		"\xf0\x90\x80\x80",
		"\xf1\x80\x80\x80",
		"\xf4\x8f\xbf\xbf",
		"a\xc3\xa4z",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(str_is_utf8(good[i], strlen(good[i])));
}

static void
malformed_utf8_is_refused(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xc2",
		"\xc2\x7f",
		"\xc2\xc0",
		"\xe0\x80\x80",
		"\xe0\x9f\xbf",
		"\xe1\x80",
		"\xe1\x80\x7f",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf0\x90\x80",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xfe",
		"\xff",
		"a\xc3",
		"\xc3\xa4\xa4",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(str_is_utf8(bad[i], strlen(bad[i])));
	assert_false(str_is_utf8("a\0b", 3));
}

static void
utf8_is_not_read_beyond_its_length(void **state)
{
	(void)state;
	assert_false(str_is_utf8("\xe2\x82\xac", 2));
	assert_true(str_is_utf8("a\xff", 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zeroed_buffer_is_empty_for_all_calls),
		cmocka_unit_test(a_buffer_is_always_closed),
		cmocka_unit_test(a_buffer_holds_any_bytes),
		cmocka_unit_test(a_buffer_prints),
		cmocka_unit_test(a_cleared_buffer_keeps_its_memory),
		cmocka_unit_test(null_is_equal_to_null_and_sorts_first),
		cmocka_unit_test(starts_and_ends_are_found),
		cmocka_unit_test(a_number_is_read_whole),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(hex_is_lower_case_and_of_that_length),
		cmocka_unit_test(the_edges_of_utf8_are_accepted),
		cmocka_unit_test(malformed_utf8_is_refused),
		cmocka_unit_test(utf8_is_not_read_beyond_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/rand.h"
#include "base/str.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Counts upwards: 0, 1, 2 … */
static void
count_up(void *arg, void *data, size_t len)
{
	unsigned char *next = arg, *p = data;

	while (len-- > 0)
		*p++ = (*next)++;
}

/* The greatest number twice, then zeros. */
static void
greatest_first(void *arg, void *data, size_t len)
{
	int *calls = arg;

	memset(data, (*calls)++ < 2 ? 0xff : 0, len);
}

static int
back_to_the_system(void **state)
{
	(void)state;
	rand_set(NULL, NULL);
	return 0;
}

static void
a_source_decides(void **state)
{
	unsigned char next = 0x0e, bytes[3];
	char text[9];

	(void)state;
	rand_set(count_up, &next);
	rand_bytes(bytes, sizeof(bytes));
	assert_memory_equal(bytes, "\x0e\x0f\x10", 3);
	assert_string_equal(rand_hex(text, 4), "11121314");
}

static void
hex_has_two_digits_for_each_byte(void **state)
{
	char text[65];
	size_t n;

	(void)state;
	for (n = 0; n <= 32; n++)
		assert_true(str_is_hex(rand_hex(text, n), 2 * n));
}

static void
hex_does_not_lose_a_byte(void **state)
{
	unsigned char next = 0;
	char text[33];

	(void)state;
	rand_set(count_up, &next);
	assert_string_equal(rand_hex(text, 16),
	    "000102030405060708090a0b0c0d0e0f");
}

static void
a_number_is_below_its_limit(void **state)
{
	int seen[7] = { 0 }, i;
	uint64_t n;

	(void)state;
	for (i = 0; i < 2000; i++) {
		n = rand_below(7);
		assert_true(n < 7);
		seen[n]++;
	}
	for (i = 0; i < 7; i++)
		assert_true(seen[i] > 0);
	assert_int_equal(rand_below(1), 0);
}

/* 2^64 is no multiple of 2^63 + 1: what is left over is drawn again. */
static void
uneven_numbers_are_drawn_again(void **state)
{
	uint64_t limit = (UINT64_C(1) << 63) + 1;
	int calls = 0;

	(void)state;
	rand_set(greatest_first, &calls);
	assert_true(rand_below(limit) == UINT64_MAX % limit);
	calls = 2;
	rand_set(greatest_first, &calls);
	assert_true(rand_below(UINT64_C(1) << 63) == 0);
}

static void
a_uuid_has_its_form(void **state)
{
	unsigned char next = 0;
	char text[37];

	(void)state;
	rand_set(count_up, &next);
	assert_string_equal(rand_uuid(text),
	    "00010203-0405-4607-8809-0a0b0c0d0e0f");
}

static void
two_uuids_differ(void **state)
{
	char one[37], two[37];

	(void)state;
	assert_string_not_equal(rand_uuid(one), rand_uuid(two));
}

#define TEST(name) cmocka_unit_test_teardown(name, back_to_the_system)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_source_decides),
		TEST(hex_has_two_digits_for_each_byte),
		TEST(hex_does_not_lose_a_byte),
		TEST(a_number_is_below_its_limit),
		TEST(uneven_numbers_are_drawn_again),
		TEST(a_uuid_has_its_form),
		TEST(two_uuids_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

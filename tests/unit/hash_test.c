/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MILLION \
	"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static const char *
hex(const struct hash *hash)
{
	static char text[HASH_HEX_SIZE];

	return hash_hex(hash, text);
}

/* Examples of FIPS 180-2, appendix B. */
static void
known_texts_have_their_known_hashes(void **state)
{
	struct hash hash;

	(void)state;
	hash_bytes("", 0, &hash);
	assert_string_equal(hex(&hash), EMPTY);
	hash_bytes("abc", 3, &hash);
	assert_string_equal(hex(&hash), ABC);
}

static void
a_stream_hashes_its_pieces_as_one(void **state)
{
	struct hash_stream *hs = hash_stream_new();
	struct hash hash;
	int i;

	(void)state;
	for (i = 0; i < 100000; i++)
		hash_stream_add(hs, "aaaaaaaaaa", 10);
	hash_stream_end(hs, &hash);
	assert_string_equal(hex(&hash), MILLION);
	hash_stream_free(hs);
}

static void
a_stream_can_be_used_again(void **state)
{
	struct hash_stream *hs = hash_stream_new();
	struct hash hash;

	(void)state;
	hash_stream_add(hs, "left over", 9);
	hash_stream_reset(hs);
	hash_stream_add(hs, "abc", 3);
	hash_stream_end(hs, &hash);
	assert_string_equal(hex(&hash), ABC);
	hash_stream_reset(hs);
	hash_stream_end(hs, &hash);
	assert_string_equal(hex(&hash), EMPTY);
	hash_stream_free(hs);
	hash_stream_free(NULL);
}

static void
a_file_is_hashed_from_where_it_stands(void **state)
{
	FILE *f = tmpfile();
	struct hash hash;
	int64_t size = -1;

	(void)state;
	assert_non_null(f);
	fputs("xxabc", f);
	fflush(f);
	lseek(fileno(f), 2, SEEK_SET);
	assert_int_equal(hash_fd(fileno(f), &hash, &size), 0);
	assert_string_equal(hex(&hash), ABC);
	assert_int_equal(size, 3);
	assert_int_equal(hash_fd(fileno(f), &hash, NULL), 0);
	assert_string_equal(hex(&hash), EMPTY);
	fclose(f);
}

static void
a_file_that_cannot_be_read_is_an_error(void **state)
{
	struct hash hash;

	(void)state;
	assert_int_equal(hash_fd(-1, &hash, NULL), E_IO);
}

static void
hex_goes_there_and_back(void **state)
{
	struct hash hash, again;

	(void)state;
	hash_bytes("abc", 3, &hash);
	assert_int_equal(hash_parse(ABC, &again), 0);
	assert_true(hash_eq(&hash, &again));
	again.bytes[31] ^= 1;
	assert_false(hash_eq(&hash, &again));
}

static void
only_64_lower_case_digits_are_a_hash(void **state)
{
	static const char *const bad[] = {
		"",
		"ba7816bf",
		ABC "0",
		"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
		"ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		" a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	};
	struct hash hash;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(hash_parse(bad[i], &hash), E_INPUT);
}

static void
a_sum_carries_and_wraps(void **state)
{
	struct hash sum, one = { { 0 } };

	(void)state;
	one.bytes[31] = 1;
	memset(sum.bytes, 0xff, sizeof(sum.bytes));
	sum.bytes[0] = 0;
	hash_sum_add(&sum, &one);
	assert_string_equal(hex(&sum),
	    "01000000000000000000000000000000"
	    "00000000000000000000000000000000");
	memset(sum.bytes, 0xff, sizeof(sum.bytes));
	hash_sum_add(&sum, &one);
	assert_string_equal(hex(&sum),
	    "00000000000000000000000000000000"
	    "00000000000000000000000000000000");
	hash_sum_sub(&sum, &one);
	assert_string_equal(hex(&sum),
	    "ffffffffffffffffffffffffffffffff"
	    "ffffffffffffffffffffffffffffffff");
}

static void
a_sum_does_not_depend_on_order_and_can_be_undone(void **state)
{
	struct hash a, b, ab = { { 0 } }, ba = { { 0 } }, none = { { 0 } };
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		hash_bytes(&i, sizeof(i), &a);
		hash_bytes(&a, sizeof(a), &b);
		hash_sum_add(&ab, &a);
		hash_sum_add(&ab, &b);
		hash_sum_add(&ba, &b);
		hash_sum_add(&ba, &a);
		assert_true(hash_eq(&ab, &ba));
	}
	for (i = 0; i < 200; i++) {
		hash_bytes(&i, sizeof(i), &a);
		hash_bytes(&a, sizeof(a), &b);
		hash_sum_sub(&ab, &a);
		hash_sum_sub(&ab, &b);
	}
	assert_true(hash_eq(&ab, &none));
}

static void
a_sum_of_known_hashes_is_known(void **state)
{
	struct hash sum, add;

	/* SHA-256("") + SHA-256("abc") mod 2^256, by another program. */
	(void)state;
	assert_int_equal(hash_parse(EMPTY, &sum), 0);
	assert_int_equal(hash_parse(ABC, &add), 0);
	hash_sum_add(&sum, &add);
	assert_string_equal(hex(&sum),
	    "9e28db0227fdebfedc3d35a6f71ddb47"
	    "d7b1a387fab30de958a6987d6a52ce02");
}

/* Examples of FIPS 180-2, appendices A and B. */
static void
a_checksum_of_a_known_name_is_known(void **state)
{
	static const unsigned char sha1[] = { 0xa9, 0x99, 0x3e, 0x36, 0x47,
		0x06, 0x81, 0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50, 0xc2,
		0x6c, 0x9c, 0xd0, 0xd8, 0x9d };
	unsigned char sum[HASH_SIZE];
	struct hash sha256;
	FILE *f = tmpfile();
	size_t len;

	(void)state;
	assert_non_null(f);
	assert_int_equal(fputs("abc", f) < 0, 0);
	rewind(f);
	assert_int_equal(hash_fd_named(fileno(f), "sha1", sum, &len), 0);
	assert_int_equal(len, 20);
	assert_memory_equal(sum, sha1, 20);
	rewind(f);
	assert_int_equal(hash_fd_named(fileno(f), "sha256", sum, &len), 0);
	assert_int_equal(len, 32);
	assert_int_equal(hash_parse(ABC, &sha256), 0);
	assert_memory_equal(sum, sha256.bytes, 32);
	assert_int_equal(hash_fd_named(fileno(f), "md5", sum, &len), E_INPUT);
	assert_int_equal(hash_fd_named(-1, "sha1", sum, &len), E_IO);
	fclose(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_texts_have_their_known_hashes),
		cmocka_unit_test(a_stream_hashes_its_pieces_as_one),
		cmocka_unit_test(a_stream_can_be_used_again),
		cmocka_unit_test(a_file_is_hashed_from_where_it_stands),
		cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
		cmocka_unit_test(hex_goes_there_and_back),
		cmocka_unit_test(only_64_lower_case_digits_are_a_hash),
		cmocka_unit_test(a_sum_carries_and_wraps),
		cmocka_unit_test(
		    a_sum_does_not_depend_on_order_and_can_be_undone),
		cmocka_unit_test(a_sum_of_known_hashes_is_known),
		cmocka_unit_test(a_checksum_of_a_known_name_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

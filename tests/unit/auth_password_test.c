/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/password.h"
#include "base/err.h"
#include "base/str.h"

#include <pthread.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
a_digest_is_the_sha_256_of_the_password(void **state)
{
	char digest[HASH_HEX_SIZE];

	(void)state;
	password_digest("abc", digest);
	assert_string_equal(digest,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
}

static void
a_right_password_is_recognised(void **state)
{
	char digest[HASH_HEX_SIZE], wrong[HASH_HEX_SIZE];
	char stored[PASSWORD_STORED_SIZE], again[PASSWORD_STORED_SIZE];

	(void)state;
	password_digest("open sesame", digest);
	password_digest("open barley", wrong);
	assert_int_equal(password_store(digest, stored), 0);
	assert_int_equal(password_verify(stored, digest), 1);
	assert_int_equal(password_verify(stored, wrong), 0);
	assert_int_equal(password_verify(stored, ""), 0);
	assert_int_equal(password_verify("nonsense", digest), 0);
	assert_int_equal(password_verify(NULL, digest), 0);
	assert_int_equal(password_store(digest, again), 0);
	assert_string_not_equal(stored, again);
}

static void
what_is_stored_says_how_dear_it_was(void **state)
{
	char digest[HASH_HEX_SIZE], stored[PASSWORD_STORED_SIZE];

	(void)state;
	password_digest("x", digest);
	assert_int_equal(password_store(digest, stored), 0);
	assert_true(str_starts(stored, "$argon2id$v=19$m=19456,t=2,p=1$"));
	assert_null(strstr(stored, digest));
}

static void
only_a_digest_is_stored(void **state)
{
	char stored[PASSWORD_STORED_SIZE];

	(void)state;
	assert_int_equal(password_store("open sesame", stored), E_INPUT);
	assert_null(strstr(err_text(), "sesame"));
}

static void *
verify_one(void *stored)
{
	char digest[HASH_HEX_SIZE];

	password_digest("x", digest);
	return password_verify(stored, digest) == 1 ? stored : NULL;
}

static void
threads_wait_for_each_other(void **state)
{
	char digest[HASH_HEX_SIZE], stored[PASSWORD_STORED_SIZE];
	pthread_t threads[4];
	void *answer;

	(void)state;
	password_digest("x", digest);
	assert_int_equal(password_store(digest, stored), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, verify_one,
				     stored),
		    0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &answer);
		assert_ptr_equal(answer, stored);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_digest_is_the_sha_256_of_the_password),
		cmocka_unit_test(a_right_password_is_recognised),
		cmocka_unit_test(what_is_stored_says_how_dear_it_was),
		cmocka_unit_test(only_a_digest_is_stored),
		cmocka_unit_test(threads_wait_for_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"

#include <pthread.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
err_set_answers_its_code(void **state)
{
	(void)state;
	assert_int_equal(err_set(E_IO, "no"), E_IO);
}

static void
the_text_is_the_last_one_set(void **state)
{
	(void)state;
	err_set(E_IO, "%s: %d", "first", 1);
	err_set(E_INPUT, "%s: %d", "second", 2);
	assert_string_equal(err_text(), "second: 2");
}

static void
arguments_may_be_the_text_itself(void **state)
{
	(void)state;
	err_set(E_IO, "disk full");
	err_set(E_IO, "while saving: %s", err_text());
	assert_string_equal(err_text(), "while saving: disk full");
}

static void
err_wrap_puts_words_before_the_text(void **state)
{
	(void)state;
	err_set(E_ABSENT, "no such file");
	assert_int_equal(err_wrap(E_ABSENT, "%s", "a.conf"), E_ABSENT);
	assert_string_equal(err_text(), "a.conf: no such file");
}

static void
a_long_text_is_cut_at_1023_bytes(void **state)
{
	char longest[3000];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	err_set(E_IO, "%s", longest);
	assert_int_equal(strlen(err_text()), 1023);
	err_wrap(E_IO, "%s", longest);
	assert_int_equal(strlen(err_text()), 1023);
}

static void
err_clear_leaves_an_empty_text(void **state)
{
	(void)state;
	err_set(E_IO, "x");
	err_clear();
	assert_string_equal(err_text(), "");
}

static void *
set_in_thread(void *arg)
{
	(void)arg;
	err_set(E_IO, "theirs");
	return NULL;
}

static void
each_thread_has_its_own_text(void **state)
{
	pthread_t thread;

	(void)state;
	err_set(E_IO, "ours");
	assert_int_equal(pthread_create(&thread, NULL, set_in_thread, NULL), 0);
	pthread_join(thread, NULL);
	assert_string_equal(err_text(), "ours");
}

static void
every_code_has_a_name_of_its_own(void **state)
{
	int a, b;

	(void)state;
	for (a = E_ABSENT; a >= E_MOVED; a--) {
		assert_string_not_equal(err_name(a), "unknown");
		for (b = E_ABSENT; b > a; b--)
			assert_string_not_equal(err_name(a), err_name(b));
	}
}

static void
what_is_no_code_is_unknown_and_500(void **state)
{
	static const int none[] = { 0, 1, 7, E_MOVED - 1, -1000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_string_equal(err_name(none[i]), "unknown");
		assert_int_equal(err_http(none[i]), 500);
		assert_false(err_retry(none[i]));
	}
}

static void
codes_have_their_http_status(void **state)
{
	(void)state;
	assert_int_equal(err_http(E_ABSENT), 404);
	assert_int_equal(err_http(E_EXISTS), 409);
	assert_int_equal(err_http(E_BUSY), 423);
	assert_int_equal(err_http(E_LOGIN), 401);
	assert_int_equal(err_http(E_DENIED), 403);
	assert_int_equal(err_http(E_INPUT), 400);
	assert_int_equal(err_http(E_REMOTE), 502);
	assert_int_equal(err_http(E_GUARD), 428);
	assert_int_equal(err_http(E_IO), 500);
}

static void
only_what_may_heal_is_tried_again(void **state)
{
	(void)state;
	assert_true(err_retry(E_BUSY));
	assert_true(err_retry(E_REMOTE));
	assert_false(err_retry(E_INPUT));
	assert_false(err_retry(E_CORRUPT));
	assert_false(err_retry(E_GUARD));
	assert_false(err_retry(E_ROLLBACK));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_set_answers_its_code),
		cmocka_unit_test(the_text_is_the_last_one_set),
		cmocka_unit_test(arguments_may_be_the_text_itself),
		cmocka_unit_test(err_wrap_puts_words_before_the_text),
		cmocka_unit_test(a_long_text_is_cut_at_1023_bytes),
		cmocka_unit_test(err_clear_leaves_an_empty_text),
		cmocka_unit_test(each_thread_has_its_own_text),
		cmocka_unit_test(every_code_has_a_name_of_its_own),
		cmocka_unit_test(what_is_no_code_is_unknown_and_500),
		cmocka_unit_test(codes_have_their_http_status),
		cmocka_unit_test(only_what_may_heal_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

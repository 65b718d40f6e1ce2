/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/list_cache.h"

#include "base/clock.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t fake_ms = 1000;

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

static void
put(struct list_cache *c, const char *key, int64_t version, int64_t ms,
    const char *text)
{
	struct buf answer = { 0 };

	buf_puts(&answer, text);
	list_cache_put(c, key, version, ms, &answer);
	buf_release(&answer);
}

static void
an_answer_is_kept_while_the_library_stays(void **state)
{
	struct list_cache *c = list_cache_new();

	(void)state;
	assert_null(list_cache_find(c, "a", 1));
	put(c, "a", 1, 0, "one");
	assert_string_equal(buf_text(list_cache_find(c, "a", 1)), "one");
	assert_null(list_cache_find(c, "b", 1));
	assert_null(list_cache_find(c, "a", 2));
	put(c, "a", 2, 0, "two");
	assert_string_equal(buf_text(list_cache_find(c, "a", 2)), "two");
	assert_null(list_cache_find(c, "a", 1));
	list_cache_free(c);
}

static void
an_answer_may_end_by_itself(void **state)
{
	struct list_cache *c = list_cache_new();

	(void)state;
	clock_set(&fake_clock);
	put(c, "a", 1, 1000, "one");
	fake_ms += 999;
	assert_non_null(list_cache_find(c, "a", 1));
	fake_ms += 1;
	assert_null(list_cache_find(c, "a", 1));
	clock_set(NULL);
	list_cache_free(c);
}

static void
what_was_not_asked_for_makes_room(void **state)
{
	struct list_cache *c = list_cache_new();
	char key[20];
	int i;

	(void)state;
	put(c, "kept", 1, 0, "one");
	for (i = 0; i < 3 * LIST_CACHE_ENTRIES; i++) {
		snprintf(key, sizeof(key), "%d", i);
		put(c, key, 1, 0, key);
		assert_non_null(list_cache_find(c, "kept", 1));
	}
	assert_null(list_cache_find(c, "0", 1));
	assert_string_equal(buf_text(list_cache_find(c, key, 1)), key);
	list_cache_free(c);
}

static void
what_is_too_large_is_not_kept(void **state)
{
	struct list_cache *c = list_cache_new();
	struct buf answer = { 0 };

	(void)state;
	while (answer.len <= LIST_CACHE_BYTES)
		buf_putc(&answer, 'x');
	list_cache_put(c, "a", 1, 0, &answer);
	assert_null(list_cache_find(c, "a", 1));
	answer.len--;
	list_cache_put(c, "a", 1, 0, &answer);
	assert_non_null(list_cache_find(c, "a", 1));
	buf_release(&answer);
	list_cache_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_kept_while_the_library_stays),
		cmocka_unit_test(an_answer_may_end_by_itself),
		cmocka_unit_test(what_was_not_asked_for_makes_room),
		cmocka_unit_test(what_is_too_large_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

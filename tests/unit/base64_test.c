/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/base64.h"

#include "base/err.h"
#include "base/str.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int
decode(const char *text, struct buf *out)
{
	return base64_decode(text, strlen(text), out);
}

/* RFC 4648, section 10. */
static void
the_examples_of_the_standard_are_decoded(void **state)
{
	static const char *const examples[][2] = {
		{ "", "" },
		{ "Zg==", "f" },
		{ "Zm8=", "fo" },
		{ "Zm9v", "foo" },
		{ "Zm9vYg==", "foob" },
		{ "Zm9vYmE=", "fooba" },
		{ "Zm9vYmFy", "foobar" },
	};
	struct buf out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		buf_clear(&out);
		assert_int_equal(decode(examples[i][0], &out), 0);
		assert_string_equal(buf_text(&out), examples[i][1]);
	}
	buf_release(&out);
}

static void
every_byte_can_be_decoded(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_int_equal(decode("+/8A", &out), 0);
	assert_int_equal(out.len, 3);
	assert_memory_equal(out.data, "\xfb\xff\0", 3);
	buf_release(&out);
}

static void
what_is_no_base64_is_refused_and_leaves_nothing(void **state)
{
	static const char *const bad[] = { "Z", "Zm", "Zm9", "Zm9v\n", "Zm 9v",
		"Zm9=Zm9v", "====", "Z===", "Zg=v",
		"Zm9vZh==", "Zm9vZm9=", "Zm-v", "Zm_v",
		"Zm9v====", "Zm9v\xc3\xa4 " };
	struct buf out = { 0 };
	size_t i;

	(void)state;
	buf_puts(&out, "before");
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(decode(bad[i], &out), E_INPUT);
		assert_string_equal(out.data, "before");
	}
	assert_int_equal(base64_decode("Zm9v\0m9v", 8, &out), E_INPUT);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_standard_are_decoded),
		cmocka_unit_test(every_byte_can_be_decoded),
		cmocka_unit_test(
		    what_is_no_base64_is_refused_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

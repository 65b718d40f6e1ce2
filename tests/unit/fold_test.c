/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/fold.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *
folded(struct buf *out, const char *text)
{
	buf_clear(out);
	fold_text(text, out);
	return buf_text(out);
}

static void
letters_of_all_scripts_become_small(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_string_equal(folded(&out, "ABC xyz 123"), "abc xyz 123");
	assert_string_equal(folded(&out, "ÄÖÜ ŁÓDŹ"), "äöü łódź");
	assert_string_equal(folded(&out, "ΑΘΗΝΑ МОСКВА"), "αθηνα москва");
	assert_string_equal(folded(&out, "𐐀"), "𐐨");
	assert_string_equal(folded(&out, ""), "");
	buf_release(&out);
}

static void
what_is_no_text_stays_as_it_is(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_string_equal(folded(&out, "A\xff\xc3"), "a\xff\xc3");
	assert_string_equal(folded(&out, "\xe2\x82"), "\xe2\x82");
	assert_string_equal(folded(&out,
				"\xc0\x80"
				"B"),
	    "\xc0\x80"
	    "b");
	assert_string_equal(folded(&out, "\xf0\x9f\x98"), "\xf0\x9f\x98");
	buf_release(&out);
}

static void
a_part_is_found_whatever_its_case(void **state)
{
	struct buf work = { 0 };

	(void)state;
	assert_true(fold_has("Die ÄPFEL", "äpfel", &work));
	assert_true(fold_has("x", "", &work));
	assert_false(fold_has("Die Äpfe", "äpfel", &work));
	assert_false(fold_has(NULL, "", &work));
	buf_release(&work);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_of_all_scripts_become_small),
		cmocka_unit_test(what_is_no_text_stays_as_it_is),
		cmocka_unit_test(a_part_is_found_whatever_its_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

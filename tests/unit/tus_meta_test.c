/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "respond/tus.h"
#include "web/request.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int
setup(void **state)
{
	struct request *req = calloc(1, sizeof(*req));

	req->mem = mem_new();
	*state = req;
	return 0;
}

static int
teardown(void **state)
{
	struct request *req = *state;

	mem_free(req->mem);
	free(req);
	return 0;
}

static void
nothing_said_is_an_upload(void **state)
{
	struct tus_meta meta;

	assert_int_equal(tus_meta_parse(*state, NULL, &meta), 0);
	assert_false(meta.is_save);
	assert_null(meta.said.filename);
	assert_int_equal(tus_meta_parse(*state, "", &meta), 0);
	assert_int_equal(tus_meta_parse(*state, "filename,other", &meta), 0);
	assert_null(meta.said.filename);
	assert_false(meta.is_save);
}

static void
what_a_client_says_is_decoded(void **state)
{
	struct tus_meta meta;

	assert_int_equal(tus_meta_parse(*state,
			     "filename YS5wZGY=,doc_id ZG9j, label TA==,"
			     "collections Yixh,filetype eA==",
			     &meta),
	    0);
	assert_string_equal(meta.said.filename, "a.pdf");
	assert_string_equal(meta.said.doc_id, "doc");
	assert_string_equal(meta.said.label, "L");
	assert_string_equal(meta.said.collections, "[\"a\",\"b\"]");
	assert_false(meta.is_save);
}

static void
any_of_three_makes_it_a_save(void **state)
{
	struct tus_meta meta;

	assert_int_equal(tus_meta_parse(*state,
			     "file_id YWJj,label TA==", &meta),
	    0);
	assert_true(meta.is_save);
	assert_string_equal(meta.save.file_id, "abc");
	assert_string_equal(meta.save.label, "L");
	assert_false(meta.save.new_version);
	/* "Yes" */
	assert_int_equal(tus_meta_parse(*state, "new_version WWVz", &meta), 0);
	assert_true(meta.is_save);
	assert_true(meta.save.new_version);
	assert_string_equal(meta.save.file_id, "");
	assert_int_equal(tus_meta_parse(*state, "if_hash YWJj", &meta), 0);
	assert_true(meta.is_save);
	assert_string_equal(meta.save.if_hash, "abc");
}

static void
what_is_wrong_is_refused(void **state)
{
	static const char *const bad[] = {
		",",
		"a,",
		" ",
		"a b c",
		"a eA==,a",
		"a eA==,b eA==,a eA==",
		"filename x",
		"filename YS5wZGY",
		"doc_id AA==",
		"label Cg==",
		"new_version cGVyaGFwcw==",
		"collections WzFd",
		"file_id /w==",
		"k\xc3\xa4se eA==",
		"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
	};
	struct tus_meta meta;
	char *large = malloc(TUS_META_MAX + 2);
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (tus_meta_parse(*state, bad[i], &meta) != E_INPUT)
			fail_msg("\"%s\" was taken", bad[i]);
	memset(large, 'a', TUS_META_MAX + 1);
	large[TUS_META_MAX + 1] = '\0';
	large[1] = ' ';
	assert_int_equal(tus_meta_parse(*state, large, &meta), E_INPUT);
	free(large);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(nothing_said_is_an_upload),
		TEST(what_a_client_says_is_decoded),
		TEST(any_of_three_makes_it_a_save),
		TEST(what_is_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

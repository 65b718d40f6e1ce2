/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/mem.h"
#include "sync/name.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HEX "1381be58ff61c837f922512c19392ea90fd3caec38cd0ba4a2e4344fcfd48a71"

static struct mem *mem;
static struct hash hash;

static int
setup(void **state)
{
	(void)state;
	mem = mem_new();
	return hash_parse(HEX, &hash);
}

static int
teardown(void **state)
{
	(void)state;
	mem_free(mem);
	return 0;
}

static void
a_commit_is_named_by_version_and_id(void **state)
{
	(void)state;
	assert_string_equal(name_commit(mem, 42, &hash),
	    "commits/00000000/000000000042-" HEX ".jsonl");
	assert_string_equal(name_commit(mem, 123456789012, &hash),
	    "commits/12345678/123456789012-" HEX ".jsonl");
}

static void
a_folder_holds_ten_thousand_commits(void **state)
{
	(void)state;
	assert_string_equal(name_commit_dir(mem, 1), "commits/00000000");
	assert_string_equal(name_commit_dir(mem, 9999), "commits/00000000");
	assert_string_equal(name_commit_dir(mem, 10000), "commits/00000001");
	assert_string_equal(name_commit_dir(mem, 19999), "commits/00000001");
	assert_string_equal(name_commit_dir(mem, 20000), "commits/00000002");
}

static void
a_checkpoint_is_named_by_version_and_hash(void **state)
{
	(void)state;
	assert_string_equal(name_checkpoint(mem, 42, &hash),
	    "checkpoints/000000000042-" HEX ".db.gz");
}

static void
a_content_is_named_by_hash_generation_and_type(void **state)
{
	(void)state;
	assert_string_equal(name_content(mem, HEX, "pdf", 0), "13/" HEX ".pdf");
	assert_string_equal(name_content(mem, HEX, "tei", 0),
	    "13/" HEX ".tei.xml");
	assert_string_equal(name_content(mem, HEX, "tei", 7),
	    "13/" HEX ".7.tei.xml");
	assert_string_equal(name_content(mem, HEX, "rng", 12),
	    "13/" HEX ".12.rng");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_is_named_by_version_and_id),
		cmocka_unit_test(a_folder_holds_ten_thousand_commits),
		cmocka_unit_test(a_checkpoint_is_named_by_version_and_hash),
		cmocka_unit_test(
		    a_content_is_named_by_hash_generation_and_type),
	};

	return cmocka_run_group_tests_name("name", tests, setup, teardown);
}

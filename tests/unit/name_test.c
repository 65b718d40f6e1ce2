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

static void
a_name_of_a_content_is_read_as_it_is_written(void **state)
{
	char id[HASH_HEX_SIZE];
	const char *type;
	int64_t g;

	(void)state;
	assert_true(name_content_parse("13", HEX ".pdf", id, &type, &g));
	assert_string_equal(id, HEX);
	assert_string_equal(type, "pdf");
	assert_int_equal(g, 0);
	assert_true(name_content_parse("13", HEX ".12.tei.xml", id, &type, &g));
	assert_true(name_content_parse(NULL, HEX ".12.tei.xml", id, &type, &g));
	assert_string_equal(type, "tei");
	assert_int_equal(g, 12);
#define NOT(dir, name) \
	assert_false(name_content_parse(dir, name, id, &type, &g))
	NOT("14", HEX ".pdf");
	NOT("13", HEX);
	NOT("13", HEX ".");
	NOT("13", HEX ".pdf ");
	NOT("13", HEX ".deleted");
	NOT("13", HEX ".xml");
	NOT("13", HEX ".0.pdf");
	NOT("13", HEX ".01.pdf");
	NOT("13", HEX ".-1.pdf");
	NOT("13", HEX ".1");
	NOT("13", HEX ".1.");
	NOT("13", HEX ".1pdf");
	NOT("13", HEX ".99999999999999999999.pdf");
	NOT("13", HEX "0.pdf");
	NOT("13", "1381be58.pdf");
	NOT("13", "");
#undef NOT
}

static void
a_name_with_a_version_is_read_as_it_is_written(void **state)
{
	char hex[HASH_HEX_SIZE];
	int64_t v;

	(void)state;
	assert_true(name_version_parse("000000000042-" HEX ".jsonl", ".jsonl",
	    &v, hex));
	assert_int_equal(v, 42);
	assert_string_equal(hex, HEX);
#define NOT(name) assert_false(name_version_parse(name, ".jsonl", &v, hex))
	NOT("000000000042-" HEX ".db.gz");
	NOT("00000000042-" HEX ".jsonl");
	NOT("0000000000042-" HEX ".jsonl");
	NOT("000000000042-" HEX);
	NOT("000000000042-");
	NOT("000000000042");
	NOT("");
#undef NOT
}

static void
what_is_on_its_way_is_known_by_its_name(void **state)
{
	(void)state;
	assert_true(name_is_upload("up-0123456789abcdef0123456789abcdef"));
	assert_false(name_is_upload("up-0123456789abcdef0123456789abcde"));
	assert_false(name_is_upload("up-0123456789abcdef0123456789abcdef0"));
	assert_false(name_is_upload("up-0123456789abcdef0123456789abcdeF"));
	assert_false(name_is_upload("up-"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_is_named_by_version_and_id),
		cmocka_unit_test(what_is_on_its_way_is_known_by_its_name),
		cmocka_unit_test(a_name_with_a_version_is_read_as_it_is_written),
		cmocka_unit_test(a_name_of_a_content_is_read_as_it_is_written),
		cmocka_unit_test(a_folder_holds_ten_thousand_commits),
		cmocka_unit_test(a_checkpoint_is_named_by_version_and_hash),
		cmocka_unit_test(
		    a_content_is_named_by_hash_generation_and_type),
	};

	return cmocka_run_group_tests_name("name", tests, setup, teardown);
}

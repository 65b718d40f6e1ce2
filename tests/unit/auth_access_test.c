/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/access.h"
#include "auth/user.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PRIVATE "\"visibility\":\"private\""
#define PROTECTED "\"editability\":\"protected\""
#define OWNER "\"owner\":\"ada\""
#define CONTROL(what) "{\"access_control\":{" what "}}"

static struct mem *mem;

static int
setup(void **state)
{
	(void)state;
	mem = mem_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	mem_free(mem);
	return 0;
}

/* The table of roles of the API, row by row: whoever has one role alone. */
static const struct {
	unsigned roles;
	bool may_write, may_gold, is_admin;
} table[] = {
	{ 0, false, false, false },
	{ USER_READER, false, false, false },
	{ USER_ANNOTATOR, true, false, false },
	{ USER_REVIEWER, true, true, false },
	{ USER_ADMIN, true, true, true },
	{ USER_READER | USER_REVIEWER, true, true, false },
	{ USER_READER | USER_ANNOTATOR, true, false, false },
};

static void
every_row_of_the_table_of_roles_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(access_may_write(table[i].roles),
		    table[i].may_write);
		assert_int_equal(access_may_gold(table[i].roles),
		    table[i].may_gold);
		assert_int_equal(access_is_admin(table[i].roles),
		    table[i].is_admin);
	}
}

/* What of a record may a stranger, a user, an annotator, its owner (who is an
 * annotator) and an admin? */
static const struct {
	const char *name, *doc, *file;
	const char *read; /* a letter for each who may: n u a o d */
	const char *edit;
} records[] = {
	{ "nothing is said", NULL, NULL, "nuaod", "aod" },
	{ "empty metadata", "{}", "{}", "nuaod", "aod" },
	{ "empty control", CONTROL(""), NULL, "nuaod", "aod" },
	{ "null control", "{\"access_control\":null}", NULL, "nuaod", "aod" },
	{ "public", CONTROL("\"visibility\":\"public\""), NULL, "nuaod",
	    "aod" },
	{ "private", CONTROL(PRIVATE "," OWNER), NULL, "od", "od" },
	{ "private, nobody's", CONTROL(PRIVATE), NULL, "d", "d" },
	{ "private by its file", NULL, CONTROL(PRIVATE "," OWNER), "od", "od" },
	{ "protected", CONTROL(PROTECTED "," OWNER), NULL, "nuaod", "od" },
	{ "protected, nobody's", CONTROL(PROTECTED ",\"owner\":null"), NULL,
	    "nuaod", "d" },
	{ "the file says less", CONTROL(PRIVATE "," OWNER), CONTROL(PROTECTED),
	    "od", "od" },
	{ "the file says otherwise", CONTROL(PRIVATE "," OWNER),
	    CONTROL("\"visibility\":\"public\""), "nuaod", "aod" },
	{ "another owner", CONTROL(PRIVATE "," OWNER),
	    CONTROL("\"owner\":\"eve\""), "d", "d" },
	{ "an empty owner", CONTROL(PRIVATE ",\"owner\":\"\""), NULL, "d",
	    "d" },
	{ "a word that is none", CONTROL("\"visibility\":\"Public\"," OWNER),
	    NULL, "d", "d" },
	{ "the owner of what is odd", CONTROL(OWNER ",\"visibility\":\"x\""),
	    NULL, "d", "d" },
	{ "a number", CONTROL("\"visibility\":1," OWNER), NULL, "d", "d" },
	{ "an odd editability", CONTROL("\"editability\":true"), NULL, "d",
	    "d" },
	{ "an owner that is no text", CONTROL("\"owner\":[\"ada\"]"), NULL, "d",
	    "d" },
	{ "a control that is no object", "{\"access_control\":\"private\"}",
	    NULL, "d", "d" },
	{ "metadata that is no JSON", "{\"a\":", NULL, "d", "d" },
	{ "metadata that is no object", "[]", NULL, "d", "d" },
	{ "the file's is broken", CONTROL("\"visibility\":\"public\""), "{",
	    "d", "d" },
	{ "twice", CONTROL(PRIVATE "," PRIVATE), NULL, "d", "d" },
	{ "other fields", "{\"title\":\"x\"}", "{\"a\":{\"visibility\":1}}",
	    "nuaod", "aod" },
};

static const struct {
	char letter;
	const char *user;
	unsigned roles;
} people[] = {
	{ 'n', NULL, 0 },
	{ 'u', "uma", USER_READER },
	{ 'a', "bob", USER_ANNOTATOR },
	{ 'o', "ada", USER_ANNOTATOR },
	{ 'd', "dan", USER_ADMIN },
};

static void
what_a_record_says_of_itself_holds(void **state)
{
	char may_read[8], may_edit[8];
	struct access a;

	(void)state;
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		size_t r = 0, e = 0;

		access_parse(records[i].doc, records[i].file, mem, &a);
		for (size_t p = 0; p < sizeof(people) / sizeof(people[0]);
		     p++) {
			if (access_may_read(&a, people[p].user,
				people[p].roles))
				may_read[r++] = people[p].letter;
			if (access_may_edit(&a, people[p].user,
				people[p].roles))
				may_edit[e++] = people[p].letter;
		}
		may_read[r] = may_edit[e] = '\0';
		print_message("%s\n", records[i].name);
		assert_string_equal(may_read, records[i].read);
		assert_string_equal(may_edit, records[i].edit);
	}
}

static void
an_owner_without_a_role_that_writes_does_not_write(void **state)
{
	struct access a;

	(void)state;
	access_parse(CONTROL(PRIVATE "," PROTECTED "," OWNER), NULL, mem, &a);
	assert_true(access_may_read(&a, "ada", USER_READER));
	assert_false(access_may_edit(&a, "ada", USER_READER));
	assert_false(access_may_read(&a, "Ada", USER_REVIEWER));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_the_table_of_roles_holds),
		cmocka_unit_test(what_a_record_says_of_itself_holds),
		cmocka_unit_test(
		    an_owner_without_a_role_that_writes_does_not_write),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

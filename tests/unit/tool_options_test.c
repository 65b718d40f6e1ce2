/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/options.h"
#include "tool/tool.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What a parse of the words of one line came to. */
struct parsed {
	bool is_forced;
	const char *name;
	int64_t number;
	struct option_list list;
	bool goes_on;
	int status;
	int argc;
	char **argv;
};

static char words[16][64];
static char *argv_made[17];

static void
split(const char *line, int *argc)
{
	char copy[512];
	char *rest = NULL;
	char *word;

	snprintf(copy, sizeof(copy), "%s", line);
	*argc = 0;
	for (word = strtok_r(copy, " ", &rest); word != NULL && *argc < 16;
	     word = strtok_r(NULL, " ", &rest)) {
		snprintf(words[*argc], sizeof(words[0]), "%s", word);
		argv_made[*argc] = words[*argc];
		(*argc)++;
	}
	argv_made[*argc] = NULL;
}

/* Complaints belong to stderr, where the test's own are to be seen. */
static int
hush(int to)
{
	int saved = dup(STDERR_FILENO);

	if (to < 0)
		to = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(to, STDERR_FILENO);
	close(to);
	return saved;
}

static void
parse(struct parsed *p, const char *line, int min, int max, bool is_leading)
{
	const struct option_row rows[] = {
		{ 'f', "force", NULL, "force it", .flag = &p->is_forced },
		{ 'n', "name", "NAME", "a name", .text = &p->name },
		{ 0, "number", "N", "a number", .number = &p->number },
		{ 'l', "list", "X", "many", .list = &p->list },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "test", "WORD...", "Test", NULL, rows, min,
		max, is_leading };
	int saved = hush(-1);

	memset(p, 0, sizeof(*p));
	p->number = -1;
	split(line, &p->argc);
	p->argv = argv_made;
	p->goes_on = options_parse(&usage, &p->argc, &p->argv, &p->status);
	fflush(stderr);
	close(hush(saved));
}

static void
each_kind_of_value_arrives(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "test -f --name=x --number 42 -l a --list b word", 0, -1,
	    false);
	assert_true(p.goes_on);
	assert_true(p.is_forced);
	assert_string_equal(p.name, "x");
	assert_int_equal(p.number, 42);
	assert_int_equal(p.list.n, 2);
	assert_string_equal(p.list.items[0], "a");
	assert_string_equal(p.list.items[1], "b");
	assert_int_equal(p.argc, 1);
	assert_string_equal(p.argv[0], "word");
	option_list_release(&p.list);
}

static void
options_may_follow_arguments(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "test one --force two", 0, -1, false);
	assert_true(p.goes_on && p.is_forced);
	assert_int_equal(p.argc, 2);
	assert_string_equal(p.argv[1], "two");
}

static void
leading_options_end_at_the_first_argument(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "test -n x list --force", 0, -1, true);
	assert_true(p.goes_on);
	assert_false(p.is_forced);
	assert_int_equal(p.argc, 2);
	assert_string_equal(p.argv[1], "--force");
}

static void
behind_two_dashes_nothing_is_an_option(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "test -- --force -x", 0, -1, false);
	assert_true(p.goes_on);
	assert_false(p.is_forced);
	assert_int_equal(p.argc, 2);
}

static void
wrong_usage_is_status_2(void **state)
{
	static const char *const lines[] = { "test --nope w", "test -x w",
		"test --name", "test -n", "test --number ten w",
		"test --number -1 w", "test --force=yes w", "test",
		"test a b c" };
	struct parsed p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		parse(&p, lines[i], 1, 2, false);
		if (p.goes_on || p.status != STATUS_USAGE)
			fail_msg("%s: %d", lines[i], p.status);
	}
}

static void
help_names_every_option_and_is_no_failure(void **state)
{
	bool force;
	const struct option_row rows[] = {
		{ 'f', "force", NULL, "force it", .flag = &force },
		{ 0, "a-very-long-name-of-one", "VALUE", "long",
		    .flag = &force },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "test", "WORD", "Do it", "More.", rows, 0,
		0, false };
	char text[1024] = "";
	FILE *file = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(file);
	options_help(&usage, file);
	fclose(file);
	assert_non_null(strstr(text, "stemma test [OPTION]... WORD\n"));
	assert_non_null(strstr(text, "Do it.\n"));
	assert_non_null(strstr(text, "  -f, --force "));
	assert_non_null(strstr(text, "--a-very-long-name-of-one VALUE\n"));
	assert_non_null(strstr(text, "  -h, --help "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_value_arrives),
		cmocka_unit_test(options_may_follow_arguments),
		cmocka_unit_test(leading_options_end_at_the_first_argument),
		cmocka_unit_test(behind_two_dashes_nothing_is_an_option),
		cmocka_unit_test(wrong_usage_is_status_2),
		cmocka_unit_test(help_names_every_option_and_is_no_failure),
	};

	return cmocka_run_group_tests_name("tool_options", tests, NULL, NULL);
}

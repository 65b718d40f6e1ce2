/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "tool/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* clang-format off */
static const struct out_column columns[] = {
	{ "id",   "ID",   4 },
	{ "size", "SIZE", -7 },
	{ "name", "NAME", 0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

static int saved;
static FILE *caught;

static void
catch_begin(void)
{
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	caught = tmpfile();
	assert_non_null(caught);
	dup2(fileno(caught), STDOUT_FILENO);
}

static void
catch_end(struct buf *text)
{
	char data[4096];
	ssize_t n;

	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	lseek(fileno(caught), 0, SEEK_SET);
	while ((n = file_read_some(fileno(caught), data, sizeof(data))) > 0)
		buf_add(text, data, (size_t)n);
	fclose(caught);
}

static void
row(struct out *out, const char *id, int64_t size, const char *name)
{
	out_text(out, "id", id);
	out_size(out, "size", size);
	out_text(out, "name", name);
	out_text(out, "hidden", "not in a table");
	assert_int_equal(out_row(out), 0);
}

/* Two rows as they are written in one form; `width` of a terminal, or 0. */
static void
two_rows(struct buf *text, bool is_json, int width, const char *name)
{
	struct out out;

	catch_begin();
	out_init(&out, is_json, columns);
	out.is_terminal = width > 0;
	out.width = is_json ? 0 : width;
	row(&out, "a1", 12345, name);
	row(&out, "b2", 7, NULL);
	out_release(&out);
	catch_end(text);
}

static void
json_is_one_object_a_line(void **state)
{
	struct buf text = { NULL, 0, 0 };
	char *rest = NULL;
	char *line;
	int n = 0;

	(void)state;
	two_rows(&text, true, 80, "x\n\"y\"");
	assert_string_equal(buf_text(&text),
	    "{\"id\":\"a1\",\"size\":12345,\"name\":\"x\\n\\\"y\\\"\","
	    "\"hidden\":\"not in a table\"}\n"
	    "{\"id\":\"b2\",\"size\":7,\"name\":null,"
	    "\"hidden\":\"not in a table\"}\n");
	for (line = strtok_r(text.data, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest), n++)
		assert_int_equal(json_check(line, strlen(line)), 0);
	assert_int_equal(n, 2);
	buf_release(&text);
}

static void
a_pipe_gets_tabs_whole_numbers_and_no_titles(void **state)
{
	struct buf text = { NULL, 0, 0 };

	(void)state;
	two_rows(&text, false, 0, "a very long name that nobody cuts off");
	assert_string_equal(buf_text(&text),
	    "a1\t12345\ta very long name that nobody cuts off\n"
	    "b2\t7\t-\n");
	buf_release(&text);
}

static void
a_terminal_gets_titles_and_lines_of_its_width(void **state)
{
	struct buf text = { NULL, 0, 0 };

	(void)state;
	two_rows(&text, false, 30, "a very long name that is cut off");
	assert_string_equal(buf_text(&text),
	    "ID       SIZE  NAME\n"
	    "a1    12.3 kB  a very long na~\n"
	    "b2        7 B  -\n");
	buf_release(&text);
}

static void
wide_characters_count_as_two_columns(void **state)
{
	struct buf text = { NULL, 0, 0 };

	(void)state;
	two_rows(&text, false, 30,
	    "\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22"
	    "\u5b57\u6f22\u5b57");
	assert_non_null(strstr(buf_text(&text),
	    "\u6f22\u5b57\u6f22\u5b57\u6f22"
	    "\u5b57\u6f22~\n"));
	assert_null(strstr(buf_text(&text),
	    "\u6f22\u5b57\u6f22\u5b57\u6f22"
	    "\u5b57\u6f22\u5b57~"));
	buf_release(&text);
}

static void
nothing_speaks_to_the_terminal(void **state)
{
	struct buf text = { NULL, 0, 0 };

	(void)state;
	two_rows(&text, false, 0,
	    "a\033[2Jb\tc\nd\xc2\x9b"
	    "e");
	assert_string_equal(buf_text(&text),
	    "a1\t12345\ta [2Jb c d e\n"
	    "b2\t7\t-\n");
	buf_release(&text);
}

static void
members_of_an_object_are_taken_over(void **state)
{
	struct buf text = { NULL, 0, 0 };
	struct out out;

	(void)state;
	catch_begin();
	out_init(&out, true, NULL);
	out_members(&out, "{\"a\":1,\"b\":[2]}");
	out_members(&out, "{}");
	out_bool(&out, "c", true);
	assert_int_equal(out_row(&out), 0);
	assert_int_equal(out_row(&out), 0);
	out_release(&out);
	catch_end(&text);
	assert_string_equal(buf_text(&text),
	    "{\"a\":1,\"b\":[2],\"c\":true}\n{}\n");
	buf_release(&text);
}

static void
a_record_is_a_line_for_each_value(void **state)
{
	struct buf text = { NULL, 0, 0 };
	struct out out;

	(void)state;
	catch_begin();
	out_init(&out, false, NULL);
	out.is_terminal = false;
	out.width = 0;
	out_text(&out, "id", "a1");
	out_bool(&out, "here", false);
	out_time(&out, "at", "2026-01-31T12:34:56.789Z");
	assert_int_equal(out_row(&out), 0);
	out_release(&out);
	catch_end(&text);
	assert_string_equal(buf_text(&text),
	    "id\ta1\nhere\tno\nat\t2026-01-31T12:34:56.789Z\n");
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_one_object_a_line),
		cmocka_unit_test(a_pipe_gets_tabs_whole_numbers_and_no_titles),
		cmocka_unit_test(a_terminal_gets_titles_and_lines_of_its_width),
		cmocka_unit_test(wide_characters_count_as_two_columns),
		cmocka_unit_test(nothing_speaks_to_the_terminal),
		cmocka_unit_test(members_of_an_object_are_taken_over),
		cmocka_unit_test(a_record_is_a_line_for_each_value),
	};

	return cmocka_run_group_tests_name("tool_out", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What is written to stderr between begin and end. */
struct captured {
	FILE *file;
	int saved;
	char text[8192];
	size_t len;
};

static void
capture_begin(struct captured *c)
{
	fflush(stderr);
	c->file = tmpfile();
	assert_non_null(c->file);
	c->saved = dup(STDERR_FILENO);
	dup2(fileno(c->file), STDERR_FILENO);
}

static const char *
capture_end(struct captured *c)
{
	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	rewind(c->file);
	c->len = fread(c->text, 1, sizeof(c->text) - 1, c->file);
	c->text[c->len] = '\0';
	fclose(c->file);
	return c->text;
}

static int
reset(void **state)
{
	(void)state;
	log_set_level(LOG_WARN);
	log_set_request(NULL);
	return 0;
}

static void
a_line_is_level_topic_and_words(void **state)
{
	struct captured c;

	(void)state;
	capture_begin(&c);
	log_line(LOG_ERROR, "sync", "no store url=%s n=%d", "x", 3);
	assert_string_equal(capture_end(&c),
	    "error sync: no store url=x n=3\n");
}

static void
lines_above_the_level_are_dropped(void **state)
{
	struct captured c;

	(void)state;
	capture_begin(&c);
	log_line(LOG_INFO, "a", "dropped");
	log_set_level(LOG_INFO);
	log_line(LOG_INFO, "b", "kept");
	log_line(LOG_DEBUG, "c", "dropped");
	assert_string_equal(capture_end(&c), "info b: kept\n");
	assert_true(log_enabled(LOG_ERROR));
	assert_true(log_enabled(LOG_INFO));
	assert_false(log_enabled(LOG_DEBUG));
}

static void
control_characters_cannot_forge_a_line(void **state)
{
	struct captured c;

	(void)state;
	capture_begin(&c);
	log_line(LOG_ERROR, "a", "%s", "x\nerror b: forged\r\x1b[2J\x7f");
	assert_string_equal(capture_end(&c),
	    "error a: x error b: forged  [2J \n");
}

static void
the_request_id_stands_in_the_line(void **state)
{
	struct captured c;

	(void)state;
	capture_begin(&c);
	log_set_request("ab12");
	log_line(LOG_WARN, "a", "one");
	log_set_request(NULL);
	log_line(LOG_WARN, "a", "two");
	assert_string_equal(capture_end(&c),
	    "warn a: one request=ab12\nwarn a: two\n");
}

static void
a_long_line_is_cut_at_2000_bytes_and_keeps_its_request(void **state)
{
	static const char tail[] = " request=ab12\n";
	char longest[5000];
	struct captured c;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	log_set_request("ab12");
	capture_begin(&c);
	log_line(LOG_ERROR, "a", "%s", longest);
	capture_end(&c);
	assert_int_equal(c.len, 2000);
	assert_string_equal(c.text + c.len - strlen(tail), tail);
}

static void
a_long_line_without_a_request_has_2000_bytes(void **state)
{
	char longest[5000];
	struct captured c;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	capture_begin(&c);
	log_line(LOG_ERROR, "a", "%s", longest);
	capture_end(&c);
	assert_int_equal(c.len, 2000);
	assert_int_equal(c.text[1999], '\n');
}

static void
levels_have_names(void **state)
{
	enum log_level level = LOG_ERROR;

	(void)state;
	assert_int_equal(log_level_parse("debug", &level), 0);
	assert_int_equal(level, LOG_DEBUG);
	assert_int_equal(log_level_parse("error", &level), 0);
	assert_int_equal(level, LOG_ERROR);
	assert_int_equal(log_level_parse("Error", &level), E_INPUT);
	assert_int_equal(log_level_parse("", &level), E_INPUT);
	assert_int_equal(level, LOG_ERROR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_is_level_topic_and_words, reset),
		cmocka_unit_test_setup(lines_above_the_level_are_dropped,
		    reset),
		cmocka_unit_test_setup(control_characters_cannot_forge_a_line,
		    reset),
		cmocka_unit_test_setup(the_request_id_stands_in_the_line,
		    reset),
		cmocka_unit_test_setup(
		    a_long_line_is_cut_at_2000_bytes_and_keeps_its_request,
		    reset),
		cmocka_unit_test_setup(
		    a_long_line_without_a_request_has_2000_bytes, reset),
		cmocka_unit_test_setup(levels_have_names, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

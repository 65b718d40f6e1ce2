/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int
check(const char *text)
{
	return json_check(text, strlen(text));
}

/* A copy without a byte behind it, so that a sanitizer sees a step too far. */
static int
check_exactly(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	int rc;

	memcpy(copy, text, len);
	rc = json_check(copy, len);
	free(copy);
	return rc;
}

static void
assert_canon(const char *text, const char *canon)
{
	struct buf out = { 0 };

	assert_int_equal(json_canon(text, strlen(text), &out), 0);
	assert_string_equal(buf_text(&out), canon);
	assert_true(json_is_canon(canon, strlen(canon)));
	assert_int_equal(json_is_canon(text, strlen(text)),
	    strcmp(text, canon) == 0);
	buf_release(&out);
}

static void
json_is_accepted(void **state)
{
	static const char *const good[] = {
		"null",
		"true",
		"false",
		"0",
		"-0",
		"-0.0",
		"10",
		"1.5",
		"1e5",
		"1E+05",
		"1.25e-3",
		"\"\"",
		"\"a\"",
		"[]",
		"{}",
		" \t\r\n[ ] \n",
		"[1,2]",
		"[[],{}]",
		"{\"a\":1}",
		"{ \"a\" : [ 1 , { } ] , \"b\" : null }",
		"{\"\":1}",
		"\"\\u00e4\\n\\/\"",
		"\"\xc3\xa4\"",
		"\"\\ud83d\\ude00\"",
		"\"\x7f\"",
		"\"\xef\xbf\xbf\"",
		"123456789012345678901234567890.123456789e999999",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(check(good[i]), 0);
}

static void
what_is_no_json_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"nul",
		"nulll",
		"True",
		"NaN",
		"Infinity",
		"undefined",
		"+1",
		"01",
		"-01",
		"00",
		"1.",
		".5",
		"-",
		"1e",
		"1e+",
		"0x1",
		"1 2",
		"--1",
		"1.e5",
		"1_000",
		"\"",
		"\"a",
		"'a'",
		"\"\\",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"\"\\U0041\"",
		"\"\t\"",
		"\"\n\"",
		"\"\x1f\"",
		"[",
		"]",
		"[1",
		"[1,",
		"[1,]",
		"[,1]",
		"[,]",
		"[1 2]",
		"[1}",
		"{",
		"}",
		"{\"a\"",
		"{\"a\":",
		"{\"a\":1",
		"{\"a\":1,",
		"{\"a\":1,}",
		"{,}",
		"{a:1}",
		"{1:2}",
		"{\"a\" 1}",
		"{\"a\":1 \"b\":2}",
		"{\"a\":}",
		"{\"a\":1]",
		"{null:1}",
		"// c\n1",
		"/* c */1",
		"1 // c",
		"[1]x",
		"{}{}",
		"\xef\xbb\xbf{}",
		"\v1",
		"\302\2401",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (check(bad[i]) != E_INPUT)
			fail_msg("accepted: %s", bad[i]);
}

static void
an_error_names_its_place(void **state)
{
	(void)state;
	assert_int_equal(check("{\"a\": nil}"), E_INPUT);
	assert_non_null(strstr(err_text(), "at byte 6"));
}

static void
nul_is_refused_everywhere(void **state)
{
	(void)state;
	assert_int_equal(json_check("\"a\0b\"", 5), E_INPUT);
	assert_int_equal(json_check("1\0", 2), E_INPUT);
	assert_int_equal(json_check("\0", 1), E_INPUT);
	assert_int_equal(check("\"\\u0000\""), E_INPUT);
	assert_int_equal(check("{\"a\\u0000b\":1}"), E_INPUT);
}

static void
malformed_utf8_is_refused(void **state)
{
	static const char *const bad[] = {
		"\"\x80\"",
		"\"\xc0\x80\"",
		"\"\xed\xa0\x80\"",
		"\"\xff\"",
		"\"\xf4\x90\x80\x80\"",
		"\"\xc3\"",
		"\"\xe2\x82\"",
		"\"\xe2\x82\\u00ac\"",
		"\"\\u00e4\xa4\"",
		"{\"\xc3\":1}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(check(bad[i]), E_INPUT);
}

static void
lone_surrogates_are_refused(void **state)
{
	static const char *const bad[] = {
		"\"\\ud83d\"",
		"\"\\ude00\"",
		"\"\\ud83dx\"",
		"\"\\ud83d\\n\"",
		"\"\\ud83d\\u0041\"",
		"\"\\ud83d\\ud83d\\ude00\"",
		"\"\\udfff\\ud800\"",
		"\"\\ud83d\\ude\"",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(check(bad[i]), E_INPUT);
}

static void
a_key_that_stands_twice_is_refused(void **state)
{
	static const char *const bad[] = {
		"{\"a\":1,\"a\":1}",
		"{\"a\":1,\"b\":2,\"a\":3}",
		"{\"a\":1,\"\\u0061\":2}",
		"[{\"x\":{\"a\":1,\"a\":2}}]",
		"{\"\":1,\"\":2}",
		"{\"b\":{\"c\":1},\"a\":0,\"b\":1}",
		"{\"\xc3\xa4\":1,\"\\u00E4\":2}",
	};
	struct json value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(check(bad[i]), E_INPUT);
		assert_int_equal(json_find(json_of(bad[i]), "a", &value),
		    E_INPUT);
	}
	assert_int_equal(check("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"), 0);
	assert_int_equal(check("{\"a\":1,\"A\":1}"), 0);
}

static int
check_nested(int depth, char open, char close, const char *inner)
{
	struct buf b = { 0 };
	int i, rc;

	for (i = 0; i < depth; i++) {
		buf_putc(&b, open);
		if (open == '{')
			buf_puts(&b, "\"a\":");
	}
	buf_puts(&b, inner);
	for (i = 0; i < depth; i++)
		buf_putc(&b, close);
	rc = json_check(b.data, b.len);
	buf_release(&b);
	return rc;
}

static void
nesting_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(check_nested(JSON_DEPTH, '[', ']', ""), 0);
	assert_int_equal(check_nested(JSON_DEPTH + 1, '[', ']', ""), E_INPUT);
	assert_int_equal(check_nested(JSON_DEPTH, '{', '}', "1"), 0);
	assert_int_equal(check_nested(JSON_DEPTH + 1, '{', '}', "1"), E_INPUT);
	assert_int_equal(check_nested(1000000, '[', ']', ""), E_INPUT);
}

/* Siblings are not deep. */
static void
many_lists_side_by_side_are_fine(void **state)
{
	struct buf b = { 0 };
	int i;

	(void)state;
	buf_putc(&b, '[');
	for (i = 0; i < 1000; i++)
		buf_puts(&b, "[{\"a\":[]}],");
	buf_puts(&b, "0]");
	assert_int_equal(json_check(b.data, b.len), 0);
	buf_release(&b);
}

static void
no_byte_behind_the_end_is_read(void **state)
{
	static const char text[] =
	    "{\"k\\u00e4\\ud83d\\ude00\":[true,false,null,-1.5e+3],\"\":{}}";
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(text) - 1; len++)
		assert_int_equal(check_exactly(text, len), E_INPUT);
	assert_int_equal(check_exactly(text, sizeof(text) - 1), 0);
}

static void
keys_are_sorted_at_every_level(void **state)
{
	(void)state;
	assert_canon("{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}");
	assert_canon("{\"z\":{\"y\":1,\"x\":[{\"b\":0,\"a\":0}]},\"a\":[]}",
	    "{\"a\":[],\"z\":{\"x\":[{\"a\":0,\"b\":0}],\"y\":1}}");
	assert_canon("{\"aa\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"aa\":1}");
	assert_canon("{\"c\":3,\"a\":1,\"b\":2,\"e\":5,\"d\":4}",
	    "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5}");
}

/*
 * By the bytes of decoded UTF-8: not as escaped (a quote is 0x22, its escape
 * begins with 0x5c), not by UTF-16 units (U+FF5E sorts behind a surrogate).
 */
static void
keys_are_sorted_by_their_decoded_bytes(void **state)
{
	(void)state;
	assert_canon("{\"A\":1,\"\\\"\":2}", "{\"\\\"\":2,\"A\":1}");
	assert_canon("{\"\\\\\":1,\"Z\":2}", "{\"Z\":2,\"\\\\\":1}");
	assert_canon("{\"\\n\":1,\"\\u0001\":2}", "{\"\\u0001\":2,\"\\n\":1}");
	assert_canon("{\"\\ud83d\\ude00\":1,\"\\uff5e\":2}",
	    "{\"\xef\xbd\x9e\":2,\"\xf0\x9f\x98\x80\":1}");
	assert_canon("{\"\xc3\xa4\":1,\"z\":2}", "{\"z\":2,\"\xc3\xa4\":1}");
}

static void
white_space_goes_but_not_in_strings(void **state)
{
	(void)state;
	assert_canon(" [ 1 ,\t2 ,\r\n\" a \" ] ", "[1,2,\" a \"]");
	assert_canon("{ }", "{}");
	assert_canon("[ ]", "[]");
	assert_canon("\n7\n", "7");
}

static void
numbers_stay_as_written(void **state)
{
	static const char *const numbers[] = {
		"0",
		"-0",
		"1.10",
		"1.0",
		"1e2",
		"1E2",
		"1e+2",
		"100",
		"1180591620717411303424",
		"0.1000000000000000055511151231257827",
		"-1.5E-400",
		"9007199254740993",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_canon(numbers[i], numbers[i]);
}

static void
strings_get_their_shortest_escapes(void **state)
{
	(void)state;
	assert_canon("\"\\u0022\\u005c\\u002f\\/\"", "\"\\\"\\\\//\"");
	assert_canon("\"\\u0008\\u000C\\u000a\\u000D\\u0009\"",
	    "\"\\b\\f\\n\\r\\t\"");
	assert_canon("\"\\u001F\\u000B\\u0001\"", "\"\\u001f\\u000b\\u0001\"");
	assert_canon("\"\\u007f\"", "\"\x7f\"");
	assert_canon("\"\\u00E4\\u20ac\\uD83D\\uDE00\\u0041\"",
	    "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"
	    "A\"");
	assert_canon("\"\\udbff\\udfff\\u0800\\uffff\"",
	    "\"\xf4\x8f\xbf\xbf\xe0\xa0\x80\xef\xbf\xbf\"");
}

static void
the_canonical_form_is_appended(void **state)
{
	struct buf out = { 0 };

	(void)state;
	buf_puts(&out, "x:");
	assert_int_equal(json_canon("{\"b\":1,\"a\":2}", 13, &out), 0);
	assert_string_equal(out.data, "x:{\"a\":2,\"b\":1}");
	assert_int_equal(json_canon("{\"b\":1,\"b\":2}", 13, &out), E_INPUT);
	assert_int_equal(json_canon("[1,2", 4, &out), E_INPUT);
	assert_string_equal(out.data, "x:{\"a\":2,\"b\":1}");
	buf_release(&out);
}

static void
what_is_no_json_is_not_canonical(void **state)
{
	(void)state;
	assert_false(json_is_canon("", 0));
	assert_false(json_is_canon("{", 1));
	assert_false(json_is_canon("1 ", 2));
	assert_false(json_is_canon("{\"b\":1,\"a\":1}", 13));
	assert_false(json_is_canon("\"\\u0041\"", 8));
}

static void
a_large_object_is_sorted(void **state)
{
	struct buf text = { 0 }, out = { 0 };
	int i;

	(void)state;
	buf_putc(&text, '{');
	for (i = 0; i < 20000; i++)
		buf_printf(&text, "%s\"k%05d\":{\"v\":%d}", i > 0 ? "," : "",
		    (i * 7919) % 20000, i);
	buf_putc(&text, '}');
	assert_int_equal(json_canon(text.data, text.len, &out), 0);
	assert_int_equal(out.len, text.len);
	assert_true(json_is_canon(out.data, out.len));
	assert_true(str_starts(out.data, "{\"k00000\":{\"v\":0},\"k00001\":"));
	buf_release(&text);
	buf_release(&out);
}

static void
kinds_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(json_kind(json_of(" null")), JSON_NULL);
	assert_int_equal(json_kind(json_of("false")), JSON_FALSE);
	assert_int_equal(json_kind(json_of("true")), JSON_TRUE);
	assert_int_equal(json_kind(json_of("-1")), JSON_NUMBER);
	assert_int_equal(json_kind(json_of("7")), JSON_NUMBER);
	assert_int_equal(json_kind(json_of("\"\"")), JSON_STRING);
	assert_int_equal(json_kind(json_of("\n[]")), JSON_ARRAY);
	assert_int_equal(json_kind(json_of("{}")), JSON_OBJECT);
	assert_int_equal(json_kind(json_of("")), JSON_NULL);
}

static int
note_member(void *arg, const char *key, struct json value)
{
	struct buf *out = arg;

	buf_printf(out, "%s=%.*s;", key, (int)value.len, value.text);
	return strcmp(key, "stop") == 0 ? 42 : 0;
}

static void
members_come_in_the_order_of_the_text(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_int_equal(
	    json_each_member(
		json_of(
		    " { \"b\" : [ 1 ] , \"\\u0061\" : \"x\", \"c\":{\"d\":1} } "),
		note_member, &out),
	    0);
	assert_string_equal(buf_text(&out), "b=[ 1 ];a=\"x\";c={\"d\":1};");
	buf_clear(&out);
	assert_int_equal(json_each_member(json_of("{}"), note_member, &out), 0);
	assert_string_equal(buf_text(&out), "");
	assert_int_equal(json_each_member(json_of(
					      "{\"z\":1,\"stop\":2,\"a\":3}"),
			     note_member, &out),
	    42);
	assert_string_equal(buf_text(&out), "z=1;stop=2;");
	buf_release(&out);
}

static int
note_item(void *arg, struct json value)
{
	struct buf *out = arg;

	buf_printf(out, "%.*s;", (int)value.len, value.text);
	return value.text[0] == '0' ? 42 : 0;
}

static void
items_come_in_order(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_int_equal(json_each_item(json_of("[ 2 , [1,0] , \"x\" ]"),
			     note_item, &out),
	    0);
	assert_string_equal(buf_text(&out), "2;[1,0];\"x\";");
	buf_clear(&out);
	assert_int_equal(json_each_item(json_of("[]"), note_item, &out), 0);
	assert_string_equal(buf_text(&out), "");
	assert_int_equal(json_each_item(json_of("[1,0,2]"), note_item, &out),
	    42);
	assert_string_equal(buf_text(&out), "1;0;");
	buf_release(&out);
}

static void
nobody_is_called_for_what_is_malformed(void **state)
{
	static const char *const members[] = {
		"{\"a\":1,\"b\"}",
		"{\"a\":1}x",
		"{\"a\":1,\"a\":1}",
		"[1]",
		"1",
		"",
		"null",
		"{\"a\":1",
		"\"{}\"",
	};
	static const char *const items[] = {
		"[1,]",
		"[1]]",
		"[1",
		"{\"a\":1}",
		"1",
		"",
		"null",
		"[1,x]",
		"[1,{\"a\":1,\"a\":1}]",
	};
	struct buf out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		assert_int_equal(json_each_member(json_of(members[i]),
				     note_member, &out),
		    E_INPUT);
	for (i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		assert_int_equal(json_each_item(json_of(items[i]), note_item,
				     &out),
		    E_INPUT);
	assert_string_equal(buf_text(&out), "");
	buf_release(&out);
}

static void
a_member_is_found_by_its_decoded_key(void **state)
{
	struct json object = json_of("{\"b\":{\"a\":1},\"\\u0061\":[2]}");
	struct json value = { NULL, 0 };

	(void)state;
	assert_int_equal(json_find(object, "a", &value), 1);
	assert_int_equal(value.len, 3);
	assert_memory_equal(value.text, "[2]", 3);
	assert_int_equal(json_find(object, "c", &value), 0);
	assert_int_equal(json_find(json_of("[]"), "c", &value), E_INPUT);
}

static void
a_string_is_decoded(void **state)
{
	struct mem *mem = mem_new();
	char *text = NULL;

	(void)state;
	assert_int_equal(json_string(mem, json_of(" \"a\\n\\u00e4\" "), &text),
	    0);
	assert_string_equal(text, "a\n\xc3\xa4");
	assert_int_equal(json_string(mem, json_of("\"\""), &text), 0);
	assert_string_equal(text, "");
	assert_int_equal(json_string(mem, json_of("1"), &text), E_INPUT);
	assert_int_equal(json_string(mem, json_of("null"), &text), E_INPUT);
	assert_int_equal(json_string(mem, json_of("\"a\"b"), &text), E_INPUT);
	assert_int_equal(json_string(mem, json_of("\"a"), &text), E_INPUT);
	mem_free(mem);
}

static void
an_integer_is_read_as_written(void **state)
{
	static const char *const bad[] = {
		"1.0",
		"1e2",
		"12.",
		"\"1\"",
		"null",
		"true",
		"",
		"01",
		"+1",
		"9223372036854775808",
		"1 2",
		"-",
		"[]",
		"1000000000000000000000000000000000",
	};
	int64_t n = 0;
	size_t i;

	(void)state;
	assert_int_equal(json_int64(json_of(" 42 "), &n), 0);
	assert_true(n == 42);
	assert_int_equal(json_int64(json_of("-9223372036854775808"), &n), 0);
	assert_true(n == INT64_MIN);
	assert_int_equal(json_int64(json_of("9223372036854775807"), &n), 0);
	assert_true(n == INT64_MAX);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(json_int64(json_of(bad[i]), &n), E_INPUT);
	assert_true(n == INT64_MAX);
}

static void
a_written_string_is_json(void **state)
{
	struct buf out = { 0 };
	char all[256];
	int i;

	(void)state;
	json_put_string(&out, NULL);
	assert_string_equal(out.data, "null");
	for (i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	buf_clear(&out);
	json_put_string(&out, all);
	assert_true(json_is_canon(out.data, out.len));
	buf_clear(&out);
	json_put_string(&out,
	    "a\"\\\n\x01\xc3\xa4\xff\xe2\x82"
	    "b");
	assert_string_equal(out.data,
	    "\"a\\\"\\\\\\n\\u0001\xc3\xa4"
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
	    "b\"");
	buf_release(&out);
}

static void
commas_stand_where_they_are_due(void **state)
{
	struct buf out = { 0 };

	(void)state;
	buf_putc(&out, '{');
	json_put_key(&out, "a");
	buf_puts(&out, "[{");
	json_put_key(&out, "b");
	json_put_string(&out, "{");
	buf_puts(&out, "}]");
	json_put_key(&out, "c\"");
	buf_puts(&out, "1}");
	assert_string_equal(out.data, "{\"a\":[{\"b\":\"{\"}],\"c\\\"\":1}");
	buf_release(&out);
}

/* A cheap fuzz: one byte of a good text changed in every way. */
static void
any_changed_byte_gives_an_answer(void **state)
{
	static const char good[] =
	    "{\"a\":[1,-2.5e3,\"x\\n\\ud83d\\ude00\"],\"b\":{\"c\":null}}";
	char text[sizeof(good)];
	struct buf out = { 0 }, again = { 0 };
	size_t i, len = sizeof(good) - 1;
	int c;

	(void)state;
	for (i = 0; i < len; i++)
		for (c = 0; c < 256; c++) {
			memcpy(text, good, sizeof(good));
			text[i] = (char)c;
			buf_clear(&out);
			buf_clear(&again);
			if (json_canon(text, len, &out) != 0)
				continue;
			/* The canonical form of the canonical form. */
			assert_int_equal(json_canon(out.data, out.len, &again),
			    0);
			assert_string_equal(out.data, again.data);
		}
	buf_release(&out);
	buf_release(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_accepted),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(an_error_names_its_place),
		cmocka_unit_test(nul_is_refused_everywhere),
		cmocka_unit_test(malformed_utf8_is_refused),
		cmocka_unit_test(lone_surrogates_are_refused),
		cmocka_unit_test(a_key_that_stands_twice_is_refused),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(many_lists_side_by_side_are_fine),
		cmocka_unit_test(no_byte_behind_the_end_is_read),
		cmocka_unit_test(keys_are_sorted_at_every_level),
		cmocka_unit_test(keys_are_sorted_by_their_decoded_bytes),
		cmocka_unit_test(white_space_goes_but_not_in_strings),
		cmocka_unit_test(numbers_stay_as_written),
		cmocka_unit_test(strings_get_their_shortest_escapes),
		cmocka_unit_test(the_canonical_form_is_appended),
		cmocka_unit_test(what_is_no_json_is_not_canonical),
		cmocka_unit_test(a_large_object_is_sorted),
		cmocka_unit_test(kinds_are_told_apart),
		cmocka_unit_test(members_come_in_the_order_of_the_text),
		cmocka_unit_test(items_come_in_order),
		cmocka_unit_test(nobody_is_called_for_what_is_malformed),
		cmocka_unit_test(a_member_is_found_by_its_decoded_key),
		cmocka_unit_test(a_string_is_decoded),
		cmocka_unit_test(an_integer_is_read_as_written),
		cmocka_unit_test(a_written_string_is_json),
		cmocka_unit_test(commas_stand_where_they_are_due),
		cmocka_unit_test(any_changed_byte_gives_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "unit/web_run.h"
#include "web/json.h"
#include "web/request.h"
#include "web/response.h"
#include "web/route.h"
#include "web/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct wish {
	const char *file_id, *encoding, *meta, *list, *passwd_hash;
	bool force;
	int64_t n;
	struct texts files;
};

static const struct field fields[] = {
	{ "file_id", FIELD_TEXT, true, offsetof(struct wish, file_id) },
	{ "encoding", FIELD_TEXT_OR_NULL, false,
	    offsetof(struct wish, encoding) },
	{ "force", FIELD_BOOL, false, offsetof(struct wish, force) },
	{ "n", FIELD_INT, false, offsetof(struct wish, n) },
	{ "files", FIELD_TEXTS, false, offsetof(struct wish, files) },
	{ "meta", FIELD_OBJECT, false, offsetof(struct wish, meta) },
	{ "list", FIELD_ARRAY, false, offsetof(struct wish, list) },
	{ "passwd_hash", FIELD_TEXT, false,
	    offsetof(struct wish, passwd_hash) },
	{ NULL },
};

static struct wish wish;
static size_t n_files;
static char texts[1000];

static int
take(struct request *req)
{
	int rc;

	memset(&wish, 0, sizeof(wish));
	wish.encoding = "as it was";
	rc = json_fields(req, 2000, fields, &wish);
	n_files = wish.files.n;
	if (rc != 0)
		return rc;
	texts[0] = '\0';
	for (size_t i = 0; i < n_files; i++) {
		strcat(texts, wish.files.items[i]);
		strcat(texts, "|");
	}
	return response_puts(req, "ok");
}

static int
take_texts(struct request *req)
{
	struct texts t;
	int rc = json_texts(req, 2000, &t);

	return rc != 0 ? rc : response_printf(req, "%zu", t.n);
}

static const struct route routes[] = {
	{ "POST", "/take", NEED_NOTHING, take },
	{ "POST", "/texts", NEED_NOTHING, take_texts },
	{ NULL },
};

static const struct serve_app app = { .name = "test", .routes = routes };

static struct web_run w;

static void
post(const char *body)
{
	web_run_release(&w);
	web_run_simple(&w, &app, "POST", "/api/v1/take", body, NULL);
}

static void
refused(const char *body, const char *detail)
{
	char want[1000];

	post(body);
	snprintf(want, sizeof(want), "{\"detail\":[%s]}", detail);
	assert_string_equal(web_run_body(&w), want);
	assert_int_equal(web_run_status(&w), 422);
}

static void
fields_are_read(void **state)
{
	(void)state;
	post(" {\"file_id\":\"a\\u00e9\\n\",\"encoding\":null,\"force\":\"on\","
	     "\"n\":-12,\"files\":[\"x\",\"\"],\"meta\":{\"a\": 1.10},"
	     "\"list\":[1e400],\"unknown\":{}} ");
	assert_int_equal(web_run_status(&w), 200);
	assert_string_equal(wish.file_id, "a\xc3\xa9\n");
	assert_null(wish.encoding);
	assert_true(wish.force);
	assert_int_equal(wish.n, -12);
	assert_string_equal(texts, "x||");
	assert_string_equal(wish.meta, "{\"a\": 1.10}");
	assert_string_equal(wish.list, "[1e400]");
}

static void
what_is_not_there_stays_as_it_was(void **state)
{
	(void)state;
	post("{\"file_id\":\"\"}");
	assert_int_equal(web_run_status(&w), 200);
	assert_string_equal(wish.encoding, "as it was");
	assert_string_equal(wish.file_id, "");
}

static void
booleans_are_lax(void **state)
{
	static const char *const yes[] = { "true", "1", "\"yes\"", "\"True\"",
		"\"1\"", "\"y\"" };
	static const char *const no[] = { "false", "0", "\"off\"", "\"N\"" };
	static const char *const bad[] = { "2", "\"maybe\"", "null", "[]",
		"1.5", "\"\"" };
	char body[100];

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		snprintf(body, sizeof(body), "{\"file_id\":\"\",\"force\":%s}",
		    yes[i]);
		post(body);
		assert_int_equal(web_run_status(&w), 200);
		assert_true(wish.force);
	}
	for (size_t i = 0; i < 4; i++) {
		snprintf(body, sizeof(body), "{\"file_id\":\"\",\"force\":%s}",
		    no[i]);
		post(body);
		assert_int_equal(web_run_status(&w), 200);
		assert_false(wish.force);
	}
	for (size_t i = 0; i < 6; i++) {
		snprintf(body, sizeof(body), "{\"file_id\":\"\",\"force\":%s}",
		    bad[i]);
		post(body);
		assert_int_equal(web_run_status(&w), 422);
		assert_non_null(strstr(web_run_body(&w), "bool_parsing"));
	}
}

static void
all_that_is_wrong_is_told_at_once(void **state)
{
	(void)state;
	refused("{\"n\":1.5,\"files\":[1],\"meta\":[],\"list\":{},\"force\":3}",
	    "{\"type\":\"missing\",\"loc\":[\"body\",\"file_id\"],\"msg\":"
	    "\"Field required\",\"input\":null},"
	    "{\"type\":\"bool_parsing\",\"loc\":[\"body\",\"force\"],\"msg\":"
	    "\"Input should be a valid boolean, unable to interpret input\","
	    "\"input\":3},"
	    "{\"type\":\"int_type\",\"loc\":[\"body\",\"n\"],\"msg\":\"Input "
	    "should be a valid integer\",\"input\":1.5},"
	    "{\"type\":\"string_type\",\"loc\":[\"body\",\"files\"],\"msg\":"
	    "\"Input should be a valid string\",\"input\":[1]},"
	    "{\"type\":\"dict_type\",\"loc\":[\"body\",\"meta\"],\"msg\":"
	    "\"Input should be a valid dictionary\",\"input\":[]},"
	    "{\"type\":\"list_type\",\"loc\":[\"body\",\"list\"],\"msg\":"
	    "\"Input should be a valid list\",\"input\":{}}");
	assert_int_equal(n_files, 0);
}

static void
texts_are_strict(void **state)
{
	(void)state;
	refused("{\"file_id\":12}",
	    "{\"type\":\"string_type\",\"loc\":[\"body\",\"file_id\"],\"msg\":"
	    "\"Input should be a valid string\",\"input\":12}");
	refused("{\"file_id\":null}",
	    "{\"type\":\"string_type\",\"loc\":[\"body\",\"file_id\"],\"msg\":"
	    "\"Input should be a valid string\",\"input\":null}");
}

static void
a_password_is_never_repeated(void **state)
{
	(void)state;
	refused("{\"file_id\":\"\",\"passwd_hash\":[\"secret\"]}",
	    "{\"type\":\"string_type\",\"loc\":[\"body\",\"passwd_hash\"],"
	    "\"msg\":\"Input should be a valid string\",\"input\":null}");
	post("{\"file_id\":{\"DAV_PASSWORD\":\"secret\"}}");
	assert_int_equal(web_run_status(&w), 422);
	assert_null(strstr(web_run_body(&w), "secret"));
	post("{\"passwd_hash\":\"secret\"}");
	assert_int_equal(web_run_status(&w), 422);
	assert_null(strstr(web_run_body(&w), "secret"));
}

static void
what_is_repeated_is_bounded(void **state)
{
	char body[1500] = "{\"file_id\":[\"";

	(void)state;
	for (int i = 0; i < 300; i++)
		strcat(body, "\xc3\xa9");
	strcat(body, "\"]}");
	post(body);
	assert_int_equal(web_run_status(&w), 422);
	assert_true(strlen(web_run_body(&w)) < 400);
	assert_true(str_is_utf8(web_run_body(&w), strlen(web_run_body(&w))));
}

static void
what_is_no_json_is_told(void **state)
{
	static const char *const bad[] = { "{", "{\"file_id\":\"a\"", "nul",
		"{'file_id':'a'}", "{\"file_id\":\"a\"} x", "{\"file_id\":NaN}",
		"{\"file_id\":\"\\u0000\"}", "{\"file_id\":\"\xff\"}",
		"{\"file_id\":\"\\ud800\"}",
		"{\"file_id\":\"a\",\"file_id\":\"b\"}", "{\"file_id\":\"a\",}",
		"/* a */{}", "{\"n\":01}", "{\"file_id\":\"a\nb\"}" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i],
		    "{\"type\":\"json_invalid\",\"loc\":[\"body\"],\"msg\":"
		    "\"JSON decode error\",\"input\":null}");
}

static void
a_body_must_be_there_and_an_object(void **state)
{
	static const char *const others[] = { "[]", "1", "\"a\"", "null",
		"true" };

	(void)state;
	refused("",
	    "{\"type\":\"missing\",\"loc\":[\"body\"],\"msg\":\"Field "
	    "required\",\"input\":null}");
	refused(" \n",
	    "{\"type\":\"missing\",\"loc\":[\"body\"],\"msg\":"
	    "\"Field required\",\"input\":null}");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		post(others[i]);
		assert_int_equal(web_run_status(&w), 422);
		assert_non_null(
		    strstr(web_run_body(&w), "model_attributes_type"));
	}
}

static void
nesting_has_a_bound(void **state)
{
	char body[300] = "{\"file_id\":\"\",\"x\":";

	(void)state;
	for (int i = 0; i < 30; i++)
		strcat(body, "[");
	for (int i = 0; i < 30; i++)
		strcat(body, "]");
	strcat(body, "}");
	post(body);
	assert_int_equal(web_run_status(&w), 200);
	body[0] = '\0';
	strcat(body, "{\"file_id\":\"\",\"x\":");
	for (int i = 0; i < 40; i++)
		strcat(body, "[");
	for (int i = 0; i < 40; i++)
		strcat(body, "]");
	strcat(body, "}");
	post(body);
	assert_int_equal(web_run_status(&w), 422);
}

static void
whole_numbers_have_bounds(void **state)
{
	(void)state;
	post("{\"file_id\":\"\",\"n\":9223372036854775807}");
	assert_int_equal(web_run_status(&w), 200);
	assert_true(wish.n == INT64_MAX);
	post("{\"file_id\":\"\",\"n\":9223372036854775808}");
	assert_int_equal(web_run_status(&w), 422);
	post("{\"file_id\":\"\",\"n\":\"1\"}");
	assert_int_equal(web_run_status(&w), 422);
}

static void
a_body_beyond_the_limit_is_413(void **state)
{
	char *body = malloc(3000);

	(void)state;
	memset(body, ' ', 2999);
	body[2999] = '\0';
	post(body);
	assert_int_equal(web_run_status(&w), 413);
	free(body);
}

static void
a_list_of_texts_is_a_body_too(void **state)
{
	static const char *const bodies[] = { "[]", "[\"a\",\"b\"]", "{}",
		"[1]", "", "[" };
	static const int statuses[] = { 200, 200, 422, 422, 422, 422 };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		web_run_release(&w);
		web_run_simple(&w, &app, "POST", "/api/v1/texts", bodies[i],
		    NULL);
		assert_int_equal(web_run_status(&w), statuses[i]);
	}
}

static void
a_length_that_is_none_is_400(void **state)
{
	static const char *const lengths[] = { "CONTENT_LENGTH=x",
		"CONTENT_LENGTH=-1", "CONTENT_LENGTH=1x", "CONTENT_LENGTH=+1",
		"CONTENT_LENGTH=99999999999999999999", "CONTENT_LENGTH= 1" };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		const char *params[] = { "REQUEST_METHOD=POST",
			"REQUEST_URI=/api/v1/take", lengths[i], NULL };

		web_run_release(&w);
		web_run(&w, &app, params);
		assert_int_equal(web_run_status(&w), 400);
	}
}

static void
length(const char *says, const char *body, bool is_torn, int status)
{
	char said[100];
	const char *params[] = { "REQUEST_METHOD=POST",
		"REQUEST_URI=/api/v1/take", said, NULL };

	snprintf(said, sizeof(said), "CONTENT_LENGTH=%s", says);
	web_run_release(&w);
	w.body = body;
	w.len = strlen(body);
	w.piece = 3;
	w.is_torn = is_torn;
	web_run(&w, &app, params);
	assert_int_equal(web_run_status(&w), status);
}

static void
a_body_is_as_long_as_it_says(void **state)
{
	(void)state;
	length("14", "{\"file_id\":\"\"}", false, 200);
	length("", "{\"file_id\":\"\"}", false, 200);
	length("13", "{\"file_id\":\"\"}", false, 400);
	length("15", "{\"file_id\":\"\"}", false, 400);
	length("14", "{\"file_id\":\"\"}", true, 400);
	length("0", "{\"file_id\":\"\"}", false, 400);
}

static int
release(void **state)
{
	(void)state;
	web_run_release(&w);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_read),
		cmocka_unit_test(what_is_not_there_stays_as_it_was),
		cmocka_unit_test(booleans_are_lax),
		cmocka_unit_test(all_that_is_wrong_is_told_at_once),
		cmocka_unit_test(texts_are_strict),
		cmocka_unit_test(a_password_is_never_repeated),
		cmocka_unit_test(what_is_repeated_is_bounded),
		cmocka_unit_test(what_is_no_json_is_told),
		cmocka_unit_test(a_body_must_be_there_and_an_object),
		cmocka_unit_test(nesting_has_a_bound),
		cmocka_unit_test(whole_numbers_have_bounds),
		cmocka_unit_test(a_body_beyond_the_limit_is_413),
		cmocka_unit_test(a_list_of_texts_is_a_body_too),
		cmocka_unit_test(a_length_that_is_none_is_400),
		cmocka_unit_test(a_body_is_as_long_as_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}

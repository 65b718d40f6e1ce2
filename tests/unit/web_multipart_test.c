/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "unit/web_run.h"
#include "web/multipart.h"
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

/* What was heard, as one text. */
static struct buf heard;

static int
begin(void *arg, const struct multipart_part *part)
{
	(void)arg;
	buf_printf(&heard, "<%s|%s|%s>", part->name,
	    part->filename != NULL ? part->filename : "-",
	    part->type != NULL ? part->type : "-");
	return str_eq(part->name, "no") ? err_set(E_DENIED, "not this") : 0;
}

static int
data(void *arg, const void *bytes, size_t len)
{
	(void)arg;
	buf_add(&heard, bytes, len);
	return 0;
}

static int
end(void *arg)
{
	(void)arg;
	buf_puts(&heard, "</>");
	return 0;
}

static int
take(struct request *req)
{
	static const struct multipart_reader reader = { begin, data, end,
		NULL };

	buf_clear(&heard);
	return multipart_read(req, &reader);
}

static const struct route routes[] = {
	{ "POST", "/form", NEED_NOTHING, take },
	{ NULL },
};

static const struct serve_app app = { .name = "test", .routes = routes };

static struct web_run w;

static void
post_bytes(const char *type, const char *body, size_t len, size_t piece)
{
	char t[300];
	const char *params[] = { "REQUEST_METHOD=POST",
		"REQUEST_URI=/api/v1/form", t, NULL };

	snprintf(t, sizeof(t), "CONTENT_TYPE=%s", type);
	web_run_release(&w);
	w.body = body;
	w.len = len;
	w.piece = piece;
	web_run(&w, &app, params);
}

#define TYPE "multipart/form-data; boundary=XX"

static void
post(const char *body)
{
	post_bytes(TYPE, body, strlen(body), 0);
}

static const char sample[] =
    "preamble --XX\r\n--XX \t\r\n"
    "Content-Disposition: form-data; name=\"a\"\r\n\r\n"
    "one\r\n--X\r\n--\r\n-\r\n--XX\r\n"
    "content-type:application/pdf\r\n"
    "CONTENT-DISPOSITION: form-data; filename=\"C:\\dir\\f\\\"g.pdf\"; "
    "name=file\r\nX-Other: x\r\n\r\n"
    "\r\n\r\n%PDF\r\n\r\n--XX\r\n"
    "Content-Disposition: form-data; name=\"\"\r\n\r\n"
    "\r\n--XX--\r\nepilogue\r\n--XX\r\n";
static const char sample_heard[] = "<a|-|->one\r\n--X\r\n--\r\n-</>"
				   "<file|f\"g.pdf|application/pdf>"
				   "\r\n\r\n%PDF\r\n</><|-|-></>";

static void
parts_come_in_order(void **state)
{
	(void)state;
	post(sample);
	assert_int_equal(web_run_status(&w), 200);
	assert_string_equal(heard.data, sample_heard);
}

static void
it_does_not_matter_how_the_body_is_cut(void **state)
{
	size_t len = strlen(sample);

	(void)state;
	for (size_t piece = 1; piece <= len; piece++) {
		post_bytes(TYPE, sample, len, piece);
		assert_int_equal(web_run_status(&w), 200);
		assert_string_equal(heard.data, sample_heard);
	}
}

static void
a_body_that_ends_anywhere_before_is_refused(void **state)
{
	size_t whole = (size_t)(strstr(sample, "--XX--") - sample) + 6;

	(void)state;
	for (size_t len = 0; len < whole; len++) {
		post_bytes(TYPE, sample, len, 7);
		assert_int_equal(web_run_status(&w), 422);
		assert_non_null(strstr(web_run_body(&w), "\"loc\":[\"body\"]"));
	}
	post_bytes(TYPE, sample, whole, 7);
	assert_int_equal(web_run_status(&w), 200);
}

/* The mark is looked for in a window; it may begin at any place in it. */
static void
a_large_part_is_passed_on_whole(void **state)
{
	static const char head[] =
	    "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n";
	static const char tail[] = "\r\n--XX--\r\n";
	char *body = malloc(400000);

	(void)state;
	for (size_t size = 65400; size < 65700; size++) {
		size_t n = sizeof(head) - 1;

		memcpy(body, head, n);
		memset(body + n, '\r', size);
		memcpy(body + n + size, tail, sizeof(tail));
		post_bytes(TYPE, body, n + size + sizeof(tail) - 1, 0);
		assert_int_equal(web_run_status(&w), 200);
		assert_int_equal(heard.len, 7 + size + 3);
	}
	free(body);
}

static void
the_boundary_may_be_quoted(void **state)
{
	static const char *const good[] = {
		"multipart/form-data; boundary=\"XX\"",
		"Multipart/Form-Data;charset=utf-8;BOUNDARY=XX",
		"multipart/form-data ; x=\"a;boundary=YY\"; boundary=XX ; z=1",
	};
	static const char *const bad[] = { "application/json", "",
		"multipart/form-data", "multipart/form-data; boundary=",
		"multipart/form-data; boundary=\"XX",
		"multipart/form-datax; boundary=XX",
		"multipart/mixed; boundary=XX", "multipart/form-data; boundary",
		("multipart/form-data; boundary=XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"
		 "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX") };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		post_bytes(good[i], sample, strlen(sample), 0);
		assert_int_equal(web_run_status(&w), 200);
		assert_string_equal(heard.data, sample_heard);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		post_bytes(bad[i], sample, strlen(sample), 0);
		assert_int_equal(web_run_status(&w), 422);
	}
}

static void
a_part_needs_a_clean_name(void **state)
{
	static const char *const heads[] = { "", "X: y",
		"Content-Disposition: form-data",
		"Content-Disposition: attachment; name=a",
		"Content-Disposition: form-data; name=\"a",
		"Content-Disposition: form-data; name=\"\x01\"",
		"Content-Disposition: form-data; name=\"\xff\"",
		"Content-Disposition: form-data; name=a; filename=\"\xc3\"",
		"Content-Disposition: form-data; name=a; filename=\"a\tb\"" };
	char body[500];

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		snprintf(body, sizeof(body),
		    "--XX\r\n%s\r\n\r\nx\r\n--XX--\r\n", heads[i]);
		post(body);
		assert_int_equal(web_run_status(&w), 422);
	}
}

static void
a_path_before_the_name_is_cut_off(void **state)
{
	(void)state;
	post("--XX\r\nContent-Disposition: form-data; name=a; "
	     "filename=\"../../etc/passwd\"\r\n\r\n\r\n--XX--");
	assert_string_equal(heard.data, "<a|passwd|-></>");
}

static void
the_number_of_parts_has_a_bound(void **state)
{
	static const char part[] =
	    "\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--XX";
	struct buf b = { NULL, 0, 0 };

	(void)state;
	buf_puts(&b, "--XX");
	for (int i = 0; i < 64; i++)
		buf_puts(&b, part);
	buf_puts(&b, "--");
	post(b.data);
	assert_int_equal(web_run_status(&w), 200);
	b.len -= 2;
	buf_puts(&b, part);
	buf_puts(&b, "--");
	post(b.data);
	assert_int_equal(web_run_status(&w), 422);
	buf_release(&b);
}

static void
the_headers_of_a_part_have_a_bound(void **state)
{
	struct buf b = { NULL, 0, 0 };

	(void)state;
	buf_puts(&b, "--XX\r\nContent-Disposition: form-data; name=a\r\nX: ");
	for (int i = 0; i < 8200; i++)
		buf_putc(&b, 'x');
	buf_puts(&b, "\r\n\r\n\r\n--XX--");
	post(b.data);
	assert_int_equal(web_run_status(&w), 422);
	buf_release(&b);
}

static void
what_the_reader_answers_is_answered(void **state)
{
	(void)state;
	post("--XX\r\nContent-Disposition: form-data; name=no\r\n\r\nx\r\n"
	     "--XX--");
	assert_int_equal(web_run_status(&w), 403);
	assert_string_equal(heard.data, "<no|-|->");
}

static int
release(void **state)
{
	(void)state;
	web_run_release(&w);
	buf_release(&heard);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_come_in_order),
		cmocka_unit_test(it_does_not_matter_how_the_body_is_cut),
		cmocka_unit_test(a_body_that_ends_anywhere_before_is_refused),
		cmocka_unit_test(a_large_part_is_passed_on_whole),
		cmocka_unit_test(the_boundary_may_be_quoted),
		cmocka_unit_test(a_part_needs_a_clean_name),
		cmocka_unit_test(a_path_before_the_name_is_cut_off),
		cmocka_unit_test(the_number_of_parts_has_a_bound),
		cmocka_unit_test(the_headers_of_a_part_have_a_bound),
		cmocka_unit_test(what_the_reader_answers_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "unit/web_run.h"
#include "web/request.h"
#include "web/response.h"
#include "web/route.h"
#include "web/serve.h"
#include "web/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct response_content content;

static int
serve(struct request *req)
{
	return response_content(req, &content);
}

static const struct route routes[] = {
	{ "GET", "/file", NEED_NOTHING, serve },
	{ NULL },
};

static const struct serve_app app = { .name = "test", .routes = routes };

static struct web_run w;

static void
get(const char *method, const char *a, const char *b)
{
	const char *const more[3] = { a, b, NULL };

	web_run_release(&w);
	web_run_simple(&w, &app, method, "/api/v1/file", NULL, more);
}

static void
expect(int status, const char *body, const char *length)
{
	assert_int_equal(web_run_status(&w), status);
	assert_string_equal(web_run_body(&w), body);
	if (length == NULL)
		assert_null(web_run_header(&w, "Content-Length"));
	else
		assert_string_equal(web_run_header(&w, "Content-Length"),
		    length);
}

static void
the_whole_has_its_headers(void **state)
{
	(void)state;
	get("GET", NULL, NULL);
	expect(200, "0123456789", "10");
	assert_string_equal(web_run_header(&w, "ETag"), "\"abc\"");
	assert_string_equal(web_run_header(&w, "Accept-Ranges"), "bytes");
	assert_string_equal(web_run_header(&w, "Content-Type"),
	    "application/xml");
	assert_string_equal(web_run_header(&w, "Cache-Control"),
	    "private, no-cache");
	assert_string_equal(web_run_header(&w, "X-Content-Type-Options"),
	    "nosniff");
	assert_non_null(
	    strstr(web_run_header(&w, "Content-Security-Policy"), "sandbox"));
	get("HEAD", NULL, NULL);
	expect(200, "", "10");
}

static void
a_pdf_is_not_sandboxed_but_loads_nothing(void **state)
{
	const char *csp;

	(void)state;
	content.type = "application/pdf";
	get("GET", NULL, NULL);
	csp = web_run_header(&w, "Content-Security-Policy");
	assert_null(strstr(csp, "sandbox"));
	assert_non_null(strstr(csp, "default-src 'none'"));
	content.type = "application/xml";
}

static void
a_name_is_told_in_both_ways(void **state)
{
	(void)state;
	content.filename = "a\"b\\\xc3\xa9 c;\r\n.xml";
	get("GET", NULL, NULL);
	assert_string_equal(web_run_header(&w, "Content-Disposition"),
	    "inline; filename=\"a_b__ c___.xml\"; "
	    "filename*=UTF-8''a%22b%5C%C3%A9%20c%3B%0D%0A.xml");
	content.is_download = true;
	content.filename = "x.pdf";
	get("GET", NULL, NULL);
	assert_string_equal(web_run_header(&w, "Content-Disposition"),
	    "attachment; filename=\"x.pdf\"; filename*=UTF-8''x.pdf");
	content.is_download = false;
}

static void
what_the_browser_has_is_not_sent(void **state)
{
	static const char *const known[] = { "\"abc\"", "W/\"abc\"", "*", " * ",
		"\"x\", \"abc\"", "\"x\",W/\"abc\" , \"y\"", ",, \"abc\"" };
	static const char *const unknown[] = { "\"abcd\"", "abc", "\"ab\"", "",
		"\"abc", "\"x\" \"y\"", "*, \"x\"", "w/\"abc\"" };
	char header[100];

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		snprintf(header, sizeof(header), "HTTP_IF_NONE_MATCH=%s",
		    known[i]);
		get("GET", header, "HTTP_RANGE=bytes=0-1");
		expect(304, "", NULL);
		assert_string_equal(web_run_header(&w, "ETag"), "\"abc\"");
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		snprintf(header, sizeof(header), "HTTP_IF_NONE_MATCH=%s",
		    unknown[i]);
		get("GET", header, NULL);
		expect(200, "0123456789", "10");
	}
}

struct range {
	const char *header, *body, *range;
};

static void
a_single_range_is_sent_alone(void **state)
{
	static const struct range rows[] = {
		{ "bytes=0-0", "0", "bytes 0-0/10" },
		{ "bytes=2-4", "234", "bytes 2-4/10" },
		{ "bytes=5-", "56789", "bytes 5-9/10" },
		{ "bytes=-3", "789", "bytes 7-9/10" },
		{ "bytes=-30", "0123456789", "bytes 0-9/10" },
		{ "bytes=9-99999999999999999999999", "9", "bytes 9-9/10" },
	};
	char header[100];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(header, sizeof(header), "HTTP_RANGE=%s",
		    rows[i].header);
		get("GET", header, NULL);
		assert_int_equal(web_run_status(&w), 206);
		assert_string_equal(web_run_body(&w), rows[i].body);
		assert_string_equal(web_run_header(&w, "Content-Range"),
		    rows[i].range);
		assert_int_equal(atoi(web_run_header(&w, "Content-Length")),
		    strlen(rows[i].body));
	}
}

static void
other_ranges_give_the_whole(void **state)
{
	static const char *const rows[] = { "bytes=0-1,3-4", "bytes=4-2",
		"bytes=", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=1",
		"bytes=1-2 ", "bytes= 1-2", "bytes=1--2", "" };
	char header[100];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(header, sizeof(header), "HTTP_RANGE=%s", rows[i]);
		get("GET", header, NULL);
		expect(200, "0123456789", "10");
		assert_null(web_run_header(&w, "Content-Range"));
	}
}

static void
a_range_outside_is_416(void **state)
{
	static const char *const rows[] = { "bytes=10-", "bytes=10-20",
		"bytes=-0", "bytes=99999999999999999999-" };
	char header[100];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(header, sizeof(header), "HTTP_RANGE=%s", rows[i]);
		get("GET", header, NULL);
		assert_int_equal(web_run_status(&w), 416);
		assert_string_equal(web_run_header(&w, "Content-Range"),
		    "bytes */10");
		assert_string_equal(web_run_header(&w, "Content-Type"),
		    "application/json");
		assert_null(web_run_header(&w, "ETag"));
	}
}

static void
an_empty_file_has_no_range(void **state)
{
	(void)state;
	content.size_bytes = 0;
	get("GET", "HTTP_RANGE=bytes=0-", NULL);
	assert_int_equal(web_run_status(&w), 416);
	get("GET", "HTTP_RANGE=bytes=-5", NULL);
	assert_int_equal(web_run_status(&w), 416);
	get("GET", NULL, NULL);
	expect(200, "", "0");
	content.size_bytes = 10;
}

static void
if_range_asks_for_the_same_content(void **state)
{
	(void)state;
	get("GET", "HTTP_RANGE=bytes=1-2", "HTTP_IF_RANGE=\"abc\"");
	expect(206, "12", "2");
	get("GET", "HTTP_RANGE=bytes=1-2", "HTTP_IF_RANGE=\"abd\"");
	expect(200, "0123456789", "10");
	get("GET", "HTTP_RANGE=bytes=1-2", "HTTP_IF_RANGE=W/\"abc\"");
	expect(200, "0123456789", "10");
	get("GET", "HTTP_RANGE=bytes=1-2",
	    "HTTP_IF_RANGE=Wed, 21 Oct 2015 07:28:00 GMT");
	expect(200, "0123456789", "10");
}

static void
the_web_server_is_told_what_to_send(void **state)
{
	(void)state;
	content.by = SEND_X_ACCEL;
	content.by_path = "/protected/ab/c.xml";
	get("GET", NULL, NULL);
	expect(200, "", NULL);
	assert_string_equal(web_run_header(&w, "X-Accel-Redirect"),
	    "/protected/ab/c.xml");
	get("GET", "HTTP_IF_NONE_MATCH=\"abc\"", NULL);
	expect(304, "", NULL);
	assert_null(web_run_header(&w, "X-Accel-Redirect"));
	content.by = SEND_X_SENDFILE;
	get("GET", NULL, NULL);
	expect(200, "", NULL);
	assert_string_equal(web_run_header(&w, "X-Sendfile"),
	    "/protected/ab/c.xml");
	content.by = SEND_REDIRECT;
	get("GET", NULL, NULL);
	expect(0, "", NULL);
	assert_string_equal(web_run_header(&w, "Location"),
	    "/protected/ab/c.xml");
	content.by = SEND_SELF;
}

static void
a_file_that_is_shorter_now_is_cut_off(void **state)
{
	(void)state;
	content.size_bytes = 100000;
	get("GET", NULL, NULL);
	assert_int_equal(web_run_status(&w), 500);
	content.size_bytes = 10;
}

static void
records_are_as_the_specification_says(void **state)
{
	static const unsigned char head[] = { 1, 6, 0x12, 0x34, 0xff, 0xff, 0,
		0 };
	static const unsigned char end[] = { 1, 6, 0, 1, 0, 0, 0, 0, 1, 3, 0, 1,
		0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	unsigned char out[STREAM_END_SIZE];

	(void)state;
	stream_header(out, 0x1234, STREAM_MAX);
	assert_memory_equal(out, head, sizeof(head));
	stream_end(out, 1);
	assert_memory_equal(out, end, sizeof(end));
}

static int
make_file(void **state)
{
	char path[] = "/tmp/stemma-unit-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	unlink(path);
	if (fd < 0 || write(fd, "0123456789", 10) != 10)
		return -1;
	content = (struct response_content){ .fd = fd,
		.size_bytes = 10,
		.etag = "abc",
		.type = "application/xml",
		.filename = "x.xml" };
	return 0;
}

static int
release(void **state)
{
	(void)state;
	web_run_release(&w);
	return close(content.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_has_its_headers),
		cmocka_unit_test(a_pdf_is_not_sandboxed_but_loads_nothing),
		cmocka_unit_test(a_name_is_told_in_both_ways),
		cmocka_unit_test(what_the_browser_has_is_not_sent),
		cmocka_unit_test(a_single_range_is_sent_alone),
		cmocka_unit_test(other_ranges_give_the_whole),
		cmocka_unit_test(a_range_outside_is_416),
		cmocka_unit_test(an_empty_file_has_no_range),
		cmocka_unit_test(if_range_asks_for_the_same_content),
		cmocka_unit_test(the_web_server_is_told_what_to_send),
		cmocka_unit_test(a_file_that_is_shorter_now_is_cut_off),
		cmocka_unit_test(records_are_as_the_specification_says),
	};

	return cmocka_run_group_tests(tests, make_file, release);
}

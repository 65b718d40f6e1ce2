/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "unit/web_run.h"
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

#define WRITER 1u
#define ADMIN 2u

static int
say_path(struct request *req)
{
	return response_printf(req, "%s|%s|%s|%s", req->prefix, req->path,
	    req->arg[0] != NULL ? req->arg[0] : "-",
	    req->arg[1] != NULL ? req->arg[1] : "-");
}

static int
say_user(struct request *req)
{
	return response_puts(req,
	    req->caller.user != NULL ? req->caller.user : "nobody");
}

static int
fail_inside(struct request *req)
{
	(void)response_puts(req, "half of an answer");
	return err_set(E_IO, "/secret/path: no space");
}

static int
fail_busy(struct request *req)
{
	(void)response_header(req, "Retry-After", "7");
	return request_fail(req, 429, "Slowly, %s", "please");
}

static int
fail_input(struct request *req)
{
	(void)req;
	return err_set(E_INPUT, "not \"so\"");
}

static int
say_query(struct request *req)
{
	int64_t limit;
	bool fresh = false;
	int rc;

	if ((rc = request_query_int(req, "limit", 1, 100, 50, &limit)) != 0 ||
	    (rc = request_query_bool(req, "fresh", &fresh)) != 0)
		return rc;
	return response_printf(req, "%lld %d %s", (long long)limit, fresh,
	    request_query(req, "q") != NULL ? request_query(req, "q") : "-");
}

static int
say_much(struct request *req)
{
	int rc = 0;

	for (int i = 0; i < 20000 && rc == 0; i++)
		rc = response_puts(req, "0123456789");
	return str_eq(request_query(req, "then"), "fail")
	    ? err_set(E_IO, "later")
	    : rc;
}

static int
say_cookies(struct request *req)
{
	const char *a = request_cookie(req, "a"), *s = request_cookie(req, "s");

	(void)response_header(req, "Set-Cookie", "x=1");
	(void)response_header(req, "Set-Cookie", "y=2");
	(void)response_header(req, "X-One", "1");
	(void)response_header(req, "x-one", "2");
	if (response_header(req, "X-Bad", "a\r\nSet-Cookie: z=3") != E_INPUT)
		return err_set(E_IO, "a line break passed");
	return response_printf(req, "%s %s", a != NULL ? a : "-",
	    s != NULL ? s : "-");
}

static const struct route routes[] = {
	{ "GET", "/health", NEED_NOTHING, say_path },
	{ "GET", "/files/list", NEED_READ, say_user },
	{ "GET", "/files/{}", NEED_NOTHING, say_path },
	{ "POST", "/files/{}", NEED_NOTHING, say_path },
	{ "GET", "/files/{}/versions/{}", NEED_NOTHING, say_path },
	{ "POST", "/login", NEED_LOGIN, say_user },
	{ "POST", "/write", NEED_WRITE, say_user },
	{ "POST", "/any", NEED_NOTHING, say_user },
	{ "PATCH", "/admin", NEED_ADMIN, say_user },
	{ "GET", "/inside", NEED_NOTHING, fail_inside },
	{ "GET", "/busy", NEED_NOTHING, fail_busy },
	{ "GET", "/input", NEED_NOTHING, fail_input },
	{ "GET", "/query", NEED_NOTHING, say_query },
	{ "GET", "/much", NEED_NOTHING, say_much },
	{ "GET", "/cookies", NEED_NOTHING, say_cookies },
	{ NULL },
};

static int
identify(struct request *req)
{
	const char *who = request_header(req, "X-User");

	if (who == NULL && (who = request_cookie(req, "user")) != NULL)
		req->caller.is_by_cookie = true;
	if (who == NULL)
		return 0;
	if (str_eq(who, "expired"))
		return err_set(E_LOGIN, "Session expired");
	req->caller.is_known = true;
	req->caller.user = who;
	req->caller.roles = str_eq(who, "writer") ? WRITER : 0;
	if (str_eq(who, "admin"))
		req->caller.roles = WRITER | ADMIN;
	return 0;
}

static struct serve_app app = { .name = "test",
	.routes = routes,
	.write_roles = WRITER | ADMIN,
	.admin_roles = ADMIN,
	.is_read_public = true,
	.identify = identify };

static struct web_run w;

static void
ask(const char *method, const char *uri, const char *a, const char *b,
    const char *c)
{
	const char *const more[3] = { a, b, c };

	web_run_release(&w);
	web_run_simple(&w, &app, method, uri, NULL, more);
}

static void
get(const char *uri)
{
	ask("GET", uri, NULL, NULL, NULL);
}

static void
expect(int status, const char *body)
{
	assert_int_equal(web_run_status(&w), status);
	assert_string_equal(web_run_body(&w), body);
}

static const char not_found[] = "{\"detail\":\"Not Found\"}";

static void
the_path_stands_behind_the_last_api(void **state)
{
	(void)state;
	get("/api/v1/files/x");
	expect(200, "/api/v1|/files/x|x|-");
	get("/api/files/x?y=/api/v1/files/z");
	expect(200, "/api|/files/x|x|-");
	get("/api/lab/api/v1/files/x");
	expect(200, "/api/lab/api/v1|/files/x|x|-");
	get("/api/v1/files/api");
	expect(200, "/api/v1|/files/api|api|-");
	get("/stemma/health");
	expect(200, "|/health|-|-");
	get("/api/v1/health");
	expect(200, "/api/v1|/health|-|-");
}

static void
what_lies_elsewhere_is_not_found(void **state)
{
	static const char *const uris[] = { "", "/", "/files/x", "/apix/v1/a",
		"/api", "/api/v1", "/api/v1/", "/api/v1//files/x",
		"/api/v1/files/x/", "/api/v1/files/", "/api/v1/files/x/y",
		"/api/v1/files/a%2Fb", "/api/v1/files/%00", "/api/v1/files/%zz",
		"/api/v1/files/%c3", "/api/v1/files/a%0ab", "/api/v2/files/x",
		"/api/v1/files/%", "/healthy", "*", "api/v1/files/x" };

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		get(uris[i]);
		expect(404, not_found);
	}
}

static void
arguments_are_decoded_after_splitting(void **state)
{
	(void)state;
	get("/api/v1/files/a%20%C3%A9+b/versions/%31");
	expect(200, "/api/v1|/files/a%20%C3%A9+b/versions/%31|a \xc3\xa9+b|1");
	get("/api/v1/%66iles/list");
	expect(200, "nobody");
}

static void
a_segment_of_more_than_255_bytes_is_not_found(void **state)
{
	char uri[400] = "/api/v1/files/";

	(void)state;
	memset(uri + 14, 'a', 255);
	get(uri);
	assert_int_equal(web_run_status(&w), 200);
	uri[14 + 255] = 'a';
	get(uri);
	expect(404, not_found);
}

static void
another_method_is_told_which_there_are(void **state)
{
	(void)state;
	ask("DELETE", "/api/v1/files/x", NULL, NULL, NULL);
	expect(405, "{\"detail\":\"Method Not Allowed\"}");
	assert_string_equal(web_run_header(&w, "Allow"), "GET, HEAD, POST");
	ask("OPTIONS", "/api/v1/write", NULL, NULL, NULL);
	expect(405, "{\"detail\":\"Method Not Allowed\"}");
	assert_string_equal(web_run_header(&w, "Allow"), "POST");
	ask("get", "/api/v1/files/x", NULL, NULL, NULL);
	assert_int_equal(web_run_status(&w), 405);
	ask("", "/api/v1/files/x", NULL, NULL, NULL);
	assert_int_equal(web_run_status(&w), 405);
}

static void
head_has_the_length_and_no_body(void **state)
{
	(void)state;
	ask("HEAD", "/api/v1/files/x", NULL, NULL, NULL);
	expect(200, "");
	assert_string_equal(web_run_header(&w, "Content-Length"), "20");
	ask("HEAD", "/api/v1/nowhere", NULL, NULL, NULL);
	expect(404, "");
	assert_string_equal(web_run_header(&w, "Content-Length"), "22");
}

static void
every_answer_has_its_headers(void **state)
{
	(void)state;
	get("/api/v1/nowhere");
	assert_int_equal(strlen(web_run_header(&w, "X-Request-Id")), 16);
	assert_string_equal(web_run_header(&w, "X-Content-Type-Options"),
	    "nosniff");
	assert_string_equal(web_run_header(&w, "Cache-Control"), "no-store");
	assert_string_equal(web_run_header(&w, "Content-Type"),
	    "application/json");
}

static void
needs_are_checked(void **state)
{
	static const char
	    *const none = "{\"detail\":\"Authentication required\"}";

	(void)state;
	ask("POST", "/api/v1/login", NULL, NULL, NULL);
	expect(401, none);
	ask("POST", "/api/v1/login", "HTTP_X_USER=reader", NULL, NULL);
	expect(200, "reader");
	ask("POST", "/api/v1/write", "HTTP_X_USER=reader", NULL, NULL);
	assert_int_equal(web_run_status(&w), 403);
	assert_non_null(strstr(web_run_body(&w), "annotators"));
	ask("POST", "/api/v1/write", "HTTP_X_USER=writer", NULL, NULL);
	expect(200, "writer");
	ask("PATCH", "/api/v1/admin", "HTTP_X_USER=writer", NULL, NULL);
	assert_int_equal(web_run_status(&w), 403);
	ask("PATCH", "/api/v1/admin", "HTTP_X_USER=admin", NULL, NULL);
	expect(200, "admin");
	ask("PATCH", "/api/v1/admin", NULL, NULL, NULL);
	expect(401, none);
}

static void
an_expired_session_is_nobody_where_nobody_may(void **state)
{
	static const char *const gone = "{\"detail\":\"Session expired\"}";

	(void)state;
	ask("GET", "/api/v1/files/list", "HTTP_X_USER=expired", NULL, NULL);
	expect(200, "nobody");
	ask("POST", "/api/v1/any", "HTTP_X_USER=expired", NULL, NULL);
	expect(200, "nobody");
	ask("POST", "/api/v1/write", "HTTP_X_USER=expired", NULL, NULL);
	expect(401, gone);
	app.is_read_public = false;
	ask("GET", "/api/v1/files/list", "HTTP_X_USER=expired", NULL, NULL);
	expect(401, gone);
	ask("GET", "/api/v1/files/list", NULL, NULL, NULL);
	expect(401, "{\"detail\":\"Authentication required\"}");
	app.is_read_public = true;
}

struct origin {
	const char *a, *b;
	int status;
};

static void
a_change_by_cookie_comes_from_the_same_origin(void **state)
{
	static const struct origin rows[] = {
		{ "HTTP_SEC_FETCH_SITE=same-origin", NULL, 200 },
		{ "HTTP_SEC_FETCH_SITE=none", NULL, 200 },
		{ "HTTP_SEC_FETCH_SITE=same-site", NULL, 403 },
		{ "HTTP_SEC_FETCH_SITE=cross-site", NULL, 403 },
		{ "HTTP_SEC_FETCH_SITE=cross-site",
		    "HTTP_ORIGIN=https://lab.example", 403 },
		{ "HTTP_ORIGIN=https://lab.example", "HTTP_HOST=lab.example",
		    200 },
		{ "HTTP_ORIGIN=http://lab.example:8080",
		    "HTTP_HOST=LAB.example:8080", 200 },
		{ "HTTP_ORIGIN=https://lab.example",
		    "HTTP_HOST=lab.example:443", 200 },
		{ "HTTP_ORIGIN=https://lab.example:8080",
		    "HTTP_HOST=lab.example", 403 },
		{ "HTTP_ORIGIN=https://lab.example.evil.example",
		    "HTTP_HOST=lab.example", 403 },
		{ "HTTP_ORIGIN=https://evil.example", "HTTP_HOST=lab.example",
		    403 },
		{ "HTTP_ORIGIN=null", "HTTP_HOST=null", 403 },
		{ "HTTP_ORIGIN=https://", "HTTP_HOST=", 403 },
		{ "HTTP_ORIGIN=https://lab.example", NULL, 403 },
		{ "HTTP_REFERER=https://lab.example/", NULL, 403 },
		{ NULL, NULL, 403 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask("POST", "/api/v1/any", "HTTP_COOKIE=user=writer", rows[i].a,
		    rows[i].b);
		assert_int_equal(web_run_status(&w), rows[i].status);
	}
	ask("GET", "/api/v1/files/list", "HTTP_COOKIE=user=writer",
	    "HTTP_SEC_FETCH_SITE=cross-site", NULL);
	expect(200, "writer");
	ask("POST", "/api/v1/any", "HTTP_X_USER=writer",
	    "HTTP_SEC_FETCH_SITE=cross-site", NULL);
	expect(200, "writer");
}

static void
what_is_inside_stays_inside(void **state)
{
	(void)state;
	get("/api/v1/inside");
	expect(500, "{\"detail\":\"Internal server error\"}");
	get("/api/v1/input");
	expect(400, "{\"detail\":\"not \\\"so\\\"\"}");
}

static void
headers_of_a_refusal_stay(void **state)
{
	(void)state;
	get("/api/v1/busy");
	expect(429, "{\"detail\":\"Slowly, please\"}");
	assert_string_equal(web_run_header(&w, "Retry-After"), "7");
}

static void
the_query_is_decoded(void **state)
{
	(void)state;
	get("/api/v1/query?q=a+b%20%C3%A9&fresh=YES&limit=7");
	expect(200, "7 1 a b \xc3\xa9");
	get("/api/v1/query?&&q&");
	expect(200, "50 0 ");
	get("/api/v1/query");
	expect(200, "50 0 -");
}

static void
a_query_that_is_wrong_is_told(void **state)
{
	static const char *const uris[] = { "q=%", "q=%ff", "q=a%0a", "q=1&q=2",
		"%=1", "fresh=maybe", "limit=0", "limit=101", "limit=1x",
		"limit=", "limit=99999999999999999999", "q=%00",
		"limit=%22%5C" };
	char uri[100];

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		snprintf(uri, sizeof(uri), "/api/v1/query?%s", uris[i]);
		get(uri);
		assert_int_equal(web_run_status(&w), 422);
		assert_non_null(strstr(web_run_body(&w), "\"loc\":[\"query\""));
	}
	get("/api/v1/query?limit=0");
	expect(422,
	    "{\"detail\":[{\"type\":\"greater_than_equal\",\"loc\":[\"query\","
	    "\"limit\"],\"msg\":\"Input should be greater than or equal to 1\","
	    "\"input\":\"0\"}]}");
}

static void
a_long_answer_is_streamed(void **state)
{
	(void)state;
	get("/api/v1/much");
	assert_int_equal(w.rc, 0);
	assert_int_equal(strlen(web_run_body(&w)), 200000);
	assert_null(web_run_header(&w, "Content-Length"));
	assert_true(w.held.room <= 128 * 1024);
}

static void
a_streamed_answer_that_fails_is_cut_off(void **state)
{
	(void)state;
	get("/api/v1/much?then=fail");
	assert_int_equal(web_run_status(&w), 200);
	assert_int_equal(w.rc, E_REMOTE);
	assert_null(strstr(web_run_body(&w), "detail"));
}

static void
cookies_are_read_and_set(void **state)
{
	(void)state;
	ask("GET", "/api/v1/cookies",
	    "HTTP_COOKIE=aa=0; a=\"1\" ;b; =;s=x=y;a=2", NULL, NULL);
	expect(200, "1 x=y");
	assert_non_null(strstr(w.out.data, "Set-Cookie: x=1\r\n"));
	assert_non_null(strstr(w.out.data, "Set-Cookie: y=2\r\n"));
	assert_string_equal(web_run_header(&w, "X-One"), "2");
	assert_null(strstr(w.out.data, "X-One: 1"));
}

static void
a_flood_of_headers_is_refused(void **state)
{
	static const char *params[302];
	char *big = malloc(200000);

	(void)state;
	web_run_release(&w);
	params[0] = "REQUEST_METHOD=GET";
	params[1] = "REQUEST_URI=/api/v1/files/x";
	for (int i = 2; i < 301; i++)
		params[i] = "HTTP_A=b";
	web_run(&w, &app, params);
	assert_int_equal(web_run_status(&w), 431);
	web_run_release(&w);
	memset(big, 'a', 199999);
	memcpy(big, "HTTP_A=", 7);
	big[199999] = '\0';
	params[2] = big;
	params[3] = NULL;
	web_run(&w, &app, params);
	assert_int_equal(web_run_status(&w), 431);
	params[2] = NULL;
	web_run_release(&w);
	web_run(&w, &app, params);
	assert_int_equal(web_run_status(&w), 200);
	free(big);
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
		cmocka_unit_test(the_path_stands_behind_the_last_api),
		cmocka_unit_test(what_lies_elsewhere_is_not_found),
		cmocka_unit_test(arguments_are_decoded_after_splitting),
		cmocka_unit_test(a_segment_of_more_than_255_bytes_is_not_found),
		cmocka_unit_test(another_method_is_told_which_there_are),
		cmocka_unit_test(head_has_the_length_and_no_body),
		cmocka_unit_test(every_answer_has_its_headers),
		cmocka_unit_test(needs_are_checked),
		cmocka_unit_test(an_expired_session_is_nobody_where_nobody_may),
		cmocka_unit_test(a_change_by_cookie_comes_from_the_same_origin),
		cmocka_unit_test(what_is_inside_stays_inside),
		cmocka_unit_test(headers_of_a_refusal_stay),
		cmocka_unit_test(the_query_is_decoded),
		cmocka_unit_test(a_query_that_is_wrong_is_told),
		cmocka_unit_test(a_long_answer_is_streamed),
		cmocka_unit_test(a_streamed_answer_that_fails_is_cut_off),
		cmocka_unit_test(cookies_are_read_and_set),
		cmocka_unit_test(a_flood_of_headers_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "remote/remote.h"
#include "remote_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* How requests are sent, repeated and given up: seen through remote_get. */

struct fixture {
	struct remote_server *server;
	struct remote *remote;
	struct buf got;
};

static struct remote_config
quick(struct fixture *f)
{
	return (
	    struct remote_config){ .url = remote_server_url(f->server, "/dav"),
		.stall_timeout_s = 1,
		.tries = 3,
		.backoff_ms = 1 };
}

static int
setup(void **state)
{
	static struct fixture f;
	struct remote_config c;

	memset(&f, 0, sizeof(f));
	f.server = remote_server_new();
	c = quick(&f);
	assert_int_equal(remote_open(&c, &f.remote), 0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	remote_close(f->remote);
	assert_int_equal(remote_server_surprises(f->server), 0);
	assert_int_equal(remote_server_left(f->server), 0);
	remote_server_free(f->server);
	buf_release(&f->got);
	return 0;
}

static void
reopen(struct fixture *f, const struct remote_config *c)
{
	remote_close(f->remote);
	f->remote = NULL;
	assert_int_equal(remote_open(c, &f->remote), 0);
}

static int
get(struct fixture *f)
{
	return remote_get(f->remote, "a b", 100, &f->got);
}

static void
a_small_object_is_had_whole(void **state)
{
	struct fixture *f = *state;

	remote_server_play(f->server, "GET /dav/a%20b HTTP", 200, "", "hello");
	assert_int_equal(get(f), 0);
	assert_string_equal(f->got.data, "hello");
	assert_int_equal(remote_stats(f->remote).requests, 1);
	assert_true(remote_stats(f->remote).bytes_down > 5);
	assert_true(remote_stats(f->remote).bytes_up > 20);
}

static void
an_object_over_the_limit_is_refused(void **state)
{
	struct fixture *f = *state;
	char body[102];

	memset(body, 'x', 101);
	body[101] = '\0';
	remote_server_play(f->server, "GET", 200, "", body);
	assert_int_equal(get(f), E_INPUT);
	body[100] = '\0';
	remote_server_play(f->server, "GET", 200, "", body);
	assert_int_equal(get(f), 0);
	assert_int_equal(f->got.len, 100);
}

static void
what_may_pass_is_tried_again(void **state)
{
	static const int passing[] = { 408, 423, 425, 429, 500, 502, 503, 504 };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		remote_server_play(f->server, "GET", passing[i], "", "no");
		remote_server_play(f->server, "GET", 200, "", "yes");
		assert_int_equal(get(f), 0);
		assert_string_equal(f->got.data, "yes");
	}
}

static void
what_lasts_is_not_tried_again(void **state)
{
	static const struct {
		int status, rc;
	} lasting[] = { { 400, E_REMOTE }, { 401, E_LOGIN }, { 403, E_DENIED },
		{ 404, E_ABSENT }, { 405, E_DENIED }, { 410, E_ABSENT },
		{ 413, E_REMOTE }, { 507, E_REMOTE } };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++) {
		remote_server_play(f->server, "GET", lasting[i].status, "", "");
		assert_int_equal(get(f), lasting[i].rc);
	}
	assert_non_null(strstr(err_text(), "no space"));
}

static void
tries_come_to_an_end(void **state)
{
	struct fixture *f = *state;
	int i;

	for (i = 0; i < 3; i++)
		remote_server_play(f->server, "GET", 503, "", "");
	assert_int_equal(get(f), E_REMOTE);
	assert_int_equal(remote_server_requests(f->server), 3);
	assert_non_null(strstr(err_text(), "503"));
}

static void
a_reset_connection_is_tried_again(void **state)
{
	struct fixture *f = *state;

	remote_server_play_raw(f->server, "GET", "", 0, THEN_RESET);
	remote_server_play_raw(f->server, "GET", "HTTP/1.1 200", 12,
	    THEN_CLOSE);
	remote_server_play(f->server, "GET", 200, "", "yes");
	assert_int_equal(get(f), 0);
	assert_string_equal(f->got.data, "yes");
}

static void
half_an_answer_is_not_taken_for_the_whole(void **state)
{
	static const char half[] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
	struct fixture *f = *state;

	remote_server_play_raw(f->server, "GET", half, sizeof(half) - 1,
	    THEN_CLOSE);
	remote_server_play(f->server, "GET", 200, "", "whole");
	assert_int_equal(get(f), 0);
	assert_string_equal(f->got.data, "whole");
}

static void
a_server_that_says_nothing_is_given_up(void **state)
{
	struct fixture *f = *state;
	struct remote_config c = quick(f);
	int64_t began = clock_mono_ms();

	c.tries = 1;
	reopen(f, &c);
	remote_server_play_raw(f->server, "GET", "", 0, THEN_STALL);
	assert_int_equal(get(f), E_REMOTE);
	assert_non_null(strstr(err_text(), "nothing moved"));
	assert_in_range(clock_mono_ms() - began, 900, 4000);
}

static void
an_answer_that_stops_in_the_middle_is_tried_again(void **state)
{
	static const char half[] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
	struct fixture *f = *state;

	remote_server_play_raw(f->server, "GET", half, sizeof(half) - 1,
	    THEN_STALL);
	remote_server_play(f->server, "GET", 200, "", "whole");
	assert_int_equal(get(f), 0);
	assert_string_equal(f->got.data, "whole");
}

static void
a_server_that_is_not_there_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct remote_config c = quick(f);

	c.url = "http://127.0.0.1:1/dav";
	reopen(f, &c);
	assert_int_equal(get(f), E_REMOTE);
	assert_int_equal(remote_stats(f->remote).requests, 3);
}

static void
a_server_that_asks_to_wait_is_obeyed(void **state)
{
	struct fixture *f = *state;
	int64_t began = clock_mono_ms();

	remote_server_play(f->server, "GET", 429, "Retry-After: 1\r\n", "");
	remote_server_play(f->server, "GET", 200, "", "yes");
	assert_int_equal(get(f), 0);
	assert_in_range(clock_mono_ms() - began, 1000, 3000);
}

static int64_t
in_1994(void *arg)
{
	(void)arg;
	return INT64_C(784111777) * 1000 - 400;
}

static int64_t
slept_or_real(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
really_sleep(void *arg, int64_t ms)
{
	(void)arg;
	usleep((useconds_t)ms * 1000);
}

static void
a_date_to_wait_for_is_obeyed(void **state)
{
	static const struct clock_source source = { in_1994, slept_or_real,
		really_sleep, NULL };
	struct fixture *f = *state;
	int64_t began = clock_mono_ms();

	remote_server_play(f->server, "GET", 503,
	    "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "");
	remote_server_play(f->server, "GET", 200, "", "yes");
	clock_set(&source);
	assert_int_equal(get(f), 0);
	clock_set(NULL);
	assert_in_range(clock_mono_ms() - began, 400, 3000);
}

static void
who_asks_to_wait_for_hours_is_left_alone(void **state)
{
	struct fixture *f = *state;

	remote_server_play(f->server, "GET", 503, "Retry-After: 7200\r\n", "");
	assert_int_equal(get(f), E_REMOTE);
	assert_int_equal(remote_server_requests(f->server), 1);
}

static void
a_redirect_on_the_same_server_is_followed(void **state)
{
	struct fixture *f = *state;

	remote_server_play(f->server, "GET /dav/a%20b ", 307,
	    "Location: /else/where\r\n", "");
	remote_server_play(f->server, "GET /else/where ", 200, "", "yes");
	assert_int_equal(get(f), 0);
	assert_string_equal(f->got.data, "yes");
}

static void
a_redirect_to_another_place_is_an_error_that_names_it(void **state)
{
	static const char *const places[] = { "http://127.0.0.2/x",
		"https://127.0.0.1/x", "http://127.0.0.1:9/x",
		"//elsewhere.example/x", "file:///etc/passwd" };
	struct fixture *f = *state;
	char header[100];
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(header, sizeof(header), "Location: %s\r\n", places[i]);
		remote_server_play(f->server, "GET", 302, header, "");
		assert_int_equal(get(f), E_REMOTE);
		assert_non_null(strstr(err_text(), places[i]));
	}
}

static void
a_redirect_to_another_scheme_is_not_followed(void **state)
{
	struct fixture *f = *state;
	char header[600];

	snprintf(header, sizeof(header), "Location: https%s\r\n",
	    remote_server_url(f->server, "/x") + strlen("http"));
	remote_server_play(f->server, "GET", 302, header, "");
	assert_int_equal(get(f), E_REMOTE);
	assert_int_equal(remote_server_requests(f->server), 1);
	assert_int_equal(remote_stats(f->remote).requests, 1);
}

static void
redirects_in_a_circle_come_to_an_end(void **state)
{
	struct fixture *f = *state;
	int i;

	for (i = 0; i < 6; i++)
		remote_server_play(f->server, "GET", 302, "Location: /a\r\n",
		    "");
	assert_int_equal(get(f), E_REMOTE);
}

static void
a_login_is_sent_at_once(void **state)
{
	struct fixture *f = *state;
	struct remote_config c = quick(f);

	c.username = "ada";
	c.password = "s3cret:x";
	reopen(f, &c);
	remote_server_play(f->server, "GET", 200, "", "yes");
	assert_int_equal(get(f), 0);
	assert_true(remote_server_header(f->server, 0,
	    "Authorization: Basic YWRhOnMzY3JldDp4"));
}

static void
a_server_with_digest_only_gets_digest(void **state)
{
	struct fixture *f = *state;
	struct remote_config c = quick(f);
	const char *ask = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", "
			  "qop=\"auth\", algorithm=MD5\r\n";

	c.username = "ada";
	c.password = "s3cret";
	reopen(f, &c);
	remote_server_play(f->server, "GET", 401, ask, "");
	remote_server_play(f->server, "GET", 200, "", "yes");
	remote_server_play(f->server, "GET", 200, "", "again");
	assert_int_equal(get(f), 0);
	assert_int_equal(get(f), 0);
	assert_non_null(strstr(remote_server_head(f->server, 2),
	    "Authorization: Digest username=\"ada\""));
}

static void
a_wrong_password_is_told_as_such(void **state)
{
	struct fixture *f = *state;
	struct remote_config c = quick(f);
	const char
	    *ask = "WWW-Authenticate: Basic realm=\"r\"\r\n"
		   "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n";

	c.username = "ada";
	c.password = "s3cret";
	reopen(f, &c);
	remote_server_play(f->server, "GET", 401, ask, "");
	assert_int_equal(get(f), E_LOGIN);
	assert_null(strstr(err_text(), "s3cret"));
}

static void
a_password_is_not_sent_in_the_open_to_another_machine(void **state)
{
	struct remote_config c = { .url = "http://example.org/dav",
		.username = "ada",
		.password = "s3cret" };
	struct remote *r = NULL;

	(void)state;
	assert_int_equal(remote_open(&c, &r), E_INPUT);
	assert_null(strstr(err_text(), "s3cret"));
	c.username = c.password = NULL;
	c.url = "http://ada:s3cret@example.org/dav";
	assert_int_equal(remote_open(&c, &r), E_INPUT);
	c.insecure_login = true;
	assert_int_equal(remote_open(&c, &r), 0);
	assert_string_equal(remote_name(r), "http://example.org/dav/");
	remote_close(r);
	c.insecure_login = false;
	c.url = "webdav+https://ada:s3cret@example.org/dav/";
	assert_int_equal(remote_open(&c, &r), 0);
	assert_string_equal(remote_name(r), "https://example.org/dav/");
	remote_close(r);
}

static void
an_address_that_is_none_is_refused(void **state)
{
	static const char *const wrong[] = { "", "ftp://h/x", "h/x",
		"http://h/x?q", "http://h/x#f", "webdav+file:///x", "file://x",
		"file:///" };
	struct remote *r = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct remote_config c = { .url = wrong[i] };

		assert_int_equal(remote_open(&c, &r), E_INPUT);
	}
}

static void
no_proxy_stands_before_this_machine(void **state)
{
	struct fixture *f = *state;

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	remote_server_play(f->server, "GET", 200, "", "yes");
	assert_int_equal(get(f), 0);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
}

static void
headers_without_end_are_refused(void **state)
{
	struct fixture *f = *state;
	struct buf b = { 0 };
	int i;

	buf_puts(&b, "HTTP/1.1 200 OK\r\n");
	for (i = 0; i < 3000; i++)
		buf_printf(&b, "X-%d: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", i);
	remote_server_play_raw(f->server, "GET", b.data, b.len, THEN_STALL);
	assert_int_equal(get(f), E_CORRUPT);
	buf_release(&b);
}

static void
an_error_page_without_end_is_cut_off(void **state)
{
	struct fixture *f = *state;
	int64_t began = clock_mono_ms();
	struct buf b = { 0 };
	int i;

	buf_puts(&b, "HTTP/1.1 404 No\r\nContent-Length: 999999999\r\n\r\n");
	for (i = 0; i < 20000; i++)
		buf_puts(&b, "this page goes on and on ");
	remote_server_play_raw(f->server, "GET", b.data, b.len, THEN_STALL);
	assert_int_equal(get(f), E_ABSENT);
	assert_in_range(clock_mono_ms() - began, 0, 900);
	buf_release(&b);
}

static int
stop_soon(void *arg)
{
	return --*(int *)arg < 0;
}

static void
the_tick_ends_a_call_that_waits(void **state)
{
	struct fixture *f = *state;
	int ticks = 3;

	/* A server that stalls for too long would be E_REMOTE. */
	remote_server_play_raw(f->server, "GET", "", 0, THEN_STALL);
	remote_set_tick(f->remote, stop_soon, &ticks);
	assert_int_equal(get(f), E_STOPPED);
}

static void
the_tick_ends_a_pause_before_another_try(void **state)
{
	struct fixture *f = *state;
	int64_t began = clock_mono_ms();
	int ticks = 3;

	remote_server_play(f->server, "GET", 503, "Retry-After: 100\r\n", "");
	remote_set_tick(f->remote, stop_soon, &ticks);
	assert_int_equal(get(f), E_STOPPED);
	assert_in_range(clock_mono_ms() - began, 0, 900);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_small_object_is_had_whole),
		TEST(an_object_over_the_limit_is_refused),
		TEST(what_may_pass_is_tried_again),
		TEST(what_lasts_is_not_tried_again),
		TEST(tries_come_to_an_end),
		TEST(a_reset_connection_is_tried_again),
		TEST(half_an_answer_is_not_taken_for_the_whole),
		TEST(a_server_that_says_nothing_is_given_up),
		TEST(an_answer_that_stops_in_the_middle_is_tried_again),
		TEST(a_server_that_is_not_there_is_an_error),
		TEST(a_server_that_asks_to_wait_is_obeyed),
		TEST(a_date_to_wait_for_is_obeyed),
		TEST(who_asks_to_wait_for_hours_is_left_alone),
		TEST(a_redirect_on_the_same_server_is_followed),
		TEST(a_redirect_to_another_place_is_an_error_that_names_it),
		TEST(a_redirect_to_another_scheme_is_not_followed),
		TEST(redirects_in_a_circle_come_to_an_end),
		TEST(a_login_is_sent_at_once),
		TEST(a_server_with_digest_only_gets_digest),
		TEST(a_wrong_password_is_told_as_such),
		TEST(a_password_is_not_sent_in_the_open_to_another_machine),
		TEST(an_address_that_is_none_is_refused),
		TEST(no_proxy_stands_before_this_machine),
		TEST(headers_without_end_are_refused),
		TEST(an_error_page_without_end_is_cut_off),
		TEST(the_tick_ends_a_call_that_waits),
		TEST(the_tick_ends_a_pause_before_another_try),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "remote/remote.h"
#include "remote_server.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct probe_findings all_good = { .listing = PROBE_GOOD,
	.move = PROBE_GOOD,
	.move_renames = PROBE_GOOD,
	.move_keeps = PROBE_GOOD,
	.exact_swap = PROBE_GOOD,
	.put_whole = PROBE_GOOD,
	.range = PROBE_GOOD,
	.move_folder = PROBE_GOOD,
	.odd_names = PROBE_GOOD,
	.longest_name = 255,
	.largest_body = 123,
	.duration_ms = 77 };

/* ---- a directory ---------------------------------------------------------- */

static int64_t
real_ms(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A probe waits for slow servers; a directory is none. */
static void
hardly_sleep(void *arg, int64_t ms)
{
	(void)arg;
	usleep((useconds_t)ms * 100);
}

/*
 * The system's, but for a file system that tells everybody who races that he
 * has won, and believes it itself.
 */
static bool everybody_wins;

int
renameat2(int from_fd, const char *from, int to_fd, const char *to,
    unsigned int flags)
{
	long rc = syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
	int fd;

	if (rc == 0 || !everybody_wins || strncmp(to, "race-", 5) != 0)
		return (int)rc;
	fd = openat(to_fd, to, O_WRONLY | O_CREAT | O_EXCL, 0600);
	return fd >= 0 ? close(fd) : -1;
}

static int
entries_of(const char *path)
{
	DIR *dir = opendir(path);
	int n = -2;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void
count(void *arg, const char *sentence)
{
	assert_true(strlen(sentence) > 10);
	++*(int *)arg;
}

static void
a_directory_is_found_good_and_left_empty(void **state)
{
	static const struct clock_source source = { real_ms, real_ms,
		hardly_sleep, NULL };
	struct probe_findings f;
	struct remote_config c = { 0 };
	char *dir = temp_dir(), url[4200];
	int said = 0;

	(void)state;
	snprintf(url, sizeof(url), "file://%s", dir);
	c.url = url;
	clock_set(&source);
	assert_int_equal(probe_run(&c, 1000000, count, &said, &f), 0);
	clock_set(NULL);
	assert_int_equal(f.listing, PROBE_GOOD);
	assert_int_equal(f.move, PROBE_GOOD);
	assert_int_equal(f.move_renames, PROBE_GOOD);
	assert_int_equal(f.move_keeps, PROBE_GOOD);
	assert_int_equal(f.exact_swap, PROBE_GOOD);
	assert_int_equal(f.put_whole, PROBE_GOOD);
	assert_int_equal(f.range, PROBE_GOOD);
	assert_int_equal(f.move_folder, PROBE_GOOD);
	assert_int_equal(f.odd_names, PROBE_GOOD);
	assert_int_equal(f.longest_name, 255);
	assert_int_equal(f.largest_body, 1000000);
	assert_false(f.is_network_dir);
	assert_int_equal(probe_verdict(&f), 0);
	assert_true(said >= 8);
	assert_int_equal(entries_of(dir), 0);
	temp_remove(dir);
}

static void
a_directory_where_two_win_is_found_out(void **state)
{
	static const struct clock_source source = { real_ms, real_ms,
		hardly_sleep, NULL };
	struct probe_findings f;
	struct remote_config c = { 0 };
	char *dir = temp_dir(), url[4200];

	(void)state;
	snprintf(url, sizeof(url), "file://%s", dir);
	c.url = url;
	clock_set(&source);
	everybody_wins = true;
	assert_int_equal(probe_run(&c, 0, NULL, NULL, &f), 0);
	everybody_wins = false;
	clock_set(NULL);
	assert_int_equal(f.listing, PROBE_GOOD);
	assert_int_equal(f.exact_swap, PROBE_BAD);
	assert_int_equal(probe_verdict(&f), E_DENIED);
	temp_remove(dir);
}

static void
a_server_that_cannot_be_asked_is_an_error(void **state)
{
	struct remote_server *s = remote_server_new();
	struct remote_config c = { .tries = 1,
		.username = "u",
		.password = "p" };
	struct probe_findings f;

	(void)state;
	c.url = remote_server_url(s, "/dav");
	remote_server_play(s, "PROPFIND", 401, "", "");
	assert_int_equal(probe_run(&c, 0, NULL, NULL, &f), E_LOGIN);
	remote_server_play(s, "PROPFIND", 405, "", "");
	assert_int_equal(probe_run(&c, 0, NULL, NULL, &f), E_DENIED);
	remote_server_free(s);
}

/* ---- findings ------------------------------------------------------------- */

static void
findings_survive_their_json(void **state)
{
	struct probe_findings f = all_good, back;
	struct buf b = { 0 };

	(void)state;
	f.range = PROBE_BAD;
	f.move_renames = PROBE_UNKNOWN;
	f.is_network_dir = true;
	f.largest_body = INT64_C(5000000000);
	probe_json(&f, &b);
	assert_int_equal(probe_parse(buf_text(&b), &back), 0);
	assert_memory_equal(&f, &back, sizeof(f));
	buf_release(&b);
}

static void
what_is_no_finding_is_refused(void **state)
{
	static const char *const wrong[] = { "", "[]", "{", "7",
		"{\"listing\":\"fine\"}", "{\"listing\":1}",
		"{\"longest_name\":-1}", "{\"longest_name\":\"x\"}" };
	struct probe_findings f = all_good;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(probe_parse(wrong[i], &f), E_INPUT);
	assert_memory_equal(&f, &all_good, sizeof(f));
	assert_int_equal(probe_parse("{\"later\":{\"a\":[1]}}", &f), 0);
	assert_int_equal(f.listing, PROBE_UNKNOWN);
}

static void
a_store_that_is_not_exact_is_for_one_writer(void **state)
{
	struct probe_findings f;

	(void)state;
	f = all_good;
	assert_int_equal(probe_verdict(&f), 0);
	f.exact_swap = PROBE_BAD;
	assert_int_equal(probe_verdict(&f), E_DENIED);
	assert_non_null(strstr(err_text(), "single_writer"));
	f = all_good;
	f.exact_swap = PROBE_UNKNOWN;
	assert_int_equal(probe_verdict(&f), E_DENIED);
	f = all_good;
	f.listing = PROBE_BAD;
	assert_int_equal(probe_verdict(&f), E_DENIED);
	f = all_good;
	f.move = PROBE_UNKNOWN;
	assert_int_equal(probe_verdict(&f), E_DENIED);
	f = all_good;
	f.move_renames = PROBE_BAD;
	assert_int_equal(probe_verdict(&f), E_DENIED);
	f = all_good;
	f.move_keeps = PROBE_BAD;
	assert_int_equal(probe_verdict(&f), E_DENIED);
	f = all_good;
	f.longest_name = 64;
	assert_int_equal(probe_verdict(&f), E_DENIED);
}

/* Adobe's S3Mock keeps to both conditions as long as nobody races. */
static void
a_bucket_is_judged_by_its_conditions(void **state)
{
	const struct probe_findings good = { .listing = PROBE_GOOD,
		.by_match = true,
		.swap_refuses = PROBE_GOOD,
		.put_keeps = PROBE_GOOD,
		.exact_swap = PROBE_GOOD,
		.put_whole = PROBE_GOOD };
	struct probe_findings f = good, back;
	struct buf json = { 0 }, words = { 0 };

	(void)state;
	assert_int_equal(probe_verdict(&f), 0);
	probe_json(&f, &json);
	assert_null(strstr(buf_text(&json), "move"));
	assert_int_equal(probe_parse(buf_text(&json), &back), 0);
	assert_int_equal(probe_verdict(&back), 0);
	f.exact_swap = PROBE_BAD;
	assert_int_equal(probe_verdict(&f), E_DENIED);
	f = good;
	f.swap_refuses = PROBE_UNKNOWN;
	assert_int_equal(probe_verdict(&f), E_DENIED);
	f = good;
	f.put_keeps = PROBE_BAD;
	assert_int_equal(probe_verdict(&f), E_DENIED);
	probe_advice(&f, &words);
	assert_non_null(strstr(buf_text(&words), "If-None-Match"));
	assert_null(strstr(buf_text(&words), "renamed."));
	buf_release(&json);
	buf_release(&words);
}

/* npm's webdav-server tells "a#b" as an address that ends at the sign. */
static void
a_store_that_spoils_odd_names_can_be_used(void **state)
{
	struct probe_findings f = all_good;
	struct buf words = { 0 };

	(void)state;
	f.odd_names = PROBE_BAD;
	assert_int_equal(probe_verdict(&f), 0);
	probe_advice(&f, &words);
	assert_non_null(strstr(buf_text(&words), "its address"));
	buf_release(&words);
}

static void
what_only_costs_time_is_no_reason_to_refuse(void **state)
{
	struct probe_findings f = all_good;

	(void)state;
	f.put_whole = f.range = f.move_folder = PROBE_BAD;
	f.move_renames = PROBE_UNKNOWN;
	f.is_network_dir = true;
	assert_int_equal(probe_verdict(&f), 0);
}

static int
lines_of(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static void
advice_is_a_sentence_for_each_finding(void **state)
{
	struct probe_findings f = all_good;
	struct buf b = { 0 };

	(void)state;
	probe_advice(&f, &b);
	assert_int_equal(lines_of(buf_text(&b)), 10);
	buf_clear(&b);
	f.is_network_dir = true;
	f.put_whole = PROBE_BAD;
	probe_advice(&f, &b);
	assert_non_null(strstr(buf_text(&b), "two requests"));
	assert_non_null(strstr(buf_text(&b), "network"));
	assert_int_equal(lines_of(buf_text(&b)), 11);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_is_found_good_and_left_empty),
		cmocka_unit_test(a_directory_where_two_win_is_found_out),
		cmocka_unit_test(a_server_that_cannot_be_asked_is_an_error),
		cmocka_unit_test(findings_survive_their_json),
		cmocka_unit_test(what_is_no_finding_is_refused),
		cmocka_unit_test(a_store_that_is_not_exact_is_for_one_writer),
		cmocka_unit_test(a_bucket_is_judged_by_its_conditions),
		cmocka_unit_test(a_store_that_spoils_odd_names_can_be_used),
		cmocka_unit_test(what_only_costs_time_is_no_reason_to_refuse),
		cmocka_unit_test(advice_is_a_sentence_for_each_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/rand.h"
#include "base/str.h"
#include "remote/remote.h"
#include "remote_server.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A store in a WebDAV folder, on a server that plays tricks. */

struct fixture {
	struct remote_server *server;
	struct remote *remote;
	char *dir;
	char file[4096]; /* to get into */
	char tag[4200];
};

static int
setup(void **state)
{
	static struct fixture f;
	struct remote_config c = { .stall_timeout_s = 1,
		.tries = 3,
		.backoff_ms = 1,
		.connections = 2 };

	memset(&f, 0, sizeof(f));
	f.server = remote_server_new();
	f.dir = temp_dir();
	snprintf(f.file, sizeof(f.file), "%s/file", f.dir);
	snprintf(f.tag, sizeof(f.tag), "%s.tag", f.file);
	c.url = remote_server_url(f.server, "/dav");
	assert_int_equal(remote_open(&c, &f.remote), 0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	rand_set(NULL, NULL);
	remote_close(f->remote);
	assert_int_equal(remote_server_surprises(f->server), 0);
	assert_int_equal(remote_server_left(f->server), 0);
	remote_server_free(f->server);
	temp_remove(f->dir);
	return 0;
}

static void
put_is_whole(struct fixture *f)
{
	struct remote_traits traits = { .put_is_whole = true };

	remote_set_traits(f->remote, traits);
}

static void
play(struct fixture *f, const char *fits, int status)
{
	remote_server_play(f->server, fits, status, "", "");
}

static void
play_file(struct fixture *f, const char *fits, const char *href, int size)
{
	remote_server_listing(f->server, fits, &href, &size, 1);
}

#define DIGITS "00000000000000000000000000000000"

static void
zeros(void *arg, void *data, size_t len)
{
	(void)arg;
	memset(data, 0, len);
}

/* Other names are "up-" and DIGITS from now on, until teardown. */
static void
no_chance(void)
{
	rand_set(zeros, NULL);
}

/* ---- putting ------------------------------------------------------------- */

static void
a_put_goes_under_another_name_and_is_moved(void **state)
{
	struct fixture *f = *state;
	char to[600];

	play(f, "PUT /dav/ab/up-", 201);
	play(f, "MOVE /dav/ab/up-", 201);
	assert_int_equal(remote_put(f->remote, "ab/x y.pdf", "hello", 5), 0);
	assert_true(remote_server_header(f->server, 0, "Content-Length: 5"));
	snprintf(to, sizeof(to), "Destination: %s",
	    remote_server_url(f->server, "/dav/ab/x%20y.pdf"));
	assert_true(remote_server_header(f->server, 1, to));
	assert_true(remote_server_header(f->server, 1, "Overwrite: F"));
	assert_true(remote_server_header(f->server, 1, "Depth: infinity"));
	/* Both speak of the same name. */
	assert_memory_equal(remote_server_head(f->server, 0) + 4,
	    remote_server_head(f->server, 1) + 5, strlen("/dav/ab/up-") + 32);
}

static void
a_put_to_a_careful_server_is_one_request(void **state)
{
	struct fixture *f = *state;

	put_is_whole(f);
	play(f, "PUT /dav/ab/x.pdf HTTP", 201);
	assert_int_equal(remote_put(f->remote, "ab/x.pdf", "hello", 5), 0);
	assert_true(remote_server_header(f->server, 0, "If-None-Match: *"));
	assert_true(remote_server_header(f->server, 0, "Content-Length: 5"));
}

static void
an_empty_object_is_put_with_its_length(void **state)
{
	struct fixture *f = *state;

	put_is_whole(f);
	play(f, "PUT", 201);
	assert_int_equal(remote_put(f->remote, "x", "", 0), 0);
	assert_true(remote_server_header(f->server, 0, "Content-Length: 0"));
}

static void
what_is_there_is_not_written_over(void **state)
{
	struct fixture *f = *state;

	put_is_whole(f);
	play(f, "PUT", 412);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), E_EXISTS);
}

static void
what_is_there_is_not_moved_over(void **state)
{
	struct fixture *f = *state;

	no_chance();
	play(f, "PUT /dav/up-", 201);
	play(f, "MOVE", 412);
	/* Did an earlier answer get lost?  No: it is still there. */
	play_file(f, "PROPFIND /dav/up-", "/dav/up-" DIGITS, 5);
	play(f, "DELETE /dav/up-" DIGITS " ", 204);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), E_EXISTS);
	/* Gone, but what is there is not ours. */
	play(f, "PUT /dav/up-", 201);
	play(f, "MOVE", 412);
	play(f, "PROPFIND /dav/up-", 404);
	play_file(f, "PROPFIND /dav/x ", "/dav/x", 4);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), E_EXISTS);
}

static void
a_put_that_was_done_though_told_otherwise_is_not_repeated(void **state)
{
	struct fixture *f = *state;

	put_is_whole(f);
	play(f, "PUT", 502);
	play_file(f, "PROPFIND /dav/x ", "http://h/dav/x", 5);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), 0);
	assert_true(remote_server_header(f->server, 1, "Depth: 0"));
}

static void
a_put_without_an_answer_is_asked_about_and_repeated(void **state)
{
	struct fixture *f = *state;

	put_is_whole(f);
	remote_server_play_raw(f->server, "PUT", "", 0, THEN_CLOSE);
	play(f, "PROPFIND /dav/x ", 404);
	play(f, "PUT", 201);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), 0);
}

static void
half_an_upload_under_its_other_name_is_sent_again(void **state)
{
	struct fixture *f = *state;
	struct buf up = { 0 };

	remote_server_play_raw(f->server, "PUT /dav/up-", "", 0, THEN_CLOSE);
	play(f, "PROPFIND /dav/up-", 404);
	play(f, "PUT /dav/up-", 201);
	play(f, "MOVE /dav/up-", 201);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), 0);
	buf_release(&up);
}

static void
a_torn_object_is_not_taken_for_ours(void **state)
{
	struct fixture *f = *state;

	put_is_whole(f);
	remote_server_play_raw(f->server, "PUT", "", 0, THEN_CLOSE);
	play_file(f, "PROPFIND /dav/x ", "/dav/x", 3);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), E_EXISTS);
}

static void
our_own_upload_is_no_obstacle(void **state)
{
	struct fixture *f = *state;

	put_is_whole(f);
	remote_server_play_raw(f->server, "PUT", "", 0, THEN_CLOSE);
	play(f, "PROPFIND", 404); /* it was slow */
	play(f, "PUT", 412);
	play_file(f, "PROPFIND", "/dav/x", 5);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), 0);
}

static void
a_missing_folder_is_made_once(void **state)
{
	static const int missing[] = { 404, 409, 500 };
	struct fixture *f = *state;
	size_t i;

	put_is_whole(f);
	for (i = 0; i < 3; i++) {
		remote_forget_dirs(f->remote);
		play(f, "PUT /dav/ab/x", missing[i]);
		play(f, "MKCOL /dav/ab/ ", 201);
		play(f, "PUT /dav/ab/x", 201);
		assert_int_equal(remote_put(f->remote, "ab/x", "h", 1), 0);
	}
	play(f, "PUT /dav/ab/x", 409);
	play(f, "MKCOL /dav/ab/ ", 409);
	play(f, "PUT /dav/ab/x", 409);
	assert_int_equal(remote_put(f->remote, "ab/x", "h", 1), E_ABSENT);
}

static void
a_folder_that_was_there_is_made_again(void **state)
{
	static const int missing[] = { 404, 409, 500 };
	struct fixture *f = *state;

	put_is_whole(f);
	play(f, "MKCOL /dav/ab/ ", 201);
	assert_int_equal(remote_make_dir(f->remote, "ab"), 0);
	for (size_t i = 0; i < 3; i++) { /* another copy of the store */
		play(f, "PUT /dav/ab/x", missing[i]);
		play(f, "MKCOL /dav/ab/ ", 201);
		play(f, "PUT /dav/ab/x", 201);
		assert_int_equal(remote_put(f->remote, "ab/x", "h", 1), 0);
	}
}

static void
a_move_that_was_done_though_told_otherwise_is_done(void **state)
{
	struct fixture *f = *state;

	play(f, "PUT", 201);
	play(f, "MOVE", 500);
	play(f, "PROPFIND /dav/up-", 404);
	play_file(f, "PROPFIND /dav/x ", "/dav/x", 5);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), 0);
	assert_int_equal(remote_server_count(f->server, "MOVE"), 1);
}

static void
a_move_that_did_half_of_it_fails_and_leaves_no_litter(void **state)
{
	struct fixture *f = *state;

	no_chance();
	play(f, "PUT", 201);
	play(f, "MOVE", 207);
	play_file(f, "PROPFIND /dav/up-", "/dav/up-" DIGITS, 5);
	play(f, "DELETE /dav/up-", 204);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), E_REMOTE);
}

static void
a_move_whose_answer_was_lost_is_repeated_when_it_was_not_done(void **state)
{
	struct fixture *f = *state;

	no_chance();
	play(f, "PUT", 201);
	play(f, "MOVE", 423);
	play_file(f, "PROPFIND /dav/up-", "/dav/up-" DIGITS, 5);
	play(f, "MOVE", 201);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), 0);
}

static void
what_got_lost_on_the_server_is_sent_once_more(void **state)
{
	struct fixture *f = *state;

	play(f, "PUT", 201);
	play(f, "MOVE", 404);
	play(f, "PROPFIND /dav/up-", 404);
	play(f, "PROPFIND /dav/x ", 404);
	play(f, "PUT", 201);
	play(f, "MOVE", 201);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), 0);
}

static void
a_forbidden_upload_leaves_no_litter(void **state)
{
	struct fixture *f = *state;

	play(f, "PUT /dav/up-", 403);
	play(f, "DELETE /dav/up-", 404);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), E_DENIED);
	assert_non_null(strstr(err_text(), "not allow"));
}

static void
a_full_server_says_so(void **state)
{
	struct fixture *f = *state;

	put_is_whole(f);
	play(f, "PUT", 507);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), E_REMOTE);
	assert_non_null(strstr(err_text(), "no space"));
	assert_int_equal(remote_server_requests(f->server), 1);
}

static void
half_done_is_not_done(void **state)
{
	struct fixture *f = *state;

	put_is_whole(f);
	play(f, "PUT", 207);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), E_REMOTE);
	play(f, "DELETE", 207);
	assert_int_equal(remote_remove(f->remote, "x"), E_REMOTE);
}

static void
replacing_moves_over_what_is_there(void **state)
{
	struct fixture *f = *state;

	play(f, "PUT /dav/up-", 201);
	play(f, "MOVE /dav/up-", 204);
	assert_int_equal(remote_replace(f->remote, "version.txt", "1", 1), 0);
	assert_true(remote_server_header(f->server, 1, "Overwrite: T"));
}

static void
replacing_is_one_put_where_a_put_is_whole(void **state)
{
	struct fixture *f = *state;

	put_is_whole(f);
	play(f, "PUT /dav/version.txt", 204);
	assert_int_equal(remote_replace(f->remote, "version.txt", "1", 1), 0);
	assert_false(remote_server_header(f->server, 0, "If-None-Match: *"));
	assert_int_equal(remote_server_requests(f->server), 1);
}

static void
removing_what_is_gone_is_fine(void **state)
{
	struct fixture *f = *state;

	play(f, "DELETE", 404);
	assert_int_equal(remote_remove(f->remote, "x"), 0);
	play(f, "DELETE", 204);
	assert_int_equal(remote_remove(f->remote, "x"), 0);
	play(f, "DELETE", 403);
	assert_int_equal(remote_remove(f->remote, "x"), E_DENIED);
}

static void
paths_that_lead_out_of_the_store_are_refused(void **state)
{
	static const char *const wrong[] = { "", "/x", "../x", "a/../x", "a//b",
		"a/", "./a", "a\nb" };
	struct fixture *f = *state;
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(remote_put(f->remote, wrong[i], "x", 1),
		    E_INPUT);
		assert_int_equal(remote_get(f->remote, wrong[i], 9, &b),
		    E_INPUT);
		assert_int_equal(remote_remove(f->remote, wrong[i]), E_INPUT);
		assert_int_equal(remote_make_dir(f->remote, wrong[i]), E_INPUT);
	}
	buf_release(&b);
}

/* ---- folders --------------------------------------------------------------- */

static void
a_folder_is_made_once(void **state)
{
	struct fixture *f = *state;

	play(f, "MKCOL /dav/ab/ ", 201);
	play(f, "MKCOL /dav/cd/ ", 405);
	assert_int_equal(remote_make_dir(f->remote, "ab"), 0);
	assert_int_equal(remote_make_dir(f->remote, "cd"), 0);
	assert_int_equal(remote_make_dir(f->remote, "ab"), 0);
	assert_int_equal(remote_make_dir(f->remote, "cd"), 0);
	remote_forget_dirs(f->remote);
	play(f, "MKCOL /dav/ab/ ", 405);
	assert_int_equal(remote_make_dir(f->remote, "ab"), 0);
}

static void
a_folder_that_is_there_is_made_whatever_the_answer(void **state)
{
	static const int odd[] = { 301, 403, 409 };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < 3; i++) {
		remote_forget_dirs(f->remote);
		remote_server_play(f->server, "MKCOL", odd[i],
		    "Location: /dav/ab/\r\n", "");
		play_file(f, "PROPFIND /dav/ab/ ", "/dav/ab/", -1);
		assert_int_equal(remote_make_dir(f->remote, "ab"), 0);
	}
	play(f, "MKCOL", 403);
	play(f, "PROPFIND", 404);
	assert_int_equal(remote_make_dir(f->remote, "cd"), E_DENIED);
}

static void
a_root_is_made_with_its_parents(void **state)
{
	struct fixture *f = *state;
	struct remote_config c = { .tries = 1 };

	remote_close(f->remote);
	c.url = remote_server_url(f->server, "/a/b/c");
	assert_int_equal(remote_open(&c, &f->remote), 0);
	play(f, "PROPFIND /a/b/c/ ", 404);
	play(f, "PROPFIND /a/b/ ", 404);
	play_file(f, "PROPFIND /a/ ", "/a/", -1);
	play(f, "MKCOL /a/b/ ", 201);
	play(f, "MKCOL /a/b/c/ ", 201);
	play_file(f, "PROPFIND /a/b/c/ ", "/a/b/c/", -1);
	assert_int_equal(remote_make_root(f->remote), 0);
	play_file(f, "PROPFIND /a/b/c/ ", "/a/b/c/", -1);
	assert_int_equal(remote_make_root(f->remote), 0);
}

static void
a_server_without_webdav_is_told_as_such(void **state)
{
	struct fixture *f = *state;

	play(f, "PROPFIND", 405);
	assert_int_equal(remote_make_root(f->remote), E_DENIED);
	assert_non_null(strstr(err_text(), "WebDAV"));
	remote_server_play(f->server, "PROPFIND", 200, "", "<html>hi</html>");
	assert_int_equal(remote_make_root(f->remote), E_DENIED);
	assert_non_null(strstr(err_text(), "WebDAV"));
}

/* ---- listings -------------------------------------------------------------- */

static int
count(void *arg, const struct remote_entry *entry)
{
	(void)entry;
	++*(int *)arg;
	return 0;
}

static int
stop(void *arg, const struct remote_entry *entry)
{
	(void)entry;
	++*(int *)arg;
	return 42;
}

static void
a_listing_asks_for_the_folder_only(void **state)
{
	static const char *const hrefs[] = { "/dav/ab/", "/dav/ab/x",
		"/dav/ab/y" };
	static const int sizes[] = { -1, 3, 4 };
	struct fixture *f = *state;
	int n = 0;

	remote_server_listing(f->server, "PROPFIND /dav/ab/ ", hrefs, sizes, 3);
	assert_int_equal(remote_list(f->remote, "ab", count, &n), 0);
	assert_int_equal(n, 2);
	assert_true(remote_server_header(f->server, 0, "Depth: 1"));
	remote_server_listing(f->server, "PROPFIND /dav/ab/ ", hrefs, sizes, 3);
	n = 0;
	assert_int_equal(remote_list(f->remote, "ab", stop, &n), 42);
	assert_int_equal(n, 1);
}

static void
a_listing_that_is_cut_off_is_asked_for_again(void **state)
{
	static const char half[] =
	    "HTTP/1.1 207 M\r\n\r\n<multistatus xmlns='DAV:'><response>";
	struct fixture *f = *state;
	int n = 0;

	remote_server_play_raw(f->server, "PROPFIND", half, sizeof(half) - 1,
	    THEN_CLOSE);
	play_file(f, "PROPFIND", "/dav/x", 4);
	assert_int_equal(remote_list(f->remote, "", count, &n), 0);
	assert_int_equal(n, 1);
}

static void
a_hostile_listing_is_an_error_at_once(void **state)
{
	struct fixture *f = *state;
	int n = 0;

	remote_server_play(f->server, "PROPFIND", 207, "",
	    "<!DOCTYPE a [<!ENTITY b 'c'>]><multistatus xmlns='DAV:'/>");
	assert_int_equal(remote_list(f->remote, "", count, &n), E_CORRUPT);
	assert_int_equal(n, 0);
}

static void
a_folder_that_is_not_there_is_absent(void **state)
{
	struct fixture *f = *state;
	struct remote_head head;
	int n = 0;

	play(f, "PROPFIND", 404);
	assert_int_equal(remote_list(f->remote, "x", count, &n), E_ABSENT);
	play(f, "PROPFIND /dav/head/", 404);
	assert_int_equal(remote_head_read(f->remote, &head), E_ABSENT);
}

static void
a_listing_after_a_redirect_speaks_of_the_new_place(void **state)
{
	struct fixture *f = *state;
	int n = 0;

	remote_server_play(f->server, "PROPFIND /dav/x/", 301,
	    "Location: /new/x/\r\n", "");
	play_file(f, "PROPFIND /new/x/", "/new/x/file", 4);
	assert_int_equal(remote_list(f->remote, "x", count, &n), 0);
	assert_int_equal(n, 1);
}

/* ---- the head --------------------------------------------------------------- */

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"

static void
the_head_is_the_one_name_of_its_form(void **state)
{
	static const char *const hrefs[] = { "/dav/head/", "/dav/head/.tmp",
		"/dav/head/000000000042-" ONES,
		"/dav/head/000000000043-" ONES ".part", "/dav/head/43-" ONES,
		"/dav/head/000000000044-" ONES "/" };
	static const int sizes[] = { -1, 1, 1, 1, 1, -1 };
	struct fixture *f = *state;
	struct remote_head head;

	remote_server_listing(f->server, "PROPFIND /dav/head/ ", hrefs, sizes,
	    6);
	assert_int_equal(remote_head_read(f->remote, &head), 0);
	assert_int_equal(head.version, 42);
	assert_int_equal(head.commit.bytes[31], 0x11);
	assert_int_equal(remote_stats(f->remote).requests, 1);
}

static void
no_head_or_two_are_told_as_busy(void **state)
{
	static const char *const hrefs[] = { "/dav/head/",
		"/dav/head/000000000042-" ONES,
		"/dav/head/000000000041-" ZEROS };
	static const int sizes[] = { -1, 1, 1 };
	struct fixture *f = *state;
	struct remote_head seen[4];
	int n = -1;

	remote_server_listing(f->server, "PROPFIND", hrefs, sizes, 1);
	assert_int_equal(remote_head_look(f->remote, seen, 4, &n), E_BUSY);
	assert_int_equal(n, 0);
	remote_server_listing(f->server, "PROPFIND", hrefs, sizes, 3);
	assert_int_equal(remote_head_look(f->remote, seen, 4, &n), E_BUSY);
	assert_int_equal(n, 2);
	assert_int_equal(seen[1].version, 41);
	remote_server_listing(f->server, "PROPFIND", hrefs, sizes, 3);
	assert_int_equal(remote_head_look(f->remote, NULL, 0, NULL), E_BUSY);
}

static int
swap(struct fixture *f)
{
	struct remote_head from = { .version = 41 }, to = { .version = 42 };

	memset(to.commit.bytes, 0x11, sizeof(to.commit.bytes));
	return remote_head_swap(f->remote, &from, &to);
}

static void
a_head_swap_is_one_move(void **state)
{
	struct fixture *f = *state;
	char to[600];

	play(f, "MOVE /dav/head/000000000041-" ZEROS " ", 204);
	assert_int_equal(swap(f), 0);
	snprintf(to, sizeof(to), "Destination: %s",
	    remote_server_url(f->server, "/dav/head/000000000042-" ONES));
	assert_true(remote_server_header(f->server, 0, to));
	assert_true(remote_server_header(f->server, 0, "Overwrite: F"));
}

static void
a_head_swap_is_never_repeated_by_itself(void **state)
{
	static const struct {
		int status, rc;
	} answers[] = { { 404, E_CONFLICT }, { 412, E_CONFLICT },
		{ 403, E_CONFLICT }, { 409, E_CONFLICT }, { 207, E_CONFLICT },
		{ 423, E_REMOTE }, { 500, E_REMOTE }, { 503, E_REMOTE } };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		play(f, "MOVE", answers[i].status);
		assert_int_equal(swap(f), answers[i].rc);
	}
	remote_server_play_raw(f->server, "MOVE", "", 0, THEN_CLOSE);
	assert_int_equal(swap(f), E_REMOTE);
	remote_server_play_raw(f->server, "MOVE", "", 0, THEN_STALL);
	assert_int_equal(swap(f), E_REMOTE);
	assert_int_equal(remote_server_requests(f->server), (int)i + 2);
}

/*
 * nginx, lighttpd and Apache behind a proxy that ends TLS: an https address is
 * another server's to them (400, 502).
 */
static void
where_a_whole_destination_is_refused_the_path_is_told(void **state)
{
	struct fixture *f = *state;
	int i;

	play(f, "MOVE", 400);
	play(f, "MOVE", 204);
	play(f, "MOVE", 204);
	assert_int_equal(swap(f), 0);
	assert_int_equal(swap(f), 0);
	for (i = 1; i < 3; i++)
		assert_true(remote_server_header(f->server, i,
		    "Destination: /dav/head/000000000042-" ONES));
	assert_int_equal(remote_server_requests(f->server), 3);
}

/* Apache takes no path; and a proxy may say 502 for reasons of its own. */
static void
where_a_path_is_refused_the_whole_destination_is_told(void **state)
{
	struct fixture *f = *state;
	char to[600];

	play(f, "MOVE", 502);
	play(f, "MOVE", 400);
	assert_int_equal(swap(f), E_CONFLICT);
	play(f, "MOVE", 201);
	assert_int_equal(swap(f), 0);
	snprintf(to, sizeof(to), "Destination: %s",
	    remote_server_url(f->server, "/dav/head/000000000042-" ONES));
	assert_true(remote_server_header(f->server, 2, to));
}

static void
a_head_swap_is_not_repeated_on_a_connection_that_died(void **state)
{
	struct fixture *f = *state;
	struct buf b = { 0 };

	/* libcurl alone would send it twice here. */
	remote_server_play(f->server, "GET", 200, "", "x");
	assert_int_equal(remote_get(f->remote, "x", 9, &b), 0);
	remote_server_play_raw(f->server, "MOVE", "", 0, THEN_CLOSE);
	assert_int_equal(swap(f), E_REMOTE);
	assert_int_equal(remote_server_count(f->server, "MOVE"), 1);
	buf_release(&b);
}

static void
a_head_is_created_by_moving_a_folder(void **state)
{
	struct fixture *f = *state;

	put_is_whole(f);
	play(f, "MKCOL /dav/head.new-u/ ", 201);
	play(f, "PUT /dav/head.new-u/000000000000-" ZEROS " ", 201);
	play(f, "MOVE /dav/head.new-u/ ", 201);
	play(f, "DELETE /dav/head.new-u/ ", 404);
	assert_int_equal(remote_head_create(f->remote, "u", "{}", 2), 0);
	assert_non_null(strstr(remote_server_head(f->server, 2), "/head/\r\n"));
	assert_true(remote_server_header(f->server, 2, "Overwrite: F"));
	play(f, "MKCOL", 201);
	play(f, "PUT", 201);
	play(f, "MOVE", 207);
	play(f, "DELETE /dav/head.new-u/ ", 204);
	assert_int_equal(remote_head_create(f->remote, "u", "{}", 2), E_EXISTS);
	assert_int_equal(remote_head_create(f->remote, "../u", "{}", 2),
	    E_INPUT);
}

/* ---- many at once ------------------------------------------------------------- */

struct list {
	struct remote_transfer *t;
	int n, handed_out;
	int done[8]; /* indices in the order of their end */
	int rc[8];
	char text[8][200];
	int n_done;
	int answer; /* of `done` */
};

static int
next(void *arg, struct remote_transfer *t)
{
	struct list *l = arg;

	if (l->handed_out == l->n)
		return 0;
	*t = l->t[l->handed_out];
	t->arg = &l->t[l->handed_out++];
	return 1;
}

static int
done(void *arg, const struct remote_transfer *t, int rc)
{
	struct list *l = arg;
	int i = (int)((struct remote_transfer *)t->arg - l->t);

	l->rc[i] = rc;
	snprintf(l->text[i], sizeof(l->text[i]), "%s", rc ? err_text() : "");
	l->done[l->n_done++] = i;
	return l->answer;
}

static int
run(struct fixture *f, struct list *l)
{
	return remote_run(f->remote, next, done, l);
}

static struct remote_transfer
getting(struct fixture *f, const char *content)
{
	struct remote_transfer t = { .kind = REMOTE_GET_FILE,
		.path = "x",
		.file = f->file,
		.size_bytes = (int64_t)strlen(content) };

	hash_bytes(content, strlen(content), &t.want);
	return t;
}

static int
get_file(struct fixture *f, const char *content)
{
	struct remote_transfer t = getting(f, content);
	struct list l = { .t = &t, .n = 1 };

	assert_int_equal(run(f, &l), 0);
	assert_int_equal(l.n_done, 1);
	if (l.rc[0] != 0)
		(void)err_set(l.rc[0], "%s", l.text[0]);
	return l.rc[0];
}

static void
file_has(struct fixture *f, const char *content)
{
	struct buf b = { 0 };

	assert_int_equal(file_read(f->file, 100, &b), 0);
	assert_string_equal(buf_text(&b), content);
	buf_release(&b);
	assert_int_equal(access(f->tag, F_OK), -1);
}

static void
a_content_is_fetched_and_verified(void **state)
{
	struct fixture *f = *state;

	remote_server_play(f->server, "GET /dav/x ", 200, "", "0123456789");
	assert_int_equal(get_file(f, "0123456789"), 0);
	file_has(f, "0123456789");
	assert_int_equal(remote_progress(f->remote), 10);
	assert_null(strcasestr(remote_server_head(f->server, 0),
	    "\r\nAccept-Encoding:"));
}

static void
an_empty_content_needs_no_request(void **state)
{
	struct fixture *f = *state;

	remote_server_play(f->server, "GET", 200, "", "");
	assert_int_equal(get_file(f, ""), 0);
	file_has(f, "");
}

static void
play_half(struct fixture *f, const char *headers, const char *half,
    enum remote_server_then then)
{
	struct buf b = { 0 };

	buf_printf(&b, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n%s\r\n%s",
	    headers, half);
	remote_server_play_raw(f->server, "GET", b.data, b.len, then);
	buf_release(&b);
}

static void
a_half_sent_content_is_fetched_again(void **state)
{
	struct fixture *f = *state;

	play_half(f, "ETag: \"e1\"\r\n", "0123", THEN_CLOSE);
	remote_server_play(f->server, "GET", 206,
	    "Content-Range: bytes 4-9/10\r\n", "456789");
	assert_int_equal(get_file(f, "0123456789"), 0);
	assert_true(remote_server_header(f->server, 1, "Range: bytes=4-"));
	assert_true(remote_server_header(f->server, 1, "If-Range: \"e1\""));
	file_has(f, "0123456789");
	assert_int_equal(remote_progress(f->remote), 10);
}

static void
a_content_that_stalls_is_gone_on_with(void **state)
{
	struct fixture *f = *state;

	play_half(f, "ETag: W/\"weak\"\r\n", "0123", THEN_STALL);
	remote_server_play(f->server, "GET", 206,
	    "Content-Range: bytes 4-9/10\r\n", "456789");
	assert_int_equal(get_file(f, "0123456789"), 0);
	assert_null(strstr(remote_server_head(f->server, 1), "If-Range"));
	file_has(f, "0123456789");
}

static void
each_step_forward_counts_tries_anew(void **state)
{
	struct fixture *f = *state;
	char range[64], half[200];
	int i;

	play_half(f, "", "0", THEN_CLOSE);
	for (i = 1; i < 9; i++) {
		snprintf(range, sizeof(range), "Content-Range: bytes %d-9/10",
		    i);
		snprintf(half, sizeof(half),
		    "HTTP/1.1 206 OK\r\n"
		    "Content-Length: %d\r\n%s\r\n\r\n%d",
		    10 - i, range, i);
		remote_server_play_raw(f->server, "GET", half, strlen(half),
		    THEN_CLOSE);
	}
	remote_server_play(f->server, "GET", 206,
	    "Content-Range: bytes 9-9/10\r\n", "9");
	assert_int_equal(get_file(f, "0123456789"), 0);
	file_has(f, "0123456789");
}

static void
no_step_forward_comes_to_an_end(void **state)
{
	struct fixture *f = *state;
	int i;

	for (i = 0; i < 3; i++) /* it ignores ranges */
		play_half(f, "", "0123", THEN_CLOSE);
	assert_int_equal(get_file(f, "0123456789"), E_REMOTE);
	assert_int_equal(access(f->file, F_OK), 0);
}

static void
a_server_that_ignores_ranges_is_read_from_the_start(void **state)
{
	struct fixture *f = *state;

	play_half(f, "", "0123", THEN_CLOSE);
	remote_server_play(f->server, "GET", 200, "", "0123456789");
	assert_int_equal(get_file(f, "0123456789"), 0);
	file_has(f, "0123456789");
	assert_int_equal(remote_progress(f->remote), 10);
}

static void
a_part_that_is_another_one_is_not_used(void **state)
{
	static const char *const wrong[] = { "Content-Range: bytes 5-9/10\r\n",
		"Content-Range: nonsense\r\n", "" };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(file_remove(f->file), 0);
		play_half(f, "", "0123", THEN_CLOSE);
		remote_server_play(f->server, "GET", 206, wrong[i], "56789");
		remote_server_play(f->server, "GET", 200, "", "0123456789");
		assert_int_equal(get_file(f, "0123456789"), 0);
		file_has(f, "0123456789");
		assert_null(
		    strstr(remote_server_head(f->server, (int)i * 3 + 2),
			"Range"));
	}
}

static void
a_range_that_is_refused_is_read_from_the_start(void **state)
{
	struct fixture *f = *state;

	play_half(f, "", "0123", THEN_CLOSE);
	play(f, "GET", 416);
	remote_server_play(f->server, "GET", 200, "", "0123456789");
	assert_int_equal(get_file(f, "0123456789"), 0);
	file_has(f, "0123456789");
}

static void
wrong_bytes_are_fetched_once_more_and_then_refused(void **state)
{
	struct fixture *f = *state;

	remote_server_play(f->server, "GET", 200, "", "012345678X");
	remote_server_play(f->server, "GET", 200, "", "0123456789");
	assert_int_equal(get_file(f, "0123456789"), 0);
	file_has(f, "0123456789");
	assert_int_equal(file_remove(f->file), 0);
	remote_server_play(f->server, "GET", 200, "", "012345678X");
	remote_server_play(f->server, "GET", 200, "", "012345678X");
	assert_int_equal(get_file(f, "0123456789"), E_CORRUPT);
	assert_int_equal(access(f->file, F_OK), -1);
}

static void
too_many_bytes_are_refused_as_they_come(void **state)
{
	static const char more[] = "HTTP/1.1 200 OK\r\nContent-Length: "
				   "99\r\n\r\n0123456789and more";
	struct fixture *f = *state;
	int64_t began = clock_mono_ms();
	int i;

	for (i = 0; i < 2; i++)
		remote_server_play_raw(f->server, "GET", more, sizeof(more) - 1,
		    THEN_STALL);
	assert_int_equal(get_file(f, "0123456789"), E_CORRUPT);
	assert_int_equal(access(f->file, F_OK), -1);
	assert_in_range(clock_mono_ms() - began, 0, 900);
}

static void
an_answer_that_ends_early_without_a_word_is_gone_on_with(void **state)
{
	static const char half[] = "HTTP/1.1 200 OK\r\n\r\n0123";
	struct fixture *f = *state;

	remote_server_play_raw(f->server, "GET", half, sizeof(half) - 1,
	    THEN_CLOSE);
	remote_server_play(f->server, "GET", 206,
	    "Content-Range: bytes 4-9/10\r\n", "456789");
	assert_int_equal(get_file(f, "0123456789"), 0);
	file_has(f, "0123456789");
}

static void
a_length_that_is_a_lie_does_not_hide_a_whole_content(void **state)
{
	static const char lie[] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n0123456789";
	struct fixture *f = *state;

	remote_server_play_raw(f->server, "GET", lie, sizeof(lie) - 1,
	    THEN_STALL);
	assert_int_equal(get_file(f, "0123456789"), 0);
	file_has(f, "0123456789");
}

static void
a_later_run_goes_on_where_one_broke_off(void **state)
{
	struct fixture *f = *state;
	struct buf tag = { 0 };

	play_half(f, "ETag: \"e1\"\r\n", "0123", THEN_CLOSE);
	play(f, "GET", 503);
	play(f, "GET", 503);
	assert_int_equal(get_file(f, "0123456789"), E_REMOTE);
	assert_int_equal(file_read(f->tag, 100, &tag), 0);
	assert_string_equal(buf_text(&tag), "\"e1\"");
	buf_release(&tag);
	remote_server_play(f->server, "GET", 206,
	    "Content-Range: bytes 4-9/10\r\n", "456789");
	assert_int_equal(get_file(f, "0123456789"), 0);
	assert_true(remote_server_header(f->server, 3, "Range: bytes=4-"));
	assert_true(remote_server_header(f->server, 3, "If-Range: \"e1\""));
	file_has(f, "0123456789");
}

static void
a_whole_file_from_an_earlier_run_needs_no_request(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_write(f->file, "0123456789", 10, 0600), 0);
	assert_int_equal(file_write(f->tag, "\"e\"", 3, 0600), 0);
	assert_int_equal(get_file(f, "0123456789"), 0);
	assert_int_equal(remote_server_requests(f->server), 0);
	file_has(f, "0123456789");
}

static void
rubbish_from_an_earlier_run_does_no_harm(void **state)
{
	static const char *const rubbish[] = { "XXXXXXXXXX", "XXXXXXXXXXXX",
		"XXXX" };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(file_write(f->file, rubbish[i],
				     strlen(rubbish[i]), 0600),
		    0);
		assert_int_equal(file_write(f->tag, "\"\r\nEvil: 1\"", 12,
				     0600),
		    0);
		if (i == 2)
			remote_server_play(f->server, "GET", 206,
			    "Content-Range: bytes 4-9/10\r\n", "456789");
		remote_server_play(f->server, "GET", 200, "", "0123456789");
		assert_int_equal(get_file(f, "0123456789"), 0);
		file_has(f, "0123456789");
	}
	for (i = 0; (int)i < remote_server_requests(f->server); i++)
		assert_null(
		    strstr(remote_server_head(f->server, (int)i), "Evil"));
}

static void
rubbish_from_an_earlier_run_is_not_blamed_on_the_store(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_write(f->file, "XXXX", 4, 0600), 0);
	remote_server_play(f->server, "GET", 206,
	    "Content-Range: bytes 4-9/10\r\n", "456789");
	remote_server_play(f->server, "GET", 200, "", "012345678X");
	remote_server_play(f->server, "GET", 200, "", "0123456789");
	assert_int_equal(get_file(f, "0123456789"), 0);
	file_has(f, "0123456789");
}

static void
a_content_that_is_not_there_is_absent(void **state)
{
	struct fixture *f = *state;

	play(f, "GET", 404);
	assert_int_equal(get_file(f, "0123456789"), E_ABSENT);
	assert_int_equal(access(f->file, F_OK), -1);
}

static void
a_file_of_another_length_is_not_sent(void **state)
{
	struct fixture *f = *state;
	struct remote_transfer t = { .kind = REMOTE_PUT_FILE,
		.path = "x",
		.file = f->file,
		.size_bytes = 9 };
	struct list l = { .t = &t, .n = 1 };

	assert_int_equal(file_write(f->file, "0123456789", 10, 0600), 0);
	assert_int_equal(run(f, &l), 0);
	assert_int_equal(l.rc[0], E_IO);
}

static void
one_that_waits_does_not_hold_up_the_others(void **state)
{
	struct fixture *f = *state;
	struct remote_transfer t[3];
	struct list l = { .t = t, .n = 3 };
	char other[4200], third[4200];

	put_is_whole(f);
	snprintf(other, sizeof(other), "%s/other", f->dir);
	snprintf(third, sizeof(third), "%s/third", f->dir);
	t[0] = t[1] = t[2] = getting(f, "0123456789");
	t[1].path = "y";
	t[1].file = other;
	t[2].path = "z";
	t[2].file = third;
	remote_server_play(f->server, "GET /dav/x", 429, "Retry-After: 1\r\n",
	    "");
	remote_server_play(f->server, "GET /dav/x", 200, "", "0123456789");
	remote_server_play(f->server, "GET /dav/y", 404, "", "");
	remote_server_play(f->server, "GET /dav/z", 200, "", "0123456789");
	assert_int_equal(run(f, &l), 0);
	assert_int_equal(l.n_done, 3);
	assert_int_equal(l.done[0], 1);
	assert_int_equal(l.done[1], 2);
	assert_int_equal(l.done[2], 0);
	assert_int_equal(l.rc[0], 0);
	assert_int_equal(l.rc[1], E_ABSENT);
	assert_non_null(strstr(l.text[1], "/dav/y"));
	assert_int_equal(l.rc[2], 0);
}

static void
a_refused_login_ends_a_run(void **state)
{
	struct fixture *f = *state;
	struct remote_transfer t[5];
	struct list l = { .t = t, .n = 5 };
	int i;

	for (i = 0; i < 5; i++)
		t[i] = getting(f, "0123456789");
	remote_server_play(f->server, "GET", 401, "", "");
	remote_server_play_raw(f->server, "GET", "", 0, THEN_STALL);
	assert_int_equal(run(f, &l), E_LOGIN);
	assert_int_equal(l.n_done, 1);
	remote_server_forget(f->server);
}

static void
a_server_that_is_gone_ends_a_run(void **state)
{
	struct fixture *f = *state;
	struct remote_config c = { .url = "http://127.0.0.1:1/",
		.connections = 1,
		.tries = 2,
		.backoff_ms = 1 };
	struct remote_transfer t[2];
	struct list l = { .t = t, .n = 2 };

	remote_close(f->remote);
	assert_int_equal(remote_open(&c, &f->remote), 0);
	t[0] = t[1] = getting(f, "0123456789");
	assert_int_equal(run(f, &l), E_REMOTE);
	assert_int_equal(l.n_done, 1);
	assert_non_null(strstr(err_text(), "connect"));
}

static void
the_caller_can_end_a_run(void **state)
{
	struct fixture *f = *state;
	struct remote_transfer t[5];
	struct list l = { .t = t, .n = 5, .answer = E_GUARD };
	int i;

	for (i = 0; i < 5; i++)
		t[i] = getting(f, "0123456789");
	t[1].path = "y";
	remote_server_play(f->server, "GET /dav/x", 404, "", "");
	remote_server_play_raw(f->server, "GET /dav/y", "", 0, THEN_STALL);
	assert_int_equal(run(f, &l), E_GUARD);
	assert_int_equal(l.n_done, 1);
	remote_server_forget(f->server);
}

static int
next_once(void *arg, struct remote_transfer *t)
{
	struct remote_transfer *only = arg;

	if (only->path == NULL)
		return 0;
	*t = *only;
	only->path = NULL;
	return 1;
}

static int
done_well(void *arg, const struct remote_transfer *t, int rc)
{
	(void)arg;
	assert_string_equal(t->path, "ab");
	return rc;
}

static void
sizes_are_listed_among_the_others(void **state)
{
	static const char *const hrefs[] = { "/dav/ab/", "/dav/ab/x" };
	static const int sizes[] = { -1, 3 };
	struct fixture *f = *state;
	int n = 0;
	struct remote_transfer t = { .kind = REMOTE_LIST_SIZES,
		.path = "ab",
		.entry = count,
		.arg = &n };

	remote_server_listing(f->server, "PROPFIND /dav/ab/", hrefs, sizes, 2);
	assert_int_equal(remote_run(f->remote, next_once, done_well, &t), 0);
	assert_int_equal(n, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_put_goes_under_another_name_and_is_moved),
		TEST(a_put_to_a_careful_server_is_one_request),
		TEST(an_empty_object_is_put_with_its_length),
		TEST(what_is_there_is_not_written_over),
		TEST(what_is_there_is_not_moved_over),
		TEST(a_put_that_was_done_though_told_otherwise_is_not_repeated),
		TEST(a_put_without_an_answer_is_asked_about_and_repeated),
		TEST(half_an_upload_under_its_other_name_is_sent_again),
		TEST(a_torn_object_is_not_taken_for_ours),
		TEST(our_own_upload_is_no_obstacle),
		TEST(a_missing_folder_is_made_once),
		TEST(a_folder_that_was_there_is_made_again),
		TEST(a_move_that_was_done_though_told_otherwise_is_done),
		TEST(a_move_that_did_half_of_it_fails_and_leaves_no_litter),
		TEST(what_got_lost_on_the_server_is_sent_once_more),
		TEST(
		    a_move_whose_answer_was_lost_is_repeated_when_it_was_not_done),
		TEST(a_forbidden_upload_leaves_no_litter),
		TEST(a_full_server_says_so),
		TEST(half_done_is_not_done),
		TEST(replacing_moves_over_what_is_there),
		TEST(replacing_is_one_put_where_a_put_is_whole),
		TEST(removing_what_is_gone_is_fine),
		TEST(paths_that_lead_out_of_the_store_are_refused),
		TEST(a_folder_is_made_once),
		TEST(a_folder_that_is_there_is_made_whatever_the_answer),
		TEST(a_root_is_made_with_its_parents),
		TEST(a_server_without_webdav_is_told_as_such),
		TEST(a_listing_asks_for_the_folder_only),
		TEST(a_listing_that_is_cut_off_is_asked_for_again),
		TEST(a_hostile_listing_is_an_error_at_once),
		TEST(a_folder_that_is_not_there_is_absent),
		TEST(a_listing_after_a_redirect_speaks_of_the_new_place),
		TEST(the_head_is_the_one_name_of_its_form),
		TEST(no_head_or_two_are_told_as_busy),
		TEST(a_head_swap_is_one_move),
		TEST(a_head_swap_is_never_repeated_by_itself),
		TEST(where_a_whole_destination_is_refused_the_path_is_told),
		TEST(where_a_path_is_refused_the_whole_destination_is_told),
		TEST(a_head_swap_is_not_repeated_on_a_connection_that_died),
		TEST(a_head_is_created_by_moving_a_folder),
		TEST(a_content_is_fetched_and_verified),
		TEST(an_empty_content_needs_no_request),
		TEST(a_half_sent_content_is_fetched_again),
		TEST(a_content_that_stalls_is_gone_on_with),
		TEST(each_step_forward_counts_tries_anew),
		TEST(no_step_forward_comes_to_an_end),
		TEST(a_server_that_ignores_ranges_is_read_from_the_start),
		TEST(a_part_that_is_another_one_is_not_used),
		TEST(a_range_that_is_refused_is_read_from_the_start),
		TEST(wrong_bytes_are_fetched_once_more_and_then_refused),
		TEST(too_many_bytes_are_refused_as_they_come),
		TEST(an_answer_that_ends_early_without_a_word_is_gone_on_with),
		TEST(a_length_that_is_a_lie_does_not_hide_a_whole_content),
		TEST(a_later_run_goes_on_where_one_broke_off),
		TEST(a_whole_file_from_an_earlier_run_needs_no_request),
		TEST(rubbish_from_an_earlier_run_does_no_harm),
		TEST(rubbish_from_an_earlier_run_is_not_blamed_on_the_store),
		TEST(a_content_that_is_not_there_is_absent),
		TEST(a_file_of_another_length_is_not_sent),
		TEST(one_that_waits_does_not_hold_up_the_others),
		TEST(a_refused_login_ends_a_run),
		TEST(a_server_that_is_gone_ends_a_run),
		TEST(the_caller_can_end_a_run),
		TEST(sizes_are_listed_among_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

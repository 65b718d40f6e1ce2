/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "remote/remote.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A store in a directory. */

struct fixture {
	struct remote *remote;
	char *dir;
	char store[3000];
	char url[3100];
};

static struct remote *
another(struct fixture *f)
{
	struct remote_config c = { .url = f->url };
	struct remote *r = NULL;

	assert_int_equal(remote_open(&c, &r), 0);
	return r;
}

static int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.dir = temp_dir();
	snprintf(f.store, sizeof(f.store), "%s/the store", f.dir);
	snprintf(f.url, sizeof(f.url), "file://%s/the%%20store/", f.dir);
	f.remote = another(&f);
	assert_int_equal(remote_make_root(f.remote), 0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	remote_close(f->remote);
	temp_remove(f->dir);
	return 0;
}

static char *
local(struct fixture *f, const char *path)
{
	static char text[4000];

	snprintf(text, sizeof(text), "%s/%s", f->store, path);
	return text;
}

static int
append_name(void *arg, const struct remote_entry *entry)
{
	buf_printf(arg, "%s:%lld ", entry->name,
	    entry->is_dir ? -2LL : (long long)entry->size_bytes);
	return 0;
}

static void
expect_names(struct fixture *f, const char *dir, const char *names)
{
	struct buf b = { 0 };

	assert_int_equal(remote_list(f->remote, dir, append_name, &b), 0);
	assert_string_equal(buf_text(&b), names);
	buf_release(&b);
}

static void
expect_content(struct fixture *f, const char *path, const char *content)
{
	struct buf b = { 0 };

	assert_int_equal(remote_get(f->remote, path, 100, &b), 0);
	assert_string_equal(buf_text(&b), content);
	buf_release(&b);
}

static void
what_was_put_is_there_and_nothing_else(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(remote_put(f->remote, "ab/x.pdf", "hello", 5), 0);
	expect_content(f, "ab/x.pdf", "hello");
	expect_names(f, "ab", "x.pdf:5 ");
	expect_names(f, "", "ab:-2 ");
}

static void
what_is_there_is_not_written_over(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(remote_put(f->remote, "x", "one", 3), 0);
	assert_int_equal(remote_put(f->remote, "x", "two", 3), E_EXISTS);
	expect_content(f, "x", "one");
	expect_names(f, "", "x:3 ");
	assert_int_equal(remote_replace(f->remote, "x", "three", 5), 0);
	expect_content(f, "x", "three");
	expect_names(f, "", "x:5 ");
}

static void
what_is_not_there_is_absent(void **state)
{
	struct fixture *f = *state;
	struct remote_head head;
	struct buf b = { 0 };
	int n = 0;

	assert_int_equal(remote_get(f->remote, "x", 9, &b), E_ABSENT);
	assert_int_equal(remote_get(f->remote, "a/x", 9, &b), E_ABSENT);
	assert_int_equal(remote_list(f->remote, "a", append_name, &n),
	    E_ABSENT);
	assert_int_equal(remote_head_read(f->remote, &head), E_ABSENT);
	assert_int_equal(remote_remove(f->remote, "a/x"), 0);
	assert_int_equal(remote_remove(f->remote, "x"), 0);
	buf_release(&b);
}

static void
a_store_that_is_not_mounted_is_not_made(void **state)
{
	struct fixture *f = *state;
	struct remote_config c = { .url = "file:///not/mounted/store" };
	struct remote *r;

	(void)f;
	assert_int_equal(remote_open(&c, &r), 0);
	assert_int_equal(remote_make_root(r), E_ABSENT);
	assert_int_equal(remote_put(r, "x", "x", 1), E_ABSENT);
	remote_close(r);
}

static void
a_large_object_is_not_read_whole(void **state)
{
	struct fixture *f = *state;
	struct buf b = { 0 };

	assert_int_equal(remote_put(f->remote, "x", "0123456789", 10), 0);
	assert_int_equal(remote_get(f->remote, "x", 9, &b), E_INPUT);
	assert_int_equal(remote_get(f->remote, "x", 10, &b), 0);
	buf_release(&b);
}

static void
links_lead_nowhere(void **state)
{
	struct fixture *f = *state;
	struct buf b = { 0 };
	char secret[4000];

	snprintf(secret, sizeof(secret), "%s/secret", f->dir);
	assert_int_equal(file_write(secret, "s", 1, 0600), 0);
	assert_int_equal(symlink(secret, local(f, "link")), 0);
	assert_int_equal(symlink(f->dir, local(f, "out")), 0);
	assert_int_equal(remote_get(f->remote, "link", 9, &b), E_DENIED);
	assert_int_equal(remote_get(f->remote, "out/secret", 9, &b), E_ABSENT);
	assert_true(remote_put(f->remote, "out/x", "x", 1) < 0);
	assert_int_equal(remote_put(f->remote, "link", "x", 1), E_EXISTS);
	assert_int_equal(remote_replace(f->remote, "link", "x", 1), 0);
	assert_true(remote_make_dir(f->remote, "out") < 0);
	assert_int_equal(file_read(secret, 9, &b), 0);
	assert_string_equal(buf_text(&b), "s");
	expect_names(f, "", "link:1 "); /* our own now; "out" is not told */
	buf_release(&b);
}

static void
a_pipe_does_not_hang_it(void **state)
{
	struct fixture *f = *state;
	struct buf b = { 0 };

	assert_int_equal(mkfifo(local(f, "pipe"), 0600), 0);
	assert_int_equal(remote_get(f->remote, "pipe", 9, &b), E_DENIED);
	buf_release(&b);
}

static void
a_directory_that_can_only_be_read_is_told_as_such(void **state)
{
	struct fixture *f = *state;

	bool is_root = geteuid() == 0; /* who may write anywhere */

	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(chmod(f->store, 0555), 0);
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(remote_put(f->remote, "x", "x", 1), E_DENIED);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(f->store, 0755), 0);
}

/* ---- the head ---------------------------------------------------------------- */

static struct remote_head
head_of(int version, int byte)
{
	struct remote_head h = { .version = version };

	memset(h.commit.bytes, byte, sizeof(h.commit.bytes));
	return h;
}

static void
a_store_has_one_head_that_is_created_once(void **state)
{
	struct fixture *f = *state;
	struct remote_head head;
	struct buf b = { 0 };

	assert_int_equal(remote_head_create(f->remote, "u1", "{\"s\":1}", 7),
	    0);
	assert_int_equal(remote_head_create(f->remote, "u2", "{\"s\":2}", 7),
	    E_EXISTS);
	assert_int_equal(remote_head_read(f->remote, &head), 0);
	assert_int_equal(head.version, 0);
	assert_int_equal(remote_head_body(f->remote, &head, &b), 0);
	assert_string_equal(buf_text(&b), "{\"s\":1}");
	expect_names(f, "", "head:-2 ");
	buf_release(&b);
}

static void
a_swap_wants_the_head_that_is_there(void **state)
{
	struct fixture *f = *state;
	struct remote_head zero = { .version = 0 }, one = head_of(1, 1),
			   other = head_of(1, 2), head;

	assert_int_equal(remote_head_create(f->remote, "u1", "{}", 2), 0);
	assert_int_equal(remote_head_swap(f->remote, &zero, &one), 0);
	assert_int_equal(remote_head_swap(f->remote, &zero, &other),
	    E_CONFLICT);
	assert_int_equal(remote_head_read(f->remote, &head), 0);
	assert_int_equal(head.version, 1);
	assert_true(hash_eq(&head.commit, &one.commit));
}

struct writer {
	pthread_t thread;
	struct remote *r;
	int number, wins;
};

enum { WRITERS = 8, COMMITS = 200 };

static void *
write_commits(void *arg)
{
	struct writer *w = arg;
	struct remote_head head, mine;

	do {
		if (remote_head_read(w->r, &head) != 0)
			continue;
		if (head.version == COMMITS)
			break;
		mine = head_of((int)head.version + 1, w->number);
		if (remote_head_swap(w->r, &head, &mine) == 0)
			w->wins++;
	} while (true);
	return NULL;
}

static void
of_racing_writers_one_wins_each_version(void **state)
{
	struct fixture *f = *state;
	struct writer w[WRITERS];
	int i, wins = 0;

	assert_int_equal(remote_head_create(f->remote, "u1", "{}", 2), 0);
	for (i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ .r = another(f), .number = i };
		assert_int_equal(pthread_create(&w[i].thread, NULL,
				     write_commits, &w[i]),
		    0);
	}
	for (i = 0; i < WRITERS; i++) {
		pthread_join(w[i].thread, NULL);
		remote_close(w[i].r);
		wins += w[i].wins;
	}
	assert_int_equal(wins, COMMITS);
}

/* ---- many ----------------------------------------------------------------------- */

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
keep_code(void *arg, const struct remote_transfer *t, int rc)
{
	(void)arg;
	*(int *)t->arg = rc;
	return 0;
}

static int
run_one(struct fixture *f, struct remote_transfer t)
{
	int rc = 99;

	t.arg = &rc;
	assert_int_equal(remote_run(f->remote, next_once, keep_code, &t), 0);
	return rc;
}

static int
get_to(struct fixture *f, const char *file, const char *content)
{
	struct remote_transfer t = { .kind = REMOTE_GET_FILE,
		.path = "x",
		.file = file,
		.size_bytes = (int64_t)strlen(content) };

	hash_bytes(content, strlen(content), &t.want);
	return run_one(f, t);
}

static void
a_content_goes_and_comes_back(void **state)
{
	struct fixture *f = *state;
	char file[4000];
	struct remote_transfer t = { .kind = REMOTE_PUT_FILE,
		.path = "x",
		.file = file,
		.size_bytes = 10 };
	struct buf b = { 0 };

	snprintf(file, sizeof(file), "%s/file", f->dir);
	assert_int_equal(file_write(file, "0123456789", 10, 0600), 0);
	assert_int_equal(run_one(f, t), 0);
	assert_int_equal(remote_progress(f->remote), 10);
	assert_int_equal(run_one(f, t), E_EXISTS);
	t.size_bytes = 9;
	t.path = "y";
	assert_int_equal(run_one(f, t), E_IO);
	/* What an earlier run left is gone on with, if it is right. */
	assert_int_equal(file_write(file, "0123", 4, 0600), 0);
	assert_int_equal(get_to(f, file, "0123456789"), 0);
	assert_int_equal(file_write(file, "XXXX", 4, 0600), 0);
	assert_int_equal(get_to(f, file, "0123456789"), 0);
	assert_int_equal(file_read(file, 99, &b), 0);
	assert_string_equal(buf_text(&b), "0123456789");
	buf_release(&b);
}

static void
a_content_that_is_not_what_it_should_be_is_refused(void **state)
{
	struct fixture *f = *state;
	char file[4000];

	snprintf(file, sizeof(file), "%s/file", f->dir);
	assert_int_equal(remote_put(f->remote, "x", "012345678X", 10), 0);
	assert_int_equal(get_to(f, file, "0123456789"), E_CORRUPT);
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(get_to(f, file, "0123"), E_CORRUPT);
	assert_int_equal(get_to(f, file, "012345678X more"), E_CORRUPT);
	assert_int_equal(remote_remove(f->remote, "x"), 0);
	assert_int_equal(get_to(f, file, "0123"), E_ABSENT);
}

static int
stop(void *arg)
{
	(void)arg;
	return 1;
}

static void
the_tick_ends_it(void **state)
{
	struct fixture *f = *state;

	remote_set_tick(f->remote, stop, NULL);
	assert_int_equal(remote_put(f->remote, "x", "hello", 5), E_STOPPED);
	remote_set_tick(f->remote, NULL, NULL);
	expect_names(f, "", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_put_is_there_and_nothing_else),
		TEST(what_is_there_is_not_written_over),
		TEST(what_is_not_there_is_absent),
		TEST(a_store_that_is_not_mounted_is_not_made),
		TEST(a_large_object_is_not_read_whole),
		TEST(links_lead_nowhere),
		TEST(a_pipe_does_not_hang_it),
		TEST(a_directory_that_can_only_be_read_is_told_as_such),
		TEST(a_store_has_one_head_that_is_created_once),
		TEST(a_swap_wants_the_head_that_is_there),
		TEST(of_racing_writers_one_wins_each_version),
		TEST(a_content_goes_and_comes_back),
		TEST(a_content_that_is_not_what_it_should_be_is_refused),
		TEST(the_tick_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

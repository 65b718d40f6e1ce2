/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/blob.h"

#include "base/err.h"
#include "base/str.h"
#include "unit/contents.h"

#include <sys/syscall.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* In place of libc's: it counts, and fails when told to. */
static int files_synced, folders_synced, fail_sync;

int
fsync(int fd)
{
	struct stat st;

	if (fail_sync) {
		errno = EIO;
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		folders_synced++;
	else
		files_synced++;
	return (int)syscall(SYS_fsync, fd);
}

static int
setup(void **state)
{
	*state = contents_new();
	files_synced = folders_synced = fail_sync = 0;
	return 0;
}

static int
teardown(void **state)
{
	fail_sync = 0;
	contents_free(*state);
	return 0;
}

/* Files in the temporary folder of this process. */
static int
temp_files(struct contents *c)
{
	char *one = blob_temp(c->blobs, c->l->mem);

	*strrchr(one, '/') = '\0';
	return contents_count(c, one + strlen(c->root) + 1);
}

static struct blob_intake *
begin(struct contents *c, int64_t limit)
{
	struct blob_intake *in;

	assert_int_equal(blob_intake_begin(c->blobs, limit, &in), 0);
	return in;
}

/* "abc" in pieces, ended with `rc`. */
static int
take_abc(struct contents *c, int rc, struct hash *id, int64_t *size)
{
	struct blob_intake *in = begin(c, 3);

	assert_int_equal(blob_intake_add(in, "a", 1), 0);
	assert_int_equal(blob_intake_add(in, NULL, 0), 0);
	assert_int_equal(blob_intake_add(in, "bc", 2), 0);
	return blob_intake_end(in, rc, "tei", id, size);
}

static void
what_came_in_pieces_is_found_under_its_hash(void **state)
{
	struct contents *c = *state;
	char text[HASH_HEX_SIZE];
	struct stat st;
	struct hash id;
	int64_t size;

	assert_int_equal(take_abc(c, 1, &id, &size), 1);
	assert_string_equal(hash_hex(&id, text), ABC);
	assert_int_equal(size, 3);
	assert_int_equal(blob_find(c->blobs, ABC, "tei", &size), 1);
	assert_int_equal(size, 3);
	assert_int_equal(stat(blob_path(c->blobs, c->l->mem, ABC, "tei"), &st),
	    0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(temp_files(c), 0);
	assert_int_equal(files_synced, 1);
	assert_true(folders_synced > 0);
}

static void
an_intake_that_is_given_up_leaves_nothing(void **state)
{
	struct contents *c = *state;
	struct hash id, before;
	int64_t size = -1;

	memset(&id, 7, sizeof(id));
	before = id;
	assert_int_equal(take_abc(c, E_STOPPED, &id, &size), E_STOPPED);
	assert_true(hash_eq(&id, &before));
	assert_int_equal(size, -1);
	assert_int_equal(contents_all(c), 0);
	assert_int_equal(temp_files(c), 0);
}

static void
what_cannot_be_made_durable_leaves_nothing(void **state)
{
	struct contents *c = *state;
	struct hash id;
	int64_t size;

	fail_sync = 1;
	assert_int_equal(take_abc(c, 0, &id, &size), E_IO);
	assert_int_equal(contents_all(c), 0);
	assert_int_equal(temp_files(c), 0);
}

static void
an_unknown_kind_is_refused(void **state)
{
	struct contents *c = *state;
	struct blob_intake *in = begin(c, 0);
	struct hash id;
	int64_t size;

	assert_int_equal(blob_intake_end(in, 0, "exe", &id, &size), E_INPUT);
	assert_int_equal(temp_files(c), 0);
}

static void
more_than_the_limit_is_refused(void **state)
{
	struct contents *c = *state;
	struct blob_intake *in = begin(c, 3);
	struct hash id;
	int64_t size;

	assert_int_equal(blob_intake_add(in, "abcd", 4), E_INPUT);
	assert_int_equal(blob_intake_add(in, "abc", 3), 0);
	assert_int_equal(blob_intake_add(in, "d", 1), E_INPUT);
	assert_int_equal(blob_intake_end(in, 0, "pdf", &id, &size), 0);
	assert_int_equal(size, 3);
}

static void
what_has_come_can_be_looked_at(void **state)
{
	struct contents *c = *state;
	struct blob_intake *in = begin(c, 0);
	char text[4] = "";
	struct hash id;
	int64_t size;

	assert_int_equal(blob_intake_add(in, "abc", 3), 0);
	assert_int_equal(lseek(blob_intake_fd(in), 1, SEEK_SET), 1);
	assert_int_equal(read(blob_intake_fd(in), text, 3), 2);
	assert_string_equal(text, "bc");
	assert_int_equal(lseek(blob_intake_fd(in), 0, SEEK_SET), 0);
	assert_int_equal(blob_intake_end(in, 0, "pdf", &id, &size), 0);
	assert_true(blob_is_here(c->blobs, ABC, "pdf"));
}

static void
what_is_here_already_is_not_written_again(void **state)
{
	struct contents *c = *state;
	struct stat before, after;
	struct hash id;
	int64_t size;
	char *path;

	contents_put(c, "abc", "tei");
	path = blob_path(c->blobs, c->l->mem, ABC, "tei");
	assert_int_equal(stat(path, &before), 0);
	files_synced = folders_synced = 0;
	assert_int_equal(take_abc(c, 0, &id, &size), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(files_synced, 0);
	assert_true(folders_synced > 0);
	assert_int_equal(temp_files(c), 0);
	assert_int_equal(truncate(path, 2), 0);
	assert_int_equal(take_abc(c, 0, &id, &size), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_size, 3);
}

/* More than is kept back from the disk at once. */
static void
a_large_content_comes_whole(void **state)
{
	struct contents *c = *state;
	struct blob_intake *in = begin(c, 0);
	char piece[65536], text[HASH_HEX_SIZE];
	struct hash id, again;
	int64_t size;
	int i, fd;

	for (i = 0; i < 300; i++) {
		memset(piece, i, sizeof(piece));
		assert_int_equal(blob_intake_add(in, piece, sizeof(piece)), 0);
	}
	assert_int_equal(blob_intake_end(in, 0, "pdf", &id, &size), 0);
	assert_int_equal(size, 300 * 65536);
	fd = blob_open(c->blobs, hash_hex(&id, text), "pdf");
	assert_true(fd >= 0);
	assert_int_equal(hash_fd(fd, &again, &size), 0);
	close(fd);
	assert_true(hash_eq(&id, &again));
	assert_int_equal(size, 300 * 65536);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(what_came_in_pieces_is_found_under_its_hash),
		TEST(an_intake_that_is_given_up_leaves_nothing),
		TEST(what_cannot_be_made_durable_leaves_nothing),
		TEST(an_unknown_kind_is_refused),
		TEST(more_than_the_limit_is_refused),
		TEST(what_has_come_can_be_looked_at),
		TEST(what_is_here_already_is_not_written_again),
		TEST(a_large_content_comes_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

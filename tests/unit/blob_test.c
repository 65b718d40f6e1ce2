/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/blob.h"

#include "base/err.h"
#include "base/str.h"
#include "unit/contents.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* In place of libc's: they count, and fail when told to. */
static int files_synced, folders_synced, disks_synced, fail_sync;

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

int
syncfs(int fd)
{
	if (fail_sync) {
		errno = EIO;
		return -1;
	}
	disks_synced++;
	return (int)syscall(SYS_syncfs, fd);
}

static int
setup(void **state)
{
	*state = contents_new();
	files_synced = folders_synced = disks_synced = 0;
	return 0;
}

static int
teardown(void **state)
{
	fail_sync = 0;
	contents_free(*state);
	return 0;
}

/* Files in the temporary folders of all processes. */
static int
temp_files(struct contents *c)
{
	DIR *d = opendir(path_join(c->l->mem, c->root, ".tmp"));
	struct dirent *e;
	int n = 0;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && !str_ends(e->d_name, ".lock"))
			n += contents_count(c,
			    path_join(c->l->mem, ".tmp", e->d_name));
	if (d != NULL)
		closedir(d);
	return n;
}

static void
assert_content(struct contents *c, const char *id, const char *file_type,
    const void *data, size_t len)
{
	char text[HASH_HEX_SIZE];
	struct hash hash;
	int64_t size;
	int fd;

	fd = blob_open(c->blobs, id, file_type);
	assert_true(fd >= 0);
	assert_int_equal(hash_fd(fd, &hash, &size), 0);
	close(fd);
	assert_int_equal(size, len);
	assert_string_equal(hash_hex(&hash, text), id);
	hash_bytes(data, len, &hash);
	assert_string_equal(hash_hex(&hash, text), id);
}

static ino_t
inode(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

/* ---- one ----------------------------------------------------------------- */

static void
a_content_is_found_under_its_hash(void **state)
{
	struct contents *c = *state;
	char *path, *id;
	struct stat st;
	int64_t size;
	mode_t was = umask(077);

	id = contents_put(c, "abc", "tei");
	umask(was);
	assert_string_equal(id, ABC);
	path = blob_path(c->blobs, c->l->mem, ABC, "tei");
	assert_string_equal(path,
	    mem_printf(c->l->mem, "%s/ba/" ABC ".tei.xml", c->root));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(stat(path_join(c->l->mem, c->root, "ba"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(stat(c->root, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(blob_find(c->blobs, ABC, "tei", &size), 1);
	assert_int_equal(size, 3);
	assert_true(blob_is_here(c->blobs, ABC, "tei"));
	assert_false(blob_is_here(c->blobs, ABC, "pdf"));
	assert_content(c, ABC, "tei", "abc", 3);
	assert_int_equal(blob_open(c->blobs, ABC, "pdf"), E_ABSENT);
	assert_int_equal(temp_files(c), 0);
}

static void
contents_of_any_length_are_stored_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 262143, 262144, 262145, 524288,
		1000000 };
	struct contents *c = *state;
	char *data = malloc(1000000), text[HASH_HEX_SIZE];
	struct hash hash;
	int64_t size;
	size_t i;
	int fd;

	for (i = 0; i < 1000000; i++)
		data[i] = (char)(i * 7 + i / 256);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fd = contents_fd(data, sizes[i]);
		assert_int_equal(blob_put(c->blobs, fd, "pdf", 0, &hash, &size),
		    0);
		assert_int_equal(size, sizes[i]);
		assert_content(c, hash_hex(&hash, text), "pdf", data, sizes[i]);
		close(fd);
	}
	assert_int_equal(temp_files(c), 0);
	free(data);
}

static void
a_pipe_is_read_to_its_end(void **state)
{
	struct contents *c = *state;
	char *data = calloc(1, 700000), text[HASH_HEX_SIZE];
	struct hash hash;
	int64_t size;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	if (fork() == 0) {
		close(ends[0]);
		_exit(file_write_all(ends[1], data, 700000) != 0);
	}
	close(ends[1]);
	assert_int_equal(blob_put(c->blobs, ends[0], "pdf", 700000, &hash,
			     &size),
	    0);
	assert_content(c, hash_hex(&hash, text), "pdf", data, 700000);
	close(ends[0]);
	wait(NULL);
	free(data);
}

static void
putting_twice_writes_nothing_new(void **state)
{
	struct contents *c = *state;
	char *path, *large = calloc(1, 600001);
	ino_t first;

	contents_put(c, "abc", "pdf");
	path = blob_path(c->blobs, c->l->mem, ABC, "pdf");
	first = inode(path);
	contents_put(c, "abc", "pdf");
	assert_int_equal(inode(path), first);
	memset(large, 'x', 600000);
	path = blob_path(c->blobs, c->l->mem, contents_put(c, large, "pdf"),
	    "pdf");
	first = inode(path);
	contents_put(c, large, "pdf");
	assert_int_equal(inode(path), first);
	assert_int_equal(temp_files(c), 0);
	free(large);
}

static void
a_content_of_a_wrong_length_is_mended(void **state)
{
	struct contents *c = *state;
	char *path;

	contents_put(c, "abc", "pdf");
	path = blob_path(c->blobs, c->l->mem, ABC, "pdf");
	assert_int_equal(truncate(path, 2), 0);
	contents_put(c, "abc", "pdf");
	assert_content(c, ABC, "pdf", "abc", 3);
}

static void
a_folder_that_somebody_removed_is_made_again(void **state)
{
	struct contents *c = *state;

	contents_put(c, "abc", "pdf");
	assert_int_equal(unlink(blob_path(c->blobs, c->l->mem, ABC, "pdf")), 0);
	assert_int_equal(rmdir(path_join(c->l->mem, c->root, "ba")), 0);
	contents_put(c, "abc", "pdf");
	assert_content(c, ABC, "pdf", "abc", 3);
}

static void
what_is_longer_than_the_limit_is_refused(void **state)
{
	static const int64_t limits[] = { 1, 1000, 262144, 300000, 524288 };
	struct contents *c = *state;
	char *data = calloc(1, 600000);
	struct hash hash, before;
	int64_t size = -1;
	size_t i;
	int fd;

	memset(&hash, 7, sizeof(hash));
	before = hash;
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		fd = contents_fd(data, (size_t)limits[i] + 1);
		assert_int_equal(blob_put(c->blobs, fd, "pdf", limits[i], &hash,
				     &size),
		    E_INPUT);
		assert_true(hash_eq(&hash, &before));
		assert_int_equal(size, -1);
		close(fd);
	}
	assert_int_equal(temp_files(c), 0);
	assert_int_equal(contents_all(c), 0);
	fd = contents_fd(data, 1000);
	assert_int_equal(blob_put(c->blobs, fd, "pdf", 1000, &hash, &size), 0);
	assert_int_equal(size, 1000);
	close(fd);
	free(data);
}

static void
no_path_is_made_of_what_is_no_hash(void **state)
{
	static const char *const ids[] = { "", "abc", "../../../../etc/passwd",
		"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015"
		"AD",
		ABC "0",
		"../816bf8f01cfea414140de5dae2223b00361a396177a9cb410f"
		"f61f20015ad" };
	struct contents *c = *state;
	struct blob_batch *b;
	struct hash hash;
	int64_t size;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		assert_null(blob_path(c->blobs, c->l->mem, ids[i], "pdf"));
		assert_null(blob_incoming(c->blobs, c->l->mem, ids[i], "pdf"));
		assert_int_equal(blob_open(c->blobs, ids[i], "pdf"), E_INPUT);
		assert_int_equal(blob_find(c->blobs, ids[i], "pdf", &size),
		    E_INPUT);
		assert_false(blob_is_here(c->blobs, ids[i], "pdf"));
		assert_int_equal(blob_batch_begin(c->blobs, &b), 0);
		assert_int_equal(blob_batch_take(b, "/dev/null", ids[i], "pdf"),
		    E_INPUT);
		assert_int_equal(blob_batch_end(b, E_INPUT), E_INPUT);
	}
	assert_null(blob_path(c->blobs, c->l->mem, ABC, "../x"));
	fd = contents_fd("abc", 3);
	assert_int_equal(blob_put(c->blobs, fd, "exe", 0, &hash, &size),
	    E_INPUT);
	close(fd);
	assert_int_equal(temp_files(c), 0);
}

/* ---- many ---------------------------------------------------------------- */

/* A batch of `n` contents of different bytes; ended with `rc`. */
static int
put_batch(struct contents *c, int n, int rc)
{
	struct blob_batch *b;
	struct hash hash;
	char text[30];
	int64_t size;
	int fd, i;

	assert_int_equal(blob_batch_begin(c->blobs, &b), 0);
	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "content %d", i);
		fd = contents_fd(text, strlen(text));
		assert_int_equal(blob_batch_put(b, fd, "pdf", 100, &hash,
				     &size),
		    0);
		close(fd);
	}
	assert_int_equal(contents_all(c), 0);
	assert_int_equal(temp_files(c), n);
	return blob_batch_end(b, rc);
}

static void
a_batch_appears_at_its_end(void **state)
{
	struct contents *c = *state;

	assert_int_equal(put_batch(c, 100, 0), 0);
	assert_int_equal(contents_all(c), 100);
	assert_int_equal(temp_files(c), 0);
	assert_int_equal(disks_synced, 2);
	assert_int_equal(files_synced, 0);
}

static void
a_batch_that_fails_leaves_nothing(void **state)
{
	struct contents *c = *state;

	assert_int_equal(put_batch(c, 100, E_STOPPED), E_STOPPED);
	assert_int_equal(contents_all(c), 0);
	assert_int_equal(temp_files(c), 0);
	assert_int_equal(disks_synced, 0);
}

static void
an_empty_batch_is_fine(void **state)
{
	struct contents *c = *state;

	assert_int_equal(put_batch(c, 0, 0), 0);
	assert_int_equal(put_batch(c, 0, 1), 1);
	assert_int_equal(disks_synced, 0);
}

static void
the_same_content_twice_in_a_batch_is_one(void **state)
{
	struct contents *c = *state;
	struct blob_batch *b;
	struct hash hash;
	int64_t size;
	int fd, i;

	assert_int_equal(blob_batch_begin(c->blobs, &b), 0);
	for (i = 0; i < 3; i++) {
		fd = contents_fd("abc", 3);
		assert_int_equal(blob_batch_put(b, fd, "pdf", 0, &hash, &size),
		    0);
		close(fd);
	}
	assert_int_equal(blob_batch_end(b, 0), 0);
	assert_int_equal(contents_all(c), 1);
	assert_int_equal(temp_files(c), 0);
	assert_content(c, ABC, "pdf", "abc", 3);
}

static void
one_that_is_refused_does_not_spoil_the_batch(void **state)
{
	struct contents *c = *state;
	struct blob_batch *b;
	struct hash hash;
	int64_t size;
	int fd;

	assert_int_equal(blob_batch_begin(c->blobs, &b), 0);
	fd = contents_fd("abcd", 4);
	assert_int_equal(blob_batch_put(b, fd, "pdf", 3, &hash, &size),
	    E_INPUT);
	close(fd);
	fd = contents_fd("abc", 3);
	assert_int_equal(blob_batch_put(b, fd, "pdf", 3, &hash, &size), 0);
	close(fd);
	assert_int_equal(blob_batch_end(b, 0), 0);
	assert_int_equal(contents_all(c), 1);
	assert_content(c, ABC, "pdf", "abc", 3);
}

static void
a_download_is_moved_into_place(void **state)
{
	struct contents *c = *state;
	char *path = blob_incoming(c->blobs, c->l->mem, ABC, "pdf");
	struct blob_batch *b;
	struct stat st;

	assert_string_equal(path,
	    mem_printf(c->l->mem, "%s/.incoming/" ABC ".pdf", c->root));
	assert_int_equal(blob_batch_begin(c->blobs, &b), 0);
	assert_int_equal(blob_batch_take(b, path, ABC, "pdf"), E_ABSENT);
	assert_int_equal(file_write(path, "abc", 3, 0600), 0);
	assert_int_equal(blob_batch_take(b, path, ABC, "pdf"), 0);
	assert_true(path_is_file(path));
	/* A batch that fails leaves it where it can be taken again. */
	assert_int_equal(blob_batch_end(b, E_IO), E_IO);
	assert_true(path_is_file(path));
	assert_int_equal(blob_batch_begin(c->blobs, &b), 0);
	assert_int_equal(blob_batch_take(b, path, ABC, "pdf"), 0);
	files_synced = 0;
	assert_int_equal(blob_batch_end(b, 0), 0);
	assert_int_equal(files_synced, 1);
	assert_false(path_is_file(path));
	assert_content(c, ABC, "pdf", "abc", 3);
	path = blob_path(c->blobs, c->l->mem, ABC, "pdf");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

/* ---- durable ------------------------------------------------------------- */

static void
a_content_is_on_disk_when_it_is_put(void **state)
{
	struct contents *c = *state;

	contents_put(c, "abc", "pdf");
	assert_int_equal(files_synced, 1);
	/* The new folder, and the root that names it. */
	assert_true(folders_synced >= 2);
	files_synced = folders_synced = 0;
	/* Who comes second may be quicker than the first with its syncs. */
	contents_put(c, "abc", "pdf");
	assert_int_equal(files_synced, 0);
	assert_int_equal(folders_synced, 1);
}

static void
what_cannot_be_synced_gets_no_name(void **state)
{
	struct contents *c = *state;
	struct hash hash;
	int64_t size;
	int fd;

	fail_sync = 1;
	assert_int_equal(put_batch(c, 100, 0), E_IO);
	assert_int_equal(contents_all(c), 0);
	assert_int_equal(put_batch(c, 2, 0), E_IO);
	assert_int_equal(contents_all(c), 0);
	fd = contents_fd("abc", 3);
	assert_int_equal(blob_put(c->blobs, fd, "pdf", 0, &hash, &size), E_IO);
	close(fd);
	assert_int_equal(contents_all(c), 0);
	assert_int_equal(temp_files(c), 0);
}

/*
 * A small file system of our own, which nobody else sees.
 */
static int
mount_small(struct contents *c)
{
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return -1;
	return mount("none", c->root, "tmpfs", 0, "size=1m");
}

static void
a_full_disk_says_so_and_nothing_stays(void **state)
{
	struct contents *c = *state;
	char *data = calloc(1, 2000000);
	struct hash hash;
	int64_t size;
	int fd;

	blobs_close(c->blobs);
	c->blobs = NULL;
	if (mount_small(c) != 0) {
		fprintf(stderr, "# SKIPPED: no tmpfs may be mounted here\n");
		free(data);
		skip();
	}
	assert_int_equal(blobs_open(c->root, &c->blobs), 0);
	fd = contents_fd(data, 2000000);
	assert_int_equal(blob_put(c->blobs, fd, "pdf", 0, &hash, &size), E_IO);
	assert_non_null(strstr(err_text(), "disk full"));
	close(fd);
	assert_int_equal(contents_all(c), 0);
	assert_int_equal(temp_files(c), 0);
	contents_put(c, "abc", "pdf");
	assert_content(c, ABC, "pdf", "abc", 3);
	blobs_close(c->blobs);
	c->blobs = NULL;
	assert_int_equal(umount(c->root), 0);
	free(data);
}

/* ---- processes ----------------------------------------------------------- */

static void
a_killed_process_leaves_only_what_is_swept(void **state)
{
	struct contents *c = *state;
	struct blob_batch *b;
	struct blobs *blobs;
	struct hash hash;
	int64_t size;
	int fd, i;

	if (fork() == 0) {
		if (blobs_open(c->root, &blobs) != 0 ||
		    blob_batch_begin(blobs, &b) != 0)
			_exit(1);
		for (i = 0; i < 20; i++) {
			fd = contents_fd(&i, sizeof(i));
			blob_batch_put(b, fd, "pdf", 0, &hash, &size);
			close(fd);
		}
		raise(SIGKILL);
	}
	assert_true(wait(&i) > 0);
	assert_true(WIFSIGNALED(i));
	assert_int_equal(contents_all(c), 0);
	assert_int_equal(temp_files(c), 20);
	assert_int_equal(blobs_open(c->root, &blobs), 0);
	assert_int_equal(contents_count(c, ".tmp"), 0);
	blobs_close(blobs);
}

static void
what_a_living_process_writes_is_not_swept(void **state)
{
	struct contents *c = *state;
	struct blob_batch *b;
	struct blobs *other;
	struct hash hash;
	int64_t size;
	int fd;

	assert_int_equal(blob_batch_begin(c->blobs, &b), 0);
	fd = contents_fd("abc", 3);
	assert_int_equal(blob_batch_put(b, fd, "pdf", 0, &hash, &size), 0);
	close(fd);
	assert_int_equal(blobs_open(c->root, &other), 0);
	assert_int_equal(temp_files(c), 1);
	/* A child has a copy of what is open, and owns nothing of it. */
	if (fork() == 0) {
		blobs_close(c->blobs);
		_exit(0);
	}
	wait(NULL);
	assert_int_equal(temp_files(c), 1);
	blobs_close(other);
	assert_int_equal(blob_batch_end(b, 0), 0);
	assert_content(c, ABC, "pdf", "abc", 3);
}

static void
closing_leaves_no_temporary_folder(void **state)
{
	struct contents *c = *state;
	char *one = blob_temp(c->blobs, c->l->mem);
	char *two = blob_temp(c->blobs, c->l->mem);

	assert_string_not_equal(one, two);
	assert_int_equal(file_write(one, "x", 1, 0600), 0);
	assert_false(path_is_file(two));
	blobs_close(c->blobs);
	c->blobs = NULL;
	assert_int_equal(contents_count(c, ".tmp"), 0);
	blobs_close(NULL);
}

static int
put_some(void *arg, int n)
{
	struct contents *c = arg;
	struct blobs *blobs;
	struct hash hash;
	int64_t size;
	char text[20];
	int fd, i, rc;

	(void)n;
	if ((rc = blobs_open(c->root, &blobs)) != 0)
		return rc;
	for (i = 0; rc == 0 && i < 10; i++) {
		snprintf(text, sizeof(text), "text %d", i);
		fd = contents_fd(text, strlen(text));
		rc = blob_put(blobs, fd, "pdf", 0, &hash, &size);
		close(fd);
	}
	blobs_close(blobs);
	return rc;
}

static void
many_processes_may_put_the_same_at_once(void **state)
{
	struct contents *c = *state;

	assert_int_equal(library_race(5, put_some, c), 5);
	assert_int_equal(contents_all(c), 10);
	assert_int_equal(contents_count(c, ".tmp"), 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_content_is_found_under_its_hash),
		T(contents_of_any_length_are_stored_whole),
		T(a_pipe_is_read_to_its_end),
		T(putting_twice_writes_nothing_new),
		T(a_content_of_a_wrong_length_is_mended),
		T(a_folder_that_somebody_removed_is_made_again),
		T(what_is_longer_than_the_limit_is_refused),
		T(no_path_is_made_of_what_is_no_hash),
		T(a_batch_appears_at_its_end),
		T(a_batch_that_fails_leaves_nothing),
		T(an_empty_batch_is_fine),
		T(the_same_content_twice_in_a_batch_is_one),
		T(one_that_is_refused_does_not_spoil_the_batch),
		T(a_download_is_moved_into_place),
		T(a_content_is_on_disk_when_it_is_put),
		T(what_cannot_be_synced_gets_no_name),
		T(a_full_disk_says_so_and_nothing_stays),
		T(a_killed_process_leaves_only_what_is_swept),
		T(what_a_living_process_writes_is_not_swept),
		T(closing_leaves_no_temporary_folder),
		T(many_processes_may_put_the_same_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

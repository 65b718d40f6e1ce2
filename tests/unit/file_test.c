/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "unit/temp.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fix {
	struct mem *mem;
	struct buf buf;
	char *dir;
	char *path; /* a name in `dir` that is not there yet */
};

static int
setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));

	f->mem = mem_new();
	f->dir = temp_dir();
	f->path = path_join(f->mem, f->dir, "name");
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fix *f = *state;

	temp_remove(f->dir);
	buf_release(&f->buf);
	mem_free(f->mem);
	free(f);
	return 0;
}

static int
count_entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2; /* "." and ".." */
}

static void
what_is_written_is_read(void **state)
{
	struct fix *f = *state;
	char bytes[100000];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 % 256);
	assert_int_equal(file_write(f->path, bytes, sizeof(bytes), 0600), 0);
	buf_puts(&f->buf, "what stood here before");
	assert_int_equal(file_read(f->path, sizeof(bytes), &f->buf), 0);
	assert_int_equal(f->buf.len, sizeof(bytes));
	assert_memory_equal(f->buf.data, bytes, sizeof(bytes));
}

static void
a_file_may_be_empty(void **state)
{
	struct fix *f = *state;

	assert_int_equal(file_write(f->path, "", 0, 0600), 0);
	assert_int_equal(file_read(f->path, 0, &f->buf), 0);
	assert_int_equal(f->buf.len, 0);
}

static void
a_file_above_the_limit_is_refused(void **state)
{
	struct fix *f = *state;

	assert_int_equal(file_write(f->path, "12345", 5, 0600), 0);
	assert_int_equal(file_read(f->path, 5, &f->buf), 0);
	assert_int_equal(file_read(f->path, 4, &f->buf), E_INPUT);
	assert_non_null(strstr(err_text(), f->path));
}

static void
an_absent_file_is_absent(void **state)
{
	struct fix *f = *state;
	int64_t size;

	assert_int_equal(file_read(f->path, 10, &f->buf), E_ABSENT);
	assert_int_equal(file_size(f->path, &size), E_ABSENT);
	assert_int_equal(file_read(f->dir, 10, &f->buf), E_IO);
	assert_int_equal(file_size(f->dir, &size), E_IO);
}

static void
writing_replaces_and_leaves_nothing_else(void **state)
{
	struct fix *f = *state;
	struct stat st;
	int64_t size = -1;

	umask(077);
	assert_int_equal(file_write(f->path, "first", 5, 0640), 0);
	assert_int_equal(file_write(f->path, "second", 6, 0640), 0);
	assert_int_equal(count_entries(f->dir), 1);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(file_size(f->path, &size), 0);
	assert_int_equal(size, 6);
}

static void
a_name_without_a_folder_is_written_here(void **state)
{
	struct fix *f = *state;

	assert_int_equal(chdir(f->dir), 0);
	assert_int_equal(file_write("name", "x", 1, 0600), 0);
	assert_int_equal(chdir("/"), 0);
	assert_true(path_is_file(f->path));
}

static void
a_write_that_fails_leaves_the_old_file(void **state)
{
	struct fix *f = *state;
	char *below = path_join(f->mem, f->path, "below");

	/* A folder with something in it cannot be replaced by a file. */
	assert_int_equal(path_make_dirs(below, 0700), 0);
	assert_int_equal(file_write(f->path, "x", 1, 0600), E_IO);
	assert_true(path_is_dir(below));
	assert_int_equal(count_entries(f->dir), 1);
	assert_int_equal(file_write(path_join(f->mem, f->dir, "no/file"), "x",
			     1, 0600),
	    E_IO);
}

static void
two_temporary_files_have_two_names(void **state)
{
	struct fix *f = *state;
	char one[200], two[200], tiny[10];
	int a, b;

	a = file_temp(f->dir, "up-", 0640, one, sizeof(one));
	b = file_temp(f->dir, "up-", 0640, two, sizeof(two));
	assert_true(a >= 0 && b >= 0);
	assert_string_not_equal(one, two);
	assert_int_equal(strlen(path_base(one)), 3 + 24);
	assert_true(str_is_hex(path_base(one) + 3, 24));
	assert_true(fcntl(a, F_GETFD) & FD_CLOEXEC);
	close(a);
	close(b);
	assert_int_equal(file_temp(f->dir, "up-", 0640, tiny, sizeof(tiny)),
	    E_IO);
	assert_int_equal(count_entries(f->dir), 2);
}

static void
removing_twice_is_fine(void **state)
{
	struct fix *f = *state;

	assert_int_equal(file_write(f->path, "x", 1, 0600), 0);
	assert_int_equal(file_remove(f->path), 0);
	assert_int_equal(file_remove(f->path), 0);
	assert_int_equal(file_remove(path_join(f->mem, f->path, "x")), 0);
	assert_int_equal(file_remove(f->dir), E_IO);
}

static void
a_lock_is_held_by_one(void **state)
{
	struct fix *f = *state;
	int first, again;

	first = file_lock(f->path, 0);
	assert_true(first >= 0);
	assert_int_equal(file_lock(f->path, 0), E_BUSY);
	close(first);
	again = file_lock(f->path, 0);
	assert_true(again >= 0);
	close(again);
	assert_int_equal(file_lock(f->dir, 0), E_IO);
}

static void
a_lock_goes_with_its_process(void **state)
{
	struct fix *f = *state;
	int ready[2], fd;
	char c = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		file_lock(f->path, 0);
		(void)!write(ready[1], "x", 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(file_lock(f->path, 0), E_BUSY);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fd = file_lock(f->path, 1);
	assert_true(fd >= 0);
	close(fd);
	close(ready[0]);
	close(ready[1]);
}

/* Somebody removes the file while we wait for it, and takes a new one. */
static void
a_lock_on_a_removed_file_is_no_lock(void **state)
{
	struct fix *f = *state;
	int ready[2], fd;
	struct stat st;
	char c = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		fd = file_lock(f->path, 0);
		(void)!write(ready[1], "x", 1);
		usleep(50000);
		unlink(f->path);
		close(fd);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	fd = file_lock(f->path, 1);
	assert_true(fd >= 0);
	waitpid(pid, NULL, 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 1);
	close(fd);
	close(ready[0]);
	close(ready[1]);
}

/* Joins lines with '|'; stops at "stop". */
static int
join_line(void *arg, char *line, size_t len)
{
	struct buf *out = arg;

	assert_int_equal(line[len], '\0');
	if (strcmp(line, "stop") == 0)
		return 42;
	buf_add(out, line, len);
	buf_putc(out, '|');
	return 0;
}

static int
each_line_of(struct fix *f, const char *text, size_t limit)
{
	int fd, rc;

	assert_int_equal(file_write(f->path, text, strlen(text), 0600), 0);
	fd = open(f->path, O_RDONLY);
	buf_clear(&f->buf);
	rc = file_each_line(fd, limit, join_line, &f->buf);
	close(fd);
	return rc;
}

static void
lines_come_one_by_one(void **state)
{
	struct fix *f = *state;

	assert_int_equal(each_line_of(f, "a\n\nbc\n", 10), 0);
	assert_string_equal(f->buf.data, "a||bc|");
	assert_int_equal(each_line_of(f, "a\nb", 10), 0);
	assert_string_equal(f->buf.data, "a|b|");
	assert_int_equal(each_line_of(f, "", 10), 0);
	assert_string_equal(f->buf.data, "");
	assert_int_equal(each_line_of(f, "a\nstop\nb\n", 10), 42);
	assert_string_equal(f->buf.data, "a|");
}

static void
a_line_above_the_limit_is_refused(void **state)
{
	struct fix *f = *state;

	assert_int_equal(each_line_of(f, "12345\n1234", 5), 0);
	assert_int_equal(each_line_of(f, "12\n123456\n1\n", 5), E_INPUT);
	assert_string_equal(f->buf.data, "12|");
	assert_int_equal(each_line_of(f, "123456", 5), E_INPUT);
}

static int
add_length(void *arg, char *line, size_t len)
{
	size_t *lengths = arg;

	(void)line;
	lengths[len == 50000]++;
	return 0;
}

static void
lines_may_be_longer_than_a_read(void **state)
{
	struct fix *f = *state;
	size_t lengths[2] = { 0, 0 };
	int i, fd;

	for (i = 0; i < 20; i++)
		buf_printf(&f->buf, "%050000d\n", i);
	assert_int_equal(file_write(f->path, f->buf.data, f->buf.len, 0600), 0);
	fd = open(f->path, O_RDONLY);
	assert_int_equal(file_each_line(fd, 50000, add_length, lengths), 0);
	close(fd);
	assert_int_equal(lengths[0], 0);
	assert_int_equal(lengths[1], 20);
}

static void
writing_to_a_closed_pipe_is_an_error(void **state)
{
	int ends[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(file_write_all(ends[1], "x", 1), E_IO);
	close(ends[1]);
	assert_int_equal(file_write_all(-1, "x", 1), E_IO);
	assert_int_equal(file_read_some(-1, ends, 1), E_IO);
}

/* Reads a pipe slowly, so that the writer sees short writes. */
static void *
drain(void *arg)
{
	int fd = *(int *)arg;
	size_t *sum = calloc(1, sizeof(*sum));
	char some[1000];
	ssize_t n;

	while ((n = file_read_some(fd, some, sizeof(some))) > 0)
		*sum += (size_t)n;
	return sum;
}

static void
all_of_it_goes_through_a_full_pipe(void **state)
{
	size_t size = 1000000;
	char *bytes = calloc(1, size);
	pthread_t thread;
	void *sum = NULL;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pthread_create(&thread, NULL, drain, &ends[0]);
	assert_int_equal(file_write_all(ends[1], bytes, size), 0);
	close(ends[1]);
	pthread_join(thread, &sum);
	close(ends[0]);
	assert_int_equal(*(size_t *)sum, size);
	free(sum);
	free(bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read),
		TEST(a_file_may_be_empty),
		TEST(a_file_above_the_limit_is_refused),
		TEST(an_absent_file_is_absent),
		TEST(writing_replaces_and_leaves_nothing_else),
		TEST(a_name_without_a_folder_is_written_here),
		TEST(a_write_that_fails_leaves_the_old_file),
		TEST(two_temporary_files_have_two_names),
		TEST(removing_twice_is_fine),
		TEST(a_lock_is_held_by_one),
		TEST(a_lock_goes_with_its_process),
		TEST(a_lock_on_a_removed_file_is_no_lock),
		TEST(lines_come_one_by_one),
		TEST(a_line_above_the_limit_is_refused),
		TEST(lines_may_be_longer_than_a_read),
		TEST(writing_to_a_closed_pipe_is_an_error),
		TEST(all_of_it_goes_through_a_full_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

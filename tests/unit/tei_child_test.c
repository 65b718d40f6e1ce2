/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/file.h"
#include "tei/child.h"
#include "unit/tei_temp.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

static const struct child_limits limits = { 5000, 512 << 20, 1 << 20 };

static int
work_well(void *arg, int out_fd)
{
	return file_write_all(out_fd, arg, strlen(arg)) == 0 ? 1 : 0;
}

static int
work_without_result(void *arg, int out_fd)
{
	(void)out_fd;
	return err_set(*(int *)arg, "it did not work");
}

static int
work_abort(void *arg, int out_fd)
{
	(void)arg;
	(void)out_fd;
	raise(SIGSEGV);
	return 1;
}

static int
work_exit(void *arg, int out_fd)
{
	(void)arg;
	(void)out_fd;
	_exit(0);
}

static int
work_spin(void *arg, int out_fd)
{
	(void)arg;
	(void)out_fd;
	for (volatile int i = 0;; i = !i)
		;
	return 1;
}

static int
work_sleep(void *arg, int out_fd)
{
	(void)arg;
	(void)out_fd;
	for (;;)
		pause();
	return 1;
}

/* Says that it is well when it could have all of the memory. */
static int
work_eat(void *arg, int out_fd)
{
	void *volatile p;

	(void)arg;
	(void)out_fd;
	for (int i = 0; i < 64; i++) {
		p = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return err_set(E_NOMEM, "no memory");
	}
	return 1;
}

static int
work_write_much(void *arg, int out_fd)
{
	static const char block[1 << 16];

	(void)arg;
	for (int i = 0; i < 64; i++)
		if (file_write_all(out_fd, block, sizeof(block)) != 0)
			return 0;
	return 1;
}

/* Says how many descriptors it has. */
static int
work_count_files(void *arg, int out_fd)
{
	int count = 0;

	(void)arg;
	(void)out_fd;
	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return err_set(0, "%d", count);
}

static void
expect_no_result(int (*work)(void *arg, int out_fd), void *arg, int64_t wall_ms,
    const char *words)
{
	struct child_limits l = limits;
	int fd = fd_of("");

	l.wall_ms = wall_ms;
	assert_int_equal(child_run(work, arg, fd, &l), 0);
	if (strstr(err_text(), words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err_text(), words);
	close(fd);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
what_a_child_writes_arrives(void **state)
{
	char word[] = "done", *text;
	int fd = fd_of("");

	(void)state;
	assert_int_equal(child_run(work_well, word, fd, &limits), 1);
	text = text_of(fd);
	assert_string_equal(text, "done");
	free(text);
	close(fd);
}

static void
a_reason_arrives(void **state)
{
	int code = E_INPUT, io = E_IO, fd = fd_of("");

	(void)state;
	expect_no_result(work_without_result, &code, 5000, "did not work");
	assert_int_equal(child_run(work_without_result, &io, fd, &limits),
	    E_IO);
	assert_string_equal(err_text(), "it did not work");
	close(fd);
}

static void
a_crash_is_no_result(void **state)
{
	(void)state;
	expect_no_result(work_abort, NULL, 5000, "signal 11");
	expect_no_result(work_exit, NULL, 5000, "without a result");
}

static void
a_child_that_takes_too_long_is_ended(void **state)
{
	(void)state;
	expect_no_result(work_spin, NULL, 50, "too long");
	expect_no_result(work_sleep, NULL, 50, "too long");
}

static void
a_child_that_wants_too_much_gets_no_more(void **state)
{
	(void)state;
	expect_no_result(work_eat, NULL, 5000, "no memory");
	expect_no_result(work_write_much, NULL, 5000, "too large");
}

static void
a_child_has_no_foreign_descriptors(void **state)
{
	int low[20];

	(void)state;
	for (int i = 0; i < 20; i++)
		low[i] = dup(0);
	expect_no_result(work_count_files, NULL, 5000, "5");
	for (int i = 0; i < 20; i++)
		close(low[i]);
}

/* Some programs let the system reap their children. */
static void
a_result_arrives_when_somebody_else_reaps(void **state)
{
	char word[] = "done";
	int fd = fd_of("");

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(child_run(work_well, word, fd, &limits), 1);
	assert_int_equal(child_run(work_abort, NULL, fd, &limits), 0);
	signal(SIGCHLD, SIG_DFL);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_child_writes_arrives),
		cmocka_unit_test(a_reason_arrives),
		cmocka_unit_test(a_crash_is_no_result),
		cmocka_unit_test(a_child_that_takes_too_long_is_ended),
		cmocka_unit_test(a_child_that_wants_too_much_gets_no_more),
		cmocka_unit_test(a_child_has_no_foreign_descriptors),
		cmocka_unit_test(a_result_arrives_when_somebody_else_reaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

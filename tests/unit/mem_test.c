/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int
setup(void **state)
{
	*state = mem_new();
	return 0;
}

static int
teardown(void **state)
{
	mem_free(*state);
	return 0;
}

static void
memory_is_zeroed_and_aligned(void **state)
{
	struct mem *mem = *state;
	unsigned char *p;
	size_t size, i;

	for (size = 0; size < 300; size++) {
		p = mem_alloc(mem, size);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
}

static void
memory_used_again_is_zeroed(void **state)
{
	struct mem *mem = *state;
	unsigned char *p = mem_alloc(mem, 64);
	int i;

	memset(p, 0xff, 64);
	mem_reset(mem);
	p = mem_alloc(mem, 64);
	for (i = 0; i < 64; i++)
		assert_int_equal(p[i], 0);
}

static void
pieces_do_not_overlap(void **state)
{
	struct mem *mem = *state;
	unsigned char *p[2000];
	size_t size[2000], i, j;

	for (i = 0; i < 2000; i++) {
		size[i] = (i * 7919) % 5000;
		p[i] = mem_alloc(mem, size[i]);
		memset(p[i], (int)(i % 251), size[i]);
	}
	for (i = 0; i < 2000; i++)
		for (j = 0; j < size[i]; j++)
			assert_int_equal(p[i][j], i % 251);
}

static void
one_large_piece_fits(void **state)
{
	char *p = mem_alloc(*state, 10 * 1000 * 1000);

	p[10 * 1000 * 1000 - 1] = 'x';
	mem_reset(*state);
	assert_non_null(mem_alloc(*state, 1));
}

static void
texts_are_copied(void **state)
{
	struct mem *mem = *state;
	char text[] = "hello";

	char *copy = mem_strdup(mem, text);
	char *part = mem_strndup(mem, text, 2);
	char *all = mem_strndup(mem, text, 100);
	text[0] = 'j';
	assert_string_equal(copy, "hello");
	assert_string_equal(part, "he");
	assert_string_equal(all, "hello");
	assert_null(mem_strdup(mem, NULL));
}

static void
a_printed_text_may_be_long(void **state)
{
	struct mem *mem = *state;
	char *s = mem_printf(mem, "%s-%050000d", "a", 7);

	assert_int_equal(strlen(s), 50002);
	assert_string_equal(s + 50000, "07");
}

static void
mem_free_of_null_is_fine(void **state)
{
	(void)state;
	mem_free(NULL);
}

static void
running_out_ends_the_process_with_a_line(void **state)
{
	char line[200] = "";
	int ends[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		mem_alloc(*state, SIZE_MAX - 3);
		_exit(0);
	}
	close(ends[1]);
	assert_true(read(ends[0], line, sizeof(line) - 1) > 0);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
	assert_non_null(strstr(line, "error mem: out of memory"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(memory_used_again_is_zeroed),
		cmocka_unit_test(pieces_do_not_overlap),
		cmocka_unit_test(one_large_piece_fits),
		cmocka_unit_test(texts_are_copied),
		cmocka_unit_test(a_printed_text_may_be_long),
		cmocka_unit_test(mem_free_of_null_is_fine),
		cmocka_unit_test(running_out_ends_the_process_with_a_line),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "unit/temp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A folder of its own for each test. */
struct fix {
	struct mem *mem;
	char *dir;
};

static int
setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));

	f->mem = mem_new();
	f->dir = temp_dir();
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fix *f = *state;

	temp_remove(f->dir);
	mem_free(f->mem);
	free(f);
	return 0;
}

static void
one_slash_stands_between(void **state)
{
	struct fix *f = *state;

	assert_string_equal(path_join(f->mem, "a", "b"), "a/b");
	assert_string_equal(path_join(f->mem, "a/", "b"), "a/b");
	assert_string_equal(path_join(f->mem, "a//", "/b"), "a/b");
	assert_string_equal(path_join(f->mem, "/", "b"), "/b");
	assert_string_equal(path_join(f->mem, "", "b"), "b");
}

static void
the_base_is_behind_the_last_slash(void **state)
{
	(void)state;
	assert_string_equal(path_base("/a/b.c"), "b.c");
	assert_string_equal(path_base("b.c"), "b.c");
	assert_string_equal(path_base("/b.c"), "b.c");
	assert_string_equal(path_base("a/"), "");
}

static void
folders_are_made_with_their_parents(void **state)
{
	struct fix *f = *state;
	char *deep = path_join(f->mem, f->dir, "a/b/c");
	struct stat st;

	umask(077);
	assert_int_equal(path_make_dirs(deep, 0750), 0);
	assert_true(path_is_dir(deep));
	assert_int_equal(stat(path_join(f->mem, f->dir, "a"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	/* Twice is fine, and what was there keeps its mode. */
	assert_int_equal(path_make_dirs(deep, 0700), 0);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
}

static void
folders_are_made_from_here_and_with_slashes_behind(void **state)
{
	struct fix *f = *state;

	assert_int_equal(chdir(f->dir), 0);
	assert_int_equal(path_make_dirs("x", 0700), 0);
	assert_int_equal(path_make_dirs("y//z///", 0700), 0);
	assert_int_equal(path_make_dirs("/", 0700), 0);
	assert_int_equal(path_make_dirs(".", 0700), 0);
	assert_true(path_is_dir(path_join(f->mem, f->dir, "x")));
	assert_true(path_is_dir(path_join(f->mem, f->dir, "y/z")));
	assert_int_equal(chdir("/"), 0);
}

static void
a_file_in_the_way_of_a_folder_is_an_error(void **state)
{
	struct fix *f = *state;
	char *file = path_join(f->mem, f->dir, "file");

	assert_int_equal(file_write(file, "x", 1, 0600), 0);
	assert_int_equal(path_make_dirs(file, 0700), E_IO);
	assert_int_equal(path_make_dirs(path_join(f->mem, file, "below"), 0700),
	    E_IO);
	assert_non_null(strstr(err_text(), "file"));
	assert_int_equal(path_make_dirs("", 0700), E_IO);
}

static void
a_path_that_is_too_long_is_an_error(void **state)
{
	char *path = malloc(200001);
	size_t i;

	(void)state;
	for (i = 0; i < 200000; i++)
		path[i] = i % 2 == 0 ? 'a' : '/';
	path[i] = '\0';
	assert_int_equal(path_make_dirs(path, 0700), E_IO);
	free(path);
}

static void
files_and_folders_are_told_apart(void **state)
{
	struct fix *f = *state;
	char *file = path_join(f->mem, f->dir, "file");
	char *link = path_join(f->mem, f->dir, "link");

	assert_int_equal(file_write(file, "x", 1, 0600), 0);
	assert_int_equal(symlink(file, link), 0);
	assert_true(path_is_file(file));
	assert_true(path_is_file(link));
	assert_false(path_is_dir(file));
	assert_true(path_is_dir(f->dir));
	assert_false(path_is_file(f->dir));
	assert_false(path_is_file(path_join(f->mem, f->dir, "none")));
	assert_false(path_is_dir(path_join(f->mem, f->dir, "none")));
}

static void
proc_is_no_network(void **state)
{
	(void)state;
	assert_int_equal(path_is_network("/proc"), 0);
	assert_int_equal(path_is_network("/no/such/place"), E_IO);
}

static void
a_folder_can_be_synced_and_a_file_cannot(void **state)
{
	struct fix *f = *state;
	char *file = path_join(f->mem, f->dir, "file");

	assert_int_equal(path_sync_dir(f->dir), 0);
	assert_int_equal(file_write(file, "x", 1, 0600), 0);
	assert_int_equal(path_sync_dir(file), E_IO);
	assert_int_equal(path_sync_dir(path_join(f->mem, file, "x")), E_IO);
}

static void
the_running_program_has_a_path(void **state)
{
	struct fix *f = *state;
	char *path = NULL;

	assert_int_equal(path_self(f->mem, &path), 0);
	assert_int_equal(path[0], '/');
	assert_true(path_is_file(path));
	assert_non_null(strstr(path_base(path), "path_test"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_slash_stands_between, setup,
		    teardown),
		cmocka_unit_test(the_base_is_behind_the_last_slash),
		cmocka_unit_test_setup_teardown(
		    folders_are_made_with_their_parents, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    folders_are_made_from_here_and_with_slashes_behind, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    a_file_in_the_way_of_a_folder_is_an_error, setup, teardown),
		cmocka_unit_test(a_path_that_is_too_long_is_an_error),
		cmocka_unit_test_setup_teardown(
		    files_and_folders_are_told_apart, setup, teardown),
		cmocka_unit_test(proc_is_no_network),
		cmocka_unit_test_setup_teardown(
		    a_folder_can_be_synced_and_a_file_cannot, setup, teardown),
		cmocka_unit_test_setup_teardown(the_running_program_has_a_path,
		    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

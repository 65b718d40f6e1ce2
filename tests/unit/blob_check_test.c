/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/blob.h"

#include "base/err.h"
#include "local/ref.h"
#include "unit/contents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * A library with one content of three bytes, "abc", in one record, all of it
 * right.
 */
static char *abc;

static int
setup(void **state)
{
	struct contents *c = contents_new();

	abc = contents_put(c, "abc", "pdf");
	library_file(c->l, "aaaaaa", abc, "synced", 0);
	library_exec(c->l,
	    "INSERT INTO storage_refs (id, file_type, refs, file_size,"
	    " present) VALUES ('%s', 'pdf', 1, 3, 1)",
	    abc);
	*state = c;
	return 0;
}

static int
teardown(void **state)
{
	contents_free(*state);
	return 0;
}

static char told[2000];

static int
tell(void *arg, const char *fault)
{
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s\n",
	    fault);
	return arg != NULL ? 9 : 0;
}

static const char *
check(struct contents *c, bool hash, bool repair)
{
	*told = '\0';
	assert_int_equal(blob_check(c->blobs, c->l->db, hash, repair, tell,
			     NULL),
	    0);
	return told;
}

/* The fault is told, again when nothing was done, and not after a repair. */
static void
assert_found_and_mended(struct contents *c, bool hash, const char *words)
{
	assert_non_null(strstr(check(c, hash, false), words));
	assert_non_null(strstr(told, abc));
	assert_non_null(strstr(check(c, hash, true), words));
	assert_string_equal(check(c, hash, true), "");
}

static int64_t
status_is(struct contents *c, const char *status)
{
	return library_ask(c->l,
	    "SELECT sync_status = '%s' FROM files WHERE stable_id = 'aaaaaa'",
	    status);
}

static char *
abc_path(struct contents *c)
{
	return blob_path(c->blobs, c->l->mem, abc, "pdf");
}

static char *
damaged_path(struct contents *c)
{
	return mem_printf(c->l->mem, "%s/.damaged/%s.pdf", c->root, abc);
}

static void
what_is_right_is_not_told(void **state)
{
	struct contents *c = *state;

	assert_string_equal(check(c, false, false), "");
	assert_string_equal(check(c, true, true), "");
	assert_int_equal(status_is(c, "synced"), 1);
	assert_true(path_is_file(abc_path(c)));
}

static void
a_missing_file_is_wanted_again(void **state)
{
	struct contents *c = *state;

	assert_int_equal(unlink(abc_path(c)), 0);
	assert_found_and_mended(c, false, "missing");
	assert_int_equal(ref_is_here(c->l->db, abc, "pdf"), 0);
	assert_int_equal(status_is(c, "pending_download"), 1);
}

static void
a_file_of_a_wrong_length_is_put_aside(void **state)
{
	struct contents *c = *state;

	assert_int_equal(truncate(abc_path(c), 2), 0);
	assert_found_and_mended(c, false, "length");
	assert_false(path_is_file(abc_path(c)));
	assert_true(path_is_file(damaged_path(c)));
	assert_int_equal(status_is(c, "pending_download"), 1);
}

static void
changed_bytes_are_found_by_the_hash(void **state)
{
	struct contents *c = *state;
	int fd = open(abc_path(c), O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, "x", 1, 1), 1);
	close(fd);
	assert_string_equal(check(c, false, true), "");
	assert_found_and_mended(c, true, "damaged");
	assert_true(path_is_file(damaged_path(c)));
	assert_int_equal(ref_is_here(c->l->db, abc, "pdf"), 0);
}

static void
the_only_copy_of_a_change_is_not_called_synced(void **state)
{
	struct contents *c = *state;

	library_exec(c->l, "UPDATE files SET sync_status = 'modified'");
	assert_int_equal(unlink(abc_path(c)), 0);
	check(c, false, true);
	assert_int_equal(status_is(c, "modified"), 1);
	assert_int_equal(ref_is_here(c->l->db, abc, "pdf"), 0);
}

static void
a_file_that_came_before_a_crash_is_noted(void **state)
{
	struct contents *c = *state;

	library_exec(c->l,
	    "UPDATE storage_refs SET present = 0, file_size = 0;"
	    "UPDATE files SET sync_status ="
	    " 'pending_download'");
	assert_found_and_mended(c, false, "thought missing");
	assert_int_equal(ref_is_here(c->l->db, abc, "pdf"), 1);
	assert_int_equal(status_is(c, "synced"), 1);
	assert_int_equal(library_ask(c->l,
			     "SELECT file_size FROM"
			     " storage_refs"),
	    3);
}

static void
what_a_killed_sync_did_not_note_is_no_fault(void **state)
{
	struct contents *c = *state;

	library_exec(c->l, "UPDATE storage_refs SET present = 0");
	assert_string_equal(check(c, true, false), "");
	assert_int_equal(ref_is_here(c->l->db, abc, "pdf"), 0);
	check(c, true, true);
	assert_int_equal(ref_is_here(c->l->db, abc, "pdf"), 1);
}

static void
a_wrong_file_is_not_noted(void **state)
{
	struct contents *c = *state;

	library_exec(c->l, "UPDATE storage_refs SET present = 0");
	assert_int_equal(truncate(abc_path(c), 2), 0);
	assert_string_equal(check(c, false, true), "");
	assert_int_equal(ref_is_here(c->l->db, abc, "pdf"), 0);
}

static void
wrong_counts_are_set_right(void **state)
{
	struct contents *c = *state;

	library_exec(c->l, "UPDATE storage_refs SET refs = 2");
	assert_found_and_mended(c, false, "1 hold it, 2 are counted");
	library_exec(c->l, "UPDATE storage_refs SET refs = 0");
	assert_found_and_mended(c, false, "1 hold it, 0 are counted");
	library_exec(c->l, "UPDATE files SET deleted = 1");
	assert_found_and_mended(c, false, "0 hold it, 1 are counted");
	assert_int_equal(library_ask(c->l, "SELECT refs FROM storage_refs"), 0);
}

static void
lost_rows_are_made_again(void **state)
{
	struct contents *c = *state;

	library_exec(c->l, "DELETE FROM storage_refs");
	library_exec(c->l,
	    "INSERT INTO history (stable_id, at, kind, id, file_type, record)"
	    " VALUES ('aaaaaa', '', 'save', '%s', 'tei',"
	    " '{\"file_size\":77}')",
	    abc);
	assert_non_null(strstr(check(c, false, true), "1 hold it, 0 are"));
	assert_non_null(strstr(told, "thought missing"));
	assert_string_equal(check(c, true, false), "");
	assert_int_equal(library_ask(c->l,
			     "SELECT present * 10 + file_size"
			     " FROM storage_refs"
			     " WHERE file_type = 'pdf'"),
	    13);
	assert_int_equal(library_ask(c->l,
			     "SELECT file_size FROM storage_refs"
			     " WHERE file_type = 'tei'"),
	    77);
}

static void
garbage_is_no_fault(void **state)
{
	struct contents *c = *state;

	library_exec(c->l,
	    "DELETE FROM files;"
	    "UPDATE storage_refs SET refs = 0");
	assert_int_equal(unlink(abc_path(c)), 0);
	assert_string_equal(check(c, true, false), "");
}

static void
whoever_is_told_may_stop_it(void **state)
{
	struct contents *c = *state;

	assert_int_equal(unlink(abc_path(c)), 0);
	*told = '\0';
	assert_int_equal(blob_check(c->blobs, c->l->db, false, true, tell, c),
	    9);
	assert_int_equal(ref_is_here(c->l->db, abc, "pdf"), 1);
	library_exec(c->l, "UPDATE storage_refs SET refs = 2");
	assert_int_equal(blob_check(c->blobs, c->l->db, false, true, tell, c),
	    9);
	assert_int_equal(library_ask(c->l, "SELECT refs FROM storage_refs"), 2);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_is_right_is_not_told),
		T(a_missing_file_is_wanted_again),
		T(a_file_of_a_wrong_length_is_put_aside),
		T(changed_bytes_are_found_by_the_hash),
		T(the_only_copy_of_a_change_is_not_called_synced),
		T(a_file_that_came_before_a_crash_is_noted),
		T(what_a_killed_sync_did_not_note_is_no_fault),
		T(a_wrong_file_is_not_noted),
		T(wrong_counts_are_set_right),
		T(lost_rows_are_made_again),
		T(garbage_is_no_fault),
		T(whoever_is_told_may_stop_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/blob.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "local/ref.h"
#include "unit/contents.h"

#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static int
setup(void **state)
{
	*state = contents_new();
	return 0;
}

static int
teardown(void **state)
{
	contents_free(*state);
	return 0;
}

static void
ref(struct contents *c, const char *id, const char *file_type, int refs,
    int size, int present)
{
	library_exec(c->l,
	    "INSERT INTO storage_refs (id, file_type, refs, file_size,"
	    " present) VALUES ('%s', '%s', %d, %d, %d)",
	    id, file_type, refs, size, present);
}

static int64_t
collect(struct contents *c)
{
	int64_t n = -1;

	assert_int_equal(blob_collect(c->blobs, c->l->db, &n), 0);
	return n;
}

static int64_t
rows(struct contents *c)
{
	return library_ask(c->l, "SELECT count(*) FROM storage_refs");
}

static void
set_age(const char *path, int64_t seconds)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT } };

	t[1].tv_sec = (time_t)(clock_wall_ms() / 1000 - seconds);
	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

/* ---- collecting ---------------------------------------------------------- */

static void
what_nobody_holds_goes(void **state)
{
	struct contents *c = *state;
	char *held = contents_put(c, "held", "pdf");
	char *free_one = contents_put(c, "free", "pdf");

	ref(c, held, "pdf", 1, 4, 1);
	ref(c, free_one, "pdf", 0, 4, 1);
	ref(c, A, "tei", 0, 4, 1); /* no file any more */
	ref(c, B, "pdf", 1, 4, 0); /* wanted */
	assert_int_equal(collect(c), 2);
	assert_true(blob_is_here(c->blobs, held, "pdf"));
	assert_false(blob_is_here(c->blobs, free_one, "pdf"));
	assert_int_equal(rows(c), 2);
	assert_int_equal(collect(c), 0);
	assert_int_equal(blob_collect(c->blobs, c->l->db, NULL), 0);
}

static void
one_file_type_does_not_take_the_other_along(void **state)
{
	struct contents *c = *state;
	char *id = contents_put(c, "abc", "pdf");

	contents_put(c, "abc", "tei");
	ref(c, id, "pdf", 0, 3, 1);
	ref(c, id, "tei", 1, 3, 1);
	assert_int_equal(collect(c), 1);
	assert_false(blob_is_here(c->blobs, id, "pdf"));
	assert_true(blob_is_here(c->blobs, id, "tei"));
}

static void
a_wrong_count_costs_no_content(void **state)
{
	struct contents *c = *state;
	char *file = contents_put(c, "a file", "pdf");
	char *past = contents_put(c, "the past", "pdf");
	char *theirs = contents_put(c, "theirs", "tei");
	char *merge = contents_put(c, "a merge", "tei");
	char *tomb = contents_put(c, "a tombstone", "pdf");

	library_file(c->l, "aaaaaa", file, "synced", 0);
	library_file(c->l, "dddddd", tomb, "synced", 1);
	library_exec(c->l,
	    "INSERT INTO history (stable_id, at, kind, id, file_type, record)"
	    " VALUES ('aaaaaa', '', 'save', '%s', 'pdf', '{}')",
	    past);
	library_exec(c->l,
	    "INSERT INTO conflicts (stable_id, conflict_type, their_id,"
	    " file_type, merge_id, seen_at)"
	    " VALUES ('aaaaaa', 'modified_both', '%s', 'tei', '%s', '')",
	    theirs, merge);
	ref(c, file, "pdf", 0, 6, 1);
	ref(c, past, "pdf", 0, 8, 1);
	ref(c, theirs, "tei", 0, 6, 1);
	ref(c, merge, "tei", 0, 7, 1);
	ref(c, tomb, "pdf", 0, 11, 1);
	assert_int_equal(collect(c), 1);
	assert_true(blob_is_here(c->blobs, file, "pdf"));
	assert_true(blob_is_here(c->blobs, past, "pdf"));
	assert_true(blob_is_here(c->blobs, theirs, "tei"));
	assert_true(blob_is_here(c->blobs, merge, "tei"));
	assert_false(blob_is_here(c->blobs, tomb, "pdf"));
}

static void
more_than_a_page_goes_too(void **state)
{
	struct contents *c = *state;

	library_exec(c->l,
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 2500) INSERT INTO storage_refs (id, file_type, refs,"
	    " file_size, present) SELECT printf('%%064x', i), 'pdf', 0, 1, 1"
	    " FROM n");
	assert_int_equal(collect(c), 2500);
	assert_int_equal(rows(c), 0);
}

static void
a_file_that_nobody_knows_goes_after_a_day(void **state)
{
	struct contents *c = *state;
	char *known = contents_put(c, "known", "pdf");
	char *fresh = contents_put(c, "fresh", "pdf");
	char *future = contents_put(c, "future", "pdf");
	char *old = contents_put(c, "old", "pdf");
	char *other = path_join(c->l->mem, c->root, "aa/" B ".pdf");
	char *note = path_join(c->l->mem, c->root, "aa/note.txt");

	ref(c, known, "pdf", 1, 5, 1);
	set_age(blob_path(c->blobs, c->l->mem, known, "pdf"), 90000);
	set_age(blob_path(c->blobs, c->l->mem, fresh, "pdf"), 86000);
	set_age(blob_path(c->blobs, c->l->mem, future, "pdf"), -90000);
	set_age(blob_path(c->blobs, c->l->mem, old, "pdf"), 86500);
	/* What is not ours is not ours to judge. */
	path_make_dirs(path_join(c->l->mem, c->root, "aa"), 0750);
	assert_int_equal(file_write(other, "x", 1, 0600), 0);
	assert_int_equal(file_write(note, "x", 1, 0600), 0);
	set_age(other, 90000);
	set_age(note, 90000);
	assert_int_equal(collect(c), 1);
	assert_true(blob_is_here(c->blobs, known, "pdf"));
	assert_true(blob_is_here(c->blobs, fresh, "pdf"));
	assert_true(blob_is_here(c->blobs, future, "pdf"));
	assert_false(blob_is_here(c->blobs, old, "pdf"));
	assert_true(path_is_file(other));
	assert_true(path_is_file(note));
}

static void
downloads_that_nobody_wants_go(void **state)
{
	struct contents *c = *state;
	char *wanted = blob_incoming(c->blobs, c->l->mem, A, "pdf");
	char *old = blob_incoming(c->blobs, c->l->mem, B, "pdf");
	char *unwanted = blob_incoming(c->blobs, c->l->mem, C, "pdf");
	char *arrived = blob_incoming(c->blobs, c->l->mem, C, "tei");

	file_write(wanted, "x", 1, 0600);
	file_write(old, "x", 1, 0600);
	file_write(unwanted, "x", 1, 0600);
	file_write(arrived, "x", 1, 0600);
	ref(c, A, "pdf", 1, 3, 0);
	ref(c, B, "pdf", 1, 3, 0);
	ref(c, C, "tei", 1, 3, 1);
	set_age(wanted, 6 * 86400);
	set_age(old, 8 * 86400);
	assert_int_equal(collect(c), 0);
	assert_true(path_is_file(wanted));
	assert_false(path_is_file(old));
	assert_false(path_is_file(unwanted));
	assert_false(path_is_file(arrived));
}

/* ---- wanted -------------------------------------------------------------- */

static char seen[500];
static struct contents *arriving; /* what is seen arrives at once */

static int
see(void *arg, const char *id, const char *file_type, int64_t size_bytes,
    int64_t tries)
{
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen),
	    "%.1s.%s:%d/%d ", id, file_type, (int)size_bytes, (int)tries);
	if (arriving != NULL)
		return blob_arrived(arriving->l->db, id, file_type);
	return arg != NULL ? 7 : 0;
}

static int
wanted(struct contents *c, const char *after, int max)
{
	*seen = '\0';
	return blob_wanted(c->l->db, after, max, see, NULL);
}

static void
what_is_held_and_not_here_is_wanted(void **state)
{
	struct contents *c = *state;

	assert_int_equal(wanted(c, "", 9), 0);
	ref(c, C, "pdf", 1, 3, 0);
	ref(c, A, "pdf", 2, 1, 0);
	ref(c, A, "tei", 1, 2, 0);
	ref(c, B, "pdf", 0, 4, 0); /* by nobody */
	ref(c, B, "tei", 1, 5, 1); /* here */
	assert_int_equal(blob_missing(c->l->db, C, "pdf", "gone"), 0);
	assert_int_equal(wanted(c, "", 9), 1);
	assert_string_equal(seen, "a.pdf:1/0 a.tei:2/0 c.pdf:3/1 ");
	/* Both of one id, or the next call would not see the second. */
	assert_int_equal(wanted(c, "", 1), 1);
	assert_string_equal(seen, "a.pdf:1/0 a.tei:2/0 ");
	assert_int_equal(wanted(c, A, 1), 1);
	assert_string_equal(seen, "c.pdf:3/1 ");
	assert_int_equal(wanted(c, C, 1), 0);
	assert_int_equal(blob_wanted(c->l->db, "", 9, see, c), 7);
	arriving = c;
	assert_int_equal(wanted(c, "", 9), 1);
	arriving = NULL;
	assert_int_equal(wanted(c, "", 9), 0);
}

static void
a_record_says_why_it_waits_until_it_does_not(void **state)
{
	struct contents *c = *state;

	library_file(c->l, "aaaaaa", A, "pending_download", 0);
	library_file(c->l, "bbbbbb", A, "modified", 0);
	ref(c, A, "pdf", 2, 3, 0);
	assert_int_equal(blob_missing(c->l->db, A, "pdf", "no such file"), 0);
	assert_int_equal(blob_missing(c->l->db, A, "pdf", "no such file"), 0);
	assert_int_equal(library_ask(c->l,
			     "SELECT count(*) FROM files"
			     " WHERE sync_reason ="
			     " 'no such file'"),
	    1);
	assert_int_equal(library_ask(c->l, "SELECT tries FROM storage_refs"),
	    2);
	assert_int_equal(blob_arrived(c->l->db, A, "pdf"), 0);
	assert_int_equal(library_ask(c->l,
			     "SELECT count(*) FROM files"
			     " WHERE sync_reason IS NULL"
			     " AND sync_status = 'synced'"),
	    1);
	assert_int_equal(library_ask(c->l,
			     "SELECT tries FROM storage_refs"
			     " WHERE present AND reason IS NULL"),
	    0);
	assert_int_equal(library_ask(c->l,
			     "SELECT n FROM counts WHERE"
			     " sync_status = 'modified'"),
	    1);
}

static void
an_upload_that_nobody_goes_on_with_is_swept(void **state)
{
	struct contents *c = *state;
	char *dir = blob_uploads(c->blobs, c->l->mem);
	char *old = path_join(c->l->mem, dir, "old.data");
	char *fresh = path_join(c->l->mem, dir, "fresh.data");

	assert_string_equal(dir, path_join(c->l->mem, c->root, ".uploads"));
	assert_int_equal(file_write(old, "x", 1, 0640), 0);
	assert_int_equal(file_write(fresh, "x", 1, 0640), 0);
	set_age(old, 8 * 86400);
	set_age(fresh, 6 * 86400);
	assert_int_equal(collect(c), 0);
	assert_false(path_is_file(old));
	assert_true(path_is_file(fresh));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_nobody_holds_goes),
		T(one_file_type_does_not_take_the_other_along),
		T(a_wrong_count_costs_no_content),
		T(more_than_a_page_goes_too),
		T(a_file_that_nobody_knows_goes_after_a_day),
		T(downloads_that_nobody_wants_go),
		T(an_upload_that_nobody_goes_on_with_is_swept),
		T(what_is_held_and_not_here_is_wanted),
		T(a_record_says_why_it_waits_until_it_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

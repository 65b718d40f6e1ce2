/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/ref.h"

#include "base/err.h"
#include "unit/contents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

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

static int
take(struct contents *c, const char *id, int64_t size)
{
	int rc = db_begin(c->l->db);

	return rc != 0 ? rc
		       : db_end(c->l->db, ref_take(c->l->db, id, "pdf", size));
}

static int
drop(struct contents *c, const char *id)
{
	int rc = db_begin(c->l->db);

	return rc != 0 ? rc : db_end(c->l->db, ref_drop(c->l->db, id, "pdf"));
}

/* refs * 100 + present * 10 + size, all small; -1: no row. */
static int64_t
row(struct contents *c, const char *id)
{
	return library_ask(c->l,
	    "SELECT refs * 100 + present * 10 + file_size FROM storage_refs"
	    " WHERE id = '%s' AND file_type = 'pdf'",
	    id);
}

static int64_t
waits(struct contents *c, const char *stable_id)
{
	return library_ask(c->l,
	    "SELECT sync_status = 'pending_download' FROM files"
	    " WHERE stable_id = '%s'",
	    stable_id);
}

static void
a_content_that_was_put_is_here_when_it_is_taken(void **state)
{
	struct contents *c = *state;
	char *id = contents_put(c, "abc", "pdf");

	assert_int_equal(row(c, id), -1);
	assert_int_equal(ref_is_here(c->l->db, id, "pdf"), 0);
	assert_int_equal(take(c, id, 3), 1);
	assert_int_equal(row(c, id), 113);
	assert_int_equal(take(c, id, 3), 1);
	assert_int_equal(row(c, id), 213);
	assert_int_equal(ref_is_here(c->l->db, id, "pdf"), 1);
	assert_int_equal(ref_is_here(c->l->db, id, "tei"), 0);
}

static void
a_content_that_is_not_here_is_wanted(void **state)
{
	struct contents *c = *state;

	assert_int_equal(take(c, A, 5), 0);
	assert_int_equal(row(c, A), 105);
	assert_int_equal(ref_is_here(c->l->db, A, "pdf"), 0);
	/* One of another length is not it. */
	assert_int_equal(take(c, contents_put(c, "abc", "pdf"), 4), 0);
}

static void
without_blobs_only_what_is_known_is_here(void **state)
{
	struct contents *c = *state;
	char *one = contents_put(c, "abc", "pdf");
	char *two = contents_put(c, "abcd", "pdf");

	assert_int_equal(take(c, one, 3), 1);
	db_set_blobs(c->l->db, NULL);
	assert_null(db_blobs(c->l->db));
	assert_int_equal(take(c, one, 3), 1);
	assert_int_equal(take(c, two, 4), 0);
}

static void
a_reference_lives_and_dies_with_its_transaction(void **state)
{
	struct contents *c = *state;
	char *id = contents_put(c, "abc", "pdf");

	assert_int_equal(ref_take(c->l->db, id, "pdf", 3), E_INPUT);
	assert_int_equal(ref_drop(c->l->db, id, "pdf"), E_INPUT);
	assert_int_equal(db_begin(c->l->db), 0);
	assert_int_equal(ref_take(c->l->db, id, "pdf", 3), 1);
	assert_int_equal(db_end(c->l->db, E_STOPPED), E_STOPPED);
	assert_int_equal(row(c, id), -1);
}

static void
a_reference_that_nobody_took_cannot_be_dropped(void **state)
{
	struct contents *c = *state;
	char *id = contents_put(c, "abc", "pdf");

	assert_int_equal(drop(c, id), E_CORRUPT);
	assert_int_equal(take(c, id, 3), 1);
	assert_int_equal(drop(c, id), 0);
	assert_int_equal(row(c, id), 13);
	assert_int_equal(drop(c, id), E_CORRUPT);
	assert_int_equal(row(c, id), 13);
}

static void
nothing_is_taken_that_has_no_possible_name(void **state)
{
	struct contents *c = *state;

	assert_int_equal(take(c, "../../x", 3), E_INPUT);
	assert_int_equal(db_begin(c->l->db), 0);
	assert_int_equal(ref_take(c->l->db, A, "exe", 3), E_INPUT);
	assert_int_equal(db_end(c->l->db, E_INPUT), E_INPUT);
}

static void
a_lie_about_the_length_harms_nobody_else(void **state)
{
	struct contents *c = *state;
	char *id = contents_put(c, "abc", "pdf");

	assert_int_equal(take(c, id, 3), 1);
	/* A stranger's record says that it has 9 bytes. */
	assert_int_equal(take(c, id, 9), 1);
	assert_int_equal(row(c, id), 213);
	/* And where it came first, the truth mends it. */
	id = contents_put(c, "abcd", "pdf");
	assert_int_equal(take(c, id, 9), 0);
	assert_int_equal(take(c, id, 4), 1);
	assert_int_equal(row(c, id), 214);
}

static void
records_that_waited_are_synced_when_it_is_put_here(void **state)
{
	struct contents *c = *state;
	char *id;

	id = contents_put(c, "abc", "pdf");
	unlink(blob_path(c->blobs, c->l->mem, id, "pdf"));
	library_file(c->l, "aaaaaa", id, "pending_download", 0);
	library_file(c->l, "bbbbbb", id, "modified", 0);
	library_file(c->l, "cccccc", A, "pending_download", 0);
	assert_int_equal(take(c, id, 3), 0);
	assert_int_equal(waits(c, "aaaaaa"), 1);
	contents_put(c, "abc", "pdf");
	assert_int_equal(take(c, id, 3), 1);
	assert_int_equal(waits(c, "aaaaaa"), 0);
	assert_int_equal(waits(c, "cccccc"), 1);
	assert_int_equal(library_ask(c->l,
			     "SELECT count(*) FROM files"
			     " WHERE sync_status = 'modified'"),
	    1);
}

static void
records_wait_again_for_a_content_that_is_gone(void **state)
{
	struct contents *c = *state;
	char *id = contents_put(c, "abc", "pdf");

	library_file(c->l, "aaaaaa", id, "synced", 0);
	library_file(c->l, "bbbbbb", id, "modified", 0);
	library_file(c->l, "dddddd", id, "synced", 1);
	assert_int_equal(take(c, id, 3), 1);
	unlink(blob_path(c->blobs, c->l->mem, id, "pdf"));
	assert_int_equal(take(c, id, 3), 0);
	assert_int_equal(row(c, id), 203);
	assert_int_equal(waits(c, "aaaaaa"), 1);
	assert_int_equal(waits(c, "bbbbbb"), 0);
	assert_int_equal(waits(c, "dddddd"), 0);
	/* The counts followed. */
	assert_int_equal(library_ask(c->l,
			     "SELECT n FROM counts WHERE"
			     " sync_status = 'pending_download'"),
	    1);
}

static void
a_row_left_by_a_crash_is_not_believed(void **state)
{
	struct contents *c = *state;

	/* blob_collect removed the file, and its commit never came. */
	library_exec(c->l,
	    "INSERT INTO storage_refs (id, file_type, refs,"
	    " file_size, present) VALUES ('" A "', 'pdf', 0, 3, 1)");
	assert_int_equal(take(c, A, 3), 0);
	assert_int_equal(row(c, A), 103);
}

/*
 * Writers put a content, take it, look, and let it go; collectors remove what
 * they may.  What was taken as here must be here until it is let go.
 */
static int
write_one(struct db *db, struct blobs *blobs, int i)
{
	char text[20], id[HASH_HEX_SIZE];
	struct hash hash;
	int64_t size;
	int fd, rc, is_here;

	snprintf(text, sizeof(text), "content %d", i % 3);
	fd = contents_fd(text, strlen(text));
	rc = blob_put(blobs, fd, "pdf", 0, &hash, &size);
	close(fd);
	if (rc != 0 || (rc = db_begin(db)) != 0)
		return rc;
	is_here = ref_take(db, hash_hex(&hash, id), "pdf", size);
	if ((rc = db_end(db, is_here)) < 0)
		return rc;
	if (is_here && !blob_is_here(blobs, id, "pdf")) {
		fprintf(stderr, "# it was taken, and is gone\n");
		return -1;
	}
	if ((rc = db_begin(db)) != 0)
		return rc;
	return db_end(db, ref_drop(db, id, "pdf"));
}

static int
race_one(void *arg, int n)
{
	struct contents *c = arg;
	struct blobs *blobs;
	struct db *db;
	int i, rc;

	if ((rc = db_open(c->l->path, DB_LIBRARY, false, &db)) != 0 ||
	    (rc = blobs_open(c->root, &blobs)) != 0)
		return rc;
	db_set_blobs(db, blobs);
	for (i = 0; rc == 0 && i < 60; i++)
		rc = n < 2 ? blob_collect(blobs, db, NULL)
			   : write_one(db, blobs, i);
	if (rc != 0)
		fprintf(stderr, "# %s\n", err_text());
	blobs_close(blobs);
	db_close(db);
	return rc;
}

static void
what_is_taken_is_never_collected(void **state)
{
	struct contents *c = *state;

	assert_int_equal(library_race(5, race_one, c), 5);
	assert_int_equal(library_ask(c->l,
			     "SELECT sum(refs) FROM storage_refs"
			     " WHERE refs <> 0"),
	    -1);
}

/* Takes a content, says so, and commits a while later. */
static int
take_slowly(struct contents *c, const char *id, int said)
{
	struct db *db;
	int rc;

	if ((rc = db_open(c->l->path, DB_LIBRARY, false, &db)) != 0)
		return rc;
	db_set_blobs(db, c->blobs);
	if ((rc = db_begin(db)) != 0 || (rc = ref_take(db, id, "pdf", 3)) != 1)
		return -1;
	if (write(said, "", 1) != 1)
		return -1;
	usleep(200000);
	return db_end(db, 0);
}

static void
what_is_taken_while_a_collector_waits_stays(void **state)
{
	struct contents *c = *state;
	char *id = contents_put(c, "abc", "pdf"), byte;
	int ends[2], status;
	int64_t n;

	assert_int_equal(take(c, id, 3), 1);
	assert_int_equal(drop(c, id), 0);
	assert_int_equal(pipe(ends), 0);
	if (fork() == 0)
		_exit(take_slowly(c, id, ends[1]) != 0);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	/* It sees that nobody holds it, and then has to wait for the lock. */
	assert_int_equal(row(c, id), 13);
	assert_int_equal(blob_collect(c->blobs, c->l->db, &n), 0);
	assert_true(wait(&status) > 0 && status == 0);
	assert_int_equal(n, 0);
	assert_true(blob_is_here(c->blobs, id, "pdf"));
	assert_int_equal(row(c, id), 113);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_content_that_was_put_is_here_when_it_is_taken),
		T(a_content_that_is_not_here_is_wanted),
		T(without_blobs_only_what_is_known_is_here),
		T(a_reference_lives_and_dies_with_its_transaction),
		T(a_reference_that_nobody_took_cannot_be_dropped),
		T(nothing_is_taken_that_has_no_possible_name),
		T(a_lie_about_the_length_harms_nobody_else),
		T(records_that_waited_are_synced_when_it_is_put_here),
		T(records_wait_again_for_a_content_that_is_gone),
		T(a_row_left_by_a_crash_is_not_believed),
		T(what_is_taken_is_never_collected),
		T(what_is_taken_while_a_collector_waits_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

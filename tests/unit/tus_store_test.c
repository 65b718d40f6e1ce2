/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "respond/tus_store.h"
#include "unit/contents.h"

#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HOUR (60 * 60 * INT64_C(1000))
#define GIB (INT64_C(1) << 30)

/* The system's time, and a while. */
static int64_t later, mono;

static int64_t
wall(void *arg)
{
	struct timespec t;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000 + later;
}

static int64_t
steady(void *arg)
{
	(void)arg;
	return mono;
}

static int
setup(void **state)
{
	static const struct clock_source source = { wall, steady, NULL, NULL };

	*state = contents_new();
	later = 0;
	mono += HOUR; /* the last sweep was long ago */
	clock_set(&source);
	return 0;
}

static int
teardown(void **state)
{
	contents_free(*state);
	clock_set(NULL);
	return 0;
}

static char *
add(struct contents *c, const char *user, int64_t length)
{
	const struct tus_upload up = { .user = user,
		.length = length,
		.metadata = "filename YQ==" };
	char *id = mem_alloc(c->l->mem, TUS_ID_SIZE);

	assert_int_equal(tus_store_add(c->blobs, c->l->mem, &up, GIB, id), 0);
	return id;
}

static int
open_as(struct contents *c, const char *id, const char *user,
    struct tus_upload *up)
{
	return tus_store_open(c->blobs, c->l->mem, id, user, up);
}

static void
grow(struct tus_upload *up, const char *text)
{
	int fd = tus_store_data(up);

	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, up->offset, SEEK_SET), up->offset);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(tus_store_grown(up, fd,
			     up->offset + (int64_t)strlen(text)),
	    0);
	close(fd);
}

static void
an_upload_is_where_its_data_end(void **state)
{
	struct contents *c = *state;
	char *id = add(c, "anna", 10);
	struct tus_upload up;

	assert_int_equal(open_as(c, id, "anna", &up), 0);
	assert_int_equal(up.length, 10);
	assert_int_equal(up.offset, 0);
	assert_string_equal(up.metadata, "filename YQ==");
	assert_false(tus_store_has_data(&up));
	grow(&up, "abc");
	tus_store_close(&up);
	assert_int_equal(open_as(c, id, "anna", &up), 0);
	assert_int_equal(up.offset, 3);
	assert_true(tus_store_has_data(&up));
	tus_store_close(&up);
}

static void
one_works_on_it_at_a_time(void **state)
{
	struct contents *c = *state;
	char *id = add(c, "anna", 10);
	struct tus_upload up, other;

	assert_int_equal(open_as(c, id, "anna", &up), 0);
	assert_int_equal(open_as(c, id, "anna", &other), E_BUSY);
	tus_store_close(&up);
	assert_int_equal(open_as(c, id, "anna", &other), 0);
	tus_store_close(&other);
}

static void
others_do_not_see_it(void **state)
{
	static const char *const bad[] = { "", "lock", "../x",
		"00000000000000000000000000000000",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
	struct contents *c = *state;
	char *id = add(c, "anna", 10);
	struct tus_upload up;
	size_t i;

	assert_int_equal(open_as(c, id, "ben", &up), E_ABSENT);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(open_as(c, bad[i], "anna", &up), E_ABSENT);
	assert_int_equal(open_as(c, id, "anna", &up), 0);
	tus_store_close(&up);
}

static void
what_became_of_it_is_kept(void **state)
{
	struct contents *c = *state;
	char *id = add(c, "anna", 3);
	struct tus_upload up;

	assert_int_equal(open_as(c, id, "anna", &up), 0);
	grow(&up, "abc");
	up.content = "aa";
	up.file_type = "pdf";
	assert_int_equal(tus_store_note(&up), 0);
	assert_true(tus_store_has_data(&up));
	up.arrival = (struct arrival){ "abcdefgh", "new" };
	assert_int_equal(tus_store_note(&up), 0);
	assert_false(tus_store_has_data(&up));
	tus_store_close(&up);
	assert_int_equal(open_as(c, id, "anna", &up), 0);
	assert_int_equal(up.offset, 3);
	assert_string_equal(up.content, "aa");
	assert_string_equal(up.file_type, "pdf");
	assert_string_equal(up.arrival.stable_id, "abcdefgh");
	assert_string_equal(up.arrival.status, "new");
	assert_int_equal(tus_store_remove(&up, c->l->db), 0);
	tus_store_close(&up);
	assert_int_equal(open_as(c, id, "anna", &up), E_ABSENT);
	assert_int_equal(contents_count(c, ".uploads"), 1); /* the lock */
}

static void
a_user_has_only_so_many(void **state)
{
	struct contents *c = *state;
	struct tus_upload up = { .user = "anna", .length = 1 };
	char id[TUS_ID_SIZE], *first = add(c, "anna", 1);
	int i;

	for (i = 1; i < TUS_OPEN_MAX; i++)
		add(c, "anna", 1);
	assert_int_equal(tus_store_add(c->blobs, c->l->mem, &up, GIB, id),
	    E_BUSY);
	add(c, "ben", 1);
	assert_int_equal(open_as(c, first, "anna", &up), 0);
	up.arrival = (struct arrival){ "abcdefgh", "new" };
	assert_int_equal(tus_store_note(&up), 0);
	tus_store_close(&up);
	add(c, "anna", 1);
}

static void
a_user_has_only_so_many_bytes(void **state)
{
	struct contents *c = *state;
	struct tus_upload up = { .user = "anna", .length = 100 };
	char id[TUS_ID_SIZE];
	int i;

	for (i = 0; i < TUS_FILES_MAX; i++)
		assert_int_equal(tus_store_add(c->blobs, c->l->mem, &up, 100,
				     id),
		    0);
	up.length = 1;
	assert_int_equal(tus_store_add(c->blobs, c->l->mem, &up, 100, id),
	    E_BUSY);
	up.user = "ben";
	assert_int_equal(tus_store_add(c->blobs, c->l->mem, &up, 100, id), 0);
}

static void
more_than_the_disk_has_is_not_promised(void **state)
{
	struct contents *c = *state;
	struct tus_upload up = { .user = "anna", .length = INT64_MAX / 32 };
	char id[TUS_ID_SIZE];

	assert_int_equal(tus_store_add(c->blobs, c->l->mem, &up, INT64_MAX / 32,
			     id),
	    E_IO);
	assert_non_null(strstr(err_text(), "disk full"));
}

static void
what_nobody_goes_on_with_expires(void **state)
{
	struct contents *c = *state;
	char *id = add(c, "anna", 10);
	struct tus_upload up;

	assert_int_equal(open_as(c, id, "anna", &up), 0);
	grow(&up, "abc");
	tus_store_close(&up);
	later = (TUS_HOURS - 1) * HOUR;
	tus_store_sweep(c->blobs, c->l->db);
	assert_int_equal(open_as(c, id, "anna", &up), 0);
	assert_false(up.is_expired);
	assert_int_equal(up.offset, 3);
	tus_store_close(&up);
	later = (TUS_HOURS + 1) * HOUR;
	mono += HOUR;
	tus_store_sweep(c->blobs, c->l->db);
	assert_int_equal(open_as(c, id, "anna", &up), 0);
	assert_true(up.is_expired);
	assert_false(tus_store_has_data(&up));
	tus_store_close(&up);
	later = (TUS_HOURS + 25) * HOUR;
	mono += HOUR;
	tus_store_sweep(c->blobs, c->l->db);
	assert_int_equal(open_as(c, id, "anna", &up), E_ABSENT);
}

static void
what_is_worked_on_is_not_swept(void **state)
{
	struct contents *c = *state;
	char *id = add(c, "anna", 10);
	struct tus_upload up;

	assert_int_equal(open_as(c, id, "anna", &up), 0);
	grow(&up, "abc");
	later = 100 * HOUR;
	tus_store_sweep(c->blobs, c->l->db);
	assert_true(tus_store_has_data(&up));
	tus_store_close(&up);
}

static void
what_a_crash_left_is_swept_in_the_end(void **state)
{
	struct contents *c = *state;
	char *dir = blob_uploads(c->blobs, c->l->mem);
	char *rest = path_join(c->l->mem, dir,
	    "00000000000000000000000000000000.data");

	assert_int_equal(file_write(rest, "x", 1, 0600), 0);
	tus_store_sweep(c->blobs, c->l->db);
	assert_true(path_is_file(rest));
	later = 73 * HOUR;
	mono += HOUR;
	tus_store_sweep(c->blobs, c->l->db);
	assert_false(path_is_file(rest));
}

static void
notes_that_are_none_are_an_error(void **state)
{
	struct contents *c = *state;
	char *id = add(c, "anna", 10);
	char *path = mem_printf(c->l->mem, "%s/%s.json",
	    blob_uploads(c->blobs, c->l->mem), id);
	struct tus_upload up;

	assert_int_equal(file_write(path, "{}", 2, 0600), 0);
	assert_int_equal(open_as(c, id, "anna", &up), E_CORRUPT);
	assert_int_equal(file_write(path, "{\"user\"", 7, 0600), 0);
	assert_int_equal(open_as(c, id, "anna", &up), E_CORRUPT);
	add(c, "anna", 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(an_upload_is_where_its_data_end),
		TEST(one_works_on_it_at_a_time),
		TEST(others_do_not_see_it),
		TEST(what_became_of_it_is_kept),
		TEST(a_user_has_only_so_many),
		TEST(a_user_has_only_so_many_bytes),
		TEST(more_than_the_disk_has_is_not_promised),
		TEST(what_nobody_goes_on_with_expires),
		TEST(what_is_worked_on_is_not_swept),
		TEST(what_a_crash_left_is_swept_in_the_end),
		TEST(notes_that_are_none_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

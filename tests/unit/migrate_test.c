/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "local/schema.h"
#include "unit/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * A history of schemas of our own, in place of the program's; each text can be
 * changed by a test.
 */
static unsigned char one[200], two[200], three[200];
const struct schema schemas[] = {
	{ DB_LIBRARY, 1, "001-one.sql", one },
	{ DB_AUTH, 1, "auth-001-one.sql", (const unsigned char *)"" },
	{ DB_LIBRARY, 2, "002-two.sql", two },
	{ DB_LIBRARY, 3, "003-three.sql", three },
	{ DB_LIBRARY, 0, NULL, NULL },
};

static void
set(unsigned char text[200], const char *sql)
{
	snprintf((char *)text, 200, "%s", sql);
}

static int
setup(void **state)
{
	struct library *l = calloc(1, sizeof(*l));

	set(one,
	    "CREATE TABLE steps (n INTEGER); INSERT INTO steps VALUES (1)");
	set(two, "INSERT INTO steps VALUES (2)");
	set(three, "INSERT INTO steps VALUES (3)");
	l->mem = mem_new();
	l->dir = temp_dir();
	l->path = path_join(l->mem, l->dir, "library.db");
	*state = l;
	return 0;
}

static int
teardown(void **state)
{
	library_free(*state);
	return 0;
}

static int64_t
steps(struct library *l)
{
	return library_ask(l,
	    "SELECT count(*) * 100 + max(rowid = n) * 10 + max(n) FROM steps");
}

static void
migrations_run_once_and_in_order(void **state)
{
	struct library *l = *state;
	struct db *again;

	assert_int_equal(db_open(l->path, DB_LIBRARY, true, &l->db), 0);
	assert_int_equal(steps(l), 313);
	assert_int_equal(library_ask(l, "PRAGMA user_version"), 3);
	assert_int_equal(db_open(l->path, DB_LIBRARY, false, &again), 0);
	assert_int_equal(steps(l), 313);
	db_close(again);
}

static void
only_what_is_missing_is_run(void **state)
{
	struct library *l = *state;

	assert_int_equal(db_open(l->path, DB_LIBRARY, true, &l->db), 0);
	library_exec(l,
	    "DELETE FROM steps WHERE n > 1;"
	    "PRAGMA user_version = 1");
	db_close(l->db);
	assert_int_equal(db_open(l->path, DB_LIBRARY, false, &l->db), 0);
	assert_int_equal(steps(l), 313);
}

static void
a_migration_that_fails_leaves_the_version_before(void **state)
{
	struct library *l = *state;

	set(two, "INSERT INTO steps VALUES (2); CREATE TABLE steps (n)");
	assert_true(db_open(l->path, DB_LIBRARY, true, &l->db) < 0);
	assert_non_null(strstr(err_text(), "002-two.sql"));
	assert_int_equal(library_ask(l, "PRAGMA user_version"), 1);
	assert_int_equal(steps(l), 111);
	/* The next program is a better one. */
	set(two, "INSERT INTO steps VALUES (2)");
	assert_int_equal(db_open(l->path, DB_LIBRARY, false, &l->db), 0);
	assert_int_equal(steps(l), 313);
}

static int
open_one(void *arg, int i)
{
	struct library *l = arg;
	struct db *db;
	int rc;

	(void)i;
	rc = db_open(l->path, DB_LIBRARY, false, &db);
	if (rc == 0)
		db_close(db);
	return rc;
}

static void
processes_at_once_migrate_one_at_a_time(void **state)
{
	struct library *l = *state;
	int i;

	for (i = 0; i < 10; i++) {
		l->path = mem_printf(l->mem, "%s/%d.db", l->dir, i);
		assert_int_equal(db_open(l->path, DB_LIBRARY, true, &l->db), 0);
		library_exec(l,
		    "DELETE FROM steps WHERE n > 1;"
		    "PRAGMA user_version = 1");
		db_close(l->db);
		l->db = NULL;
		assert_int_equal(library_race(6, open_one, l), 6);
		assert_int_equal(steps(l), 313);
	}
}

static void
the_kinds_have_histories_of_their_own(void **state)
{
	struct library *l = *state;

	assert_int_equal(db_open(l->path, DB_AUTH, true, &l->db), 0);
	assert_int_equal(library_ask(l, "PRAGMA user_version"), 1);
	assert_int_equal(library_ask(l, "SELECT count(*) FROM sqlite_master"),
	    0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(migrations_run_once_and_in_order),
		T(only_what_is_missing_is_run),
		T(a_migration_that_fails_leaves_the_version_before),
		T(processes_at_once_migrate_one_at_a_time),
		T(the_kinds_have_histories_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

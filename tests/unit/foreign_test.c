/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "local/foreign.h"
#include "local/foreign_row.h"

#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"

static char dir[] = "/tmp/foreign-test-XXXXXX";
static char theirs[64], scratch[64];

static int
setup(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(theirs, sizeof(theirs), "%s/metadata.db", dir);
	snprintf(scratch, sizeof(scratch), "%s/scratch.db", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(theirs);
	unlink(scratch);
	return rmdir(dir);
}

static void
make(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(theirs, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

struct got {
	int n;
	char text[1024]; /* of the last row */
};

static const char *
or_dash(const char *text)
{
	return text != NULL ? text : "-";
}

static int
take(void *arg, const struct foreign_row *row)
{
	struct got *got = arg;

	got->n++;
	snprintf(got->text, sizeof(got->text),
	    "%.4s %s %s %s %s %s %s %s %lld %d %s %s %s %d %s %s", row->id,
	    row->file_type, or_dash(row->stable_id), or_dash(row->filename),
	    or_dash(row->doc_id), or_dash(row->doc_id_type),
	    or_dash(row->label), or_dash(row->variant), (long long)row->version,
	    row->is_gold, or_dash(row->doc_collections),
	    or_dash(row->doc_metadata), or_dash(row->file_metadata),
	    row->deleted, or_dash(row->created_at), or_dash(row->updated_at));
	return 0;
}

/* What one row says, after all were read. */
static void
says(const char *sql, const char *want)
{
	struct foreign *f;
	struct got got = { 0, "" };
	int64_t rows;

	make(sql);
	assert_int_equal(foreign_open(theirs, scratch, &f, &rows), 0);
	assert_int_equal(rows, 1);
	assert_int_equal(foreign_each(f, ONE, "pdf", take, &got), 0);
	assert_int_equal(got.n, 1);
	assert_string_equal(got.text, want);
	foreign_close(f);
	assert_int_equal(access(scratch, F_OK), -1);
}

static void
refused(const char *sql)
{
	struct foreign *f;
	int64_t rows;

	make(sql);
	assert_int_equal(foreign_open(theirs, scratch, &f, &rows), E_CORRUPT);
	assert_int_equal(access(scratch, F_OK), -1);
}

#define WHOLE                                                              \
	"CREATE TABLE file_metadata (id TEXT PRIMARY KEY, stable_id TEXT," \
	" filename TEXT, doc_id TEXT, doc_id_type TEXT, file_type TEXT,"   \
	" label TEXT, variant TEXT, version INTEGER,"                      \
	" is_gold_standard INTEGER, doc_collections TEXT,"                 \
	" doc_metadata TEXT, file_metadata TEXT, deleted INTEGER,"         \
	" created_at TEXT, updated_at TEXT);"

static void
a_whole_row_is_taken_and_put_into_our_form(void **state)
{
	(void)state;
	says(WHOLE
	    "INSERT INTO file_metadata VALUES ('" ONE "', 'abc234',"
	    " 'a.pdf', 'letter', 'doi', 'pdf', 'Fair', 'v', 3, 1,"
	    " '[\"b\", \"a\", \"b\"]', '{\"y\":1.10, \"x\": 2}', '{}', 0,"
	    " '2025-01-31 12:34:56.789012', "
	    "'2025-01-31T12:34:56+01:00')",
	    "1111 pdf abc234 a.pdf letter doi Fair v 3 1 [\"a\",\"b\"] "
	    "{\"x\":2,\"y\":1.10} {} 0 2025-01-31T12:34:56.789Z "
	    "2025-01-31T11:34:56.000Z");
}

static void
what_is_null_or_broken_is_as_if_it_were_not_there(void **state)
{
	(void)state;
	says(WHOLE "INSERT INTO file_metadata VALUES ('" ONE "', 'NOT ONE',"
		   " x'00', '', NULL, 'pdf', 'a' || char(10), 7, 'x', 'yes',"
		   " '{\"no\": \"list\"}', '{\"half\":', '[1]', NULL,"
		   " 'yesterday', '9999-01-01 00:00:00 or so')",
	    "1111 pdf - - - - - 7 -1 0 - - - 0 - -");
}

static void
columns_that_are_missing_say_nothing(void **state)
{
	(void)state;
	says("CREATE TABLE files (more INT, file_type, id);"
	     " INSERT INTO files VALUES (1, 'pdf', '" ONE "')",
	    "1111 pdf - - - - - - -1 0 - - - 0 - -");
}

static void
rows_that_name_no_content_are_passed_over(void **state)
{
	(void)state;
	says("CREATE TABLE file_metadata (id, file_type);"
	     " INSERT INTO file_metadata VALUES ('" ONE "', 'pdf'),"
	     " ('" ONE "', 'exe'), ('../../etc/passwd', 'pdf'), (NULL, 'pdf'),"
	     " (5, 'pdf'), ('" TWO "', NULL)",
	    "1111 pdf - - - - - - -1 0 - - - 0 - -");
}

static void
what_would_do_more_than_hold_rows_is_refused(void **state)
{
	(void)state;
	refused("CREATE VIEW file_metadata AS SELECT '" ONE
		"' AS id, 'pdf' AS file_type");
	unlink(theirs);
	refused("CREATE TABLE t (x); CREATE TABLE file_metadata (id,"
		" file_type AS (hex(zeroblob(1000000))));"
		" INSERT INTO file_metadata VALUES ('" ONE "')");
	unlink(theirs);
	refused("CREATE VIRTUAL TABLE file_metadata USING fts5(id, file_type)");
	unlink(theirs);
	refused("CREATE TABLE other (x)");
}

static void
what_is_no_database_is_refused(void **state)
{
	struct foreign *f;
	int64_t rows;

	(void)state;
	assert_int_equal(file_write(theirs, "<html>404</html>", 16, 0600), 0);
	assert_int_equal(foreign_open(theirs, scratch, &f, &rows), E_CORRUPT);
	unlink(theirs);
	assert_int_equal(foreign_open(theirs, scratch, &f, &rows), E_ABSENT);
}

/* A file that was cut at each of many places: an error or some rows, and
 * nothing else. */
static void
a_torn_file_is_an_error_at_worst(void **state)
{
	struct foreign *f;
	int64_t size, rows;

	(void)state;
	make(WHOLE "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
		   " FROM n WHERE i < 2000) INSERT INTO file_metadata (id,"
		   " file_type) SELECT printf('%064x', i), 'pdf' FROM n");
	assert_int_equal(file_size(theirs, &size), 0);
	for (size -= 1000; size > 0; size -= 4093) {
		assert_int_equal(truncate(theirs, size), 0);
		if (foreign_open(theirs, scratch, &f, &rows) == 0)
			foreign_close(f);
	}
}

static void
a_time_is_never_in_the_future(void **state)
{
	char out[CLOCK_TEXT_SIZE], now[CLOCK_TEXT_SIZE];

	(void)state;
	assert_int_equal(foreign_time("2999-01-01 00:00:00", out), 0);
	clock_text(clock_wall_ms(), now);
	assert_true(strcmp(out, now) <= 0);
	assert_int_equal(foreign_time("2025-02-30 00:00:00", out), E_INPUT);
	assert_int_equal(foreign_time("2025-02-03 00:00:00+1", out), E_INPUT);
	assert_int_equal(foreign_time("2025-02-03", out), E_INPUT);
	assert_int_equal(foreign_time("2025-02-03 10:00:00-0530", out), 0);
	assert_string_equal(out, "2025-02-03T15:30:00.000Z");
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(a_whole_row_is_taken_and_put_into_our_form),
		UNIT(what_is_null_or_broken_is_as_if_it_were_not_there),
		UNIT(columns_that_are_missing_say_nothing),
		UNIT(rows_that_name_no_content_are_passed_over),
		UNIT(what_would_do_more_than_hold_rows_is_refused),
		UNIT(what_is_no_database_is_refused),
		UNIT(a_torn_file_is_an_error_at_worst),
		UNIT(a_time_is_never_in_the_future),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

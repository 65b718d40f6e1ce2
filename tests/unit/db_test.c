/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "local/schema.h"
#include "unit/library.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Connections as SQLite knows them: the last that was opened, the library's. */
static sqlite3 *last_opened, *inside;

static int
note_opened(sqlite3 *db, char **error, const struct sqlite3_api_routines *api)
{
	(void)error;
	(void)api;
	last_opened = db;
	return SQLITE_OK;
}

/* In place of libc's: where a test wants it, every folder is far away. */
static int is_far;

int
statfs(const char *path, struct statfs *fs)
{
	if (access(path, F_OK) != 0)
		return -1;
	memset(fs, 0, sizeof(*fs));
	fs->f_type = is_far ? NFS_SUPER_MAGIC : EXT4_SUPER_MAGIC;
	return 0;
}

static int
setup(void **state)
{
	*state = library_new();
	inside = last_opened;
	return 0;
}

static int
teardown(void **state)
{
	library_free(*state);
	return 0;
}

/* Asks the library's own connection. */
static int64_t
ask_here(const char *sql)
{
	sqlite3_stmt *st;
	int64_t n = -1;

	assert_int_equal(sqlite3_prepare_v2(inside, sql, -1, &st, NULL),
	    SQLITE_OK);
	if (sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

static int
put_key(struct db *db, const char *key, const char *value)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, META_PUT, &st)) != 0)
		return rc;
	db_bind_text(st, 1, key);
	db_bind_text(st, 2, value);
	db_bind_text(st, 3, "2026-01-31T12:34:56.789Z");
	return db_run(st);
}

static int64_t
count_keys(struct library *l)
{
	return library_ask(l, "SELECT count(*) FROM sync_metadata");
}

/* ---- opening ------------------------------------------------------------- */

static int
newest(enum db_kind kind)
{
	const struct schema *s;
	int n = 0;

	for (s = schemas; s->name != NULL; s++)
		if (s->kind == kind)
			n = s->version;
	return n;
}

static void
schemas_are_numbered_from_one(void **state)
{
	int n[2] = { 0, 0 };
	const struct schema *s;

	(void)state;
	for (s = schemas; s->name != NULL; s++)
		assert_int_equal(s->version, ++n[s->kind]);
	assert_true(n[DB_LIBRARY] > 0);
}

static void
a_new_library_has_the_newest_schema(void **state)
{
	struct library *l = *state;
	struct stat st;

	assert_int_equal(library_ask(l, "PRAGMA user_version"),
	    newest(DB_LIBRARY));
	assert_int_equal(library_ask(l, "PRAGMA application_id"), 0x53744c69);
	assert_int_equal(stat(l->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(path_join(l->mem, l->dir, "library.db-wal"), &st),
	    0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(db_check(l->db), 0);
	assert_int_equal(db_tidy(l->db), 0);
}

static void
pragmas_are_set(void **state)
{
	(void)state;
	assert_int_equal(ask_here("PRAGMA synchronous"), 2);
	assert_int_equal(ask_here("PRAGMA foreign_keys"), 1);
	assert_int_equal(ask_here("PRAGMA recursive_triggers"), 0);
	assert_int_equal(ask_here("PRAGMA secure_delete"), 0);
	assert_int_equal(ask_here("PRAGMA trusted_schema"), 0);
	assert_int_equal(ask_here("PRAGMA cell_size_check"), 1);
	assert_int_equal(ask_here("PRAGMA cache_size"), -2048);
	assert_int_equal(ask_here("PRAGMA mmap_size"), 0);
	assert_int_equal(ask_here("PRAGMA temp_store"), 1);
	assert_int_equal(ask_here("PRAGMA journal_size_limit"), 16777216);
	assert_int_equal(ask_here("SELECT count(*) FROM pragma_journal_mode"
				  " WHERE journal_mode = 'wal'"),
	    1);
	assert_int_equal(sqlite3_exec(inside,
			     "PRAGMA writable_schema = ON;"
			     "DELETE FROM sqlite_schema",
			     NULL, NULL, NULL),
	    SQLITE_ERROR);
}

static void
what_was_written_is_there_when_it_is_opened_again(void **state)
{
	struct library *l = *state;

	assert_int_equal(put_key(l->db, "a", "1"), 0);
	db_close(l->db);
	assert_int_equal(db_open(l->path, DB_LIBRARY, false, &l->db), 0);
	assert_int_equal(count_keys(l), 1);
	db_close(NULL);
}

static void
what_is_not_there_is_absent_and_stays_so(void **state)
{
	struct library *l = *state;
	char *path = path_join(l->mem, l->dir, "none.db");
	struct db *db = NULL;

	assert_int_equal(db_open(path, DB_LIBRARY, false, &db), E_ABSENT);
	assert_false(path_is_file(path));
	assert_int_equal(db_open(path_join(l->mem, path, "x"), DB_LIBRARY, true,
			     &db),
	    E_ABSENT);
	assert_int_equal(db_open(l->dir, DB_LIBRARY, false, &db), E_INPUT);
	assert_null(db);
}

static void
an_empty_file_is_made_a_library_only_when_asked(void **state)
{
	struct library *l = *state;
	char *path = path_join(l->mem, l->dir, "empty.db");
	struct db *db;

	assert_int_equal(file_write(path, "", 0, 0600), 0);
	assert_int_equal(db_open(path, DB_LIBRARY, false, &db), E_ABSENT);
	assert_int_equal(db_open(path, DB_LIBRARY, true, &db), 0);
	db_close(db);
}

static void
a_newer_library_is_refused_and_left_alone(void **state)
{
	struct library *l = *state;
	struct db *db;

	library_exec(l, "PRAGMA user_version = %d", newest(DB_LIBRARY) + 1);
	assert_int_equal(db_open(l->path, DB_LIBRARY, true, &db), E_INPUT);
	assert_non_null(strstr(err_text(), "newer Stemma"));
	assert_int_equal(library_ask(l, "PRAGMA user_version"),
	    newest(DB_LIBRARY) + 1);
}

static void
a_database_of_others_is_refused(void **state)
{
	struct library *l = *state;
	struct db *db;

	assert_int_equal(db_open(l->path, DB_AUTH, true, &db), E_INPUT);
	assert_non_null(strstr(err_text(), "not a user database"));
	library_exec(l, "PRAGMA application_id = 0");
	assert_int_equal(db_open(l->path, DB_LIBRARY, true, &db), E_INPUT);
	assert_non_null(strstr(err_text(), "not a library"));
}

static void
what_is_no_database_is_corrupt(void **state)
{
	struct library *l = *state;
	char *path = path_join(l->mem, l->dir, "junk.db"), junk[5000];
	struct db *db;

	memset(junk, 'x', sizeof(junk));
	assert_int_equal(file_write(path, junk, sizeof(junk), 0600), 0);
	assert_int_equal(db_open(path, DB_LIBRARY, true, &db), E_CORRUPT);
}

static void
a_network_file_system_is_no_place(void **state)
{
	struct library *l = *state;
	char *path = path_join(l->mem, l->dir, "far.db");
	struct db *db;

	is_far = 1;
	assert_int_equal(db_open(path, DB_LIBRARY, true, &db), E_INPUT);
	assert_non_null(strstr(err_text(), "network"));
	assert_int_equal(db_open(l->path, DB_LIBRARY, false, &db), E_INPUT);
	is_far = 0;
	assert_false(path_is_file(path));
}

static int
open_one(void *arg, int i)
{
	struct db *db;
	int rc;

	(void)i;
	if ((rc = db_open(arg, DB_LIBRARY, true, &db)) != 0)
		return rc;
	rc = put_key(db, "a", "1");
	db_close(db);
	return rc;
}

static void
many_processes_may_make_it_at_once(void **state)
{
	struct library *l = *state;
	int i;

	for (i = 0; i < 10; i++) {
		l->path = mem_printf(l->mem, "%s/%d.db", l->dir, i);
		assert_int_equal(library_race(6, open_one, l->path), 6);
		assert_int_equal(library_ask(l, "PRAGMA user_version"),
		    newest(DB_LIBRARY));
		assert_int_equal(count_keys(l), 1);
	}
}

/* ---- statements ---------------------------------------------------------- */

static void
prepare_all(struct db *db, enum db_kind kind)
{
	struct stmt *st;
	int i;

	for (i = 0; i < SQL_COUNT; i++) {
		if (sql_texts[i].text == NULL)
			fail_msg("statement %d has no text", i);
		if (sql_texts[i].kind != kind)
			assert_int_equal(db_stmt(db, (enum sql)i, &st),
			    E_INPUT);
		else if (db_stmt(db, (enum sql)i, &st) != 0)
			fail_msg("statement %d: %s", i, err_text());
	}
}

static void
every_statement_prepares(void **state)
{
	struct library *l = *state;
	struct db *db;

	prepare_all(l->db, DB_LIBRARY);
	if (newest(DB_AUTH) == 0)
		return;
	assert_int_equal(db_open(path_join(l->mem, l->dir, "auth.db"), DB_AUTH,
			     true, &db),
	    0);
	prepare_all(db, DB_AUTH);
	db_close(db);
}

static void
values_come_back_as_they_were_bound(void **state)
{
	struct library *l = *state;
	struct stmt *st;
	size_t len = 9;

	assert_int_equal(db_stmt(l->db, OUTBOX_PUT, &st), 0);
	db_bind_text(st, 1, "Größe");
	db_bind_int(st, 2, INT64_MIN);
	db_bind_int(st, 3, INT64_MAX);
	db_bind_text(st, 4, "");
	db_bind_blob(st, 5, NULL, 0);
	db_bind_int(st, 6, 0);
	assert_int_equal(db_run(st), 0);
	assert_int_equal(db_stmt(l->db, OUTBOX_FIND, &st), 0);
	assert_int_equal(db_step(st), 1);
	assert_string_equal(db_text(st, 0), "Größe");
	assert_true(db_int(st, 1) == INT64_MIN);
	assert_true(db_int(st, 2) == INT64_MAX);
	assert_string_equal(db_text_dup(st, 3, l->mem), "");
	assert_false(db_is_null(st, 4));
	db_blob(st, 4, &len);
	assert_int_equal(len, 0);
	assert_int_equal(db_step(st), 0);
}

static void
null_is_null(void **state)
{
	struct library *l = *state;
	struct stmt *st;

	assert_int_equal(put_key(l->db, "a", NULL), 0);
	assert_int_equal(db_stmt(l->db, META_FIND, &st), 0);
	db_bind_text(st, 1, "a");
	assert_int_equal(db_step(st), 1);
	assert_true(db_is_null(st, 0));
	assert_null(db_text(st, 0));
	assert_null(db_text_dup(st, 0, l->mem));
	db_reset(st);
	/* Nothing stays bound. */
	assert_int_equal(db_stmt(l->db, META_FIND, &st), 0);
	assert_int_equal(db_step(st), 0);
	db_bind_null(st, 1);
}

static void
a_constraint_says_exists(void **state)
{
	struct library *l = *state;

	library_file(l, "aaaaaa", "id", "synced", 0);
	assert_int_equal(db_exec(l->db,
			     "INSERT INTO files SELECT * FROM files"),
	    E_EXISTS);
}

static void
a_statement_in_use_is_not_lent_twice(void **state)
{
	struct library *l = *state;
	struct stmt *st, *again;

	put_key(l->db, "a", "1");
	assert_int_equal(db_stmt(l->db, META_FIND, &st), 0);
	db_bind_text(st, 1, "a");
	assert_int_equal(db_step(st), 1);
	assert_int_equal(db_stmt(l->db, META_FIND, &again), E_INPUT);
	db_reset(st);
	assert_int_equal(db_stmt(l->db, META_FIND, &again), 0);
}

static void
a_value_that_cannot_be_bound_is_told_by_the_step(void **state)
{
	struct library *l = *state;
	struct stmt *st;
	char *long_text = malloc(17000000);

	memset(long_text, 'x', 17000000 - 1);
	long_text[17000000 - 1] = '\0';
	assert_int_equal(db_stmt(l->db, META_FIND, &st), 0);
	db_bind_text(st, 1, long_text);
	assert_int_equal(db_step(st), E_INPUT);
	assert_int_equal(db_stmt(l->db, META_FIND, &st), 0);
	db_bind_int(st, 2, 1);
	assert_int_equal(db_run(st), E_INPUT);
	free(long_text);
}

static void
changes_and_rowids_are_counted(void **state)
{
	struct library *l = *state;
	struct stmt *st;

	put_key(l->db, "a", "1");
	assert_int_equal(db_changes(l->db), 1);
	assert_int_equal(db_stmt(l->db, META_REMOVE, &st), 0);
	db_bind_text(st, 1, "b");
	assert_int_equal(db_run(st), 0);
	assert_int_equal(db_changes(l->db), 0);
	library_exec(l,
	    "INSERT INTO sync_runs (run_id, started_at, summary)"
	    " VALUES (77, '', '')");
	assert_int_equal(db_last_rowid(l->db), 77);
}

/* ---- transactions -------------------------------------------------------- */

static void
a_transaction_is_all_or_nothing(void **state)
{
	struct library *l = *state;

	assert_int_equal(db_begin(l->db), 0);
	assert_true(db_is_writing(l->db));
	put_key(l->db, "a", "1");
	assert_int_equal(count_keys(l), 0);
	assert_int_equal(db_end(l->db, 1), 1);
	assert_false(db_is_writing(l->db));
	assert_int_equal(count_keys(l), 1);
	assert_int_equal(db_begin(l->db), 0);
	put_key(l->db, "b", "1");
	assert_int_equal(db_end(l->db, E_INPUT), E_INPUT);
	assert_int_equal(count_keys(l), 1);
}

static void
inner_transactions_are_part_of_the_outer(void **state)
{
	struct library *l = *state;

	assert_int_equal(db_begin(l->db), 0);
	assert_int_equal(db_begin(l->db), 0);
	put_key(l->db, "a", "1");
	assert_int_equal(db_end(l->db, 0), 0);
	assert_int_equal(count_keys(l), 0);
	assert_int_equal(db_begin_read(l->db), 0);
	assert_int_equal(db_end(l->db, 0), 0);
	assert_int_equal(db_end(l->db, 0), 0);
	assert_int_equal(count_keys(l), 1);
}

static void
an_inner_failure_fails_the_outer(void **state)
{
	struct library *l = *state;

	assert_int_equal(db_begin(l->db), 0);
	put_key(l->db, "a", "1");
	assert_int_equal(db_begin(l->db), 0);
	assert_int_equal(db_end(l->db, err_set(E_CONFLICT, "the reason")),
	    E_CONFLICT);
	put_key(l->db, "b", "1");
	err_clear();
	assert_int_equal(db_end(l->db, 0), E_CONFLICT);
	assert_string_equal(err_text(), "the reason");
	assert_int_equal(count_keys(l), 0);
	/* And is forgotten then. */
	assert_int_equal(db_begin(l->db), 0);
	put_key(l->db, "c", "1");
	assert_int_equal(db_end(l->db, 0), 0);
	assert_int_equal(count_keys(l), 1);
}

static void
a_snapshot_does_not_move(void **state)
{
	struct library *l = *state;
	struct stmt *st;
	struct db *other;

	assert_int_equal(db_open(l->path, DB_LIBRARY, false, &other), 0);
	assert_int_equal(db_begin_read(l->db), 0);
	assert_int_equal(put_key(other, "a", "1"), 0);
	assert_int_equal(db_stmt(l->db, META_FIND, &st), 0);
	db_bind_text(st, 1, "a");
	assert_int_equal(db_step(st), 0);
	/* It is no place for a write, and cannot become one. */
	assert_int_equal(db_begin(l->db), E_INPUT);
	assert_int_equal(put_key(l->db, "b", "1"), E_BUSY);
	assert_int_equal(db_end(l->db, 0), 0);
	assert_int_equal(put_key(l->db, "b", "1"), 0);
	assert_int_equal(count_keys(l), 2);
	db_close(other);
}

/* A clock on which sleeping takes no time. */
static int64_t fake_ms, slept;

static int64_t
fake_now(void *arg)
{
	(void)arg;
	return fake_ms;
}

static void
fake_sleep(void *arg, int64_t ms)
{
	(void)arg;
	fake_ms += ms;
	slept++;
}

static const struct clock_source fake_clock = { fake_now, fake_now, fake_sleep,
	NULL };

static void
a_busy_library_is_waited_for_ten_seconds(void **state)
{
	struct library *l = *state;
	struct db *other;

	assert_int_equal(db_open(l->path, DB_LIBRARY, false, &other), 0);
	assert_int_equal(db_begin(other), 0);
	clock_set(&fake_clock);
	fake_ms = slept = 0;
	assert_int_equal(db_begin(l->db), E_BUSY);
	assert_in_range(fake_ms, 10000, 10100);
	assert_in_range(slept, 200, 2000);
	assert_int_equal(put_key(l->db, "a", "1"), E_BUSY);
	assert_in_range(fake_ms, 20000, 20200);
	clock_set(NULL);
	/* Readers do not wait. */
	assert_int_equal(db_begin_read(l->db), 0);
	assert_int_equal(db_end(l->db, 0), 0);
	assert_int_equal(db_end(other, 0), 0);
	assert_int_equal(db_begin(l->db), 0);
	assert_int_equal(db_end(l->db, 0), 0);
	db_close(other);
}

static int
count_up(void *arg, int n)
{
	struct library *l = arg;
	struct db *db;
	int i, rc;

	(void)n;
	if ((rc = db_open(l->path, DB_LIBRARY, false, &db)) != 0)
		return rc;
	for (i = 0; rc == 0 && i < 40; i++) {
		if ((rc = db_begin(db)) != 0)
			break;
		rc = db_exec(db,
		    "UPDATE sync_metadata SET value ="
		    " CAST(value AS INTEGER) + 1");
		rc = db_end(db, rc);
	}
	db_close(db);
	return rc;
}

static void
no_update_of_many_processes_is_lost(void **state)
{
	struct library *l = *state;

	put_key(l->db, "n", "0");
	assert_int_equal(library_race(5, count_up, l), 5);
	assert_int_equal(library_ask(l, "SELECT value FROM sync_metadata"),
	    200);
}

static void
a_killed_process_leaves_whole_transactions(void **state)
{
	struct library *l = *state;
	struct db *db;
	int status;

	if (fork() == 0) {
		if (db_open(l->path, DB_LIBRARY, false, &db) == 0 &&
		    put_key(db, "whole", "1") == 0 && db_begin(db) == 0 &&
		    put_key(db, "half", "1") == 0)
			raise(SIGKILL);
		_exit(1);
	}
	assert_true(wait(&status) > 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(count_keys(l), 1);
	assert_int_equal(put_key(l->db, "next", "1"), 0);
	assert_int_equal(db_check(l->db), 0);
}

/* ---- trouble ------------------------------------------------------------- */

static void
a_full_disk_says_so_and_nothing_of_it_stays(void **state)
{
	struct library *l = *state;
	char *large = malloc(100000);
	struct stmt *lent;

	memset(large, 'x', 99999);
	large[99999] = '\0';
	ask_here("PRAGMA max_page_count = 1"); /* what it has now */
	assert_int_equal(db_begin(l->db), 0);
	assert_int_equal(put_key(l->db, "a", "1"), 0);
	assert_int_equal(db_stmt(l->db, META_FIND, &lent), 0);
	assert_int_equal(put_key(l->db, "b", large), E_IO);
	assert_non_null(strstr(err_text(), "disk full"));
	if (sqlite3_get_autocommit(inside)) {
		/* SQLite rolled back; what follows is not written alone. */
		assert_int_equal(put_key(l->db, "c", "1"), E_IO);
		assert_int_equal(db_step(lent), E_IO);
	}
	assert_int_equal(db_end(l->db, E_IO), E_IO);
	assert_int_equal(count_keys(l), 0);
	ask_here("PRAGMA max_page_count = 1000000");
	assert_int_equal(put_key(l->db, "b", large), 0);
	free(large);
}

static void
a_transaction_that_sqlite_ended_takes_nothing_more(void **state)
{
	struct library *l = *state;
	struct stmt *lent;

	assert_int_equal(db_begin(l->db), 0);
	assert_int_equal(put_key(l->db, "a", "1"), 0);
	assert_int_equal(db_stmt(l->db, META_FIND, &lent), 0);
	/* As it does by itself where the disk is full. */
	assert_int_equal(db_exec(l->db,
			     "INSERT OR ROLLBACK INTO sync_metadata"
			     " VALUES ('a', '2', '')"),
	    E_EXISTS);
	assert_int_equal(put_key(l->db, "b", "1"), E_EXISTS);
	assert_int_equal(db_step(lent), E_EXISTS);
	assert_int_equal(db_exec(l->db, "DELETE FROM files"), E_EXISTS);
	assert_int_equal(db_end(l->db, 0), E_EXISTS);
	assert_int_equal(count_keys(l), 0);
	assert_int_equal(put_key(l->db, "b", "1"), 0);
}

static void
damage_is_found(void **state)
{
	struct library *l = *state;
	struct db *db;
	char junk[4096];
	int fd, i;

	for (i = 0; i < 500; i++)
		library_exec(l, "INSERT INTO passed VALUES (%d, '%064d')", i,
		    i);
	db_close(l->db);
	l->db = NULL;
	memset(junk, 0xa5, sizeof(junk));
	fd = open(l->path, O_WRONLY | O_CLOEXEC);
	for (i = 4; i < 70; i++)
		if (pwrite(fd, junk, sizeof(junk), i * 4096) < 0)
			fail();
	close(fd);
	if (db_open(l->path, DB_LIBRARY, false, &db) == 0) {
		assert_int_equal(db_check(db), E_CORRUPT);
		db_close(db);
	} else {
		assert_non_null(strstr(err_text(), "malformed"));
	}
}

static void
a_library_that_cannot_be_written_says_so(void **state)
{
	struct library *l = *state;

	ask_here("PRAGMA query_only = 1");
	assert_int_equal(put_key(l->db, "a", "1"), E_IO);
	assert_non_null(strstr(err_text(), "cannot be written"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(schemas_are_numbered_from_one),
		T(a_new_library_has_the_newest_schema),
		T(pragmas_are_set),
		T(what_was_written_is_there_when_it_is_opened_again),
		T(what_is_not_there_is_absent_and_stays_so),
		T(an_empty_file_is_made_a_library_only_when_asked),
		T(a_newer_library_is_refused_and_left_alone),
		T(a_database_of_others_is_refused),
		T(what_is_no_database_is_corrupt),
		T(a_network_file_system_is_no_place),
		T(many_processes_may_make_it_at_once),
		T(every_statement_prepares),
		T(values_come_back_as_they_were_bound),
		T(null_is_null),
		T(a_constraint_says_exists),
		T(a_statement_in_use_is_not_lent_twice),
		T(a_value_that_cannot_be_bound_is_told_by_the_step),
		T(changes_and_rowids_are_counted),
		T(a_transaction_is_all_or_nothing),
		T(inner_transactions_are_part_of_the_outer),
		T(an_inner_failure_fails_the_outer),
		T(a_snapshot_does_not_move),
		T(a_busy_library_is_waited_for_ten_seconds),
		T(no_update_of_many_processes_is_lost),
		T(a_killed_process_leaves_whole_transactions),
		T(a_full_disk_says_so_and_nothing_of_it_stays),
		T(a_transaction_that_sqlite_ended_takes_nothing_more),
		T(damage_is_found),
		T(a_library_that_cannot_be_written_says_so),
	};

	sqlite3_auto_extension((void (*)(void))note_opened);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

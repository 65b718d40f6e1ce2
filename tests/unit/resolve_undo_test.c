/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "local/conflict.h"
#include "local/db.h"
#include "unit/site.h"

#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A decision that is taken back before a sync published it leaves nothing
 * behind: all tables are compared, row by row. */
static struct world *w;
static struct site *a, *b;
static const char *sid;

#define TEXT(top, end)                                                  \
	"<TEI xmlns='http://www.tei-c.org/ns/1.0'>\n<!-- " top " -->\n" \
	"<a/>\n<b/>\n<c/>\n<d/>\n<!-- " end " -->\n</TEI>\n"
#define BASE TEXT("1", "1")
#define OURS TEXT("ours", "1")
#define THEIRS TEXT("1", "theirs")

static int
setup(void **state)
{
	(void)state;
	w = world_new();
	a = site_open(w, "anna");
	b = site_open(w, "berta");
	sid = site_add(a, "doc", NULL, BASE);
	must_sync(a);
	must_sync(b);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	site_close(a);
	site_close(b);
	world_free(w);
	return 0;
}

static void
meet(void)
{
	must_sync(a);
	must_sync(b);
	assert_int_equal(site_conflicts(b), 1);
}

static void
modified_both(void)
{
	site_save(a, sid, THEIRS);
	site_label(a, sid, "theirs");
	site_save(b, sid, OURS);
	meet();
}

static void
deleted_remote(void)
{
	site_delete(a, sid);
	site_save(b, sid, OURS);
	meet();
}

static void
deleted_local(void)
{
	site_save(a, sid, THEIRS);
	site_delete(b, sid);
	meet();
}

/* ---- all that a decision can touch ------------------------------------------- */

static void
dump_row(sqlite3_stmt *st, struct buf *out)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		const char *name = sqlite3_column_name(st, i);
		const char *text = (const char *)sqlite3_column_text(st, i);

		if (strcmp(name, "revision") != 0) /* goes up alone */
			buf_printf(out, "%s=%s ", name, text ? text : "NULL");
	}
	buf_putc(out, '\n');
}

static void
dump_table(sqlite3 *db, const char *table, struct buf *out)
{
	sqlite3_stmt *st;
	char *sql = mem_printf(w->mem, "SELECT * FROM %s ORDER BY 1, 2", table);

	buf_printf(out, "%s:\n", table);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), 0);
	while (sqlite3_step(st) == SQLITE_ROW)
		dump_row(st, out);
	sqlite3_finalize(st);
}

static const char *
dump(void)
{
	static const char *const tables[] = { "files", "base", "conflicts",
		"resolutions", "resolved", "history", "lineage", "names",
		"counts", "storage_refs", "outbox", "outbox_rows" };
	struct buf out = { 0 };
	const char *text;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(world_path(w, "berta/library.db"), &db),
	    SQLITE_OK);
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		dump_table(db, tables[i], &out);
	sqlite3_close(db);
	text = mem_strdup(w->mem, out.data);
	buf_release(&out);
	return text;
}

static int
undo(void)
{
	int rc = resolve_undo(b->db, b->opt.work_dir, sid, "berta");

	site_check(b);
	return rc;
}

static void
settle(enum resolution resolution, const char *variant)
{
	assert_int_equal(resolve_conflict(b->db, b->mem, sid, resolution,
			     variant, NULL, 0, "berta", NULL),
	    0);
	site_check(b);
	assert_int_equal(site_conflicts(b), 0);
}

/* Settled, taken back, twice: nothing has changed, and it can be settled. */
static void
there_and_back(enum resolution resolution, const char *variant)
{
	const char *before = dump();
	const char *state = site_state(b);
	struct site *all[] = { b, a };

	for (int i = 0; i < 2; i++) {
		settle(resolution, variant);
		assert_string_not_equal(dump(), before);
		assert_int_equal(undo(), 0);
		assert_string_equal(dump(), before);
		assert_string_equal(site_state(b), state);
		assert_int_equal(site_conflicts(b), 1);
	}
	assert_int_equal(undo(), E_ABSENT);
	must_sync(b); /* publishes nothing of it */
	must_sync(a);
	assert_int_equal(site_conflicts(b), 1);
	settle(resolution, variant);
	must_converge(all, 2);
}

/* ---- each cell of the table --------------------------------------------------- */

static void
modified_both_and_local_wins(void **state)
{
	(void)state;
	modified_both();
	there_and_back(RESOLVE_LOCAL, NULL);
	assert_string_equal(site_text(a, sid), OURS);
}

static void
modified_both_and_remote_wins(void **state)
{
	(void)state;
	modified_both();
	there_and_back(RESOLVE_REMOTE, NULL);
	assert_string_equal(site_text(b, sid), THEIRS);
}

static void
modified_both_and_keep_both(void **state)
{
	(void)state;
	modified_both();
	there_and_back(RESOLVE_BOTH, "mine");
}

static void
modified_both_and_merge(void **state)
{
	(void)state;
	modified_both();
	there_and_back(RESOLVE_MERGE, NULL);
	assert_string_equal(site_text(a, sid), TEXT("ours", "theirs"));
}

static void
deleted_remote_and_local_wins(void **state)
{
	(void)state;
	deleted_remote();
	there_and_back(RESOLVE_LOCAL, NULL);
	assert_string_equal(site_text(a, sid), OURS);
}

static void
deleted_remote_and_remote_wins(void **state)
{
	(void)state;
	deleted_remote();
	there_and_back(RESOLVE_REMOTE, NULL);
	assert_true(site_held(b, sid).rec.deleted);
}

static void
deleted_remote_and_keep_both(void **state)
{
	(void)state;
	deleted_remote();
	there_and_back(RESOLVE_BOTH, "mine");
}

static void
deleted_local_and_local_wins(void **state)
{
	(void)state;
	deleted_local();
	there_and_back(RESOLVE_LOCAL, NULL);
	assert_true(site_held(a, sid).rec.deleted);
}

static void
deleted_local_and_remote_wins(void **state)
{
	(void)state;
	deleted_local();
	there_and_back(RESOLVE_REMOTE, NULL);
	assert_string_equal(site_text(b, sid), THEIRS);
}

/* A record that was deleted lives again as the new variant: and is deleted
 * again. */
static void
a_revived_variant_is_deleted_again(void **state)
{
	const char *twin;

	(void)state;
	twin = site_add(b, "doc", "mine", OURS);
	must_sync(b);
	site_delete(b, twin);
	must_sync(b);
	modified_both();
	assert_true(site_held(b, twin).rec.deleted);
	there_and_back(RESOLVE_BOTH, "mine");
	assert_false(site_held(a, twin).rec.deleted);
}

/* ---- where there is no way back ----------------------------------------------- */

static void
what_was_published_cannot_be_taken_back(void **state)
{
	(void)state;
	modified_both();
	settle(RESOLVE_LOCAL, NULL);
	must_sync(b);
	assert_int_equal(undo(), E_ABSENT);
	assert_int_equal(site_conflicts(b), 0);
}

static void
theirs_cannot_be_left_after_the_next_sync(void **state)
{
	(void)state;
	modified_both();
	settle(RESOLVE_REMOTE, NULL);
	must_sync(b); /* publishes nothing: there is nothing to publish */
	assert_int_equal(undo(), E_ABSENT);
	assert_null(strstr(dump(), "their_id="));
}

static void
what_a_sync_may_have_sent_cannot_be_taken_back(void **state)
{
	(void)state;
	modified_both();
	settle(RESOLVE_LOCAL, NULL);
	b->stop_after_swap = true;
	assert_int_equal(site_sync(b), E_STOPPED);
	assert_int_equal(undo(), E_ABSENT);
	must_sync(b);
	must_sync(a);
	assert_string_equal(site_text(a, sid), OURS);
}

static void
a_record_that_was_edited_since_cannot_go_back(void **state)
{
	(void)state;
	modified_both();
	settle(RESOLVE_LOCAL, NULL);
	site_save(b, sid, TEXT("later", "1"));
	assert_int_equal(undo(), E_CONFLICT);
	assert_string_equal(site_text(b, sid), TEXT("later", "1"));
	must_sync(b);
	assert_int_equal(undo(), E_ABSENT);
}

static void
nothing_is_taken_back_while_a_sync_runs(void **state)
{
	char *path;
	int lock;

	(void)state;
	modified_both();
	settle(RESOLVE_LOCAL, NULL);
	path = path_join(w->mem, b->opt.work_dir, "lock");
	assert_true((lock = file_lock(path, 0)) >= 0);
	assert_int_equal(undo(), E_BUSY);
	close(lock);
	assert_int_equal(undo(), 0);
}

static void
what_was_never_settled_cannot_be_taken_back(void **state)
{
	(void)state;
	modified_both();
	assert_int_equal(undo(), E_ABSENT);
	assert_int_equal(resolve_undo(b->db, b->opt.work_dir, "nobody", NULL),
	    E_ABSENT);
	assert_int_equal(site_conflicts(b), 1);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(modified_both_and_local_wins),
		FACT(modified_both_and_remote_wins),
		FACT(modified_both_and_keep_both),
		FACT(modified_both_and_merge),
		FACT(deleted_remote_and_local_wins),
		FACT(deleted_remote_and_remote_wins),
		FACT(deleted_remote_and_keep_both),
		FACT(deleted_local_and_local_wins),
		FACT(deleted_local_and_remote_wins),
		FACT(a_revived_variant_is_deleted_again),
		FACT(what_was_published_cannot_be_taken_back),
		FACT(theirs_cannot_be_left_after_the_next_sync),
		FACT(what_a_sync_may_have_sent_cannot_be_taken_back),
		FACT(a_record_that_was_edited_since_cannot_go_back),
		FACT(nothing_is_taken_back_while_a_sync_runs),
		FACT(what_was_never_settled_cannot_be_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "unit/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * A library with a record of each kind: aaaaaa is synced, bbbbbb modified,
 * cccccc waits for its content, dddddd is a tombstone of the store, eeeeee was
 * never sent, ffffff is deleted here, gggggg is in conflict.
 */
static struct record
plain(struct contents *c, const char *stable_id, const char *text)
{
	struct record rec = { .stable_id = stable_id,
		.filename = "a",
		.doc_id = "d",
		.doc_id_type = "custom",
		.file_type = "tei",
		.mime_type = "application/xml",
		.doc_collections = "[]",
		.doc_metadata = "{}",
		.file_metadata = "{}",
		.created_at = AT,
		.updated_at = AT };

	rec.id = contents_put(c, text, "tei");
	rec.file_size = (int64_t)strlen(text);
	return rec;
}

static void
put(struct contents *c, const char *stable_id, bool deleted)
{
	struct record rec = plain(c, stable_id, stable_id);

	rec.deleted = deleted;
	library_must(records_apply(c, &rec, 1) == 0, stable_id);
}

static void
put_unsent(struct contents *c, const char *stable_id)
{
	struct record rec = plain(c, stable_id, stable_id);
	struct record_write w = { .row = &rec, .by_user = true };

	library_must(record_write(c->l->db, &w) == 0, stable_id);
}

static void
put_waiting(struct contents *c, const char *stable_id)
{
	struct record rec = plain(c, stable_id, "");

	rec.id = "1381be58ff61c837f922512c19392ea90fd3caec38cd0ba4a2e4344fcfd48"
		 "a71";
	library_must(records_apply(c, &rec, 1) == 0, stable_id);
}

static int
setup(void **state)
{
	struct contents *c = records_new();

	put(c, "aaaaaa", false);
	put(c, "bbbbbb", false);
	library_must(records_save(c, "bbbbbb", "new") == 0, "save");
	put_waiting(c, "cccccc");
	put(c, "dddddd", true);
	put_unsent(c, "eeeeee");
	put(c, "ffffff", false);
	library_must(record_delete(c->l->db, "ffffff", NULL) == 0, "delete");
	put(c, "gggggg", false);
	library_must(records_save(c, "gggggg", "ours") == 0, "save");
	library_must(record_set_status(c->l->db, "gggggg", "conflict", NULL) ==
		0,
	    "set_status");
	library_exec(c->l,
	    "INSERT INTO conflicts (stable_id, conflict_type, file_type,"
	    " seen_at) VALUES ('gggggg', 'modified_both', 'tei', '" AT "')");
	*state = c;
	return 0;
}

static int
teardown(void **state)
{
	records_free(*state);
	return 0;
}

/* What somebody did to the library, and what the check says about it. */
static const struct {
	const char *sql, *said;
} damages[] = {
	{ "UPDATE files SET label = 'x' WHERE stable_id = 'aaaaaa'", "digest" },
	{ "UPDATE files SET label = 'x' WHERE stable_id = 'eeeeee'", NULL },
	{ "UPDATE files SET updated_at = 'x' WHERE stable_id = 'eeeeee'",
	    "updated_at" },
	{ "UPDATE files SET doc_metadata = '[]' WHERE stable_id = 'aaaaaa'",
	    "doc_metadata" },
	{ "DELETE FROM files WHERE stable_id = 'aaaaaa'", "digest" },
	{ "DELETE FROM files WHERE stable_id = 'bbbbbb'",
	    "base of bbbbbb: there is no such record" },
	{ "DELETE FROM files WHERE stable_id = 'gggggg'",
	    "conflict of gggggg: there is no such record" },
	{ "UPDATE files SET remote_version = NULL WHERE stable_id = 'aaaaaa'",
	    "record aaaaaa: its status is synced" },
	{ "UPDATE files SET remote_version = NULL WHERE stable_id = 'bbbbbb'",
	    "record bbbbbb: a base, and no version" },
	{ "UPDATE files SET remote_version = 1 WHERE stable_id = 'eeeeee'",
	    "record eeeeee: its status is pending_upload" },
	{ "DELETE FROM base WHERE stable_id = 'bbbbbb'",
	    "record bbbbbb: its status is modified" },
	{ "UPDATE base SET record = '{}' WHERE stable_id = 'bbbbbb'",
	    "record bbbbbb: its base" },
	{ "UPDATE base SET record = (SELECT record FROM base"
	  " WHERE stable_id = 'ffffff') WHERE stable_id = 'bbbbbb'",
	    "record bbbbbb: its base is of ffffff" },
	{ "UPDATE base SET record = json_set(record, '$.label', 'x')"
	  " WHERE stable_id = 'bbbbbb'",
	    "digest" },
	{ "UPDATE files SET (id, label, file_size, updated_at) ="
	  " (SELECT record ->> 'id', NULL, record ->> 'file_size',"
	  " record ->> 'updated_at' FROM base WHERE stable_id = 'bbbbbb')"
	  " WHERE stable_id = 'bbbbbb'",
	    "a base that is no other than the row" },
	{ "UPDATE files SET sync_status = 'modified' WHERE stable_id ="
	  " 'aaaaaa'",
	    "record aaaaaa: its status is modified" },
	{ "UPDATE files SET sync_status = 'synced' WHERE stable_id = 'bbbbbb'",
	    "record bbbbbb: its status is synced" },
	{ "UPDATE files SET sync_status = 'synced' WHERE stable_id = 'cccccc'",
	    "record cccccc: its status is synced" },
	{ "UPDATE files SET sync_status = 'synced' WHERE stable_id = 'eeeeee'",
	    "record eeeeee: its status is synced" },
	{ "UPDATE files SET sync_status = 'modified' WHERE stable_id ="
	  " 'eeeeee'",
	    "record eeeeee: its status is modified" },
	{ "UPDATE files SET sync_status = 'pending_download' WHERE stable_id ="
	  " 'aaaaaa'",
	    "record aaaaaa: its status is pending_download" },
	{ "UPDATE files SET sync_status = 'pending_delete' WHERE stable_id ="
	  " 'dddddd'",
	    "record dddddd: its status is pending_delete" },
	{ "UPDATE files SET sync_status = 'pending_upload' WHERE stable_id ="
	  " 'aaaaaa'",
	    "record aaaaaa: its status is pending_upload" },
	{ "UPDATE storage_refs SET present = 0 WHERE id ="
	  " (SELECT id FROM files WHERE stable_id = 'aaaaaa')",
	    "record aaaaaa: its status is synced" },
	{ "UPDATE storage_refs SET present = 1",
	    "record cccccc: its status is pending_download" },
	{ "UPDATE files SET sync_status = 'conflict' WHERE stable_id ="
	  " 'bbbbbb'",
	    "and there is no conflict" },
	{ "DELETE FROM conflicts", "and there is no conflict" },
	{ "UPDATE files SET sync_status = 'modified' WHERE stable_id ="
	  " 'gggggg'",
	    "and there is a conflict" },
	{ "UPDATE files SET sync_hash = id WHERE stable_id = 'bbbbbb'",
	    "record bbbbbb: sync_hash" },
	{ "UPDATE files SET sync_hash = NULL WHERE stable_id = 'aaaaaa'",
	    "record aaaaaa: sync_hash" },
	{ "UPDATE counts SET n = n + 1 WHERE sync_status = 'synced'"
	  " AND deleted = 1",
	    "counts: -1 records more are deleted" },
	{ "DELETE FROM counts WHERE sync_status = 'modified'", "counts: 1" },
	{ "UPDATE names SET refs = refs + 1 WHERE id ="
	  " (SELECT id FROM files WHERE stable_id = 'dddddd')",
	    "-1 times more" },
	{ "DELETE FROM names", "1 times more" },
	{ "UPDATE names SET generation = 1", "1 times more" },
	{ "INSERT INTO names (id, file_type, generation, refs)"
	  " VALUES ('x', 'tei', 0, 0)",
	    "held and dropped, or neither" },
	{ "UPDATE names SET dropped_version = 1", "held and dropped" },
	{ "UPDATE history SET id = 'x'", "its record is of" },
	{ "UPDATE history SET record = 'x'", "history 1" },
	{ "DELETE FROM sync_metadata WHERE key = 'state'", "digest" },
};

struct told {
	const char *said;
	int n;
	bool found;
};

static int
listen(void *arg, const char *fault)
{
	struct told *told = arg;

	told->n++;
	if (told->said != NULL && strstr(fault, told->said) != NULL)
		told->found = true;
	return 0;
}

static void
a_good_library_has_no_fault(void **state)
{
	struct contents *c = *state;
	struct told told = { 0 };

	assert_int_equal(record_check(c->l->db, listen, &told), 0);
	assert_int_equal(told.n, 0);
}

static void
each_damage_is_told(void **state)
{
	struct contents *c = *state;
	struct told told;
	size_t i;

	for (i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		told = (struct told){ .said = damages[i].said };
		assert_int_equal(db_begin(c->l->db), 0);
		if (db_exec(c->l->db, damages[i].sql) != 0)
			fail_msg("%s: %s", damages[i].sql, err_text());
		assert_int_equal(record_check(c->l->db, listen, &told), 0);
		assert_int_equal(db_end(c->l->db, E_STOPPED), E_STOPPED);
		if (told.said == NULL ? told.n != 0 : !told.found)
			fail_msg("%s: %d faults", damages[i].sql, told.n);
	}
	a_good_library_has_no_fault(state);
}

static int
stop(void *arg, const char *fault)
{
	(void)fault;
	++*(int *)arg;
	return 5;
}

static void
who_listens_may_stop(void **state)
{
	struct contents *c = *state;
	int n = 0;

	library_exec(c->l,
	    "DELETE FROM names; DELETE FROM counts;"
	    " UPDATE files SET sync_hash = NULL");
	assert_int_equal(record_check(c->l->db, stop, &n), 5);
	assert_int_equal(n, 1);
	assert_int_equal(record_check(c->l->db, listen, &(struct told){ 0 }),
	    0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_good_library_has_no_fault),
		TEST(each_damage_is_told),
		TEST(who_listens_may_stop),
	};

	return cmocka_run_group_tests_name("record_check", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/ref.h"
#include "unit/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DOC "10.1234/a"

static int
setup(void **state)
{
	*state = records_new();
	return 0;
}

static int
teardown(void **state)
{
	records_free(*state);
	return 0;
}

static void
expect_status(struct contents *c, const char *stable_id, const char *status)
{
	assert_string_equal(records_find(c, stable_id).sync_status, status);
	assert_int_equal(records_faults(c), 0);
}

static void
expect_content(struct contents *c, const char *stable_id, const char *text)
{
	char hex[HASH_HEX_SIZE];
	struct hash hash;

	hash_bytes(text, strlen(text), &hash);
	assert_string_equal(records_find(c, stable_id).rec.id,
	    hash_hex(&hash, hex));
}

static char *
state_of(struct contents *c)
{
	char *text = mem_alloc(c->l->mem, HASH_HEX_SIZE);
	struct hash state;

	assert_int_equal(state_find(c->l->db, &state), 0);
	return hash_hex(&state, text);
}

/* ---- adding ---------------------------------------------------------------------- */

static void
a_new_file_becomes_a_record(void **state)
{
	struct contents *c = *state;
	struct record_new n = { .file_type = "pdf",
		.filename = "/home/x/My \"paper\".pdf",
		.user = "anna",
		.upload_source = "cli",
		.label = "My paper",
		.doc_collections = "[\"a\"]" };
	char expected[STABLE_ID_SIZE];
	bool was_there = true;
	char *stable_id;
	struct held h;

	n.id = contents_put(c, "%PDF-1.4 first\n", "pdf");
	n.file_size = 15;
	assert_int_equal(record_add(c->l->db, c->l->mem, &n, &stable_id,
			     &was_there),
	    0);
	assert_false(was_there);
	stable_id_make(n.id, "pdf", NULL, n.id, 0, expected);
	assert_string_equal(stable_id, expected);
	h = records_find(c, stable_id);
	assert_string_equal(h.rec.id, n.id);
	assert_string_equal(h.rec.doc_id, n.id);
	assert_string_equal(h.rec.doc_id_type, "custom");
	assert_string_equal(h.rec.mime_type, "application/pdf");
	assert_string_equal(h.rec.filename, "My \"paper\".pdf");
	assert_string_equal(h.rec.file_metadata,
	    "{\"original_filename\":\"My \\\"paper\\\".pdf\","
	    "\"upload_source\":\"cli\"}");
	assert_string_equal(h.rec.doc_collections, "[\"a\"]");
	assert_string_equal(h.rec.label, "My paper");
	assert_string_equal(h.rec.created_by, "anna");
	assert_int_equal(h.rec.version, 1);
	assert_int_equal(h.rec.file_size, 15);
	assert_int_equal(h.revision, 1);
	assert_int_equal(h.remote_version, 0);
	assert_non_null(h.local_modified_at);
	assert_null(h.sync_hash);
	assert_null(h.parents);
	expect_status(c, stable_id, "pending_upload");
}

static void
the_same_file_again_was_there(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	struct record_new n = { .file_type = "tei",
		.filename = "other.xml",
		.doc_id = DOC };
	bool was_there = false;
	char *again;

	n.id = contents_put(c, "one", "tei");
	n.file_size = 3;
	assert_int_equal(record_add(c->l->db, c->l->mem, &n, &again,
			     &was_there),
	    0);
	assert_true(was_there);
	assert_string_equal(again, id);
	assert_int_equal(records_find(c, id).revision, 1);
	assert_string_equal(records_find(c, id).rec.filename, "a.tei.xml");
	n.variant = "other";
	assert_int_equal(record_add(c->l->db, c->l->mem, &n, &again,
			     &was_there),
	    0);
	assert_false(was_there);
	assert_string_not_equal(again, id);
	assert_int_equal(records_faults(c), 0);
}

static void
versions_count_up_in_a_document(void **state)
{
	struct contents *c = *state;
	char *id;

	assert_int_equal(records_find(c, records_add(c, DOC, "1")).rec.version,
	    1);
	id = records_add(c, DOC, "2");
	assert_int_equal(records_find(c, id).rec.version, 2);
	assert_int_equal(record_delete(c->l->db, id, "anna"), 0);
	assert_int_equal(records_find(c, records_add(c, DOC, "3")).rec.version,
	    3);
	assert_int_equal(records_find(c, records_add(c, "other", "4"))
			     .rec.version,
	    1);
}

static void
what_was_deleted_lives_again_when_added(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");

	records_publish(c, id, 1);
	assert_int_equal(record_delete(c->l->db, id, "anna"), 0);
	records_publish(c, id, 2);
	expect_status(c, id, "synced");
	assert_string_equal(records_add(c, DOC, "one"), id);
	assert_false(records_find(c, id).rec.deleted);
	expect_status(c, id, "modified");
}

static void
a_distinct_file_is_a_record_of_its_own(void **state)
{
	struct contents *c = *state;
	struct record_new n = { .file_type = "tei",
		.filename = "a.tei.xml",
		.doc_id = DOC,
		.is_gold = true,
		.is_distinct = true };
	char *first = records_add(c, DOC, "1"), *second, *third;
	int64_t version;
	bool was_there;

	n.id = contents_put(c, "1", "tei");
	n.file_size = 1;
	assert_int_equal(record_next_version(c->l->db, DOC, "tei", NULL,
			     &version),
	    0);
	assert_int_equal(version, 2);
	assert_int_equal(record_add(c->l->db, c->l->mem, &n, &second,
			     &was_there),
	    0);
	assert_false(was_there);
	assert_string_not_equal(second, first);
	assert_int_equal(records_find(c, second).rec.version, 2);
	assert_true(records_find(c, second).rec.is_gold);
	assert_false(records_find(c, first).rec.is_gold);
	assert_int_equal(record_delete(c->l->db, second, NULL), 0);
	assert_int_equal(record_add(c->l->db, c->l->mem, &n, &third,
			     &was_there),
	    0);
	assert_string_not_equal(third, second);
	assert_true(records_find(c, second).rec.deleted);
	assert_int_equal(records_faults(c), 0);
}

static void
an_id_of_another_content_is_salted(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one"), *second;
	char expected[STABLE_ID_SIZE];

	assert_int_equal(records_save(c, id, "two"), 0);
	second = records_add(c, DOC, "one");
	stable_id_make(DOC, "tei", NULL, records_find(c, second).rec.id, 1,
	    expected);
	assert_string_equal(second, expected);
	expect_content(c, id, "two");
	expect_content(c, second, "one");
	assert_int_equal(records_faults(c), 0);
}

static void
a_content_that_is_gone_is_told(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one"), *stable_id;
	struct record_new n = { .file_type = "tei", .doc_id = DOC };
	char gone[HASH_HEX_SIZE];
	bool was_there;

	memset(gone, 'a', 64);
	gone[64] = '\0';
	n.id = gone;
	n.file_size = 5;
	assert_int_equal(record_add(c->l->db, c->l->mem, &n, &stable_id,
			     &was_there),
	    E_CONFLICT);
	assert_int_equal(library_ask(c->l, "SELECT count(*) FROM files"), 1);
	assert_int_equal(record_save(c->l->db, id, gone, 5, NULL, "anna"),
	    E_CONFLICT);
	expect_content(c, id, "one");
	assert_int_equal(records_past(c, id), 0);
	assert_int_equal(records_faults(c), 0);
}

/* ---- saving ----------------------------------------------------------------------- */

static void
a_save_keeps_what_was(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	struct held before = records_find(c, id), h;

	assert_int_equal(records_save(c, id, "two"), 0);
	h = records_find(c, id);
	expect_content(c, id, "two");
	assert_int_equal(h.rec.file_size, 3);
	assert_int_equal(h.revision, 2);
	assert_true(str_cmp(h.rec.updated_at, before.rec.updated_at) > 0);
	assert_int_equal(records_past(c, id), 1);
	assert_int_equal(records_save(c, id, "two"), 0);
	assert_int_equal(records_find(c, id).revision, 2);
	assert_int_equal(records_past(c, id), 1);
	expect_status(c, id, "pending_upload");
}

static void
a_save_on_what_changed_since_is_refused(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	const char *old = records_find(c, id).rec.id;
	char *two = contents_put(c, "two", "tei");

	assert_int_equal(record_save(c->l->db, id, two, 3, two, "anna"),
	    E_CONFLICT);
	assert_int_equal(record_save(c->l->db, id, two, 3, old, "anna"), 0);
	assert_int_equal(record_save(c->l->db, "abcdef", two, 3, NULL, "anna"),
	    E_ABSENT);
	assert_int_equal(record_delete(c->l->db, id, "anna"), 0);
	assert_int_equal(record_save(c->l->db, id, two, 3, NULL, "anna"),
	    E_ABSENT);
	assert_int_equal(records_faults(c), 0);
}

static void
parents_are_what_the_store_has(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	const char *one = records_find(c, id).rec.id;
	char *expected = mem_printf(c->l->mem, "[[\"%s\",\"%s\"]]", id, one);

	assert_int_equal(records_save(c, id, "never sent"), 0);
	assert_null(records_find(c, id).parents);
	assert_int_equal(records_save(c, id, "one"), 0);
	records_publish(c, id, 1);
	assert_int_equal(records_save(c, id, "two"), 0);
	assert_string_equal(records_find(c, id).parents, expected);
	assert_int_equal(records_save(c, id, "three"), 0);
	assert_string_equal(records_find(c, id).parents, expected);
	expect_status(c, id, "modified");
	assert_int_equal(records_save(c, id, "one"), 0);
	assert_null(records_find(c, id).parents);
	expect_status(c, id, "synced");
}

static void
a_new_content_has_no_generation_yet(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	struct record_set set = { .label = "L", .is_gold = -1 };
	struct record rec = records_find(c, id).rec;

	rec.generation = 4;
	assert_int_equal(records_apply(c, &rec, 1), 0);
	assert_int_equal(records_save(c, id, "two"), 0);
	assert_int_equal(records_find(c, id).rec.generation, 0);
	assert_int_equal(records_save(c, id, "one"), 0);
	assert_int_equal(records_find(c, id).rec.generation, 4);
	expect_status(c, id, "synced");
	assert_int_equal(record_set(c->l->db, id, &set, "anna"), 0);
	assert_int_equal(records_save(c, id, "two"), 0);
	assert_int_equal(records_save(c, id, "one"), 0);
	assert_int_equal(records_find(c, id).rec.generation, 4);
	expect_status(c, id, "modified");
}

static void
an_open_conflict_comes_first(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	struct record_set set = { .label = "L", .is_gold = -1 };

	records_publish(c, id, 1);
	assert_int_equal(records_save(c, id, "two"), 0);
	assert_int_equal(record_set_status(c->l->db, id, "conflict", "why"), 0);
	library_exec(c->l,
	    "INSERT INTO conflicts (stable_id, conflict_type, file_type,"
	    " seen_at) VALUES ('%s', 'modified_both', 'tei', '" AT "')",
	    id);
	assert_int_equal(records_save(c, id, "three"), E_DENIED);
	assert_int_equal(record_delete(c->l->db, id, "anna"), E_DENIED);
	assert_int_equal(record_restore(c->l->db, id, 1, "anna"), E_DENIED);
	assert_int_equal(record_set(c->l->db, id, &set, "anna"), 0);
	assert_string_equal(records_find(c, id).rec.label, "L");
	assert_string_equal(records_find(c, id).sync_reason, "why");
	expect_status(c, id, "conflict");
}

/* ---- setting ------------------------------------------------------------------------ */

static void
fields_are_set_one_by_one(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	struct record_set set = { .label = "L", .is_gold = -1 };

	assert_int_equal(record_set(c->l->db, id, &set, "anna"), 0);
	assert_string_equal(records_find(c, id).rec.label, "L");
	assert_int_equal(record_set(c->l->db, id, &set, "anna"), 0);
	assert_int_equal(records_find(c, id).revision, 2);
	set = (struct record_set){ .label = "",
		.is_gold = 1,
		.doc_collections = "[\"b\",\"a\"]",
		.doc_metadata = "{ \"b\": 1, \"a\": 1.10 }",
		.file_metadata = "{}" };
	assert_int_equal(record_set(c->l->db, id, &set, "anna"), 0);
	assert_null(records_find(c, id).rec.label);
	assert_true(records_find(c, id).rec.is_gold);
	assert_string_equal(records_find(c, id).rec.doc_collections,
	    "[\"a\",\"b\"]");
	assert_string_equal(records_find(c, id).rec.doc_metadata,
	    "{\"a\":1.10,\"b\":1}");
	assert_string_equal(records_find(c, id).rec.file_metadata, "{}");
	assert_int_equal(records_past(c, id), 2);
	assert_int_equal(records_faults(c), 0);
}

static void
what_is_no_metadata_is_refused(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	const struct record_set bad[] = {
		{ .is_gold = -1, .label = "a\nb" },
		{ .is_gold = -1, .doc_collections = "{}" },
		{ .is_gold = -1, .doc_collections = "[1]" },
		{ .is_gold = -1, .doc_metadata = "[]" },
		{ .is_gold = -1, .doc_metadata = "{" },
		{ .is_gold = -1, .file_metadata = "null" },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(record_set(c->l->db, id, &bad[i], "anna"),
		    E_INPUT);
	assert_int_equal(records_find(c, id).revision, 1);
	assert_int_equal(records_faults(c), 0);
}

static void
what_the_store_has_again_is_not_sent(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	struct record_set set = { .label = "L", .is_gold = -1 };

	records_publish(c, id, 1);
	assert_int_equal(record_set(c->l->db, id, &set, "anna"), 0);
	expect_status(c, id, "modified");
	set.label = "";
	assert_int_equal(record_set(c->l->db, id, &set, "anna"), 0);
	expect_status(c, id, "synced");
	assert_int_equal(records_find(c, id).revision, 3);
}

static void
what_is_being_sent_differs_from_what_is_undone(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	struct record_set set = { .label = "L", .is_gold = -1 };

	records_publish(c, id, 1);
	assert_int_equal(record_set(c->l->db, id, &set, "anna"), 0);
	assert_int_equal(outbox_row_put(c->l->db, id, 2), 0);
	set.label = "";
	assert_int_equal(record_set(c->l->db, id, &set, "anna"), 0);
	expect_status(c, id, "modified");
}

/* ---- deleting and restoring ------------------------------------------------------------ */

static void
what_was_never_sent_is_deleted_here_alone(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");

	assert_int_equal(record_delete(c->l->db, id, "anna"), 0);
	assert_true(records_find(c, id).rec.deleted);
	expect_status(c, id, "synced");
	assert_int_equal(record_delete(c->l->db, id, "anna"), 0);
	assert_int_equal(records_find(c, id).revision, 2);
	assert_int_equal(record_delete(c->l->db, "abcdef", "anna"), E_ABSENT);
	assert_int_equal(records_past(c, id), 1);
}

static void
a_tombstone_names_what_the_store_has(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");

	records_publish(c, id, 1);
	assert_int_equal(records_save(c, id, "not sent"), 0);
	assert_int_equal(record_delete(c->l->db, id, "anna"), 0);
	expect_content(c, id, "one");
	expect_status(c, id, "pending_delete");
	assert_int_equal(record_restore(c->l->db, id, 0, "anna"), 0);
	expect_content(c, id, "not sent");
	expect_status(c, id, "modified");
}

static void
what_was_deleted_is_restored(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	struct record_set set = { .label = "L", .is_gold = 1 };

	assert_int_equal(record_restore(c->l->db, id, 0, "anna"), E_ABSENT);
	assert_int_equal(record_set(c->l->db, id, &set, "anna"), 0);
	records_publish(c, id, 1);
	assert_int_equal(record_delete(c->l->db, id, "anna"), 0);
	assert_int_equal(record_restore(c->l->db, id, 0, "anna"), 0);
	assert_string_equal(records_find(c, id).rec.label, "L");
	assert_true(records_find(c, id).rec.is_gold);
	expect_status(c, id, "synced");
	assert_int_equal(record_delete(c->l->db, id, "anna"), 0);
	records_publish(c, id, 2);
	assert_int_equal(record_restore(c->l->db, id, 0, "anna"), 0);
	assert_false(records_find(c, id).rec.deleted);
	expect_status(c, id, "modified");
}

static int
take_oldest(void *arg, const struct past *past)
{
	*(int64_t *)arg = past->seq;
	return 0;
}

static void
an_older_content_is_restored(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	int64_t seq = 0;

	records_publish(c, id, 1);
	assert_int_equal(records_save(c, id, "two"), 0);
	assert_int_equal(records_save(c, id, "three"), 0);
	assert_int_equal(history_each(c->l->db, id, take_oldest, &seq), 0);
	assert_int_equal(record_restore(c->l->db, id, seq, "anna"), 0);
	expect_content(c, id, "one");
	expect_status(c, id, "synced");
	assert_int_equal(records_past(c, id), 3);
	assert_int_equal(record_restore(c->l->db, id, 999, "anna"), E_ABSENT);
}

static void
a_past_without_content_is_not_restored(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	const char *content = records_find(c, id).rec.id;

	assert_int_equal(record_delete(c->l->db, id, "anna"), 0);
	assert_int_equal(ref_lost(c->l->db, content, "tei", "lost"), 0);
	assert_int_equal(record_restore(c->l->db, id, 0, "anna"), E_ABSENT);
}

/* ---- writing: what the store says --------------------------------------------------------- */

static void
a_record_of_the_store_waits_for_its_content(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	struct record rec = records_find(c, id).rec;
	struct held h;

	rec.stable_id = "abcdef";
	rec.id = "1381be58ff61c837f922512c19392ea90fd3caec38cd0ba4a2e4344fcfd48"
		 "a71";
	rec.file_size = 6;
	assert_int_equal(records_apply(c, &rec, 7), 0);
	expect_status(c, "abcdef", "pending_download");
	h = records_find(c, "abcdef");
	assert_int_equal(h.remote_version, 7);
	assert_string_equal(h.sync_hash, rec.id);
	assert_int_equal(h.revision, 0);
	assert_null(h.local_modified_at);
	contents_put(c, "<TEI/>", "tei");
	assert_int_equal(blob_arrived(c->l->db, rec.id, "tei"), 0);
	expect_status(c, "abcdef", "synced");
}

static void
the_digest_is_of_the_stores_side(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one"), *of_one;
	char hex[HASH_HEX_SIZE];
	struct hash digest;
	struct record rec;

	assert_string_equal(state_of(c),
	    "0000000000000000000000000000000000000000000000000000000000000000");
	records_publish(c, id, 1);
	rec = records_find(c, id).rec;
	shared_digest(&rec, &digest);
	assert_string_equal(state_of(c), hash_hex(&digest, hex));
	of_one = state_of(c);
	assert_int_equal(records_save(c, id, "two"), 0);
	assert_string_equal(state_of(c), of_one);
	records_publish(c, id, 2);
	rec = records_find(c, id).rec;
	shared_digest(&rec, &digest);
	assert_string_equal(state_of(c), hash_hex(&digest, hex));
	assert_string_not_equal(state_of(c), of_one);
}

static void
names_are_let_go_and_taken_again(void **state)
{
	struct contents *c = *state;
	char *a = records_add(c, DOC, "one"), *b = records_add(c, "b", "one");
	const char *one = records_find(c, a).rec.id;

	records_publish(c, a, 1);
	records_publish(c, b, 2);
	assert_int_equal(library_ask(c->l,
			     "SELECT refs FROM names WHERE id = '%s'", one),
	    2);
	assert_int_equal(records_save(c, a, "two"), 0);
	records_publish(c, a, 3);
	assert_int_equal(library_ask(c->l,
			     "SELECT refs FROM names WHERE id = '%s'", one),
	    1);
	assert_int_equal(library_ask(c->l,
			     "SELECT dropped_version FROM names"
			     " WHERE id = '%s'",
			     one),
	    -1);
	assert_int_equal(record_delete(c->l->db, b, "anna"), 0);
	records_publish(c, b, 4);
	assert_int_equal(library_ask(c->l,
			     "SELECT refs FROM names WHERE id = '%s'", one),
	    1);
	assert_int_equal(records_save(c, a, "one"), 0);
	records_publish(c, a, 5);
	assert_int_equal(library_ask(c->l,
			     "SELECT dropped_version FROM names"
			     " WHERE refs = 0 AND dropped_at = '" AT "'"),
	    5);
	assert_int_equal(records_save(c, a, "two"), 0);
	records_publish(c, a, 6);
	assert_int_equal(library_ask(c->l,
			     "SELECT count(*) FROM names"
			     " WHERE refs = 0"),
	    0);
	assert_int_equal(records_faults(c), 0);
}

static void
a_side_that_differs_is_kept_as_base(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	struct record row = records_find(c, id).rec, side = row, found;
	struct record_write w = { .row = &row,
		.side = &side,
		.side_version = 3,
		.side_at = AT };
	int64_t version;

	side.label = "theirs";
	row.label = "ours";
	assert_int_equal(record_write(c->l->db, &w), 0);
	expect_status(c, id, "modified");
	assert_int_equal(record_side(c->l->db, c->l->mem, id, &found, &version),
	    1);
	assert_string_equal(found.label, "theirs");
	assert_int_equal(version, 3);
	assert_int_equal(records_apply(c, &row, 4), 0);
	expect_status(c, id, "synced");
	assert_int_equal(library_ask(c->l, "SELECT count(*) FROM base"), 0);
}

static void
a_side_needs_its_version_and_its_id(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	struct record row = records_find(c, id).rec, side = row;
	struct record_write w = { .row = &row, .side = &side };

	assert_int_equal(record_write(c->l->db, &w), E_INPUT);
	w.side_version = 1;
	side.stable_id = "abcdef";
	assert_int_equal(record_write(c->l->db, &w), E_INPUT);
	w.side = &row;
	w.status = "fine";
	assert_int_equal(record_write(c->l->db, &w), E_INPUT);
	w.side = NULL;
	w.status = NULL;
	row.label = "";
	assert_int_equal(record_write(c->l->db, &w), E_INPUT);
	assert_int_equal(record_set_status(c->l->db, id, "fine", NULL),
	    E_INPUT);
	assert_int_equal(record_set_status(c->l->db, "abcdef", "synced", NULL),
	    E_ABSENT);
	expect_status(c, id, "pending_upload");
}

static void
what_a_sync_replaces_is_kept_if_it_was_here(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	struct record rec;

	records_publish(c, id, 1);
	rec = records_find(c, id).rec;
	rec.id = contents_put(c, "theirs", "tei");
	rec.file_size = 6;
	assert_int_equal(records_apply(c, &rec, 2), 0);
	assert_int_equal(records_past(c, id), 1);
	rec.id = "1381be58ff61c837f922512c19392ea90fd3caec38cd0ba4a2e4344fcfd48"
		 "a71";
	assert_int_equal(records_apply(c, &rec, 3), 0);
	assert_int_equal(records_past(c, id), 2);
	rec.label = "never here";
	assert_int_equal(records_apply(c, &rec, 4), 0);
	assert_int_equal(records_past(c, id), 2);
	rec.updated_at = AT;
	assert_int_equal(records_apply(c, &rec, 5), 0);
	assert_int_equal(records_past(c, id), 2);
	assert_int_equal(records_faults(c), 0);
}

static void
what_a_user_replaces_is_kept_though_it_was_never_here(void **state)
{
	struct contents *c = *state;
	struct record_set set = { .label = "L", .is_gold = -1 };
	char *id = records_add(c, DOC, "one");
	struct record rec = records_find(c, id).rec;

	rec.stable_id = "abcdef";
	rec.id = "1381be58ff61c837f922512c19392ea90fd3caec38cd0ba4a2e4344fcfd48"
		 "a71";
	assert_int_equal(records_apply(c, &rec, 1), 0);
	assert_int_equal(record_set(c->l->db, "abcdef", &set, "anna"), 0);
	assert_int_equal(records_past(c, "abcdef"), 1);
	rec.label = "theirs";
	assert_int_equal(records_apply(c, &rec, 2), 0);
	assert_int_equal(records_past(c, "abcdef"), 2);
	assert_int_equal(records_faults(c), 0);
}

static void
a_tombstone_is_no_past(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");

	records_publish(c, id, 1);
	assert_int_equal(record_delete(c->l->db, id, "anna"), 0);
	records_publish(c, id, 2);
	assert_int_equal(record_restore(c->l->db, id, 0, "anna"), 0);
	assert_int_equal(records_past(c, id), 1);
	assert_int_equal(records_faults(c), 0);
}

static void
an_edit_is_later_than_what_it_replaces(void **state)
{
	struct contents *c = *state;
	char *id = records_add(c, DOC, "one");
	struct record rec = records_find(c, id).rec;

	rec.updated_at = "2026-01-01T01:00:00.000Z"; /* an hour ahead */
	assert_int_equal(records_apply(c, &rec, 1), 0);
	assert_int_equal(records_save(c, id, "two"), 0);
	assert_string_equal(records_find(c, id).rec.updated_at,
	    "2026-01-01T01:00:00.001Z");
}

static void
a_stamp_is_later_than_what_it_replaces(void **state)
{
	char stamp[CLOCK_TEXT_SIZE];

	(void)state;
	record_stamp("2099-12-31T23:59:59.999Z", stamp);
	assert_string_equal(stamp, "2100-01-01T00:00:00.000Z");
	record_stamp("2001-01-01T00:00:00.000Z", stamp);
	assert_true(str_starts(stamp, "2026-01-01T00:"));
	record_stamp(NULL, stamp);
	assert_true(str_starts(stamp, "2026-01-01T00:"));
}

/* ---- finding --------------------------------------------------------------------------------- */

/* A record with this id and content, as the store has it. */
static void
put_plain(struct contents *c, const char *stable_id, const char *id,
    const char *updated_at, bool deleted)
{
	struct record rec = { .stable_id = stable_id,
		.id = id,
		.filename = "a",
		.doc_id = "d",
		.doc_id_type = "custom",
		.file_type = "tei",
		.mime_type = "application/xml",
		.doc_collections = "[]",
		.doc_metadata = "{}",
		.file_metadata = "{}",
		.created_at = AT };

	rec.updated_at = updated_at;
	rec.deleted = deleted;
	assert_int_equal(records_apply(c, &rec, 1), 0);
}

#define ZEROS "00000000000000000000000000000000000000000000000000000000"

static void
a_record_is_found_by_what_a_person_types(void **state)
{
	struct contents *c = *state;
	char *id;

	put_plain(c, "abcdefgh", "aaaa2222" ZEROS, AT, false);
	put_plain(c, "abcdzzzz", "bbbb2222" ZEROS, AT, false);
	put_plain(c, "kkkkkkkk", "bbbb2222" ZEROS, "2026-04-01T00:00:00.000Z",
	    false);
	put_plain(c, "mmmmmmmm", "bbbb2222" ZEROS, "2026-05-01T00:00:00.000Z",
	    true);
	put_plain(c, "ddddeeee", "cccc2222" ZEROS, AT, false);
	put_plain(c, "pppppppp", "dddd2222" ZEROS, AT, false);
#define FIND(typed, deleted) \
	record_find_id(c->l->db, c->l->mem, typed, deleted, &id)
	assert_int_equal(FIND("abcdefgh", false), 1);
	assert_string_equal(id, "abcdefgh");
	assert_int_equal(FIND("abcde", false), 1);
	assert_string_equal(id, "abcdefgh");
	assert_int_equal(FIND("abcd", false), E_INPUT);
	assert_non_null(strstr(err_text(), "abcdefgh"));
	assert_non_null(strstr(err_text(), "abcdzzzz"));
	assert_int_equal(FIND("abc", false), 0);
	assert_int_equal(FIND("aaaa2222" ZEROS, false), 1);
	assert_string_equal(id, "abcdefgh");
	assert_int_equal(FIND("bbbb", false), 1);
	assert_string_equal(id, "kkkkkkkk");
	assert_int_equal(FIND("dddd", false), E_INPUT);
	assert_int_equal(FIND("mmmm", false), 0);
	assert_int_equal(FIND("mmmm", true), 1);
	assert_string_equal(id, "mmmmmmmm");
	assert_int_equal(FIND("mmmmmmmm", false), 0);
	assert_int_equal(FIND("xxxx", true), 0);
	assert_int_equal(FIND("%___", true), 0);
	assert_int_equal(FIND("ABCDE", true), 0);
#undef FIND
}

struct seen {
	struct contents *c;
	int n, stop_at;
	char last[STABLE_ID_SIZE];
};

static int
see_and_write(void *arg, const struct held *held)
{
	struct record_set set = { .label = "seen", .is_gold = -1 };
	struct seen *seen = arg;

	assert_true(strcmp(held->rec.stable_id, seen->last) > 0);
	strcpy(seen->last, held->rec.stable_id);
	if (seen->c != NULL && !held->rec.deleted)
		assert_int_equal(record_set(seen->c->l->db, held->rec.stable_id,
				     &set, NULL),
		    0);
	return ++seen->n == seen->stop_at ? 7 : 0;
}

static int
see_all(struct contents *c, struct record_filter filter, bool write)
{
	struct seen seen = { .c = write ? c : NULL };

	assert_int_equal(record_each(c->l->db, &filter, see_and_write, &seen),
	    0);
	return seen.n;
}

static void
all_records_are_seen_and_may_be_changed(void **state)
{
	struct contents *c = *state;
	struct seen stop = { .stop_at = 3 };
	struct record_filter all = { 0 };
	char id[STABLE_ID_SIZE];
	int i;

	assert_int_equal(db_begin(c->l->db), 0);
	for (i = 0; i < 1001; i++) {
		stable_id_make("d", "tei", NULL, "x", i, id);
		put_plain(c, id, "aaaa2222" ZEROS, AT, i % 10 == 0);
	}
	assert_int_equal(db_end(c->l->db, 0), 0);
	assert_int_equal(see_all(c, all, false), 1001);
	assert_int_equal(record_each(c->l->db, &all, see_and_write, &stop), 7);
	assert_int_equal(stop.n, 3);
	assert_int_equal(see_all(c,
			     (struct record_filter){ .after = stop.last },
			     false),
	    998);
	assert_int_equal(see_all(c, (struct record_filter){ .live = true },
			     false),
	    900);
	assert_int_equal(see_all(c,
			     (struct record_filter){
				 .status = "pending_download" },
			     false),
	    900);
	assert_int_equal(see_all(c,
			     (struct record_filter){ .status = "synced" },
			     false),
	    101);
	assert_int_equal(see_all(c,
			     (struct record_filter){ .doc_id = "d",
				 .live = true },
			     false),
	    900);
	assert_int_equal(see_all(c, (struct record_filter){ .doc_id = "e" },
			     false),
	    0);
	assert_int_equal(db_begin(c->l->db), 0);
	assert_int_equal(see_all(c,
			     (struct record_filter){
				 .status = "pending_download" },
			     true),
	    900);
	assert_int_equal(db_end(c->l->db, 0), 0);
	assert_int_equal(see_all(c,
			     (struct record_filter){ .status = "modified" },
			     false),
	    900);
}

static void
records_are_counted(void **state)
{
	struct contents *c = *state;
	struct record_counts n;
	char *a = records_add(c, DOC, "1"), *b = records_add(c, DOC, "2");

	records_add(c, DOC, "3");
	records_publish(c, a, 1);
	records_publish(c, b, 2);
	assert_int_equal(record_delete(c->l->db, a, NULL), 0);
	put_plain(c, "abcdefgh", "aaaa2222" ZEROS, AT, false);
	assert_int_equal(records_save(c, b, "4"), 0);
	assert_int_equal(record_counts(c->l->db, &n), 0);
	assert_int_equal(n.live, 3);
	assert_int_equal(n.deleted, 1);
	assert_int_equal(n.to_send, 3);
	assert_int_equal(n.pending_delete, 1);
	assert_int_equal(n.pending_download, 1);
	assert_int_equal(n.conflicts, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_new_file_becomes_a_record),
		TEST(the_same_file_again_was_there),
		TEST(versions_count_up_in_a_document),
		TEST(what_was_deleted_lives_again_when_added),
		TEST(a_distinct_file_is_a_record_of_its_own),
		TEST(an_id_of_another_content_is_salted),
		TEST(a_content_that_is_gone_is_told),
		TEST(a_save_keeps_what_was),
		TEST(a_save_on_what_changed_since_is_refused),
		TEST(parents_are_what_the_store_has),
		TEST(a_new_content_has_no_generation_yet),
		TEST(an_open_conflict_comes_first),
		TEST(fields_are_set_one_by_one),
		TEST(what_is_no_metadata_is_refused),
		TEST(what_the_store_has_again_is_not_sent),
		TEST(what_is_being_sent_differs_from_what_is_undone),
		TEST(what_was_never_sent_is_deleted_here_alone),
		TEST(a_tombstone_names_what_the_store_has),
		TEST(what_was_deleted_is_restored),
		TEST(an_older_content_is_restored),
		TEST(a_past_without_content_is_not_restored),
		TEST(a_record_of_the_store_waits_for_its_content),
		TEST(the_digest_is_of_the_stores_side),
		TEST(names_are_let_go_and_taken_again),
		TEST(a_side_that_differs_is_kept_as_base),
		TEST(a_side_needs_its_version_and_its_id),
		TEST(what_a_sync_replaces_is_kept_if_it_was_here),
		TEST(what_a_user_replaces_is_kept_though_it_was_never_here),
		TEST(a_tombstone_is_no_past),
		TEST(an_edit_is_later_than_what_it_replaces),
		TEST(a_stamp_is_later_than_what_it_replaces),
		TEST(a_record_is_found_by_what_a_person_types),
		TEST(all_records_are_seen_and_may_be_changed),
		TEST(records_are_counted),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/document.h"

#include "unit/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

/* All documents by pages of this size: "b a ". */
static const char *
listed_by(struct contents *c, enum document_sort sort, enum document_state what,
    int size)
{
	static char text[1000];
	struct document page[10], last;
	int n, i;

	*text = '\0';
	for (last.doc_id = NULL;; last = page[n - 1]) {
		n = document_page(c->l->db, c->l->mem, sort, what,
		    last.doc_id != NULL ? &last : NULL, size, page);
		assert_true(n >= 0);
		for (i = 0; i < n; i++) {
			strcat(text, page[i].doc_id);
			strcat(text, " ");
		}
		if (n < size)
			return text;
	}
}

static const char *
listed(struct contents *c, int size)
{
	return listed_by(c, DOCUMENT_NEWEST, DOCUMENT_ANY, size);
}

static void
documents_are_listed_once_and_newest_first(void **state)
{
	struct contents *c = *state;

	records_add(c, "a", "one");
	records_add(c, "b", "two");
	records_add(c, "c", "three");
	assert_string_equal(listed(c, 10), "c b a ");
	assert_string_equal(listed(c, 1), "c b a ");
	assert_string_equal(listed(c, 2), "c b a ");
}

static void
work_on_a_document_does_not_move_it(void **state)
{
	struct contents *c = *state;
	char *one = records_add(c, "a", "one");

	records_add(c, "b", "two");
	records_add(c, "a", "three");
	assert_int_equal(records_save(c, one, "four"), 0);
	assert_string_equal(listed(c, 1), "b a ");
}

static void
they_are_listed_by_what_was_changed_last(void **state)
{
	struct contents *c = *state;
	char *one = records_add(c, "a", "one");

	records_add(c, "b", "two");
	records_add(c, "c", "three");
	records_add(c, "b", "four");
	assert_int_equal(records_save(c, one, "five"), 0);
	assert_string_equal(listed_by(c, DOCUMENT_CHANGED, 0, 10), "a b c ");
	assert_string_equal(listed_by(c, DOCUMENT_CHANGED, 0, 1), "a b c ");
}

static void
they_are_listed_by_their_names(void **state)
{
	struct contents *c = *state;

	records_add(c, "b", "one");
	records_add(c, "c", "two");
	records_add(c, "a", "three");
	records_add(c, "b", "four");
	assert_string_equal(listed_by(c, DOCUMENT_NAME, 0, 10), "a b c ");
	assert_string_equal(listed_by(c, DOCUMENT_NAME, 0, 1), "a b c ");
}

static void
they_are_listed_by_how_they_stand(void **state)
{
	struct contents *c = *state;
	enum document_sort sort;

	records_add(c, "a", "one");
	records_add(c, "b", "two");
	for (sort = DOCUMENT_NEWEST; sort <= DOCUMENT_NAME; sort++) {
		assert_string_equal(listed_by(c, sort, DOCUMENT_TO_SEND, 1),
		    sort == DOCUMENT_NAME ? "a b " : "b a ");
		assert_string_equal(listed_by(c, sort, DOCUMENT_IN_STEP, 1),
		    "");
		assert_string_equal(listed_by(c, sort, DOCUMENT_TO_FETCH, 1),
		    "");
		assert_string_equal(listed_by(c, sort, DOCUMENT_CONFLICT, 1),
		    "");
	}
}

static void
a_document_goes_with_its_last_record(void **state)
{
	struct contents *c = *state;
	char *one = records_add(c, "a", "one");
	char *two;

	records_add(c, "b", "two");
	two = records_add(c, "a", "three");
	assert_int_equal(record_delete(c->l->db, one, "anna"), 0);
	assert_string_equal(listed(c, 1), "a b ");
	assert_int_equal(record_delete(c->l->db, two, "anna"), 0);
	assert_string_equal(listed(c, 1), "b ");
	assert_int_equal(record_restore(c->l->db, one, 0, "anna"), 0);
	assert_string_equal(listed(c, 1), "b a ");
}

static void
documents_of_the_same_moment_are_all_there(void **state)
{
	struct contents *c = *state;

	records_add(c, "a", "one");
	records_add(c, "b", "two");
	records_add(c, "c", "three");
	library_exec(c->l,
	    "UPDATE files SET created_at = '2026-01-31T12:34:56.789Z'");
	assert_int_equal(strlen(listed(c, 1)), 6);
	assert_int_equal(strlen(listed(c, 2)), 6);
}

static char rows[1000];

static int
note_row(void *arg, enum document_slot slot, const struct held *held)
{
	(void)arg;
	snprintf(rows + strlen(rows), sizeof(rows) - strlen(rows), "%d%s ",
	    (int)slot, held->rec.label);
	return 0;
}

static void
label(struct contents *c, const char *stable_id, const char *text)
{
	struct record_set set = { .label = text, .is_gold = -1 };

	assert_int_equal(record_set(c->l->db, stable_id, &set, "anna"), 0);
}

static void
records_of_a_document_come_by_their_slots(void **state)
{
	struct contents *c = *state;
	char *id[7];
	int i;

	for (i = 0; i < 7; i++) {
		char text[2] = { (char)('a' + i), '\0' };

		id[i] = records_add(c, "doc", text);
		label(c, id[i], text);
	}
	records_add(c, "other", "another");
	library_exec(c->l,
	    "UPDATE files SET file_type = 'pdf' WHERE label IN ('a', 'c')");
	library_exec(c->l,
	    "UPDATE files SET variant = 'x' WHERE label IN ('b', 'g')");
	library_exec(c->l, "UPDATE files SET variant = 'w' WHERE label = 'd'");
	library_exec(c->l,
	    "UPDATE files SET is_gold_standard = 1 WHERE label = 'g'");
	*rows = '\0';
	assert_int_equal(document_each_row(c->l->db, "doc", note_row, NULL), 0);
	assert_string_equal(rows, "0c 1f 1e 2a 3g 4d 4b ");
}

static void
the_newest_pdf_is_the_documents(void **state)
{
	struct contents *c = *state;
	char *one = records_add(c, "doc", "one");
	char *two = records_add(c, "doc", "two");
	struct held pdf;

	assert_int_equal(document_pdf(c->l->db, c->l->mem, "doc", &pdf), 0);
	library_exec(c->l, "UPDATE files SET file_type = 'pdf'");
	assert_int_equal(document_pdf(c->l->db, c->l->mem, "doc", &pdf), 1);
	assert_string_equal(pdf.rec.stable_id, two);
	library_exec(c->l,
	    "UPDATE files SET deleted = 1 WHERE stable_id = '%s'", two);
	assert_int_equal(document_pdf(c->l->db, c->l->mem, "doc", &pdf), 1);
	assert_string_equal(pdf.rec.stable_id, one);
}

static void
a_pdf_that_was_deleted_is_still_the_last(void **state)
{
	struct contents *c = *state;
	char *one = records_add(c, "doc", "one");
	char *two = records_add(c, "doc", "two");
	struct held pdf;

	assert_int_equal(document_last_pdf(c->l->db, c->l->mem, "doc", &pdf),
	    0);
	library_exec(c->l, "UPDATE files SET file_type = 'pdf', deleted = 1");
	library_exec(c->l,
	    "UPDATE files SET updated_at = '2030-01-01T00:00:00.000Z'"
	    " WHERE stable_id = '%s'",
	    one);
	assert_int_equal(document_last_pdf(c->l->db, c->l->mem, "doc", &pdf),
	    1);
	assert_string_equal(pdf.rec.stable_id, one);
	library_exec(c->l,
	    "UPDATE files SET deleted = 0 WHERE stable_id = '%s'", two);
	assert_int_equal(document_last_pdf(c->l->db, c->l->mem, "doc", &pdf),
	    1);
	assert_string_equal(pdf.rec.stable_id, two);
}

static int
note_doc(void *arg, const struct held *held)
{
	(void)arg;
	strcat(rows, held->rec.doc_id);
	return 0;
}

static void
live_records_come_together_by_document(void **state)
{
	struct contents *c = *state;

	records_add(c, "b", "one");
	records_add(c, "a", "two");
	records_add(c, "b", "three");
	record_delete(c->l->db, records_add(c, "a", "four"), "anna");
	*rows = '\0';
	assert_int_equal(document_each_by_doc(c->l->db, note_doc, NULL), 0);
	assert_string_equal(rows, "abb");
}

/* ---- what is deleted, and what belongs to whom ------------------------------ */

static int
note_past(void *arg, const struct past *past)
{
	(void)arg;
	snprintf(rows + strlen(rows), sizeof(rows) - strlen(rows), "%s:%s:%s ",
	    past->rec.label, past->kind, past->user);
	return 0;
}

static void
the_trash_has_what_was_deleted_last_first(void **state)
{
	struct contents *c = *state;
	char *a = records_add(c, "a", "one"), *b = records_add(c, "b", "two");

	label(c, a, "a");
	label(c, b, "b");
	record_delete(c->l->db, b, "ben");
	record_delete(c->l->db, a, "anna");
	*rows = '\0';
	assert_int_equal(history_trash(c->l->db, 0, note_past, NULL), 0);
	assert_string_equal(rows, "a:delete:anna b:delete:ben ");
	record_restore(c->l->db, a, 0, "anna");
	*rows = '\0';
	assert_int_equal(history_trash(c->l->db, 0, note_past, NULL), 0);
	assert_string_equal(rows, "b:delete:ben ");
}

static void
a_record_has_what_it_was_and_nothing_of_others(void **state)
{
	struct contents *c = *state;
	char *a = records_add(c, "a", "one"), *type;

	records_add(c, "b", "two");
	assert_int_equal(records_save(c, a, "three"), 0);
	assert_int_equal(history_has_content(c->l->db, c->l->mem, a,
			     contents_put(c, "one", "tei"), &type),
	    1);
	assert_string_equal(type, "tei");
	assert_int_equal(history_has_content(c->l->db, c->l->mem, a,
			     contents_put(c, "three", "tei"), &type),
	    1);
	assert_int_equal(history_has_content(c->l->db, c->l->mem, a,
			     contents_put(c, "two", "tei"), &type),
	    0);
}

int
main(void)
{
#define FACT(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		FACT(documents_are_listed_once_and_newest_first),
		FACT(work_on_a_document_does_not_move_it),
		FACT(they_are_listed_by_what_was_changed_last),
		FACT(they_are_listed_by_their_names),
		FACT(they_are_listed_by_how_they_stand),
		FACT(a_document_goes_with_its_last_record),
		FACT(documents_of_the_same_moment_are_all_there),
		FACT(records_of_a_document_come_by_their_slots),
		FACT(the_newest_pdf_is_the_documents),
		FACT(a_pdf_that_was_deleted_is_still_the_last),
		FACT(live_records_come_together_by_document),
		FACT(the_trash_has_what_was_deleted_last_first),
		FACT(a_record_has_what_it_was_and_nothing_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/conflict.h"
#include "local/db.h"
#include "sync/commit.h"
#include "unit/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Each cell of the table in doc/DESIGN.md: what stands here afterwards, what
 * the history keeps, and what the other replica gets. */
static struct world *w;
static struct site *a, *b;
static const char *sid;

/* Eight lines, so that two edits lie apart. */
#define TEXT(top, end)                                                  \
	"<TEI xmlns='http://www.tei-c.org/ns/1.0'>\n<!-- " top " -->\n" \
	"<a/>\n<b/>\n<c/>\n<d/>\n<!-- " end " -->\n</TEI>\n"
#define BASE TEXT("1", "1")
#define OURS TEXT("ours", "1")
#define THEIRS TEXT("1", "theirs")
#define BOTH TEXT("ours", "theirs")

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
meet(const char *type)
{
	struct conflict c;

	must_sync(a);
	must_sync(b);
	assert_int_equal(conflict_find(b->db, b->mem, sid, &c), 1);
	assert_string_equal(c.type, type);
	assert_true(c.has_ancestor);
	assert_string_equal(c.ancestor.id, id_of(b, BASE));
	assert_string_equal(c.their_replica, site_meta(a, "replica"));
	assert_string_equal(c.their_user, "anna");
}

static void
modified_both(void)
{
	site_save(a, sid, THEIRS);
	site_label(a, sid, "theirs");
	site_save(b, sid, OURS);
	meet("modified_both");
}

static void
deleted_remote(void)
{
	site_delete(a, sid);
	site_save(b, sid, OURS);
	meet("deleted_remote");
}

static void
deleted_local(void)
{
	site_save(a, sid, THEIRS);
	site_delete(b, sid);
	meet("deleted_local");
}

static int
settle(enum resolution resolution, const char *variant, char **new_id)
{
	int rc = resolve_conflict(b->db, b->mem, sid, resolution, variant, NULL,
	    0, "berta", new_id);

	site_check(b);
	return rc;
}

static void
publish(void)
{
	struct site *all[] = { b, a };

	assert_int_equal(site_conflicts(b), 0);
	must_converge(all, 2);
	assert_int_equal(site_conflicts(a), 0);
}

static const char *
parents(const char *first, const char *second)
{
	if (second == NULL)
		return mem_printf(b->mem, "[[\"%s\",\"%s\"]]", sid,
		    id_of(b, first));
	return mem_printf(b->mem, "[[\"%s\",\"%s\"],[\"%s\",\"%s\"]]", sid,
	    id_of(b, first), sid, id_of(b, second));
}

#define assert_text(r, text) assert_string_equal(site_text(r, sid), text)

/* ---- modified_both ---------------------------------------------------------- */

static void
both_modified_local_wins(void **state)
{
	(void)state;
	modified_both();
	assert_int_equal(settle(RESOLVE_LOCAL, NULL, NULL), 0);
	assert_text(b, OURS);
	assert_true(site_past(b, sid, THEIRS));
	publish();
	assert_text(a, OURS);
	assert_true(site_past(a, sid, THEIRS));
	assert_string_equal(site_held(a, sid).rec.label, "theirs");
	assert_string_equal(site_parents(a, sid), parents(THEIRS, BASE));
	assert_string_equal(site_parents(b, sid), parents(THEIRS, BASE));
	assert_int_equal(site_lineage(a, sid), 3);
}

static void
both_modified_remote_wins(void **state)
{
	int64_t version;

	(void)state;
	modified_both();
	version = b->sum.new_version;
	assert_int_equal(settle(RESOLVE_REMOTE, NULL, NULL), 0);
	assert_text(b, THEIRS);
	assert_true(site_past(b, sid, OURS));
	publish();
	assert_int_equal(b->sum.new_version, version); /* nothing to say */
	assert_text(a, THEIRS);
}

static void
both_modified_keep_both(void **state)
{
	char *new_id = NULL;

	(void)state;
	modified_both();
	assert_int_equal(settle(RESOLVE_BOTH, "mine", &new_id), 0);
	assert_non_null(new_id);
	assert_text(b, THEIRS);
	assert_string_equal(site_text(b, new_id), OURS);
	publish();
	assert_text(a, THEIRS);
	assert_string_equal(site_text(a, new_id), OURS);
	assert_string_equal(site_held(a, new_id).rec.variant, "mine");
	assert_string_equal(site_held(a, new_id).rec.doc_id, "doc");
	assert_string_equal(site_parents(a, new_id), parents(THEIRS, BASE));
}

static void
both_modified_keep_both_needs_a_name(void **state)
{
	(void)state;
	modified_both();
	assert_int_equal(settle(RESOLVE_BOTH, NULL, NULL), E_INPUT);
	assert_int_equal(settle(RESOLVE_BOTH, "", NULL), E_INPUT);
	assert_int_equal(site_conflicts(b), 1);
	assert_text(b, OURS);
}

static void
both_modified_keep_both_takes_no_name_that_is_there(void **state)
{
	(void)state;
	site_add(b, "doc", "mine", OURS);
	modified_both();
	assert_int_equal(settle(RESOLVE_BOTH, "mine", NULL), E_EXISTS);
	assert_int_equal(site_conflicts(b), 1);
	assert_text(b, OURS);
}

static void
both_modified_merge(void **state)
{
	(void)state;
	modified_both();
	assert_int_equal(settle(RESOLVE_MERGE, NULL, NULL), 0);
	assert_text(b, BOTH);
	assert_true(site_past(b, sid, OURS));
	assert_true(site_past(b, sid, THEIRS));
	publish();
	assert_text(a, BOTH);
	assert_string_equal(site_parents(a, sid), parents(THEIRS, OURS));
}

static void
both_modified_given_merge(void **state)
{
	const char *other = site_add(b, "other", NULL, "<given/>");
	int rc;

	(void)state;
	(void)other;
	modified_both();
	rc = resolve_conflict(b->db, b->mem, sid, RESOLVE_MERGE, NULL,
	    id_of(b, "<given/>"), 8, "berta", NULL);
	assert_int_equal(rc, 0);
	site_check(b);
	publish();
	assert_text(a, "<given/>");
}

static void
both_modified_without_a_proposal_no_merge(void **state)
{
	struct conflict c;

	(void)state;
	site_save(a, sid, TEXT("theirs", "1"));
	site_save(b, sid, TEXT("ours", "1"));
	meet("modified_both");
	assert_int_equal(conflict_find(b->db, b->mem, sid, &c), 1);
	assert_null(c.merge_id);
	assert_non_null(c.merge_reason);
	assert_int_equal(settle(RESOLVE_MERGE, NULL, NULL), E_CONFLICT);
	assert_int_equal(site_conflicts(b), 1);
}

/* ---- deleted_remote: we edited ------------------------------------------------- */

static void
deleted_there_local_wins(void **state)
{
	(void)state;
	deleted_remote();
	assert_int_equal(settle(RESOLVE_LOCAL, NULL, NULL), 0);
	assert_true(site_has(b, sid));
	publish();
	assert_text(a, OURS);
	assert_text(b, OURS);
	assert_string_equal(site_parents(a, sid), parents(BASE, NULL));
}

static void
deleted_there_remote_wins(void **state)
{
	(void)state;
	deleted_remote();
	assert_int_equal(settle(RESOLVE_REMOTE, NULL, NULL), 0);
	assert_false(site_has(b, sid));
	assert_true(site_past(b, sid, OURS));
	publish();
	assert_false(site_has(a, sid));
	assert_false(site_has(b, sid));
	assert_int_equal(record_restore(b->db, sid, 0, "berta"), 0);
	publish();
	assert_text(a, OURS);
}

static void
deleted_there_keep_both(void **state)
{
	char *new_id;

	(void)state;
	deleted_remote();
	assert_int_equal(settle(RESOLVE_BOTH, "mine", &new_id), 0);
	publish();
	assert_false(site_has(a, sid));
	assert_false(site_has(b, sid));
	assert_string_equal(site_text(a, new_id), OURS);
	assert_string_equal(site_held(a, new_id).rec.variant, "mine");
}

static void
deleted_there_is_not_merged(void **state)
{
	(void)state;
	deleted_remote();
	assert_int_equal(settle(RESOLVE_MERGE, NULL, NULL), E_INPUT);
	assert_int_equal(settle(RESOLVE_BOTH, NULL, NULL), E_INPUT);
	assert_int_equal(site_conflicts(b), 1);
	assert_text(b, OURS);
}

/* ---- deleted_local: they edited -------------------------------------------------- */

static void
deleted_here_local_wins(void **state)
{
	(void)state;
	deleted_local();
	assert_int_equal(settle(RESOLVE_LOCAL, NULL, NULL), 0);
	assert_false(site_has(b, sid));
	assert_true(site_past(b, sid, THEIRS));
	publish();
	assert_false(site_has(a, sid));
	assert_true(site_past(a, sid, THEIRS));
	assert_int_equal(record_restore(b->db, sid, 0, "berta"), 0);
	publish();
	assert_text(a, THEIRS);
}

static void
deleted_here_remote_wins(void **state)
{
	(void)state;
	deleted_local();
	assert_int_equal(settle(RESOLVE_REMOTE, NULL, NULL), 0);
	assert_text(b, THEIRS);
	publish();
	assert_text(a, THEIRS);
}

static void
deleted_here_keep_both_is_remote_wins(void **state)
{
	char *new_id = NULL;

	(void)state;
	deleted_local();
	assert_int_equal(settle(RESOLVE_BOTH, NULL, &new_id), 0);
	assert_null(new_id);
	assert_text(b, THEIRS);
	publish();
	assert_text(a, THEIRS);
}

static void
deleted_here_is_not_merged(void **state)
{
	(void)state;
	deleted_local();
	assert_int_equal(settle(RESOLVE_MERGE, NULL, NULL), E_INPUT);
	assert_int_equal(site_conflicts(b), 1);
	assert_false(site_has(b, sid));
}

/* ---- around it ---------------------------------------------------------------------- */

static void
what_is_not_in_conflict_cannot_be_resolved(void **state)
{
	(void)state;
	assert_int_equal(settle(RESOLVE_LOCAL, NULL, NULL), E_ABSENT);
	modified_both();
	assert_int_equal(settle(RESOLVE_LOCAL, NULL, NULL), 0);
	assert_int_equal(settle(RESOLVE_LOCAL, NULL, NULL), E_ABSENT);
}

static void
a_conflict_is_not_edited_but_resolved(void **state)
{
	(void)state;
	modified_both();
	assert_int_equal(record_save(b->db, sid, id_of(b, BASE), 1, NULL,
			     "berta"),
	    E_DENIED);
	assert_int_equal(record_delete(b->db, sid, "berta"), E_DENIED);
}

/* One question, whatever they do in the meantime. */
static void
they_go_on_editing(void **state)
{
	struct conflict c;

	(void)state;
	modified_both();
	site_save(a, sid, "<newer/>");
	must_sync(a);
	must_sync(b);
	assert_int_equal(b->sum.conflicts, 0);
	assert_int_equal(site_conflicts(b), 1);
	assert_int_equal(conflict_find(b->db, b->mem, sid, &c), 1);
	assert_string_equal(c.their_id, id_of(b, "<newer/>"));
	assert_string_equal(c.ancestor.id, id_of(b, BASE));
	assert_int_equal(settle(RESOLVE_LOCAL, NULL, NULL), 0);
	publish();
	assert_text(a, OURS);
	assert_true(site_past(a, sid, "<newer/>"));
	assert_true(site_past(a, sid, THEIRS));
}

/* The resolution was made against what is no longer theirs. */
static void
they_edit_after_the_resolution(void **state)
{
	(void)state;
	modified_both();
	assert_int_equal(settle(RESOLVE_LOCAL, NULL, NULL), 0);
	site_save(a, sid, "<newer/>");
	must_sync(a);
	must_sync(b);
	assert_int_equal(site_conflicts(b), 1);
	assert_text(b, OURS);
	assert_int_equal(settle(RESOLVE_REMOTE, NULL, NULL), 0);
	publish();
	assert_text(b, "<newer/>");
}

static void
they_delete_during_the_conflict(void **state)
{
	struct conflict c;

	(void)state;
	modified_both();
	site_delete(a, sid);
	must_sync(a);
	must_sync(b);
	assert_int_equal(conflict_find(b->db, b->mem, sid, &c), 1);
	assert_string_equal(c.type, "deleted_remote");
	assert_null(c.their_id);
	assert_text(b, OURS);
	assert_int_equal(settle(RESOLVE_LOCAL, NULL, NULL), 0);
	publish();
	assert_text(a, OURS);
}

static void
words_name_the_resolutions(void **state)
{
	static const struct {
		const char *word;
		enum resolution resolution;
	} words[] = {
		{ "local", RESOLVE_LOCAL },
		{ "local_wins", RESOLVE_LOCAL },
		{ "remote", RESOLVE_REMOTE },
		{ "remote_wins", RESOLVE_REMOTE },
		{ "both", RESOLVE_BOTH },
		{ "keep_both", RESOLVE_BOTH },
		{ "merge", RESOLVE_MERGE },
	};
	enum resolution resolution;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(resolution_parse(words[i].word, &resolution),
		    0);
		assert_int_equal(resolution, words[i].resolution);
	}
	assert_int_equal(resolution_parse("ours", &resolution), E_INPUT);
	assert_int_equal(resolution_parse("", &resolution), E_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(both_modified_local_wins),
		T(both_modified_remote_wins),
		T(both_modified_keep_both),
		T(both_modified_keep_both_needs_a_name),
		T(both_modified_keep_both_takes_no_name_that_is_there),
		T(both_modified_merge),
		T(both_modified_given_merge),
		T(both_modified_without_a_proposal_no_merge),
		T(deleted_there_local_wins),
		T(deleted_there_remote_wins),
		T(deleted_there_keep_both),
		T(deleted_there_is_not_merged),
		T(deleted_here_local_wins),
		T(deleted_here_remote_wins),
		T(deleted_here_keep_both_is_remote_wins),
		T(deleted_here_is_not_merged),
		T(what_is_not_in_conflict_cannot_be_resolved),
		T(a_conflict_is_not_edited_but_resolved),
		T(they_go_on_editing),
		T(they_edit_after_the_resolution),
		T(they_delete_during_the_conflict),
		cmocka_unit_test(words_name_the_resolutions),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/conflict.h"

#include "base/err.h"
#include "base/str.h"
#include "local/record.h"
#include "local/ref.h"
#include "unit/contents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define AT "2026-01-31T12:34:56.789Z"

/* Three contents: what both came from, ours, theirs; ours is here. */
static char *old_id, *our_id, *their_id, *new_id;

static struct record
record_of(const char *stable_id, const char *id, int64_t size, bool deleted)
{
	return (struct record){
		.stable_id = stable_id,
		.id = id,
		.filename = "a.tei.xml",
		.doc_id = "doc",
		.doc_id_type = "custom",
		.file_type = "tei",
		.mime_type = "application/xml",
		.file_size = size,
		.version = 1,
		.doc_collections = "[]",
		.doc_metadata = "{}",
		.file_metadata = "{}",
		.deleted = deleted,
		.created_at = AT,
		.updated_at = AT,
	};
}

/* Ours is `ours`, the store has `theirs`. */
static void
write_sides(struct contents *c, const char *stable_id, struct record ours,
    struct record theirs)
{
	const struct record_write w = {
		.row = &ours,
		.side = &theirs,
		.side_version = 1,
		.side_at = AT,
		.status = "conflict",
	};

	ours.stable_id = theirs.stable_id = stable_id;
	library_must(record_write(c->l->db, &w) == 0, "record_write");
}

static int
setup(void **state)
{
	struct contents *c = contents_new();

	old_id = contents_put(c, "old", "tei");
	our_id = contents_put(c, "ours", "tei");
	their_id = contents_put(c, "their", "tei");
	new_id = contents_put(c, "newest", "tei");
	write_sides(c, "aaaaaa", record_of("", our_id, 4, false),
	    record_of("", their_id, 5, false));
	*state = c;
	return 0;
}

static int
teardown(void **state)
{
	contents_free(*state);
	return 0;
}

static int64_t
refs(struct contents *c, const char *id)
{
	int64_t n = library_ask(c->l,
	    "SELECT refs FROM storage_refs WHERE id = '%s'", id);

	return n < 0 ? 0 : n;
}

static int
tell(void *arg, const char *fault)
{
	(void)arg;
	fprintf(stderr, "# %s\n", fault);
	return 1;
}

/* Counts are what the rows hold. */
static void
assert_counts_hold(struct contents *c)
{
	assert_int_equal(blob_check(c->blobs, c->l->db, false, false, tell,
			     NULL),
	    0);
}

static struct conflict
modified_both(const char *stable_id)
{
	return (struct conflict){
		.stable_id = stable_id,
		.type = "modified_both",
		.has_ancestor = true,
		.ancestor = record_of("aaaaaa", old_id, 3, false),
		.their_replica = "replica",
		.their_user = "bob",
		.seen_at = AT,
	};
}

static void
a_conflict_is_found_as_it_was_put(void **state)
{
	struct contents *c = *state;
	struct conflict in = modified_both("aaaaaa"), out;

	assert_int_equal(conflict_find(c->l->db, c->l->mem, "aaaaaa", &out), 0);
	assert_int_equal(conflict_put(c->l->db, &in), 0);
	assert_int_equal(conflict_find(c->l->db, c->l->mem, "aaaaaa", &out), 1);
	assert_string_equal(out.stable_id, "aaaaaa");
	assert_string_equal(out.type, "modified_both");
	assert_true(out.has_ancestor);
	assert_true(shared_equal(&out.ancestor, &in.ancestor));
	assert_string_equal(out.their_replica, "replica");
	assert_string_equal(out.their_user, "bob");
	assert_string_equal(out.their_id, their_id);
	assert_string_equal(out.file_type, "tei");
	assert_null(out.merge_id);
	assert_null(out.merge_reason);
	assert_string_equal(out.seen_at, AT);
	assert_int_equal(refs(c, their_id), 1);
	assert_counts_hold(c);
}

static void
a_conflict_may_have_no_ancestor(void **state)
{
	struct contents *c = *state;
	struct conflict in = modified_both("aaaaaa"), out;

	in.has_ancestor = false;
	in.their_user = NULL;
	in.seen_at = NULL;
	assert_int_equal(conflict_put(c->l->db, &in), 0);
	assert_int_equal(conflict_find(c->l->db, c->l->mem, "aaaaaa", &out), 1);
	assert_false(out.has_ancestor);
	assert_null(out.their_user);
	assert_int_equal(strlen(out.seen_at), strlen(AT));
}

static void
without_a_side_of_the_store_there_is_no_conflict(void **state)
{
	struct contents *c = *state;
	struct conflict in = modified_both("bbbbbb");

	assert_int_equal(conflict_put(c->l->db, &in), E_ABSENT);
	assert_int_equal(conflict_propose(c->l->db, "aaaaaa", new_id, 6, NULL),
	    E_ABSENT);
	assert_counts_hold(c);
}

static void
a_deleted_side_holds_nothing(void **state)
{
	struct contents *c = *state;
	struct conflict in = modified_both("aaaaaa"), out;

	write_sides(c, "aaaaaa", record_of("", our_id, 4, false),
	    record_of("", their_id, 5, true));
	in.type = "deleted_remote";
	assert_int_equal(conflict_put(c->l->db, &in), 0);
	assert_int_equal(conflict_find(c->l->db, c->l->mem, "aaaaaa", &out), 1);
	assert_null(out.their_id);
	assert_int_equal(refs(c, their_id), 0);
	assert_counts_hold(c);
	assert_int_equal(conflict_remove(c->l->db, "aaaaaa"), 0);
	assert_counts_hold(c);
}

static void
a_later_conflict_takes_the_place(void **state)
{
	struct contents *c = *state;
	struct conflict in = modified_both("aaaaaa"), out;

	assert_int_equal(conflict_put(c->l->db, &in), 0);
	write_sides(c, "aaaaaa", record_of("", our_id, 4, false),
	    record_of("", new_id, 6, false));
	assert_int_equal(conflict_put(c->l->db, &in), 0);
	assert_int_equal(conflict_find(c->l->db, c->l->mem, "aaaaaa", &out), 1);
	assert_string_equal(out.their_id, new_id);
	assert_int_equal(refs(c, their_id), 0);
	assert_int_equal(refs(c, new_id), 1);
	assert_counts_hold(c);
}

static void
a_merge_stays_while_the_sides_do(void **state)
{
	struct contents *c = *state;
	struct conflict in = modified_both("aaaaaa"), out;
	char *merge = contents_put(c, "a merge", "tei");

	assert_int_equal(conflict_put(c->l->db, &in), 0);
	assert_int_equal(conflict_propose(c->l->db, "aaaaaa", merge, 7, NULL),
	    0);
	assert_int_equal(refs(c, merge), 1);
	in.their_user = "carol";
	assert_int_equal(conflict_put(c->l->db, &in), 0);
	assert_int_equal(conflict_find(c->l->db, c->l->mem, "aaaaaa", &out), 1);
	assert_string_equal(out.merge_id, merge);
	assert_string_equal(out.their_user, "carol");
	assert_int_equal(refs(c, their_id), 1);
	assert_counts_hold(c);
	/* Another ancestor, another conflict. */
	in.ancestor.id = new_id;
	assert_int_equal(conflict_put(c->l->db, &in), 0);
	assert_int_equal(conflict_find(c->l->db, c->l->mem, "aaaaaa", &out), 1);
	assert_null(out.merge_id);
	assert_int_equal(refs(c, merge), 0);
	assert_int_equal(refs(c, their_id), 1);
	assert_counts_hold(c);
}

static void
a_merge_is_replaced_or_has_a_reason(void **state)
{
	struct contents *c = *state;
	struct conflict in = modified_both("aaaaaa"), out;
	char *one = contents_put(c, "merge 1", "tei");
	char *two = contents_put(c, "merge 2", "tei");

	assert_int_equal(conflict_put(c->l->db, &in), 0);
	assert_int_equal(conflict_propose(c->l->db, "aaaaaa", one, 7, NULL), 0);
	assert_int_equal(conflict_propose(c->l->db, "aaaaaa", one, 7, NULL), 0);
	assert_int_equal(refs(c, one), 1);
	assert_int_equal(conflict_propose(c->l->db, "aaaaaa", two, 7, NULL), 0);
	assert_int_equal(refs(c, one), 0);
	assert_int_equal(refs(c, two), 1);
	assert_int_equal(conflict_propose(c->l->db, "aaaaaa", NULL, 0,
			     "both changed the title"),
	    0);
	assert_int_equal(refs(c, two), 0);
	assert_int_equal(conflict_find(c->l->db, c->l->mem, "aaaaaa", &out), 1);
	assert_null(out.merge_id);
	assert_string_equal(out.merge_reason, "both changed the title");
	assert_counts_hold(c);
}

static void
a_merge_that_is_not_here_is_not_noted(void **state)
{
	struct contents *c = *state;
	struct conflict in = modified_both("aaaaaa"), out;
	char *merge = contents_put(c, "a merge", "tei");

	assert_int_equal(conflict_put(c->l->db, &in), 0);
	unlink(blob_path(c->blobs, c->l->mem, merge, "tei"));
	assert_int_equal(conflict_propose(c->l->db, "aaaaaa", merge, 7, NULL),
	    E_CONFLICT);
	assert_int_equal(conflict_find(c->l->db, c->l->mem, "aaaaaa", &out), 1);
	assert_null(out.merge_id);
	assert_int_equal(refs(c, merge), 0);
	assert_counts_hold(c);
}

static void
removing_lets_go_of_all(void **state)
{
	struct contents *c = *state;
	struct conflict in = modified_both("aaaaaa"), out;
	char *merge = contents_put(c, "a merge", "tei");

	assert_int_equal(conflict_put(c->l->db, &in), 0);
	assert_int_equal(conflict_propose(c->l->db, "aaaaaa", merge, 7, NULL),
	    0);
	assert_int_equal(conflict_remove(c->l->db, "aaaaaa"), 0);
	assert_int_equal(conflict_find(c->l->db, c->l->mem, "aaaaaa", &out), 0);
	assert_int_equal(refs(c, merge), 0);
	assert_int_equal(refs(c, their_id), 0);
	assert_int_equal(refs(c, our_id), 1);
	assert_int_equal(conflict_remove(c->l->db, "aaaaaa"), 0);
	assert_counts_hold(c);
}

static void
theirs_is_wanted_where_it_is_not_here(void **state)
{
	struct contents *c = *state;
	struct conflict in = modified_both("aaaaaa");

	unlink(blob_path(c->blobs, c->l->mem, their_id, "tei"));
	assert_int_equal(conflict_put(c->l->db, &in), 0);
	assert_int_equal(library_ask(c->l,
			     "SELECT file_size FROM storage_refs"
			     " WHERE id = '%s' AND present = 0",
			     their_id),
	    5);
}

static char seen[100];

static int
see(void *arg, const struct conflict *c)
{
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s ",
	    c->stable_id);
	return arg == NULL ? 0 : conflict_remove(arg, c->stable_id);
}

static void
each_may_be_resolved_when_it_is_seen(void **state)
{
	struct contents *c = *state;
	static const char *const ids[] = { "cccccc", "aaaaaa", "bbbbbb" };
	struct conflict in;
	size_t i;

	for (i = 0; i < 3; i++) {
		write_sides(c, ids[i], record_of("", our_id, 4, false),
		    record_of("", their_id, 5, false));
		in = modified_both(ids[i]);
		assert_int_equal(conflict_put(c->l->db, &in), 0);
	}
	*seen = '\0';
	assert_int_equal(conflict_each(c->l->db, see, NULL), 0);
	assert_string_equal(seen, "aaaaaa bbbbbb cccccc ");
	*seen = '\0';
	assert_int_equal(conflict_each(c->l->db, see, c->l->db), 0);
	assert_string_equal(seen, "aaaaaa bbbbbb cccccc ");
	*seen = '\0';
	assert_int_equal(conflict_each(c->l->db, see, NULL), 0);
	assert_string_equal(seen, "");
	assert_counts_hold(c);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_conflict_is_found_as_it_was_put),
		T(a_conflict_may_have_no_ancestor),
		T(without_a_side_of_the_store_there_is_no_conflict),
		T(a_deleted_side_holds_nothing),
		T(a_later_conflict_takes_the_place),
		T(a_merge_stays_while_the_sides_do),
		T(a_merge_is_replaced_or_has_a_reason),
		T(a_merge_that_is_not_here_is_not_noted),
		T(removing_lets_go_of_all),
		T(theirs_is_wanted_where_it_is_not_here),
		T(each_may_be_resolved_when_it_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

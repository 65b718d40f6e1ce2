/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/shared.h"
#include "sync/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define X_ID "dace9a4d2d04f51bc9fee54104893d5612aebf483e53dedc2be1ae40db3f6244"
#define Y_ID "1381be58ff61c837f922512c19392ea90fd3caec38cd0ba4a2e4344fcfd48a71"
#define Z_ID "00000000ff61c837f922512c19392ea90fd3caec38cd0ba4a2e4344fcfd48a71"

#define EARLY "2026-02-01T00:00:00.001Z"
#define LATER "2026-02-01T00:00:00.002Z"
#define LAST "2026-02-01T00:00:00.003Z"

static const struct record x = {
	.stable_id = "u3d6vxqm594m",
	.id = X_ID,
	.filename = "a.tei.xml",
	.doc_id = "doc",
	.doc_id_type = "custom",
	.file_type = "tei",
	.mime_type = "application/xml",
	.file_size = 6,
	.label = "L",
	.version = 1,
	.doc_collections = "[\"a\",\"b\"]",
	.doc_metadata = "{\"k\":1}",
	.file_metadata = "{}",
	.created_at = "2026-01-31T12:34:56.789Z",
	.created_by = "anna",
	.updated_at = EARLY,
};

static struct mem *mem;

static int
setup(void **state)
{
	(void)state;
	mem = mem_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	mem_free(mem);
	return 0;
}

static struct record
merged(const struct record *base, const struct record *ours,
    const struct record *theirs)
{
	struct record out;

	assert_int_equal(merge_records(mem, base, ours, theirs, &out), 0);
	assert_int_equal(shared_check(&out), 0);
	return out;
}

/* ---- fields --------------------------------------------------------------- */

static void
a_field_changed_on_one_side_is_taken(void **state)
{
	struct record ours = x, theirs = x, out;

	(void)state;
	ours.label = "ours";
	ours.updated_at = LATER;
	theirs.filename = "theirs.xml";
	theirs.version = 2;
	theirs.is_gold = true;
	theirs.updated_at = LAST;
	out = merged(&x, &ours, &theirs);
	assert_string_equal(out.label, "ours");
	assert_string_equal(out.filename, "theirs.xml");
	assert_int_equal(out.version, 2);
	assert_true(out.is_gold);
	out = merged(&x, &theirs, &ours);
	assert_string_equal(out.label, "ours");
	assert_string_equal(out.filename, "theirs.xml");
	assert_int_equal(out.version, 2);
	assert_true(out.is_gold);
}

static void
a_label_can_be_taken_away(void **state)
{
	struct record ours = x, theirs = x;

	(void)state;
	ours.label = NULL;
	theirs.version = 2;
	assert_null(merged(&x, &ours, &theirs).label);
	assert_null(merged(&x, &theirs, &ours).label);
}

static void
of_one_field_on_both_sides_the_later_wins(void **state)
{
	struct record ours = x, theirs = x;

	(void)state;
	ours.label = "ours";
	ours.version = 5;
	ours.is_gold = true;
	theirs.label = "theirs";
	theirs.version = 4;
	ours.updated_at = LATER;
	theirs.updated_at = LAST;
	assert_string_equal(merged(&x, &ours, &theirs).label, "theirs");
	assert_int_equal(merged(&x, &ours, &theirs).version, 4);
	ours.updated_at = LAST;
	theirs.updated_at = LATER;
	assert_string_equal(merged(&x, &ours, &theirs).label, "ours");
	assert_int_equal(merged(&x, &ours, &theirs).version, 5);
	assert_true(merged(&x, &ours, &theirs).is_gold);
}

static void
a_tie_is_decided_alike_on_both_sides(void **state)
{
	struct record a = x, b = x;

	(void)state;
	a.label = "a";
	b.label = "b";
	a.version = 7;
	b.version = 8;
	assert_string_equal(merged(&x, &a, &b).label, "b");
	assert_string_equal(merged(&x, &b, &a).label, "b");
	assert_int_equal(merged(&x, &a, &b).version, 8);
	assert_int_equal(merged(&x, &b, &a).version, 8);
	a.label = NULL;
	assert_string_equal(merged(&x, &a, &b).label, "b");
	assert_string_equal(merged(&x, &b, &a).label, "b");
}

static void
the_later_stamp_stands_and_birth_is_theirs(void **state)
{
	struct record ours = x, theirs = x, out;

	(void)state;
	ours.created_by = "berta";
	ours.created_at = "2026-01-01T00:00:00.000Z";
	ours.updated_at = LAST;
	theirs.updated_at = LATER;
	out = merged(&x, &ours, &theirs);
	assert_string_equal(out.updated_at, LAST);
	assert_string_equal(out.created_by, "anna");
	assert_string_equal(out.created_at, x.created_at);
	assert_string_equal(merged(&x, &theirs, &ours).updated_at, LAST);
}

/* ---- collections ------------------------------------------------------------ */

static void
collections_merge_as_a_set(void **state)
{
	struct record ours = x, theirs = x;

	(void)state;
	ours.doc_collections = "[\"b\",\"c\"]";         /* a out, c in */
	theirs.doc_collections = "[\"a\",\"b\",\"d\"]"; /* d in */
	assert_string_equal(merged(&x, &ours, &theirs).doc_collections,
	    "[\"b\",\"c\",\"d\"]");
	assert_string_equal(merged(&x, &theirs, &ours).doc_collections,
	    "[\"b\",\"c\",\"d\"]");
}

static void
what_both_put_in_is_in_once(void **state)
{
	struct record ours = x, theirs = x;

	(void)state;
	ours.doc_collections = "[\"a\",\"b\",\"\xc3\xa4\"]";
	theirs.doc_collections = "[\"b\",\"\xc3\xa4\"]";
	assert_string_equal(merged(&x, &ours, &theirs).doc_collections,
	    "[\"b\",\"\xc3\xa4\"]");
	ours.doc_collections = theirs.doc_collections = "[]";
	assert_string_equal(merged(&x, &ours, &theirs).doc_collections, "[]");
}

/* ---- objects ------------------------------------------------------------------ */

static void
objects_merge_key_by_key(void **state)
{
	struct record base = x, ours = x, theirs = x;

	(void)state;
	base.doc_metadata = "{\"gone\":1,\"k\":1,\"o\":1,\"t\":1}";
	ours.doc_metadata = "{\"k\":1,\"new\":[1,2],\"o\":2.50,\"t\":1}";
	theirs.doc_metadata =
	    "{\"gone\":1,\"k\":1,\"o\":1,\"t\":{\"x\":null},\"z\":\"\"}";
	assert_string_equal(merged(&base, &ours, &theirs).doc_metadata,
	    "{\"k\":1,\"new\":[1,2],\"o\":2.50,\"t\":{\"x\":null},"
	    "\"z\":\"\"}");
	assert_string_equal(merged(&base, &theirs, &ours).doc_metadata,
	    "{\"k\":1,\"new\":[1,2],\"o\":2.50,\"t\":{\"x\":null},"
	    "\"z\":\"\"}");
}

static void
one_key_on_both_sides_is_the_later(void **state)
{
	struct record ours = x, theirs = x;

	(void)state;
	ours.file_metadata = "{\"k\":\"ours\"}";
	theirs.file_metadata = "{\"k\":\"theirs\"}";
	ours.updated_at = LAST;
	theirs.updated_at = LATER;
	assert_string_equal(merged(&x, &ours, &theirs).file_metadata,
	    "{\"k\":\"ours\"}");
	assert_string_equal(merged(&x, &theirs, &ours).file_metadata,
	    "{\"k\":\"ours\"}");
}

static void
a_key_taken_out_against_a_key_changed_is_the_later(void **state)
{
	struct record ours = x, theirs = x;

	(void)state;
	ours.doc_metadata = "{}";
	theirs.doc_metadata = "{\"k\":2}";
	ours.updated_at = LAST;
	theirs.updated_at = LATER;
	assert_string_equal(merged(&x, &ours, &theirs).doc_metadata, "{}");
	ours.updated_at = LATER;
	theirs.updated_at = LAST;
	assert_string_equal(merged(&x, &ours, &theirs).doc_metadata,
	    "{\"k\":2}");
}

static void
keys_of_any_characters_survive(void **state)
{
	struct record base = x, ours = x, theirs = x;

	(void)state;
	base.doc_metadata = "{}";
	ours.doc_metadata = "{\"\\\"\\\\\\n\":1}";
	theirs.doc_metadata = "{\"\":\"\xc3\xa4\\u0001\"}";
	assert_string_equal(merged(&base, &ours, &theirs).doc_metadata,
	    "{\"\":\"\xc3\xa4\\u0001\",\"\\\"\\\\\\n\":1}");
}

static void
fields_of_newer_versions_merge_too(void **state)
{
	struct record ours = x, theirs = x, base = x;

	(void)state;
	ours.extra = "{\"a\":1}";
	theirs.extra = "{\"b\":1}";
	assert_string_equal(merged(&base, &ours, &theirs).extra,
	    "{\"a\":1,\"b\":1}");
	base.extra = "{\"a\":1}";
	ours.extra = NULL;
	theirs.extra = "{\"a\":1}";
	assert_null(merged(&base, &ours, &theirs).extra);
	assert_null(merged(&x, &x, &x).extra);
}

/* ---- the content ---------------------------------------------------------------- */

static void
set_content(struct record *r, const char *id, int64_t generation, int64_t size,
    const char *mime)
{
	r->id = id;
	r->generation = generation;
	r->file_size = size;
	r->mime_type = mime;
}

static void
assert_content(const struct record *r, const struct record *want)
{
	assert_string_equal(r->id, want->id);
	assert_int_equal(r->generation, want->generation);
	assert_int_equal(r->file_size, want->file_size);
	assert_string_equal(r->mime_type, want->mime_type);
}

static void
what_belongs_to_a_content_goes_with_it(void **state)
{
	struct record ours = x, theirs = x, out;

	(void)state;
	set_content(&ours, Y_ID, 3, 7, "text/ours");
	theirs.updated_at = LAST;
	theirs.label = "theirs";
	out = merged(&x, &ours, &theirs);
	assert_content(&out, &ours);
	assert_string_equal(out.label, "theirs");
	out = merged(&x, &theirs, &ours);
	assert_content(&out, &ours);
	set_content(&theirs, Z_ID, 4, 8, "text/theirs");
	out = merged(&x, &ours, &theirs);
	assert_content(&out, &ours);
}

/* The store has it under a name already: that one is kept. */
static void
of_the_same_content_the_stores_name_is_kept(void **state)
{
	struct record ours = x, theirs = x, out;

	(void)state;
	set_content(&ours, Y_ID, 0, 7, "application/xml");
	set_content(&theirs, Y_ID, 3, 7, "application/xml");
	out = merged(&x, &ours, &theirs);
	assert_content(&out, &theirs);
	out = merged(NULL, &ours, &theirs);
	assert_content(&out, &theirs);
}

/* ---- no base -------------------------------------------------------------------- */

/* Both imported it and then said something about it. */
static void
without_a_base_what_either_said_is_kept(void **state)
{
	struct record ours = x, theirs = x, out;

	(void)state;
	ours.label = NULL;
	ours.is_gold = true;
	ours.doc_collections = "[\"ours\"]";
	ours.doc_metadata = "{\"k\":1,\"ours\":1}";
	ours.updated_at = LAST;
	theirs.label = "theirs";
	theirs.doc_collections = "[\"theirs\"]";
	theirs.doc_metadata = "{\"k\":2,\"theirs\":1}";
	for (int i = 0; i < 2; i++) {
		out = i == 0 ? merged(NULL, &ours, &theirs)
			     : merged(NULL, &theirs, &ours);
		assert_string_equal(out.label, "theirs");
		assert_true(out.is_gold);
		assert_string_equal(out.doc_collections,
		    "[\"ours\",\"theirs\"]");
		assert_string_equal(out.doc_metadata,
		    "{\"k\":1,\"ours\":1,\"theirs\":1}");
	}
}

/* ---- bounds ---------------------------------------------------------------------- */

static const char *
big_object(char key, size_t len)
{
	char *text = mem_alloc(mem, len + 16);
	int at = sprintf(text, "{\"%c\":\"", key);

	memset(text + at, key, len);
	memcpy(text + at + len, "\"}", 3);
	return text;
}

/* Else no replica could ever take what the other published. */
static void
what_would_grow_too_long_is_the_later_sides_alone(void **state)
{
	struct record ours = x, theirs = x, out;

	(void)state;
	ours.doc_metadata = big_object('o', SHARED_JSON_MAX - 100);
	theirs.doc_metadata = big_object('t', SHARED_JSON_MAX - 100);
	ours.updated_at = LAST;
	out = merged(&x, &ours, &theirs);
	assert_string_equal(out.doc_metadata, ours.doc_metadata);
	out = merged(&x, &theirs, &ours);
	assert_string_equal(out.doc_metadata, ours.doc_metadata);
}

static void
what_is_no_json_is_refused(void **state)
{
	struct record ours = x, out;

	(void)state;
	ours.doc_metadata = "[]";
	assert_int_equal(merge_records(mem, &x, &ours, &x, &out), E_INPUT);
	ours = x;
	ours.doc_collections = "{}";
	assert_int_equal(merge_records(mem, &x, &ours, &x, &out), E_INPUT);
}

/* ---- any triple ------------------------------------------------------------------- */

static uint64_t seed;

/* splitmix64 */
static uint64_t
next_random(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static const char *
one_of(const char *const *texts, size_t n)
{
	return texts[next_random() % n];
}
#define ONE_OF(...)                                  \
	one_of((const char *const[]){ __VA_ARGS__ }, \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static struct record
any_record(void)
{
	struct record r = x;

	r.filename = ONE_OF("a", "b", "c");
	r.label = ONE_OF(NULL, "L", "M");
	r.version = (int64_t)(next_random() % 3);
	r.is_gold = next_random() % 2 != 0;
	r.doc_collections = ONE_OF("[]", "[\"a\"]", "[\"b\"]", "[\"a\",\"b\"]",
	    "[\"a\",\"c\"]");
	r.doc_metadata = ONE_OF("{}", "{\"a\":1}", "{\"a\":2,\"b\":1}",
	    "{\"b\":{\"a\":1}}");
	r.extra = ONE_OF(NULL, "{\"n\":1}", "{\"m\":2}");
	r.updated_at = ONE_OF(EARLY, LATER, LAST);
	if (next_random() % 4 == 0)
		set_content(&r, Y_ID, 1, 7, "application/xml");
	if (next_random() % 4 == 0)
		set_content(&r, Z_ID, 2, 8, "application/xml");
	return r;
}

/* In each field, what comes out was in one that went in. */
static bool
is_one_of(const char *out, const char *base, const char *a, const char *b)
{
	return str_eq(out, base) || str_eq(out, a) || str_eq(out, b);
}

static int
key_came_from(void *arg, const char *key, struct json value)
{
	const char *const *sources = arg;
	struct json found;

	for (int i = 0; i < 3; i++) {
		if (sources[i] != NULL &&
		    json_find(json_of(sources[i]), key, &found) == 1 &&
		    found.len == value.len &&
		    memcmp(found.text, value.text, value.len) == 0)
			return 0;
	}
	return 1;
}

static bool
came_from(const char *object, const char *const *sources)
{
	return json_each_member(json_of(object), key_came_from,
		   (void *)(uintptr_t)sources) == 0;
}

static bool
nothing_is_invented(const struct record *out, const struct record *base,
    const struct record *a, const struct record *b)
{
	const char *const metadata[] = { base->doc_metadata, a->doc_metadata,
		b->doc_metadata };

	return is_one_of(out->filename, base->filename, a->filename,
		   b->filename) &&
	    is_one_of(out->label, base->label, a->label, b->label) &&
	    is_one_of(out->id, base->id, a->id, b->id) &&
	    is_one_of(out->updated_at, a->updated_at, a->updated_at,
		b->updated_at) &&
	    (out->version == a->version || out->version == b->version) &&
	    (out->is_gold == a->is_gold || out->is_gold == b->is_gold) &&
	    came_from(out->doc_metadata, metadata);
}

/* Content apart (theirs has a name on the store, both changed is ours). */
static bool
same_fields(struct record a, struct record b)
{
	set_content(&a, X_ID, 0, 0, "");
	set_content(&b, X_ID, 0, 0, "");
	return shared_same(&a, &b) && str_eq(a.updated_at, b.updated_at);
}

static bool
one_side_alone_stands(const struct record *base, const struct record *a)
{
	struct record there = merged(base, base, a),
		      here = merged(base, a, base);

	return shared_same(&there, a) && shared_same(&here, a);
}

static bool
laws_hold(const struct record *base, const struct record *a,
    const struct record *b)
{
	struct record ab, ba, again;

	if (merge_records(mem, base, a, b, &ab) != 0 ||
	    merge_records(mem, base, b, a, &ba) != 0 ||
	    merge_records(mem, base, &ab, b, &again) != 0)
		return false;
	return same_fields(ab, ba) && nothing_is_invented(&ab, base, a, b) &&
	    shared_same(&ab, &again);
}

/* A sanitizer takes ten times as long. */
#ifdef __SANITIZE_ADDRESS__
#define TRIPLES 100000
#else
#define TRIPLES 1000000
#endif

/* A merge that is merged again with what it came from stays as it is. */
static void
the_laws_hold_for_a_million_triples(void **state)
{
	const char *given = getenv("STEMMA_SEED");
	uint64_t first = given ? strtoull(given, NULL, 10)
			       : (uint64_t)time(NULL);

	(void)state;
	seed = first;
	for (int i = 0; i < TRIPLES; i++) {
		struct record base = any_record();
		struct record a = any_record();
		struct record b = any_record();

		if (i % 64 == 0)
			mem_reset(mem);
		if (!laws_hold(&base, &a, &b))
			fail_msg("STEMMA_SEED=%llu, triple %d",
			    (unsigned long long)first, i);
	}
}

static void
one_side_alone_stands_as_it_is(void **state)
{
	(void)state;
	seed = 1;
	for (int i = 0; i < 10000; i++) {
		struct record base = any_record();
		struct record a = any_record();

		mem_reset(mem);
		assert_true(one_side_alone_stands(&base, &a));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_changed_on_one_side_is_taken),
		cmocka_unit_test(a_label_can_be_taken_away),
		cmocka_unit_test(of_one_field_on_both_sides_the_later_wins),
		cmocka_unit_test(a_tie_is_decided_alike_on_both_sides),
		cmocka_unit_test(the_later_stamp_stands_and_birth_is_theirs),
		cmocka_unit_test(collections_merge_as_a_set),
		cmocka_unit_test(what_both_put_in_is_in_once),
		cmocka_unit_test(objects_merge_key_by_key),
		cmocka_unit_test(one_key_on_both_sides_is_the_later),
		cmocka_unit_test(
		    a_key_taken_out_against_a_key_changed_is_the_later),
		cmocka_unit_test(keys_of_any_characters_survive),
		cmocka_unit_test(fields_of_newer_versions_merge_too),
		cmocka_unit_test(what_belongs_to_a_content_goes_with_it),
		cmocka_unit_test(of_the_same_content_the_stores_name_is_kept),
		cmocka_unit_test(without_a_base_what_either_said_is_kept),
		cmocka_unit_test(
		    what_would_grow_too_long_is_the_later_sides_alone),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(the_laws_hold_for_a_million_triples),
		cmocka_unit_test(one_side_alone_stands_as_it_is),
	};

	return cmocka_run_group_tests_name("merge", tests, setup, teardown);
}

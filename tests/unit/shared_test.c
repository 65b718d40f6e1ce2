/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/filename.h"
#include "local/shared.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The vectors of doc/INTERFACES.md, computed by another program. */
#define PDF_ID \
	"dace9a4d2d04f51bc9fee54104893d5612aebf483e53dedc2be1ae40db3f6244"
#define TEI_ID \
	"1381be58ff61c837f922512c19392ea90fd3caec38cd0ba4a2e4344fcfd48a71"
#define DOC_ID "10.5771/2699-1284-2024-3-149"

static const struct record vector = {
	.stable_id = "u3d6vxqm594m",
	.id = TEI_ID,
	.generation = 3,
	.filename = "10.5771__2699-1284-2024-3-149.tei.xml",
	.doc_id = DOC_ID,
	.doc_id_type = "doi",
	.file_type = "tei",
	.mime_type = "application/xml",
	.file_size = 6,
	.label = "Gr\xc3\xb6\xc3\x9f"
		 "e \"erste\"",
	.variant = "grobid",
	.version = 2,
	.is_gold = true,
	.doc_collections = "[\"Texte\",\"corpus1\"]",
	.doc_metadata = "{\"author\":\"M\xc3\xbcller\",\"year\":2024}",
	.file_metadata = "{}",
	.deleted = false,
	.created_at = "2026-01-31T12:34:56.789Z",
	.created_by = NULL,
	.updated_at = "2026-02-01T00:00:00.001Z",
};
static const char vector_json[] =
    "{\"created_at\":\"2026-01-31T12:34:56.789Z\",\"created_by\":null,"
    "\"deleted\":false,\"doc_collections\":[\"Texte\",\"corpus1\"],"
    "\"doc_id\":\"10.5771/2699-1284-2024-3-149\",\"doc_id_type\":\"doi\","
    "\"doc_metadata\":{\"author\":\"M\xc3\xbcller\",\"year\":2024},"
    "\"file_metadata\":{},\"file_size\":6,\"file_type\":\"tei\","
    "\"filename\":\"10.5771__2699-1284-2024-3-149.tei.xml\","
    "\"generation\":3,\"id\":\"" TEI_ID "\",\"is_gold_standard\":true,"
    "\"label\":\"Gr\xc3\xb6\xc3\x9f"
    "e \\\"erste\\\"\","
    "\"mime_type\":\"application/xml\",\"stable_id\":\"u3d6vxqm594m\","
    "\"updated_at\":\"2026-02-01T00:00:00.001Z\",\"variant\":\"grobid\","
    "\"version\":2}";
static const char vector_digest[] =
    "d5c6836bdcfc815dfd89810830f97f304e9b0466cdd7845379a235fc5808cd4f";

static const char *
encoded(const struct record *r, struct buf *out)
{
	buf_clear(out);
	shared_encode(r, out);
	return out->data;
}

static const char *
digest_of(const struct record *r)
{
	static char text[HASH_HEX_SIZE];
	struct hash digest;

	shared_digest(r, &digest);
	return hash_hex(&digest, text);
}

/* ---- stable_id ---------------------------------------------------------------- */

static void
stable_ids_are_the_vectors(void **state)
{
	char id[STABLE_ID_SIZE];

	(void)state;
	stable_id_make(PDF_ID, "pdf", NULL, PDF_ID, 0, id);
	assert_string_equal(id, "q5cswdq8qftk");
	stable_id_make(DOC_ID, "tei", "grobid", TEI_ID, 0, id);
	assert_string_equal(id, "u3d6vxqm594m");
	stable_id_make(DOC_ID, "tei", "grobid", TEI_ID, 1, id);
	assert_string_equal(id, "mnxxr8udumdz");
}

static void
no_variant_is_the_empty_variant(void **state)
{
	char a[STABLE_ID_SIZE], b[STABLE_ID_SIZE];

	(void)state;
	stable_id_make("d", "tei", NULL, TEI_ID, 0, a);
	stable_id_make("d", "tei", "", TEI_ID, 0, b);
	assert_string_equal(a, b);
}

static void
a_stable_id_is_known_by_its_form(void **state)
{
	(void)state;
	assert_true(stable_id_is("abcdef"));
	assert_true(stable_id_is("u3d6vxqm594m"));
	assert_false(stable_id_is(""));
	assert_false(stable_id_is("abcde"));
	assert_false(stable_id_is("u3d6vxqm594mm"));
	assert_false(stable_id_is("abcdei"));
	assert_false(stable_id_is("abcdef "));
	assert_false(stable_id_is("abcde\xc3\xa4"));
	assert_false(stable_id_is("ABCDEF"));
}

/* ---- codec ---------------------------------------------------------------------- */

static void
a_record_encodes_as_the_vector(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_string_equal(encoded(&vector, &out), vector_json);
	assert_true(json_is_canon(out.data, out.len));
	buf_release(&out);
}

static void
the_digest_is_the_vector(void **state)
{
	struct record r = vector;

	(void)state;
	assert_string_equal(digest_of(&r), vector_digest);
	r.extra = "{\"colour\":\"red\"}";
	assert_string_equal(digest_of(&r), vector_digest);
	r.label = NULL;
	assert_string_not_equal(digest_of(&r), vector_digest);
}

static void
what_was_encoded_is_decoded(void **state)
{
	struct mem *mem = mem_new();
	struct buf out = { 0 };
	struct record r;

	(void)state;
	assert_int_equal(shared_decode(mem, json_of(vector_json), &r), 0);
	assert_true(shared_equal(&r, &vector));
	assert_null(r.extra);
	assert_null(r.created_by);
	assert_string_equal(encoded(&r, &out), vector_json);
	buf_release(&out);
	mem_free(mem);
}

static void
fields_of_newer_versions_are_passed_on(void **state)
{
	struct mem *mem = mem_new();
	struct record r = vector, back;
	struct buf out = { 0 };

	(void)state;
	r.extra = "{\"a\":[1.10,{\"y\":1,\"z\":2}],\"zz\":null}";
	assert_int_equal(shared_check(&r), 0);
	encoded(&r, &out);
	assert_true(json_is_canon(out.data, out.len));
	assert_int_equal(shared_decode(mem, json_of(out.data), &back), 0);
	assert_string_equal(back.extra, r.extra);
	assert_true(shared_equal(&r, &back));
	assert_false(shared_equal(&vector, &back));
	buf_release(&out);
	mem_free(mem);
}

static void
each_missing_column_is_named(void **state)
{
	struct mem *mem = mem_new();
	struct record r;
	const char *less;
	int i;

	(void)state;
	for (i = 0; i < SHARED_COLUMNS; i++) {
		assert_int_equal(object_set(mem, vector_json,
				     shared_columns[i].name, NULL, &less),
		    0);
		assert_int_equal(shared_decode(mem, json_of(less), &r),
		    E_INPUT);
		assert_non_null(strstr(err_text(), shared_columns[i].name));
	}
	mem_free(mem);
}

/* A column and a JSON value that it must not have. */
static const struct {
	const char *column, *value;
} bad_values[] = {
	{ "stable_id", "\"abc\"" },
	{ "stable_id", "\"abcdefo\"" },
	{ "stable_id", "null" },
	{ "id", "\"abc\"" },
	{ "id", "null" },
	{ "id",
	    "\"1381BE58ff61c837f922512c19392ea90fd3caec38cd0ba4a2e4344fcfd"
	    "48a71\"" },
	{ "generation", "-1" },
	{ "generation", "1.0" },
	{ "generation", "\"1\"" },
	{ "generation", "9223372036854775808" },
	{ "filename", "\"\"" },
	{ "filename", "\"a/b\"" },
	{ "filename", "\"..\"" },
	{ "filename", "\"a\\nb\"" },
	{ "filename", "\"a\\u0085b\"" },
	{ "doc_id", "null" },
	{ "doc_id", "\"\"" },
	{ "doc_id", "\"a\\u007fb\"" },
	{ "doc_id_type", "7" },
	{ "file_type", "\"exe\"" },
	{ "mime_type", "\"\"" },
	{ "file_size", "-5" },
	{ "file_size", "null" },
	{ "label", "\"\"" },
	{ "label", "true" },
	{ "variant", "\"\"" },
	{ "version", "-1" },
	{ "is_gold_standard", "1" },
	{ "is_gold_standard", "null" },
	{ "doc_collections", "{}" },
	{ "doc_collections", "[\"b\",\"a\"]" },
	{ "doc_collections", "[\"a\",\"a\"]" },
	{ "doc_collections", "[\"\"]" },
	{ "doc_collections", "[1]" },
	{ "doc_collections", "null" },
	{ "doc_collections", "\"[]\"" },
	{ "doc_metadata", "[]" },
	{ "doc_metadata", "{\"b\":1,\"a\":2}" },
	{ "doc_metadata", "{ }" },
	{ "file_metadata", "null" },
	{ "deleted", "\"false\"" },
	{ "created_at", "\"2026-02-30T00:00:00.000Z\"" },
	{ "created_at", "\"2026-02-01\"" },
	{ "created_by", "\"\"" },
	{ "updated_at", "null" },
	{ "updated_at", "\"2026-02-01T00:00:00.001+00:00\"" },
};

/* The vector with another value in a column, just as it is written. */
static char *
vector_with(struct mem *mem, const char *column, const char *value)
{
	const char *less;

	assert_int_equal(object_set(mem, vector_json, column, NULL, &less), 0);
	return mem_printf(mem, "{\"%s\":%s,%s", column, value, less + 1);
}

static void
each_bad_value_is_refused_by_name(void **state)
{
	struct mem *mem = mem_new();
	struct record r;
	size_t i;

	(void)state;
	assert_int_equal(shared_decode(mem,
			     json_of(vector_with(mem, "version", "7")), &r),
	    0);
	assert_int_equal(r.version, 7);
	for (i = 0; i < sizeof(bad_values) / sizeof(*bad_values); i++) {
		if (shared_decode(mem,
			json_of(vector_with(mem, bad_values[i].column,
			    bad_values[i].value)),
			&r) != E_INPUT)
			fail_msg("%s may be %s", bad_values[i].column,
			    bad_values[i].value);
		assert_non_null(strstr(err_text(), bad_values[i].column));
	}
	mem_free(mem);
}

static char *
long_text(struct mem *mem, size_t len)
{
	char *text = mem_alloc(mem, len + 1);

	memset(text, 'x', len);
	return text;
}

static void
texts_have_bounds(void **state)
{
	struct mem *mem = mem_new();
	struct record r = vector;

	(void)state;
	r.filename = long_text(mem, SHARED_NAME_MAX);
	r.doc_id = long_text(mem, SHARED_TEXT_MAX);
	r.doc_metadata = mem_printf(mem, "{\"a\":\"%s\"}",
	    long_text(mem, SHARED_JSON_MAX - 8));
	assert_int_equal(shared_check(&r), 0);
	r.filename = long_text(mem, SHARED_NAME_MAX + 1);
	assert_int_equal(shared_check(&r), E_INPUT);
	r.filename = vector.filename;
	r.doc_id = long_text(mem, SHARED_TEXT_MAX + 1);
	assert_int_equal(shared_check(&r), E_INPUT);
	r.doc_id = vector.doc_id;
	r.doc_metadata = mem_printf(mem, "{\"a\":\"%s\"}",
	    long_text(mem, SHARED_JSON_MAX - 7));
	assert_int_equal(shared_check(&r), E_INPUT);
	mem_free(mem);
}

static void
extra_holds_no_column_and_is_not_empty(void **state)
{
	struct record r = vector;

	(void)state;
	r.extra = "{\"a\":1}";
	assert_int_equal(shared_check(&r), 0);
	r.extra = "{\"deleted\":true}";
	assert_int_equal(shared_check(&r), E_INPUT);
	r.extra = "{}";
	assert_int_equal(shared_check(&r), E_INPUT);
	r.extra = "[1]";
	assert_int_equal(shared_check(&r), E_INPUT);
}

/* ---- comparing and copying --------------------------------------------------------- */

/* The vector with another value in one column. */
static struct record
other_in(const struct shared_column *column)
{
	struct record r = vector;

	if (shared_is_number(column))
		shared_set_number(&r, column, !shared_number(&r, column));
	else
		shared_set_text(&r, column, "other");
	return r;
}

static void
every_column_counts(void **state)
{
	struct record r;
	int i;

	(void)state;
	for (i = 0; i < SHARED_COLUMNS; i++) {
		r = other_in(&shared_columns[i]);
		assert_false(shared_equal(&r, &vector));
		assert_string_not_equal(digest_of(&r), vector_digest);
	}
	r = vector;
	assert_true(shared_equal(&r, &vector));
}

static void
times_and_generation_alone_are_the_same(void **state)
{
	const struct shared_column *c;
	struct record r;
	bool same;
	int i;

	(void)state;
	for (i = 0; i < SHARED_COLUMNS; i++) {
		c = &shared_columns[i];
		r = other_in(c);
		same = str_eq(c->name, "created_at") ||
		    str_eq(c->name, "updated_at") ||
		    str_eq(c->name, "generation");
		assert_int_equal(shared_same(&r, &vector), same);
	}
}

static void
a_copy_lives_on(void **state)
{
	struct mem *a = mem_new(), *b = mem_new();
	struct record r, copy;

	(void)state;
	assert_int_equal(shared_decode(a, json_of(vector_json), &r), 0);
	shared_copy(b, &r, &copy);
	mem_free(a);
	assert_true(shared_equal(&copy, &vector));
	mem_free(b);
}

/* ---- collections and objects ------------------------------------------------------- */

static void
collections_are_sorted_and_single(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_int_equal(collections_canon(
			     " [\"b\", \"a\",\"b\", \"\\u00e4\",\"B\"] ", &out),
	    0);
	assert_string_equal(out.data, "[\"B\",\"a\",\"b\",\"\xc3\xa4\"]");
	buf_clear(&out);
	assert_int_equal(collections_canon("[]", &out), 0);
	assert_string_equal(out.data, "[]");
	assert_int_equal(collections_canon("[[\"a\"]]", &out), E_INPUT);
	assert_int_equal(collections_canon("{}", &out), E_INPUT);
	assert_int_equal(collections_canon("[\"a\",]", &out), E_INPUT);
	assert_int_equal(collections_canon("[\"a\\n\"]", &out), E_INPUT);
	buf_release(&out);
}

static void
a_collection_is_put_in_and_taken_out(void **state)
{
	struct mem *mem = mem_new();
	const char *out;

	(void)state;
	assert_int_equal(collections_change(mem, "[\"a\",\"c\"]", "b", true,
			     &out),
	    0);
	assert_string_equal(out, "[\"a\",\"b\",\"c\"]");
	assert_int_equal(collections_change(mem, out, "b", true, &out), 0);
	assert_string_equal(out, "[\"a\",\"b\",\"c\"]");
	assert_int_equal(collections_change(mem, out, "a", false, &out), 0);
	assert_string_equal(out, "[\"b\",\"c\"]");
	assert_int_equal(collections_change(mem, out, "x", false, &out), 0);
	assert_string_equal(out, "[\"b\",\"c\"]");
	assert_int_equal(collections_change(mem, "[]", "", true, &out),
	    E_INPUT);
	mem_free(mem);
}

static void
a_key_of_an_object_is_set_and_removed(void **state)
{
	struct mem *mem = mem_new();
	const char *out;

	(void)state;
	assert_int_equal(object_set(mem, "{\"b\":1.10}", "a", "[ 1, 2]", &out),
	    0);
	assert_string_equal(out, "{\"a\":[1,2],\"b\":1.10}");
	assert_int_equal(object_set(mem, out, "b", "\"x\"", &out), 0);
	assert_string_equal(out, "{\"a\":[1,2],\"b\":\"x\"}");
	assert_int_equal(object_set(mem, out, "a", NULL, &out), 0);
	assert_string_equal(out, "{\"b\":\"x\"}");
	assert_int_equal(object_set(mem, out, "b", NULL, &out), 0);
	assert_string_equal(out, "{}");
	assert_int_equal(object_set(mem, "{}", "a", "1,\"b\":2", &out),
	    E_INPUT);
	assert_int_equal(object_set(mem, "[]", "a", "1", &out), E_INPUT);
	mem_free(mem);
}

/* ---- filenames ------------------------------------------------------------------------ */

static void
filenames_are_made_safe(void **state)
{
	struct mem *mem = mem_new();

	(void)state;
	assert_string_equal(filename_safe(mem, "/a/b/c.pdf", "x"), "c.pdf");
	assert_string_equal(filename_safe(mem, "C:\\a\\c.pdf", "x"), "c.pdf");
	assert_string_equal(filename_safe(mem, "a\nb\x7f.pdf", "x"),
	    "a_b_.pdf");
	assert_string_equal(filename_safe(mem, "\xc3\xa4\xff\xc2\x85.pdf", "x"),
	    "\xc3\xa4___.pdf");
	assert_string_equal(filename_safe(mem, "a/", "x"), "x");
	assert_string_equal(filename_safe(mem, "..", "x"), "x");
	assert_string_equal(filename_safe(mem, NULL, "x"), "x");
	mem_free(mem);
}

static void
a_long_filename_keeps_its_extension(void **state)
{
	struct mem *mem = mem_new();
	char *umlauts = mem_strdup(mem, "");
	char *name;
	int i;

	(void)state;
	name = filename_safe(mem,
	    mem_printf(mem, "%s.tei.xml", long_text(mem, 300)), "x");
	assert_int_equal(strlen(name), 255);
	assert_true(str_ends(name, "x.tei.xml"));
	for (i = 0; i < 140; i++)
		umlauts = mem_printf(mem, "%s\xc3\xa4", umlauts);
	name = filename_safe(mem, mem_printf(mem, "%s.pdf", umlauts), "x");
	assert_int_equal(strlen(name), 254);
	assert_true(shared_is_plain(name, 255));
	assert_true(str_ends(name, "\xa4.pdf"));
	name = filename_safe(mem, umlauts, "x");
	assert_int_equal(strlen(name), 254);
	assert_true(shared_is_plain(name, 255));
	mem_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stable_ids_are_the_vectors),
		cmocka_unit_test(no_variant_is_the_empty_variant),
		cmocka_unit_test(a_stable_id_is_known_by_its_form),
		cmocka_unit_test(a_record_encodes_as_the_vector),
		cmocka_unit_test(the_digest_is_the_vector),
		cmocka_unit_test(what_was_encoded_is_decoded),
		cmocka_unit_test(fields_of_newer_versions_are_passed_on),
		cmocka_unit_test(each_missing_column_is_named),
		cmocka_unit_test(each_bad_value_is_refused_by_name),
		cmocka_unit_test(texts_have_bounds),
		cmocka_unit_test(extra_holds_no_column_and_is_not_empty),
		cmocka_unit_test(every_column_counts),
		cmocka_unit_test(times_and_generation_alone_are_the_same),
		cmocka_unit_test(a_copy_lives_on),
		cmocka_unit_test(collections_are_sorted_and_single),
		cmocka_unit_test(a_collection_is_put_in_and_taken_out),
		cmocka_unit_test(a_key_of_an_object_is_set_and_removed),
		cmocka_unit_test(filenames_are_made_safe),
		cmocka_unit_test(a_long_filename_keeps_its_extension),
	};

	return cmocka_run_group_tests_name("shared", tests, NULL, NULL);
}

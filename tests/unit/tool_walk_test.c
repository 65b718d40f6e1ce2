/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "local/shared.h"
#include "temp.h"
#include "tool/export_name.h"
#include "tool/walk.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct seen {
	const char *top;
	struct buf files; /* names below top, each with a blank */
	struct buf failed;
	int stop_after;
};

static struct mem *mem;
static char *top;

static int
setup(void **state)
{
	(void)state;
	mem = mem_new();
	top = temp_dir();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	temp_remove(top);
	mem_free(mem);
	return 0;
}

static void
make(const char *name, const char *text)
{
	char *path = path_join(mem, top, name);
	char *slash = strrchr(path, '/');
	FILE *file;

	*slash = '\0';
	assert_int_equal(path_make_dirs(path, 0700), 0);
	*slash = '/';
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
make_link(const char *to, const char *name)
{
	assert_int_equal(symlink(to, path_join(mem, top, name)), 0);
}

static int
on_file(void *arg, const char *path, int64_t size_bytes)
{
	struct seen *s = arg;

	(void)size_bytes;
	buf_printf(&s->files, "%s ", path + strlen(s->top) + 1);
	return s->stop_after > 0 && --s->stop_after == 0 ? 7 : 0;
}

static int
on_failed(void *arg, const char *path, int rc)
{
	struct seen *s = arg;

	buf_printf(&s->failed, "%s:%s ", path + strlen(s->top) + 1,
	    err_name(rc));
	return 0;
}

static int
walk(struct seen *s, const char *path, const char *forbidden)
{
	struct walk w = { .file = on_file, .failed = on_failed, .arg = s };

	s->top = top;
	if (forbidden != NULL)
		assert_int_equal(walk_forbid(&w,
				     path_join(mem, top, forbidden)),
		    0);
	return walk_path(&w, path);
}

static void
seen_release(struct seen *s)
{
	buf_release(&s->files);
	buf_release(&s->failed);
}

static void
files_come_in_the_order_of_their_names(void **state)
{
	struct seen s = { NULL };

	(void)state;
	make("b/z", "1");
	make("b/a", "1");
	make("a", "1");
	make("B", "1");
	make("b/m/x", "1");
	assert_int_equal(walk(&s, top, NULL), 0);
	assert_string_equal(buf_text(&s.files), "B a b/a b/m/x b/z ");
	assert_string_equal(buf_text(&s.failed), "");
	seen_release(&s);
}

static void
names_with_a_dot_are_passed_over_unless_asked_for(void **state)
{
	struct seen s = { NULL };

	(void)state;
	make(".git/x", "1");
	make(".hidden", "1");
	make("a", "1");
	assert_int_equal(walk(&s, top, NULL), 0);
	assert_string_equal(buf_text(&s.files), "a ");
	assert_int_equal(walk(&s, path_join(mem, top, ".hidden"), NULL), 0);
	assert_string_equal(buf_text(&s.files), "a .hidden ");
	seen_release(&s);
}

static void
links_are_followed_but_not_in_circles(void **state)
{
	struct seen s = { NULL };

	(void)state;
	make("d/a", "1");
	make_link("..", "d/up");
	make_link(".", "d/self");
	make_link("d/a", "link");
	make_link("nowhere", "stale");
	make_link("circle", "circle");
	assert_int_equal(walk(&s, top, NULL), 0);
	assert_string_equal(buf_text(&s.files), "d/a link ");
	assert_string_equal(buf_text(&s.failed), "circle:io stale:io ");
	seen_release(&s);
}

static void
the_library_is_refused_however_it_is_reached(void **state)
{
	struct seen s = { NULL };

	(void)state;
	make("a", "1");
	make("data/ab/x", "1");
	make_link("data", "to-data");
	make_link("data/ab/x", "to-x");
	make_link("data/ab", "to-ab");
	assert_int_equal(walk(&s, top, "data"), 0);
	assert_string_equal(buf_text(&s.files), "a ");
	assert_string_equal(buf_text(&s.failed),
	    "data:input to-ab:input to-data:input to-x:input ");
	assert_int_equal(walk(&s, path_join(mem, top, "data/ab/x"), "data"), 0);
	assert_int_equal(walk(&s, path_join(mem, top, "data/ab"), "data"), 0);
	assert_string_equal(buf_text(&s.files), "a ");
	seen_release(&s);
}

static void
what_is_missing_is_told(void **state)
{
	struct seen s = { NULL };

	(void)state;
	assert_int_equal(walk(&s, path_join(mem, top, "none"), NULL), 0);
	assert_string_equal(buf_text(&s.failed), "none:io ");
	seen_release(&s);
}

static void
an_answer_ends_the_walk(void **state)
{
	struct seen s = { .stop_after = 2 };

	(void)state;
	make("d/a", "1");
	make("d/b", "1");
	make("d/c", "1");
	assert_int_equal(walk(&s, top, NULL), 7);
	assert_string_equal(buf_text(&s.files), "d/a d/b ");
	seen_release(&s);
}

/* ---- and names on the way out ------------------------------------------- */

static struct record
record_of(const char *doc_id, const char *filename, const char *type)
{
	struct record r;

	memset(&r, 0, sizeof(r));
	r.stable_id = "abcdefghjkmn";
	r.doc_id = doc_id;
	r.filename = filename;
	r.file_type = type;
	return r;
}

static void
an_exported_name_is_readable_and_has_the_id(void **state)
{
	static const char *const rows[][3] = {
		{ "x.tei.xml", "tei", "x.abcdefghjkmn.tei.xml" },
		{ "x.xml", "tei", "x.abcdefghjkmn.tei.xml" },
		{ "x.pdf", "pdf", "x.abcdefghjkmn.pdf" },
		{ "x.txt", "pdf", "x.txt.abcdefghjkmn.pdf" },
		{ ".pdf", "pdf", "_pdf.abcdefghjkmn.pdf" },
		{ "X.PDF", "pdf", "X.abcdefghjkmn.pdf" },
		{ "", "rng", "_.abcdefghjkmn.rng" },
		{ "a:b*c?", "pdf", "a_b_c_.abcdefghjkmn.pdf" },
	};
	struct record r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		r = record_of("d", rows[i][0], rows[i][1]);
		assert_string_equal(export_file(mem, &r), rows[i][2]);
	}
}

static void
an_exported_folder_leads_nowhere_else(void **state)
{
	static const char *const rows[][2] = {
		{ "10.1000/182", "10.1000_182" },
		{ "..", "__" },
		{ ".", "_" },
		{ "../../etc", "_._.._etc" },
		{ "", "_" },
		{ "records.jsonl", "_records.jsonl" },
		{ "a\nb", "a_b" },
		{ "end.", "end_" },
	};
	struct record r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		r = record_of(rows[i][0], "x", "pdf");
		assert_string_equal(export_folder(mem, &r), rows[i][1]);
	}
}

static void
a_long_name_is_cut_between_characters(void **state)
{
	char name[601] = "";
	struct record r;
	size_t i;

	(void)state;
	for (i = 0; i < 300; i++)
		memcpy(name + 2 * i, "\u00e4", 2);
	name[0] = 'x';
	name[1] = 'x';
	name[600] = '\0';
	memmove(name + 1, name + 2, 599);
	r = record_of(name, name, "tei");
	assert_true(strlen(export_file(mem, &r)) <= 255);
	assert_true(strlen(export_folder(mem, &r)) <= 255);
	assert_true(str_is_utf8(export_folder(mem, &r),
	    strlen(export_folder(mem, &r))));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    files_come_in_the_order_of_their_names, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    names_with_a_dot_are_passed_over_unless_asked_for, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    links_are_followed_but_not_in_circles, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    the_library_is_refused_however_it_is_reached, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(what_is_missing_is_told, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(an_answer_ends_the_walk, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    an_exported_name_is_readable_and_has_the_id, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    an_exported_folder_leads_nowhere_else, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_long_name_is_cut_between_characters, setup, teardown),
	};

	return cmocka_run_group_tests_name("tool_walk", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "tei/merge.h"
#include "unit/tei_temp.h"
#include "unit/temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct mem *mem;
static char *dir, *base, *ours, *theirs, *out;

static int
setup(void **state)
{
	(void)state;
	mem = mem_new();
	dir = temp_dir();
	base = path_join(mem, dir, "base");
	ours = path_join(mem, dir, "ours");
	theirs = path_join(mem, dir, "theirs");
	out = path_join(mem, dir, "out");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	temp_remove(dir);
	mem_free(mem);
	return 0;
}

static void
put(const char *path, const char *text)
{
	assert_int_equal(file_write(path, text, strlen(text), 0600), 0);
}

static void
put_all(const char *b, const char *o, const char *t)
{
	put(base, b);
	put(ours, o);
	put(theirs, t);
}

static int
merge(void)
{
	return tei_merge(base, ours, theirs, out, TEI_MERGE_LIMIT_MS);
}

static void
expect_none(const char *words)
{
	assert_int_equal(merge(), 0);
	if (strstr(err_text(), words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err_text(), words);
	assert_false(path_is_file(out));
}

static void
expect_out(const char *text)
{
	struct buf got = { 0 };

	assert_int_equal(merge(), 1);
	assert_int_equal(file_read(out, 16 << 20, &got), 0);
	assert_string_equal(buf_text(&got), text);
	buf_release(&got);
}

/* `text` with `what`, which it has once, replaced by `with`. */
static char *
edit(const char *text, const char *what, const char *with)
{
	const char *at = strstr(text, what);

	assert_non_null(at);
	return mem_printf(mem, "%.*s%s%s", (int)(at - text), text, with,
	    at + strlen(what));
}

static char *
letter(void)
{
	int fd = open_data("letter.tei.xml");
	char *text = text_of(fd), *copy = mem_strdup(mem, text);

	free(text);
	close(fd);
	return copy;
}

static void
edits_in_different_places_are_merged(void **state)
{
	char *text = letter();
	char *a = edit(text, "1801", "1802");
	char *b = edit(text, "Antworte mir nicht.", "Antworte mir!");

	(void)state;
	put_all(text, a, b);
	expect_out(edit(a, "Antworte mir nicht.", "Antworte mir!"));
	put_all(text, a, a);
	expect_out(a);
	put_all(text, text, b);
	expect_out(b);
}

static void
the_same_line_edited_twice_is_no_proposal(void **state)
{
	char *text = letter();

	(void)state;
	put_all(text, edit(text, "noch lebst", "lebst"),
	    edit(text, "noch lebst", "wachst"));
	expect_none("same lines");
}

static void
a_merge_that_is_not_well_formed_is_no_proposal(void **state)
{
	(void)state;
	/* Each side is well-formed; both wrap an element around the middle. */
	put_all("<a>\n\n1\n\n2\n\n3\n\n4\n\n</a>\n",
	    "<a>\n<b>\n1\n\n2\n\n3\n</b>\n4\n\n</a>\n",
	    "<a>\n\n1\n<c>\n2\n\n3\n\n4\n</c>\n</a>\n");
	expect_none("not well-formed: line");
}

static void
a_text_with_markers_is_no_proposal(void **state)
{
	(void)state;
	put_all("<a>\n\n\n\nx</a>\n", "<a>\n\n\n\ny</a>\n",
	    "<a>\n<!--\n<<<<<<< ours\n-->\n\n\nx</a>\n");
	expect_none("marker");
}

static void
what_is_large_or_no_text_is_no_proposal(void **state)
{
	char *big = malloc(TEI_MERGE_MAX + 1);

	(void)state;
	put_all("<a/>", "<b/>", "<a/>");
	memset(big, ' ', TEI_MERGE_MAX + 1);
	memcpy(big, "<a/>", 4);
	assert_int_equal(file_write(theirs, big, TEI_MERGE_MAX + 1, 0600), 0);
	expect_none("too large");
	assert_int_equal(file_write(theirs, big, TEI_MERGE_MAX, 0600), 0);
	put(ours, "<a/>");
	assert_int_equal(merge(), 1);
	assert_int_equal(file_write(theirs, "<\0a\0", 4, 0600), 0);
	expect_none("not text");
	free(big);
}

static void
a_missing_file_is_an_error(void **state)
{
	(void)state;
	put_all("<a/>", "<a/>", "<a/>");
	assert_int_equal(file_remove(base), 0);
	assert_int_equal(merge(), E_IO);
	assert_false(path_is_file(out));
}

static void
a_merge_without_time_is_given_up(void **state)
{
	(void)state;
	put_all("<a/>", "<a/>", "<a/>");
	assert_int_equal(tei_merge(base, ours, theirs, out, 0), 0);
	assert_string_equal(err_text(), "it took too long");
	assert_false(path_is_file(out));
}

/* Lines that are all new on both sides are the hardest for a diff. */
static void
the_largest_files_end_in_time(void **state)
{
	struct buf b[3] = { { 0 }, { 0 }, { 0 } };
	char *paths[] = { base, ours, theirs };

	(void)state;
	for (int i = 0; i < 3; i++) {
		buf_puts(&b[i], "<a>\n");
		for (unsigned n = 0; b[i].len < TEI_MERGE_MAX - 100; n++)
			buf_printf(&b[i], "%u\n",
			    (n * 2654435761u >> (8 + i)) % 5000);
		buf_puts(&b[i], "</a>\n");
		assert_int_equal(file_write(paths[i], b[i].data, b[i].len,
				     0600),
		    0);
		buf_release(&b[i]);
	}
	assert_int_equal(merge(), 0);
}

static void
expect_diff(const char *a, const char *b, const char *want)
{
	int fd = fd_of("");
	char *got;

	put(base, a);
	put(ours, b);
	assert_int_equal(tei_diff(base, ours, "a/x", "b/x", 1, fd), 1);
	got = text_of(fd);
	assert_string_equal(got, want);
	free(got);
	close(fd);
}

static void
a_diff_is_unified(void **state)
{
	(void)state;
	expect_diff("1\n2\n3\n4\n", "1\n2\nIII\n4\n",
	    "--- a/x\n+++ b/x\n@@ -2,3 +2,3 @@\n 2\n-3\n+III\n 4\n");
	expect_diff("1\n", "1",
	    "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+1\n"
	    "\\ No newline at end of file\n");
	expect_diff("", "1\n", "--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+1\n");
	expect_diff("1\n", "1\n", "");
}

static void
a_diff_that_cannot_be_made_writes_nothing(void **state)
{
	int fd = fd_of("");
	char *got;

	(void)state;
	put(base, "a\n");
	assert_int_equal(file_write(ours, "a\0", 2, 0600), 0);
	assert_int_equal(tei_diff(base, ours, "a", "b", 3, fd), 0);
	assert_non_null(strstr(err_text(), "not text"));
	assert_int_equal(file_remove(ours), 0);
	assert_int_equal(tei_diff(base, ours, "a", "b", 3, fd), E_IO);
	got = text_of(fd);
	assert_string_equal(got, "");
	free(got);
	close(fd);
}

/* Two editors of a real play, one at its head and one at its foot. */
static void
merge_real(int fd, const char *path)
{
	char *text = text_of(fd);
	char *head = edit(text, "<teiHeader>", "<teiHeader xml:id=\"h\">");
	char *foot = edit(text, "</TEI>", "<!-- checked --></TEI>");
	struct buf got = { 0 };

	put_all(text, head, foot);
	if (merge() != 1)
		fail_msg("%s: %s", path, err_text());
	assert_int_equal(file_read(out, 16 << 20, &got), 0);
	assert_string_equal(got.data,
	    edit(head, "</TEI>", "<!-- checked --></TEI>"));
	buf_release(&got);
	free(text);
}

static void
the_corpus_is_merged(void **state)
{
	(void)state;
	if (corpus_each("tei", merge_real) == 0)
		skip();
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(edits_in_different_places_are_merged),
		TEST(the_same_line_edited_twice_is_no_proposal),
		TEST(a_merge_that_is_not_well_formed_is_no_proposal),
		TEST(a_text_with_markers_is_no_proposal),
		TEST(what_is_large_or_no_text_is_no_proposal),
		TEST(a_missing_file_is_an_error),
		TEST(a_merge_without_time_is_given_up),
		TEST(the_largest_files_end_in_time),
		TEST(a_diff_is_unified),
		TEST(a_diff_that_cannot_be_made_writes_nothing),
		TEST(the_corpus_is_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

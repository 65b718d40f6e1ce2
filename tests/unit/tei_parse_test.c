/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/str.h"
#include "tei/parse.h"
#include "unit/tei_temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

static void
expect_kind(const char *text, enum tei_kind want)
{
	enum tei_kind kind = (enum tei_kind)99;
	int fd = fd_of(text);

	assert_int_equal(tei_sniff(fd, &kind), 0);
	assert_int_equal(kind, want);
	close(fd);
}

static void
expect_refused_fd(int fd, const char *words)
{
	enum tei_kind kind;

	assert_int_equal(tei_sniff(fd, &kind), E_INPUT);
	if (strstr(err_text(), words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err_text(), words);
	close(fd);
}

static void
expect_refused(const char *text, const char *words)
{
	expect_refused_fd(fd_of(text), words);
}

static void
expect_refused_buf(struct buf *b, const char *words)
{
	expect_refused_fd(fd_of_bytes(b->data, b->len), words);
	buf_release(b);
}

static void
add_times(struct buf *b, int times, const char *text)
{
	while (times-- > 0)
		buf_puts(b, text);
}

static void
a_file_is_known_by_its_content(void **state)
{
	(void)state;
	expect_kind("%PDF-1.4\n%...", TEI_PDF);
	expect_kind("junk before\n%PDF-1.7\n", TEI_PDF);
	expect_kind("<html><p>an error page\n%PDF-1.7\n", TEI_PDF);
	expect_kind("<TEI xmlns='" TEI_NS "'/>", TEI_XML);
	expect_kind("<a><!-- %PDF- --></a>", TEI_XML);
	expect_kind("\xef\xbb\xbf<a/>\n", TEI_XML);
	expect_kind("<r:grammar xmlns:r='" TEI_RNG_NS "'/>", TEI_RNG);
	expect_kind("<a><b xmlns='" TEI_RNG_NS "'/></a>", TEI_XML);
	assert_string_equal(tei_kind_name(TEI_XML), "tei");
}

static void
what_is_neither_is_refused_with_a_reason(void **state)
{
	(void)state;
	expect_refused("", "empty");
	expect_refused("plain text", "neither a PDF nor XML");
	expect_refused("<a>\n<b></a>", "line 2, column");
	expect_refused("<a><b>cut off", "line 1, column");
	expect_refused("<a>\n&nbsp;</a>", "'nbsp' not defined");
	expect_refused("<a><x:b/></a>", "prefix x on b");
	expect_refused("<a>caf\xe9 </a>", "UTF-8");
	expect_refused("<a/><b/>", "line 1");
}

static void
a_marker_behind_the_first_kilobyte_is_none(void **state)
{
	struct buf b = { 0 };

	(void)state;
	add_times(&b, 1024, "x");
	buf_puts(&b, "%PDF-1.4");
	expect_refused_buf(&b, "neither");
}

static void
utf_16_and_latin_1_are_xml(void **state)
{
	static const char wide[] = "\xff\xfe<\0a\0/\0>\0";
	static const char lone[] = "\xff\xfe<\0a\0>\0\0\xd8<\0/\0a\0>\0";
	enum tei_kind kind;
	int fd = fd_of_bytes(wide, sizeof(wide) - 1);

	(void)state;
	assert_int_equal(tei_sniff(fd, &kind), 0);
	assert_int_equal(kind, TEI_XML);
	close(fd);
	expect_kind("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>",
	    TEI_XML);
	expect_refused_fd(fd_of_bytes(lone, sizeof(lone) - 1), "line");
}

static void
a_billion_laughs_end_early(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_puts(&b, "<!DOCTYPE l [<!ENTITY l0 'lol'>");
	for (int i = 1; i < 12; i++) {
		buf_printf(&b, "<!ENTITY l%d '", i);
		for (int j = 0; j < 10; j++)
			buf_printf(&b, "&l%d;", i - 1);
		buf_puts(&b, "'>");
	}
	buf_puts(&b, "]><l a='&l11;'>&l11;</l>");
	expect_refused_buf(&b, "ntit");
}

static void
one_long_entity_used_often_ends_early(void **state)
{
	static const char *const uses[] = { "&a;", "<b c='&a;'/>" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct buf b = { 0 };

		buf_puts(&b, "<!DOCTYPE l [<!ENTITY a '");
		add_times(&b, 100000, "x");
		buf_puts(&b, "'>]><l>");
		add_times(&b, 20000, uses[i]);
		buf_puts(&b, "</l>");
		expect_refused_buf(&b, "expand to too much");
	}
}

/* libxml2 2.9.14 does not come back from these without a bound of our own. */
static void
parameter_entities_are_refused(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_puts(&b, "<!DOCTYPE l [<!ENTITY % p0 '<!--x-->'>");
	for (int i = 1; i < 6; i++) {
		buf_printf(&b, "<!ENTITY %% p%d '", i);
		for (int j = 0; j < 10; j++)
			buf_printf(&b, "&#37;p%d;", i - 1);
		buf_puts(&b, "'>");
	}
	buf_puts(&b, "%p5;]><l/>");
	expect_refused_buf(&b, "parameter entities");
}

static int
no_text(void *arg, const char *text, size_t len)
{
	(void)arg;
	fail_msg("a text was loaded from outside: %.*s", (int)len, text);
	return 0;
}

static void
nothing_is_loaded_from_outside(void **state)
{
	static const char *const hostile[][2] = {
		{ "<!DOCTYPE a [<!ENTITY x SYSTEM '", "'>]><a>&x;</a>" },
		{ "<!DOCTYPE a SYSTEM '", "'><a>&x;</a>" },
		{ "<!DOCTYPE a [<!ENTITY % x SYSTEM '", "'>%x;]><a/>" },
	};
	struct tei_visitor visitor = { .text = no_text };
	char path[] = "/tmp/stemma-unit-XXXXXX", text[256];
	int fd, secret = mkstemp(path);

	(void)state;
	assert_true(write(secret, "<!ENTITY x 'secret'>", 20) == 20);
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "%s%s%s", hostile[i][0], path,
		    hostile[i][1]);
		fd = fd_of(text);
		assert_int_equal(tei_walk(fd, &visitor), 0);
		close(fd);
	}
	close(secret);
	unlink(path);
}

static void
what_would_take_for_ever_is_refused(void **state)
{
	struct buf deep = { 0 }, wide = { 0 }, blank = { 0 }, defaults = { 0 };
	struct buf names = { 0 };

	(void)state;
	add_times(&deep, 100000, "<a>");
	expect_refused_buf(&deep, "depth");

	buf_puts(&wide, "<a");
	for (int i = 0; i < 200000; i++)
		buf_printf(&wide, " a%d=''", i);
	expect_refused_buf(&wide, "attributes");

	buf_puts(&blank, "<a");
	add_times(&blank, 2 << 20, "          ");
	expect_refused_buf(&blank, "too long");

	buf_puts(&defaults, "<!DOCTYPE a [<!ATTLIST a");
	for (int i = 0; i < 900; i++)
		buf_printf(&defaults, " a%d CDATA ''", i);
	buf_puts(&defaults, ">]><b>");
	add_times(&defaults, 100000, "<a/>");
	expect_refused_buf(&defaults, "expand");

	buf_puts(&names, "<a>");
	for (int i = 0; i < 2000; i++)
		buf_printf(&names, "%s xmlns:a%d='x'%s", i % 100 ? "" : "<a", i,
		    i % 100 == 99 ? ">" : "");
	expect_refused_buf(&names, "namespaces");
}

static void
entities_that_a_text_uses_are_fine(void **state)
{
	struct buf b = { 0 };
	int fd;

	(void)state;
	buf_puts(&b,
	    "<!DOCTYPE a SYSTEM 'tei2.dtd' [<!ENTITY auml '&#228;'>"
	    "<!ENTITY % TEI.prose 'INCLUDE'>]><a b='&auml;'>");
	add_times(&b, 200000, "&auml;");
	buf_puts(&b, "</a>");
	fd = fd_of_bytes(b.data, b.len);
	assert_int_equal(tei_check(fd), 0);
	close(fd);
	buf_release(&b);
}

static int
count_text(void *arg, const char *text, size_t len)
{
	(void)text;
	*(int64_t *)arg += (int64_t)len;
	return 0;
}

static void
a_huge_line_of_text_takes_little_memory(void **state)
{
	char *block = malloc(1 << 20);
	struct rusage before, after;
	int64_t seen = 0;
	struct tei_visitor visitor = { .text = count_text, .arg = &seen };
	int fd = fd_of("<a>");

	(void)state;
	memset(block, 'x', 1 << 20);
	for (int i = 0; i < 64; i++)
		assert_true(write(fd, block, 1 << 20) == 1 << 20);
	assert_true(write(fd, "</a>", 4) == 4);
	free(block);
	getrusage(RUSAGE_SELF, &before);
	assert_int_equal(tei_walk(fd, &visitor), 0);
	getrusage(RUSAGE_SELF, &after);
	assert_int_equal(seen, 64 << 20);
	assert_true(after.ru_maxrss - before.ru_maxrss < 16 << 10);
	close(fd);
}

/* The file whose tags are being compared with its bytes. */
struct check {
	int fd;
	int tags;
	int without_offset;
	int stop_at;
};

static int
check_start(void *arg, const struct tei_tag *tag)
{
	struct check *c = arg;
	char bytes[2];

	c->tags++;
	if (tag->offset < 0)
		c->without_offset++;
	else if (pread(c->fd, bytes, 2, tag->offset) != 2 ||
	    (bytes[0] != '>' && memcmp(bytes, "/>", 2) != 0))
		fail_msg("no tag closes at %lld", (long long)tag->offset);
	return c->tags == c->stop_at ? 7 : 0;
}

static int
check_end(void *arg, const struct tei_tag *tag)
{
	struct check *c = arg;
	char byte;

	if (tag->offset > 0 &&
	    (pread(c->fd, &byte, 1, tag->offset - 1) != 1 || byte != '>'))
		fail_msg("no tag ends at %lld", (long long)tag->offset);
	return 0;
}

static int
check_walk(struct check *c)
{
	struct tei_visitor visitor = {
		.start = check_start,
		.end = check_end,
		.arg = c,
	};

	return tei_walk(c->fd, &visitor);
}

static void
offsets_are_bytes_of_the_file(void **state)
{
	struct buf b = { 0 };
	struct check c = { 0 };

	(void)state;
	buf_puts(&b, "\xef\xbb\xbf<a\r\n>");
	add_times(&b, 20000,
	    "<b c='\xc3\xa9\r\n>'>\xe6\xbc\xa2\r\n</b \r\n>"
	    "<d/><e />");
	buf_puts(&b, "</a>");
	c.fd = fd_of_bytes(b.data, b.len);
	assert_int_equal(check_walk(&c), 0);
	assert_int_equal(c.tags, 60001);
	assert_int_equal(c.without_offset, 0);
	close(c.fd);
	buf_release(&b);
}

static void
inside_an_entity_there_is_no_offset(void **state)
{
	struct check c = { .fd = fd_of("<!DOCTYPE a [<!ENTITY b '<b/>'>]>"
				       "<a>&b;<c/>&b;</a>") };

	(void)state;
	assert_int_equal(check_walk(&c), 0);
	assert_int_equal(c.tags, 4);
	assert_int_equal(c.without_offset, 2);
	close(c.fd);
}

static void
a_visitor_ends_the_walk(void **state)
{
	struct check c = { .fd = fd_of("<a><b/><c/><d/></z>"), .stop_at = 2 };

	(void)state;
	assert_int_equal(check_walk(&c), 7);
	assert_int_equal(c.tags, 2);
	close(c.fd);
}

static void
check_tei(int fd, const char *path)
{
	struct check c = { .fd = fd };
	enum tei_kind kind;

	if (tei_sniff(fd, &kind) != 0 || kind != TEI_XML)
		fail_msg("%s: %s", path, err_text());
	assert_int_equal(check_walk(&c), 0);
	assert_int_equal(c.without_offset, 0);
}

static void
check_pdf(int fd, const char *path)
{
	enum tei_kind kind;

	if (!str_ends(path, ".pdf"))
		return;
	if (tei_sniff(fd, &kind) != 0 || kind != TEI_PDF)
		fail_msg("%s: %s", path, err_text());
}

static void
the_corpus_is_read(void **state)
{
	(void)state;
	if (corpus_each("tei", check_tei) + corpus_each("pdf", check_pdf) == 0)
		skip();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_known_by_its_content),
		cmocka_unit_test(what_is_neither_is_refused_with_a_reason),
		cmocka_unit_test(a_marker_behind_the_first_kilobyte_is_none),
		cmocka_unit_test(utf_16_and_latin_1_are_xml),
		cmocka_unit_test(a_billion_laughs_end_early),
		cmocka_unit_test(one_long_entity_used_often_ends_early),
		cmocka_unit_test(parameter_entities_are_refused),
		cmocka_unit_test(nothing_is_loaded_from_outside),
		cmocka_unit_test(what_would_take_for_ever_is_refused),
		cmocka_unit_test(entities_that_a_text_uses_are_fine),
		cmocka_unit_test(a_huge_line_of_text_takes_little_memory),
		cmocka_unit_test(offsets_are_bytes_of_the_file),
		cmocka_unit_test(inside_an_entity_there_is_no_offset),
		cmocka_unit_test(a_visitor_ends_the_walk),
		cmocka_unit_test(the_corpus_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

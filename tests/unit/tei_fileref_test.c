/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/str.h"
#include "tei/fileref.h"
#include "tei/parse.h"
#include "unit/tei_temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEI "<TEI xmlns='" TEI_NS "'><teiHeader>"
#define END "</teiHeader></TEI>"
#define IDNO "<idno type=\"fileref\">k&amp;1</idno>"
#define KEY "k&1"

/* The file becomes `want`, and then stays so. */
static void
expect_put(const char *text, const char *want)
{
	int in = fd_of(text), out = fd_of(""), again = fd_of("");
	char *got, *got_again;

	assert_int_equal(fileref_put(in, out, KEY), strcmp(text, want) != 0);
	got = text_of(out);
	assert_string_equal(got, want);
	assert_int_equal(tei_check(out), 0);
	assert_int_equal(fileref_put(out, again, KEY), 0);
	got_again = text_of(again);
	assert_string_equal(got_again, want);
	free(got);
	free(got_again);
	close(in);
	close(out);
	close(again);
}

static void
expect_find(const char *text, int found, const char *key, const char *variant)
{
	struct fileref ref;
	int fd = fd_of(text);

	assert_int_equal(fileref_find(fd, &ref), found);
	assert_string_equal(ref.key, key);
	assert_string_equal(ref.variant, variant);
	close(fd);
}

static void
expect_refused(const char *text, const char *key)
{
	int in = fd_of(text), out = fd_of("");

	assert_int_equal(fileref_put(in, out, key), E_INPUT);
	assert_true(err_text()[0] != '\0');
	close(in);
	close(out);
}

static void
the_first_key_and_variant_are_found(void **state)
{
	(void)state;
	expect_find(TEI
	    "<idno type='fileref'>\n a&amp;b<!--x-->c\t</idno>"
	    "<idno type='fileref'>other</idno>"
	    "<application><label type='variant-id'>no</label></application>"
	    "<application type='extractor'><x><label type='variant-id'>no"
	    "</label></x><label>no</label><label type='variant-id'> v1 </label>"
	    "</application>" END,
	    1, "a&bc", "v1");
	expect_find("<t:a xmlns:t='" TEI_NS "'><t:idno type='fileref'>x"
		    "</t:idno></t:a>",
	    1, "x", "");
}

static void
other_elements_are_no_key(void **state)
{
	(void)state;
	expect_find("<a><idno type='fileref'>x</idno></a>", 0, "", "");
	expect_find(TEI "<idno>x</idno><idno type='URL'>y</idno>" END, 0, "",
	    "");
	expect_find(TEI "<idno type='fileref'> </idno>" END, 0, "", "");
	expect_find(TEI "</teiHeader><text><idno type='fileref'>late</idno>"
			"</text></TEI>",
	    0, "", "");
}

static void
reading_ends_with_the_header(void **state)
{
	(void)state;
	expect_find(TEI "<idno type='fileref'>x</idno></teiHeader><broken", 1,
	    "x", "");
}

static void
a_strange_key_is_refused(void **state)
{
	char text[1024], key[300];
	struct fileref ref;
	int fd;

	(void)state;
	memset(key, 'x', sizeof(key));
	key[255] = '\0';
	assert_int_equal(fileref_check(key), 0);
	key[255] = 'x';
	key[256] = '\0';
	snprintf(text, sizeof(text), TEI "<idno type='fileref'>%s</idno>" END,
	    key);
	fd = fd_of(text);
	assert_int_equal(fileref_find(fd, &ref), E_INPUT);
	close(fd);
	fd = fd_of(TEI "<idno type='fileref'>a\nb</idno>" END);
	assert_int_equal(fileref_find(fd, &ref), E_INPUT);
	close(fd);
	expect_refused(TEI END, key);
	expect_refused(TEI END, "");
	expect_refused(TEI END, " x");
	expect_refused(TEI END, "a\nb");
	expect_refused(TEI END, "\xff");
}

static void
a_wrong_key_is_corrected(void **state)
{
	(void)state;
	expect_put(TEI
	    "<fileDesc><editionStmt><edition>E <idno n='1' type='fileref'"
	    "\r\n>old <b/> one</idno ></edition></editionStmt></fileDesc>" END,
	    TEI "<fileDesc><editionStmt><edition>E <idno n='1' type='fileref'"
		"\r\n>k&amp;1</idno ></edition></editionStmt></fileDesc>" END);
	expect_put(TEI "<fileDesc><editionStmt><edition><idno type='fileref' />"
		       "</edition></editionStmt></fileDesc>" END,
	    TEI "<fileDesc><editionStmt><edition><idno type='fileref' >"
		"k&amp;1</idno></edition></editionStmt></fileDesc>" END);
}

static void
the_right_key_stays_as_it_is_written(void **state)
{
	static const char text[] = TEI
	    "<fileDesc><editionStmt><edition>"
	    "<idno type='fileref'> k&#38;1\n</idno></edition></editionStmt>"
	    "</fileDesc>" END;

	(void)state;
	expect_put(text, text);
}

static void
what_is_missing_around_the_key_is_added(void **state)
{
	(void)state;
	expect_put(TEI
	    "<fileDesc><editionStmt><edition>First</edition><respStmt/>"
	    "</editionStmt></fileDesc>" END,
	    TEI "<fileDesc><editionStmt><edition>First" IDNO "</edition>"
		"<respStmt/></editionStmt></fileDesc>" END);
	expect_put(TEI
	    "<fileDesc><editionStmt><edition/></editionStmt></fileDesc>" END,
	    TEI "<fileDesc><editionStmt><edition>" IDNO "</edition>"
		"</editionStmt></fileDesc>" END);
	expect_put(TEI
	    "<fileDesc><editionStmt> <respStmt/></editionStmt></fileDesc>" END,
	    TEI "<fileDesc><editionStmt><edition>" IDNO "</edition> <respStmt/>"
		"</editionStmt></fileDesc>" END);
	expect_put(TEI
	    "<fileDesc>\n  <titleStmt a='b'/>\n  <x/></fileDesc>" END,
	    TEI
	    "<fileDesc>\n  <titleStmt a='b'/>\n  <editionStmt><edition>" IDNO
	    "</edition></editionStmt>\n  <x/></fileDesc>" END);
	expect_put(TEI "<fileDesc><x/></fileDesc>" END,
	    TEI "<fileDesc><editionStmt><edition>" IDNO "</edition>"
		"</editionStmt><x/></fileDesc>" END);
	expect_put(TEI "<fileDesc/>" END,
	    TEI "<fileDesc><editionStmt><edition>" IDNO "</edition>"
		"</editionStmt></fileDesc>" END);
}

static void
prefixes_are_kept(void **state)
{
	(void)state;
	expect_put("<t:TEI xmlns:t='" TEI_NS "'><t:fileDesc/></t:TEI>",
	    "<t:TEI xmlns:t='" TEI_NS "'><t:fileDesc><t:editionStmt>"
	    "<t:edition><t:idno type=\"fileref\">k&amp;1</t:idno></t:edition>"
	    "</t:editionStmt></t:fileDesc></t:TEI>");
	expect_put("<t:TEI xmlns:t='" TEI_NS
		   "'><t:fileDesc><t:editionStmt><u:edition "
		   "xmlns:u='" TEI_NS
		   "'/></t:editionStmt></t:fileDesc></t:TEI>",
	    "<t:TEI xmlns:t='" TEI_NS "'><t:fileDesc><t:editionStmt><u:edition "
	    "xmlns:u='" TEI_NS "'><u:idno type=\"fileref\">k&amp;1</u:idno>"
	    "</u:edition></t:editionStmt></t:fileDesc></t:TEI>");
}

static void
a_file_without_a_tei_header_is_copied(void **state)
{
	static const char text[] = "<grammar><fileDesc/></grammar>\n";

	(void)state;
	expect_put(text, text);
}

static void
only_the_first_file_description_counts(void **state)
{
	(void)state;
	expect_put(TEI "<fileDesc/></teiHeader><TEI><teiHeader><fileDesc/>"
		       "</teiHeader></TEI></TEI>",
	    TEI
	    "<fileDesc><editionStmt><edition>" IDNO "</edition>"
	    "</editionStmt></fileDesc></teiHeader><TEI><teiHeader><fileDesc/>"
	    "</teiHeader></TEI></TEI>");
}

static void
where_bytes_are_not_known_nothing_is_written(void **state)
{
	(void)state;
	expect_refused("<?xml version='1.0' encoding='ISO-8859-1'?>" TEI
		       "<fileDesc/>" END,
	    KEY);
	expect_refused("<!DOCTYPE TEI [<!ENTITY f '<fileDesc/>'>]>" TEI
		       "&f;" END,
	    KEY);
	expect_refused(TEI "<fileDesc>", KEY);
}

static void
a_file_of_another_encoding_may_have_the_key(void **state)
{
	static const char text[] =
	    "<?xml version='1.0' "
	    "encoding='ISO-8859-1'?>" TEI "<fileDesc><editionStmt><edition>"
	    "<idno type='fileref'>k&amp;1</idno>\xe9</edition></editionStmt>"
	    "</fileDesc>" END;

	(void)state;
	expect_put(text, text);
}

/* The key was put in, and without it the copy is the file. */
static void
check_put(int fd, const char *path)
{
	static const char added[] = "<editionStmt><edition>" IDNO
				    "</edition></editionStmt>";
	int out = fd_of("");
	char *before = text_of(fd), *after, *at;
	struct fileref ref;

	if (fileref_put(fd, out, KEY) != 1)
		fail_msg("%s: %s", path, err_text());
	after = text_of(out);
	at = strstr(after, added);
	assert_non_null(at);
	while (at[-1] == ' ')
		at--;
	at--;
	assert_memory_equal(before, after, (size_t)(at - after));
	assert_string_equal(before + (at - after),
	    strstr(at, added) + strlen(added));
	assert_int_equal(fileref_find(out, &ref), 1);
	assert_string_equal(ref.key, KEY);
	free(before);
	free(after);
	close(out);
}

static void
a_real_file_keeps_all_its_other_bytes(void **state)
{
	int fd = open_data("letter.tei.xml");
	struct fileref ref;

	(void)state;
	assert_int_equal(fileref_find(fd, &ref), 0);
	assert_string_equal(ref.variant, "ocr.lines");
	check_put(fd, "letter.tei.xml");
	close(fd);
}

static void
the_corpus_keeps_all_its_other_bytes(void **state)
{
	(void)state;
	if (corpus_each("tei", check_put) == 0)
		skip();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_key_and_variant_are_found),
		cmocka_unit_test(other_elements_are_no_key),
		cmocka_unit_test(reading_ends_with_the_header),
		cmocka_unit_test(a_strange_key_is_refused),
		cmocka_unit_test(a_wrong_key_is_corrected),
		cmocka_unit_test(the_right_key_stays_as_it_is_written),
		cmocka_unit_test(what_is_missing_around_the_key_is_added),
		cmocka_unit_test(prefixes_are_kept),
		cmocka_unit_test(a_file_without_a_tei_header_is_copied),
		cmocka_unit_test(only_the_first_file_description_counts),
		cmocka_unit_test(where_bytes_are_not_known_nothing_is_written),
		cmocka_unit_test(a_file_of_another_encoding_may_have_the_key),
		cmocka_unit_test(a_real_file_keeps_all_its_other_bytes),
		cmocka_unit_test(the_corpus_keeps_all_its_other_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "unit/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Anna has published a text; at Berta's its record waits for it. */
static struct world *w;
static struct site *a, *b;
static const char *sid;

static int
setup(void **state)
{
	(void)state;
	w = world_new();
	a = site_open(w, "anna");
	b = site_open(w, "berta");
	sid = site_add(a, "doc", NULL, "<x/>");
	must_sync(a);
	world_run(w, "mkdir kept && mv store/*/%s.tei.xml kept/",
	    id_of(a, "<x/>"));
	site_sync(b);
	assert_string_equal(site_held(b, sid).sync_status, "pending_download");
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
put_back(const char *command)
{
	const char *id = id_of(a, "<x/>");

	world_run(w, "%s kept/%s.tei.xml store/%.2s/", command, id, id);
}

static int
fetch(void)
{
	return sync_fetch_one(&b->opt, id_of(a, "<x/>"), "tei");
}

static void
one_content_is_fetched_and_noted(void **state)
{
	(void)state;
	put_back("mv");
	assert_int_equal(fetch(), 0);
	assert_string_equal(site_text(b, sid), "<x/>");
	assert_string_equal(site_held(b, sid).sync_status, "synced");
	site_check(b);
	/* Once more costs no request. */
	world_run(w, "rm store/*/%s.tei.xml", id_of(a, "<x/>"));
	assert_int_equal(fetch(), 0);
}

static void
what_the_store_has_not_stays_wanted(void **state)
{
	(void)state;
	assert_int_equal(fetch(), E_ABSENT);
	assert_string_equal(site_held(b, sid).sync_status, "pending_download");
	assert_int_equal(sync_fetch_one(&b->opt, id_of(a, "<y/>"), "tei"),
	    E_ABSENT);
	site_check(b);
}

static void
other_bytes_are_not_taken_and_leave_nothing(void **state)
{
	(void)state;
	world_run(w, "printf '<z/>' > kept/%s.tei.xml", id_of(a, "<x/>"));
	put_back("mv");
	assert_int_equal(fetch(), E_CORRUPT);
	assert_null(site_text(b, sid));
	world_run(w,
	    "test -z \"$(find berta/content -name '[0-9]' -o"
	    " -name '*.tag')\"");
	site_check(b);
}

static void
what_a_crash_left_unnoted_is_noted(void **state)
{
	const char *id = id_of(a, "<x/>");

	(void)state;
	world_run(w,
	    "mkdir -p berta/content/%.2s && cp kept/%s.tei.xml"
	    " berta/content/%.2s/",
	    id, id, id);
	assert_int_equal(fetch(), 0);
	assert_string_equal(site_held(b, sid).sync_status, "synced");
	site_check(b);
}

int
main(void)
{
#define FACT(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		FACT(one_content_is_fetched_and_noted),
		FACT(what_the_store_has_not_stays_wanted),
		FACT(other_bytes_are_not_taken_and_leave_nothing),
		FACT(what_a_crash_left_unnoted_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

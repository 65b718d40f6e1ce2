/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/meta.h"
#include "remote/remote.h"
#include "sync/fsck.h"
#include "sync/move.h"
#include "unit/site.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A store that lost something, or seems to have; one that was moved. */
static struct world *w;
static struct site *a, *b;
static struct sync_recovery found;

static int
setup(void **state)
{
	(void)state;
	w = world_new();
	a = site_open(w, "anna");
	b = site_open(w, "berta");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	site_step = NULL;
	site_close(a);
	site_close(b);
	world_free(w);
	return 0;
}

static void
converge(void)
{
	struct site *all[] = { a, b };

	must_converge(all, 2);
}

/* Four versions. */
static void
publish_some(struct site *r)
{
	for (int i = 0; i < 4; i++) {
		site_add_many(r, mem_printf(r->mem, "some%d-", i), 1);
		must_sync(r);
	}
}

static int
recover(struct site *r, const struct sync_recover_wish *wish)
{
	return sync_recover(&r->opt, wish, &found, &r->sum);
}

static void
must_recover(struct site *r)
{
	static const struct sync_recover_wish plain;
	int rc = recover(r, &plain);

	if (rc != 0)
		print_error("%d: %s\n", rc, err_text());
	assert_int_equal(rc, 0);
	site_check(r);
}

/* ---- what is not there at the first look ----------------------------------------- */

static int steps_until_back;

static void
bring_back(void)
{
	if (steps_until_back > 0 && --steps_until_back == 0)
		world_run(w, "mv hidden/* store/commits/00000000/");
}

static void
hide_commit(int64_t version, int steps)
{
	world_run(w,
	    "mkdir -p hidden && mv store/commits/00000000/%012lld-* hidden/",
	    (long long)version);
	steps_until_back = steps;
	site_step = bring_back;
}

/* A listing that lags, a cache: a 404 is no proof, and the versions above it
 * are other people's work. */
static void
a_commit_that_comes_late_sets_no_head_back(void **state)
{
	struct site *new[] = { b, site_open(w, "clara") };
	struct remote_head head;

	(void)state;
	publish_some(a);
	head = world_head(a);
	for (int i = 0; i < 2; i++) {
		hide_commit(head.version - i, 40);
		must_recover(new[i]);
		site_step = NULL;
		assert_int_equal(steps_until_back, 0);
		assert_int_equal(found.trouble, SYNC_TROUBLE_NONE);
		assert_int_equal(world_head(a).version, head.version);
	}
	site_close(new[1]);
	converge();
}

static void
a_commit_that_is_gone_sets_the_head_back(void **state)
{
	int64_t version;

	(void)state;
	publish_some(a);
	version = world_head(a).version;
	world_run(w, "rm store/commits/00000000/%012lld-*", (long long)version);
	must_recover(b);
	assert_int_equal(found.trouble, SYNC_TROUBLE_CUT);
	assert_int_equal(world_head(a).version, version - 1);
	must_recover(a);
	converge();
}

/* ---- time before a recovery -------------------------------------------------------- */

static void
pass_days(struct site *r, int n)
{
	for (int i = 0; i < n; i++) {
		site_skip_days(1);
		must_sync(r);
	}
}

static void
make_checkpoint(struct site *r)
{
	static int n;

	site_add_many(r, mem_printf(r->mem, "many%d-", ++n), 150);
	must_sync(r);
}

/* A library that was at version 30 a hundred days ago, of a store that begins
 * again at 1: yesterday's version 5 is not old. */
static void
a_store_that_begins_anew_is_young(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++) {
		site_add_many(a, mem_printf(a->mem, "d%d-", i), 1);
		must_sync(a);
	}
	pass_days(a, 70);
	world_run(w, "rm -r store/*");
	must_recover(a);
	assert_int_equal(found.trouble, SYNC_TROUBLE_EMPTIED);
	make_checkpoint(a);
	make_checkpoint(a);
	make_checkpoint(a);
	assert_true(atoll(site_meta(a, "checkpoint")) > 2);
	assert_int_equal(atoll(site_meta(a, "floor")), 0);
}

/* ---- who may make a beginning -------------------------------------------------------- */

static int
told(void *arg, enum fsck_kind kind, const char *text)
{
	(void)arg;
	(void)kind;
	(void)text;
	return 0;
}

/* What it would write would be the truth for all who come later. */
static void
a_library_with_another_digest_makes_no_beginning(void **state)
{
	struct fsck_wish wish = { .repair = true, .told = told };
	struct fsck_counts counts;

	(void)state;
	publish_some(a);
	world_run(w, "rm store/commits/00000000/000000000001-*");
	assert_int_equal(meta_put(a->db, "digest_differs", "4"), 0);
	assert_int_equal(fsck_store(&a->opt, &wish, &counts), E_CONFLICT);
	assert_non_null(strstr(err_text(), "digest"));
	assert_int_equal(atoll(site_meta(a, "floor")), 0);
	assert_int_equal(meta_put(a->db, "digest_differs", NULL), 0);
	assert_int_equal(fsck_store(&a->opt, &wish, &counts), 0);
	assert_true(atoll(site_meta(a, "floor")) > 0);
	converge();
}

/* ---- a store that was moved ------------------------------------------------------------ */

static void
move(struct site *r, const char *place, int want)
{
	struct remote_config config = { .url = mem_printf(r->mem,
					    "file://%s/%s", w->dir, place) };
	struct move_wish wish = { .to_url = config.url };
	struct move_counts counts;
	int rc;

	assert_int_equal(remote_open(&config, &wish.to), 0);
	rc = move_run(&r->opt, &wish, &counts);
	if (rc != want)
		fail_msg("%d: %s", rc, err_text());
	remote_close(wish.to);
}

static void
publish_before_the_seal(struct site *r)
{
	(void)r;
	site_add_many(b, "b", 1);
	must_sync(b);
	a->stop_after = 2; /* the first is asked by the swap itself */
}

/* A seal that lost its race is in no chain: nothing was moved. */
static void
a_seal_that_came_to_nothing_is_no_obstacle(void **state)
{
	(void)state;
	site_add_many(a, "a", 3);
	must_sync(a);
	must_sync(b);
	a->before_swap = publish_before_the_seal;
	move(a, "new", E_STOPPED);
	a->stop_after = 0;
	world_run(w, "rm -r store/head");
	must_recover(a);
	assert_int_equal(found.trouble, SYNC_TROUBLE_NO_HEAD);
	converge();
}

/* Killed while it put its marker. */
static void
what_a_killed_move_left_is_no_obstacle(void **state)
{
	(void)state;
	site_add_many(a, "a", 3);
	must_sync(a);
	world_run(w, "mkdir new && echo { > new/up-%032d", 7);
	move(a, "new", 0);
}

/* What was sealed is not opened again by somebody who knows of the seal: then
 * two places could be written to. */
static void
a_seal_that_was_lost_still_holds(void **state)
{
	static const struct sync_recover_wish plain, join = { .join = true };
	struct sync_status status;

	(void)state;
	site_add_many(a, "a", 3);
	must_sync(a);
	must_sync(b);
	world_run(w, "cp -a store backup");
	move(a, "new", 0);
	assert_int_equal(site_sync(b), E_MOVED);
	world_run(w, "rm -r store && mv backup store");
	site_add_many(b, "b", 1);
	assert_int_equal(site_sync(b), E_MOVED);
	assert_int_equal(recover(b, &plain), E_MOVED);
	assert_non_null(strstr(err_text(), "--join"));
	assert_int_equal(world_head(b).version, 1);
	assert_int_equal(sync_status(b->db, b->remote, b->opt.work_dir,
			     &status),
	    0);
	assert_non_null(strstr(status.remote_error, "was moved"));
	assert_string_equal(status.needs_recovery, "");
	assert_int_equal(recover(b, &join), 0);
	must_sync(b);
	assert_int_equal(world_head(b).version, 2);
}

#define T(fact) cmocka_unit_test_setup_teardown(fact, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_commit_that_comes_late_sets_no_head_back),
		T(a_commit_that_is_gone_sets_the_head_back),
		T(a_store_that_begins_anew_is_young),
		T(a_library_with_another_digest_makes_no_beginning),
		T(a_seal_that_came_to_nothing_is_no_obstacle),
		T(what_a_killed_move_left_is_no_obstacle),
		T(a_seal_that_was_lost_still_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

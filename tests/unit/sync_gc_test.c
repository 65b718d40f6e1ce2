/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/conflict.h"
#include "local/db.h"
#include "local/meta.h"
#include "sync/commit.h"
#include "unit/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What nobody needs goes, nothing that is named goes; whoever collects, however
 * many at once, whatever the clocks say. */
static struct world *w;
static struct site *a, *b, *c;
static struct sync_gc_summary gc;

static struct site *
open_site(const char *name)
{
	struct site *r = site_open(w, name);

	r->opt.retention_days = 90;
	return r;
}

static int
setup(void **state)
{
	(void)state;
	w = world_new();
	a = open_site("anna");
	b = open_site("berta");
	c = NULL;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	site_close(a);
	site_close(b);
	if (c != NULL)
		site_close(c);
	world_free(w);
	return 0;
}

static void
converge(void)
{
	struct site *all[] = { a, b, c };

	must_converge(all, c != NULL ? 3 : 2);
}

static int
collect(struct site *r, int flags)
{
	return sync_gc(&r->opt, flags, NULL, NULL, &gc);
}

static void
must_collect(struct site *r)
{
	int rc = collect(r, SYNC_GC_STORE);

	if (rc != 0)
		print_error("%d: %s\n", rc, err_text());
	assert_int_equal(rc, 0);
	site_check(r);
	site_check_store(r);
}

/* Is something of that content on the store, of that generation? */
static bool
is_there(const char *text, const char *generation)
{
	return access(world_path(w, "store/%.2s/%s%s.tei.xml", id_of(a, text),
			  id_of(a, text), generation),
		   F_OK) == 0;
}

static void
next_generation(struct commit *commit)
{
	commit->gc++;
}

/* Days on which this replica is synced. */
static void
pass_days(struct site *r, int n)
{
	for (int i = 0; i < n; i++) {
		site_skip_days(1);
		must_sync(r);
	}
}

static void
pass_versions(struct site *r, int n)
{
	for (int i = 0; i < n; i++) {
		site_publish(r, NULL, NULL, 0);
		if (i % 10 == 9)
			must_sync(r);
		else
			assert_int_equal(site_sync(r), 0);
	}
}

/* A record whose first text was let go long ago; as far as `r` counts. */
static const char *
let_go(struct site *r)
{
	const char *sid = site_add(r, "doc", NULL, "<old/>");

	must_sync(r);
	site_save(r, sid, "<new/>");
	must_sync(r);
	return sid;
}

/* Made once: 91 days, 1,001 versions; then copied. */
static struct world *aged;
static const char *aged_sid;

static int
setup_aged(void **state)
{
	(void)state;
	if (aged == NULL) {
		w = aged = world_new();
		a = open_site("anna");
		b = open_site("berta");
		aged_sid = strdup(let_go(a));
		pass_days(a, 92);
		pass_versions(a, 1001);
		site_close(a);
		site_close(b);
	}
	w = world_copy(aged);
	a = open_site("anna");
	b = open_site("berta");
	c = NULL;
	return 0;
}

static int
free_aged(void **state)
{
	(void)state;
	if (aged != NULL)
		world_free(aged);
	return 0;
}

/* ---- what was let go ----------------------------------------------------------- */

static void
what_was_let_go_long_ago_goes(void **state)
{
	(void)state;
	must_sync(b);
	assert_true(is_there("<old/>", ""));
	must_collect(a);
	assert_int_equal(gc.generation, 1);
	assert_int_equal(gc.store_contents, 1);
	assert_false(is_there("<old/>", ""));
	assert_true(is_there("<new/>", ""));
	c = open_site("clara");
	converge();
	assert_string_equal(site_text(b, aged_sid), "<new/>");
	assert_string_equal(site_text(c, aged_sid), "<new/>");
}

/* Else a replica that still thinks it named would publish what is gone. */
static void
what_went_is_sent_again_by_everybody(void **state)
{
	(void)state;
	must_sync(b);
	must_collect(a);
	site_save(b, aged_sid, "<old/>");
	must_sync(b);
	assert_int_equal(b->sum.uploaded, 1);
	assert_int_equal(site_held(b, aged_sid).rec.generation, 1);
	converge();
	assert_string_equal(site_text(a, aged_sid), "<old/>");
}

static void
a_second_collector_finds_nothing(void **state)
{
	int64_t version;

	(void)state;
	must_collect(a);
	version = world_head(a).version;
	must_collect(b);
	must_collect(a);
	assert_int_equal(gc.store_files, 0);
	assert_int_equal(gc.generation, 0);
	assert_int_equal(world_head(a).version, version);
}

static void
berta_collects(struct site *r)
{
	struct sync_gc_summary sum;

	(void)r;
	assert_int_equal(sync_gc(&b->opt, SYNC_GC_STORE, NULL, NULL, &sum), 0);
}

static void
berta_knows_it_too(struct site *r)
{
	struct sync_gc_summary sum;

	(void)r;
	pass_days(b, 92);
	assert_int_equal(sync_gc(&b->opt, SYNC_GC_STORE, NULL, NULL, &sum), 0);
}

/* Who loses the race to begin a generation sees that it was begun. */
static void
two_collectors_begin_one_generation(void **state)
{
	(void)state;
	must_sync(b);
	a->before_swap = berta_knows_it_too;
	must_collect(a);
	assert_string_equal(site_meta(a, "gc"), "1");
	assert_false(is_there("<old/>", ""));
	converge();
}

static void
a_dry_run_tells_the_same_and_changes_nothing(void **state)
{
	int64_t files, bytes;

	(void)state;
	world_run(w, "(ls -lR store; cat store/version.txt) > before");
	assert_int_equal(collect(a, SYNC_GC_STORE | SYNC_GC_DRY_RUN), 0);
	world_run(w,
	    "(ls -lR store; cat store/version.txt) > after;"
	    "cmp before after");
	files = gc.store_files;
	bytes = gc.store_bytes;
	assert_true(files > 0);
	must_collect(a);
	assert_int_equal(gc.store_files, files);
	assert_int_equal(gc.store_bytes, bytes);
}

/* What others did is taken in first: a dry run takes nothing in. */
static void
a_dry_run_asks_to_be_in_step(void **state)
{
	(void)state;
	assert_int_equal(collect(b, SYNC_GC_STORE | SYNC_GC_DRY_RUN),
	    E_CONFLICT);
}

static void
an_idle_replica_collects_by_itself(void **state)
{
	int n = 0;

	(void)state;
	must_sync(a);
	while (is_there("<old/>", "") && n++ < 40)
		pass_days(a, 1);
	assert_in_range(n, 0, 20);
	site_check_store(a);
	/* and then it is idle again */
	pass_days(a, 40);
	assert_int_equal(site_sync(a), 0);
	assert_int_equal(a->sum.requests, 1);
	site_skip_days(1);
	assert_int_equal(site_sync(a), 0);
	assert_int_equal(a->sum.requests, 1);
	assert_true(a->sum.skipped);
	converge();
}

static void
what_was_let_go_lately_stays(void **state)
{
	(void)state;
	let_go(a);
	must_sync(b);
	pass_days(a, 40);
	must_collect(a);
	assert_int_equal(gc.generation, 0);
	assert_int_equal(gc.store_files, 0);
	assert_true(is_there("<old/>", ""));
}

/* The clock says that it is 2099, the count of days knows better. */
static void
a_clock_in_2099_removes_nothing_early(void **state)
{
	const char *sid = let_go(a);

	(void)state;
	pass_versions(a, 20);
	site_skip_days(73 * 365);
	assert_int_equal(collect(a, SYNC_GC_STORE), 0);
	must_sync(a);
	must_collect(a);
	assert_true(is_there("<old/>", ""));
	assert_true(site_past(a, sid, "<old/>"));
	assert_int_equal(gc.history, 0);
	assert_int_equal(gc.contents, 0);
	site_skip_days(-73 * 365);
}

/* ---- what nobody names ------------------------------------------------------------ */

/* n files that look like contents, of that generation, each in its folder. */
static void
leave_contents(int n, const char *generation)
{
	world_run(w,
	    "for i in $(seq %d); do h=$(echo $i | sha256sum | cut -c1-64);"
	    "d=store/$(echo $h | cut -c1-2); mkdir -p $d;"
	    "echo left > $d/$h%s.pdf; done",
	    n, generation);
}

static int
count_left(void)
{
	FILE *p;
	int n = -1;

	world_run(w, "cat store/[0-9a-f]*/*.pdf 2>/dev/null | wc -l > n");
	if ((p = fopen(world_path(w, "n"), "r")) != NULL) {
		assert_int_equal(fscanf(p, "%d", &n), 1);
		fclose(p);
	}
	return n;
}

static void
what_a_writer_left_goes_in_the_next_generation(void **state)
{
	(void)state;
	site_add(a, "doc", NULL, "<x/>");
	must_sync(a);
	site_publish(a, next_generation, NULL, 0);
	must_sync(a);
	leave_contents(30, ".1");
	must_collect(a);
	assert_int_equal(gc.generation, 2);
	assert_int_equal(gc.store_contents, 30);
	assert_int_equal(count_left(), 0);
	converge();
}

static void
what_older_software_put_there_stays(void **state)
{
	(void)state;
	let_go(a);
	leave_contents(10, "");
	site_publish(a, next_generation, NULL, 0);
	must_collect(a);
	assert_int_equal(count_left(), 10);
	assert_int_equal(gc.unknown, 10);
	world_run(w, "touch store/ab store/00 store/notes.txt 2>/dev/null; :");
}

static void
a_name_of_a_generation_to_come_stays(void **state)
{
	(void)state;
	let_go(a);
	leave_contents(3, ".7");
	must_collect(a);
	assert_int_equal(count_left(), 3);
}

/* A writer that was about to name its upload sends it again. */
static void
an_upload_that_was_collected_is_sent_again(void **state)
{
	const char *sid;

	(void)state;
	site_add(a, "doc", NULL, "<x/>");
	must_sync(a);
	site_publish(a, next_generation, NULL, 0);
	must_sync(a);
	must_sync(b);
	sid = site_add(a, "new", NULL, "<upload/>");
	a->before_swap = berta_collects;
	must_sync(a);
	assert_false(is_there("<upload/>", ".1"));
	assert_true(is_there("<upload/>", ".2"));
	assert_int_equal(site_held(a, sid).rec.generation, 2);
	converge();
	assert_string_equal(site_text(b, sid), "<upload/>");
}

static int
stop_at(void *arg, const struct sync_garbage *garbage)
{
	int *left = arg;

	(void)garbage;
	return --*left == 0 ? E_STOPPED : 0;
}

static void
who_is_stopped_goes_on(void **state)
{
	int left;

	(void)state;
	site_add(a, "doc", NULL, "<x/>");
	must_sync(a);
	site_publish(a, next_generation, NULL, 0);
	must_sync(a);
	leave_contents(30, ".1");
	for (int n = 29; n > 7; n -= 7) {
		left = 7;
		assert_int_equal(sync_gc(&a->opt, SYNC_GC_STORE, stop_at, &left,
				     &gc),
		    E_STOPPED);
		assert_int_equal(count_left(), n - 6);
		site_check_store(a);
	}
	must_collect(b);
	assert_int_equal(count_left(), 0);
	converge();
}

static int
swap_stores(void *arg, const struct sync_garbage *garbage)
{
	int *n = arg;

	(void)garbage;
	if ((*n)++ == 0)
		world_run(w, "mv store/head other; cp -a backup/head store/");
	return 0;
}

/* A store that was set back meanwhile names things that this replica takes for
 * garbage. */
static void
under_another_head_nothing_more_is_removed(void **state)
{
	int n = 0;

	(void)state;
	site_add(a, "doc", NULL, "<x/>");
	must_sync(a);
	world_run(w, "cp -a store backup");
	site_publish(a, next_generation, NULL, 0);
	must_sync(a);
	leave_contents(30, ".1");
	assert_int_equal(sync_gc(&a->opt, SYNC_GC_STORE, swap_stores, &n, &gc),
	    E_ROLLBACK);
	assert_int_equal(count_left(), 29);
}

/* ---- commits and checkpoints ---------------------------------------------------------- */

static int
count_files(const char *what)
{
	FILE *p;
	int n = -1;

	world_run(w, "ls store/%s 2>/dev/null | wc -l > n", what);
	if ((p = fopen(world_path(w, "n"), "r")) != NULL) {
		assert_int_equal(fscanf(p, "%d", &n), 1);
		fclose(p);
	}
	return n;
}

static void
make_checkpoint(struct site *r)
{
	static int n;

	site_add_many(r, mem_printf(r->mem, "many%d-", ++n), 150);
	must_sync(r);
}

/* Four checkpoints, 70 days apart: each but the first two raises the floor. */
static void
the_floor_follows_checkpoints_that_are_old(void **state)
{
	int64_t first, floor;

	(void)state;
	make_checkpoint(a);
	first = atoll(site_meta(a, "checkpoint"));
	assert_true(first > 0);
	pass_days(a, 70);
	make_checkpoint(a);
	assert_int_equal(atoll(site_meta(a, "floor")), first);
	floor = atoll(site_meta(a, "checkpoint"));
	assert_true(floor > first);
	pass_days(a, 30);
	make_checkpoint(a); /* the one before it is too young */
	assert_int_equal(atoll(site_meta(a, "floor")), first);
	pass_days(a, 40);
	make_checkpoint(a);
	assert_int_equal(atoll(site_meta(a, "floor")), floor);
	converge();
}

static void
what_is_two_floors_back_goes(void **state)
{
	int64_t before;
	int checkpoints;

	(void)state;
	for (int i = 0; i < 3; i++) {
		make_checkpoint(a);
		must_sync(b);
		pass_days(a, 70);
	}
	checkpoints = count_files("checkpoints");
	before = atoll(site_meta(a, "floor_before"));
	assert_int_equal(before, 1);
	must_collect(a);
	assert_int_equal(gc.commits, 0);
	assert_int_equal(count_files("checkpoints"), checkpoints);
	make_checkpoint(a);
	before = atoll(site_meta(a, "floor_before"));
	assert_true(before > 1);
	must_collect(a);
	assert_true(gc.commits > 0);
	assert_true(count_files("checkpoints") <= checkpoints);
	world_run(w, "! ls store/commits/00000000/%012lld-* 2>/dev/null",
	    (long long)before - 1);
	world_run(w, "ls store/commits/00000000/%012lld-* >/dev/null",
	    (long long)before);
	c = open_site("clara");
	converge();
}

/* What lost a race can win no more; what is about to race may. */
static void
an_orphan_above_the_head_stays(void **state)
{
	(void)state;
	let_go(a);
	world_run(w,
	    "cd store/commits/00000000; h=$(echo orphan | sha256sum |"
	    " cut -c1-64); for v in 1 2 3 4; do"
	    " echo x > $(printf %%012d $v)-$h.jsonl; done");
	assert_int_equal(world_head(a).version, 2);
	must_collect(a);
	assert_int_equal(gc.commits, 2);
	assert_int_equal(count_files("commits/00000000"), 4);
	world_run(w, "ls store/commits/00000000/000000000003-*");
}

static void
litter_goes_when_it_was_seen_twice(void **state)
{
	(void)state;
	let_go(a);
	world_run(w,
	    "for d in 00 ab checkpoints commits/00000000 .; do"
	    " mkdir -p store/$d;"
	    " echo x > store/$d/up-0123456789abcdef0123456789abcdef; done");
	must_collect(a);
	assert_int_equal(gc.litter, 0);
	assert_int_equal(gc.waiting, 5);
	site_skip_days(1);
	must_collect(a);
	assert_int_equal(gc.litter, 5);
	world_run(w, "! ls store/up-* store/*/up-* store/*/*/up-* 2>/dev/null");
}

/* ---- who was away ------------------------------------------------------------------------ */

static int64_t new_floor;

static void
raise_floor(struct commit *commit)
{
	commit->floor = new_floor;
}

static void
compact(void)
{
	new_floor = atoll(site_meta(a, "checkpoint"));
	site_publish(a, raise_floor, NULL, 0);
	for (int64_t v = 1; v < new_floor; v++)
		world_run(w, "rm store/commits/00000000/%012lld-*",
		    (long long)v);
}

static const char *
conflict_type(struct site *r, const char *sid)
{
	struct conflict found;

	if (conflict_find(r->db, r->mem, sid, &found) != 1)
		return "none";
	return found.type;
}

/* berta edits, then sleeps; the others go on, and the floor passes her by. */
static const char *edited, *deleted, *born, *labelled, *clean;

static void
sleep_for(int days)
{
	edited = site_add(a, "edited", NULL, "<edited/>");
	deleted = site_add(a, "deleted", NULL, "<deleted/>");
	labelled = site_add(a, "labelled", NULL, "<labelled/>");
	clean = site_add(a, "clean", NULL, "<clean/>");
	must_sync(a);
	must_sync(b);
	site_save(b, edited, "<berta/>");
	site_delete(b, deleted);
	site_label(b, labelled, "berta");
	born = site_add(b, "born", NULL, "<born/>");
	site_skip_days(days);
	site_save(a, clean, "<anna/>");
	must_sync(a);
	make_checkpoint(a);
	compact();
	must_sync(a);
}

static void
after_a_short_absence_a_jump_merges_as_ever(void **state)
{
	(void)state;
	sleep_for(30);
	must_sync(b);
	assert_non_null(strstr(b->said, "Loading the checkpoint"));
	assert_int_equal(site_conflicts(b), 0);
	converge();
	assert_string_equal(site_text(a, edited), "<berta/>");
	assert_string_equal(site_text(a, born), "<born/>");
	assert_false(site_has(a, deleted));
}

static void
after_two_years_what_was_done_is_proposed(void **state)
{
	(void)state;
	sleep_for(2 * 365);
	must_sync(b);
	assert_non_null(strstr(b->said, "proposed"));
	assert_int_equal(site_conflicts(b), 4);
	assert_int_equal(b->sum.conflicts, 4);
	assert_int_equal(b->sum.uploaded + b->sum.deleted_remote, 0);
	assert_string_equal(conflict_type(b, edited), "proposed");
	assert_string_equal(conflict_type(b, deleted), "proposed");
	assert_string_equal(conflict_type(b, born), "proposed");
	assert_string_equal(conflict_type(b, labelled), "proposed");
	assert_string_equal(site_text(b, clean), "<anna/>");
	assert_string_equal(site_text(b, edited), "<berta/>");
	converge();
	assert_string_equal(site_text(a, edited), "<edited/>");
	assert_string_equal(site_text(a, deleted), "<deleted/>");
	assert_false(site_has(a, born));
	assert_null(site_held(a, labelled).rec.label);
}

static void
resolve(const char *sid, enum resolution resolution, const char *variant)
{
	char *new_id;
	int rc = resolve_conflict(b->db, b->mem, sid, resolution, variant, NULL,
	    0, "berta", &new_id);

	if (rc != 0)
		print_error("%s: %s\n", sid, err_text());
	assert_int_equal(rc, 0);
	site_check(b);
}

static void
proposals_are_published_when_somebody_says_so(void **state)
{
	(void)state;
	sleep_for(2 * 365);
	must_sync(b);
	resolve(edited, RESOLVE_LOCAL, NULL);
	resolve(deleted, RESOLVE_LOCAL, NULL);
	resolve(born, RESOLVE_LOCAL, NULL);
	resolve(labelled, RESOLVE_LOCAL, NULL);
	converge();
	assert_int_equal(site_conflicts(b), 0);
	assert_string_equal(site_text(a, edited), "<berta/>");
	assert_string_equal(site_text(a, born), "<born/>");
	assert_string_equal(site_held(a, labelled).rec.label, "berta");
	assert_false(site_has(a, deleted));
}

static void
proposals_are_dropped_into_the_history(void **state)
{
	(void)state;
	sleep_for(2 * 365);
	must_sync(b);
	resolve(edited, RESOLVE_REMOTE, NULL);
	resolve(deleted, RESOLVE_REMOTE, NULL);
	resolve(born, RESOLVE_REMOTE, NULL);
	resolve(labelled, RESOLVE_REMOTE, NULL);
	must_sync(b);
	must_sync(a);
	assert_string_equal(site_state(a), site_state(b));
	assert_int_equal(b->sum.uploaded + b->sum.deleted_remote, 0);
	assert_string_equal(site_text(b, edited), "<edited/>");
	assert_true(site_past(b, edited, "<berta/>"));
	assert_string_equal(site_text(b, deleted), "<deleted/>");
	assert_false(site_has(b, born));
	assert_true(site_past(b, born, "<born/>"));
	assert_false(site_has(a, born));
}

static void
proposals_are_kept_beside_what_there_is(void **state)
{
	(void)state;
	sleep_for(2 * 365);
	must_sync(b);
	resolve(edited, RESOLVE_BOTH, "berta");
	resolve(born, RESOLVE_BOTH, "berta");
	resolve(deleted, RESOLVE_BOTH, NULL);
	resolve(labelled, RESOLVE_BOTH, "labelled");
	converge();
	assert_string_equal(site_text(a, edited), "<edited/>");
	assert_string_equal(site_text(a, born), "<born/>");
	assert_string_equal(site_text(a, deleted), "<deleted/>");
}

static void
a_decision_about_a_proposal_can_be_taken_back(void **state)
{
	(void)state;
	sleep_for(2 * 365);
	must_sync(b);
	resolve(born, RESOLVE_REMOTE, NULL);
	assert_int_equal(resolve_undo(b->db, b->opt.work_dir, born, "berta"),
	    0);
	site_check(b);
	assert_string_equal(conflict_type(b, born), "proposed");
	assert_string_equal(site_text(b, born), "<born/>");
	resolve(born, RESOLVE_LOCAL, NULL);
	must_sync(b);
	must_sync(a);
	assert_string_equal(site_text(a, born), "<born/>");
}

/* It stays what it is, whatever they do to it meanwhile. */
static void
a_proposal_outlives_what_others_do(void **state)
{
	(void)state;
	sleep_for(2 * 365);
	must_sync(b);
	site_save(a, edited, "<more/>");
	site_delete(a, labelled);
	site_save(a, deleted, "<saved/>");
	must_sync(a);
	must_sync(b);
	assert_string_equal(conflict_type(b, edited), "proposed");
	assert_string_equal(conflict_type(b, labelled), "proposed");
	assert_string_equal(conflict_type(b, deleted), "proposed");
	assert_string_equal(site_text(b, edited), "<berta/>");
	site_save(a, edited, "<berta/>"); /* the same: nothing to decide */
	must_sync(a);
	must_sync(b);
	assert_string_equal(conflict_type(b, edited), "none");
	resolve(labelled, RESOLVE_LOCAL, NULL);
	resolve(deleted, RESOLVE_REMOTE, NULL);
	resolve(born, RESOLVE_LOCAL, NULL);
	converge();
	assert_string_equal(site_held(a, labelled).rec.label, "berta");
	assert_string_equal(site_text(a, deleted), "<saved/>");
}

/* Its battery was empty, its clock says 1970: the store knows the time. */
static void
a_clock_that_went_back_hides_no_absence(void **state)
{
	(void)state;
	sleep_for(2 * 365);
	site_skip_days(-2 * 365 - 1);
	site_publish(a, NULL, NULL, 0);
	must_sync(a);
	site_add(a, "now", NULL, "<now/>");
	site_skip_days(2 * 365 + 1);
	must_sync(a);
	site_skip_days(-2 * 365 - 1);
	assert_int_equal(site_sync(b), 0);
	assert_int_equal(site_conflicts(b), 4);
	site_skip_days(2 * 365 + 1);
}

static int
count_step(void *arg, const struct sync_step *step)
{
	int *n = arg;

	*n += str_eq(step->action, "conflict");
	assert_string_not_equal(step->action, "send");
	assert_string_not_equal(step->action, "send deletion");
	return 0;
}

static void
a_preview_tells_what_will_be_proposed(void **state)
{
	int n = 0;

	(void)state;
	sleep_for(2 * 365);
	assert_int_equal(sync_plan(&b->opt, count_step, &n, &b->sum), 0);
	assert_int_equal(n, 4);
}

static void
killed_before_the_swap(struct site *r)
{
	r->lose_swap = true;
	assert_int_equal(site_sync(r), E_REMOTE);
	r->lose_swap = false;
}

static void
killed_after_the_swap(struct site *r)
{
	r->stop_after_swap = true;
	assert_int_equal(site_sync(r), E_STOPPED);
	r->stop_after = 0;
}

/* A copy of the library that published under the same number: what was under
 * way here never came to the store, though the number did. */
static void
a_copys_commit_below_the_floor_is_not_ours(void **state)
{
	const char *sid = site_add(a, "doc", NULL, "<x/>");
	const char *lost;

	(void)state;
	must_sync(a);
	must_sync(b);
	site_add(b, "first", NULL, "<first/>");
	must_sync(b);
	must_sync(a);
	site_close(b);
	world_run(w, "cp -a berta clara");
	b = open_site("berta");
	c = open_site("clara");
	lost = site_add(b, "lost", NULL, "<lost/>");
	killed_before_the_swap(b);
	site_save(c, sid, "<clara/>");
	must_sync(c);
	must_sync(a);
	make_checkpoint(a);
	compact();
	must_sync(a);
	must_sync(b);
	assert_non_null(strstr(b->said, "Loading the checkpoint"));
	must_sync(a);
	assert_string_equal(site_text(a, lost), "<lost/>");
	assert_string_not_equal(site_meta(b, "replica"),
	    site_meta(c, "replica"));
}

/* Whatever was frozen: published or not, a jump finds out which. */
static void
a_frozen_commit_that_came_to_nothing_is_sent_after_a_jump(void **state)
{
	const char *sid = site_add(a, "doc", NULL, "<x/>");

	(void)state;
	must_sync(a);
	must_sync(b);
	site_save(b, sid, "<b/>");
	killed_before_the_swap(b);
	site_add(a, "more", NULL, "<more/>");
	must_sync(a);
	make_checkpoint(a);
	compact();
	must_sync(b);
	assert_non_null(strstr(b->said, "Loading the checkpoint"));
	assert_int_equal(b->sum.conflicts, 0);
	converge();
	assert_string_equal(site_text(a, sid), "<b/>");
}

static void
after_two_years_our_own_commit_is_no_proposal(void **state)
{
	const char *sid = site_add(a, "doc", NULL, "<x/>");

	(void)state;
	must_sync(a);
	must_sync(b);
	site_save(b, sid, "<b/>");
	killed_after_the_swap(b);
	must_sync(a);
	site_skip_days(2 * 365);
	make_checkpoint(a);
	compact();
	must_sync(b);
	assert_int_equal(site_conflicts(b), 0);
	converge();
	assert_string_equal(site_text(a, sid), "<b/>");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fact) cmocka_unit_test_setup_teardown(fact, setup, teardown)
#define AGED(fact) cmocka_unit_test_setup_teardown(fact, setup_aged, teardown)
		AGED(what_was_let_go_long_ago_goes),
		AGED(what_went_is_sent_again_by_everybody),
		AGED(a_second_collector_finds_nothing),
		AGED(two_collectors_begin_one_generation),
		AGED(a_dry_run_tells_the_same_and_changes_nothing),
		AGED(a_dry_run_asks_to_be_in_step),
		AGED(an_idle_replica_collects_by_itself),
		T(what_was_let_go_lately_stays),
		T(a_clock_in_2099_removes_nothing_early),
		T(what_a_writer_left_goes_in_the_next_generation),
		T(what_older_software_put_there_stays),
		T(a_name_of_a_generation_to_come_stays),
		T(an_upload_that_was_collected_is_sent_again),
		T(who_is_stopped_goes_on),
		T(under_another_head_nothing_more_is_removed),
		T(the_floor_follows_checkpoints_that_are_old),
		T(what_is_two_floors_back_goes),
		T(an_orphan_above_the_head_stays),
		T(litter_goes_when_it_was_seen_twice),
		T(after_a_short_absence_a_jump_merges_as_ever),
		T(after_two_years_what_was_done_is_proposed),
		T(proposals_are_published_when_somebody_says_so),
		T(proposals_are_dropped_into_the_history),
		T(proposals_are_kept_beside_what_there_is),
		T(a_decision_about_a_proposal_can_be_taken_back),
		T(a_proposal_outlives_what_others_do),
		T(a_clock_that_went_back_hides_no_absence),
		T(a_preview_tells_what_will_be_proposed),
		T(a_copys_commit_below_the_floor_is_not_ours),
		T(a_frozen_commit_that_came_to_nothing_is_sent_after_a_jump),
		T(after_two_years_our_own_commit_is_no_proposal),
#undef AGED
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, free_aged);
}

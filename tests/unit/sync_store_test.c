/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/meta.h"
#include "sync/commit.h"
#include "sync/store.h"
#include "unit/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What a store can do to libraries: be replaced, go back, lie, lose things. */
static struct world *w;
static struct site *a, *b, *c;

static int
setup(void **state)
{
	(void)state;
	w = world_new();
	a = site_open(w, "anna");
	b = site_open(w, "berta");
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

/* These bytes in the place of a content on the store. */
static void
spoil(const char *text, const char *bytes)
{
	world_run(w, "for f in store/*/%s.tei.xml; do printf '%s' > $f; done",
	    id_of(a, text), bytes);
}

static const char *
shared_record(const char *doc, const char *text)
{
	const char *sid = site_add(a, doc, NULL, text);

	must_sync(a);
	must_sync(b);
	return sid;
}

#define assert_status(r, sid, status) \
	assert_string_equal(site_held(r, sid).sync_status, status)

/* The sync refuses, and the library is what it was. */
static void
refuses(struct site *r, int code)
{
	const char *before = site_dump(r, true);
	const char *version = site_meta(r, "version");
	const char *replica = site_meta(r, "replica");
	int rc = site_sync(r);

	if (rc != code)
		print_error("%d: %s\n", rc, err_text());
	assert_int_equal(rc, code);
	assert_string_equal(site_dump(r, true), before);
	assert_true(str_eq(site_meta(r, "version"), version));
	assert_string_equal(site_meta(r, "replica"), replica);
	site_check(r);
}

/* ---- another store, or an older one --------------------------------------------- */

static void
an_emptied_store_deletes_nothing(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	site_label(a, sid, "edited");
	world_run(w, "rm -r store/*");
	refuses(a, E_ROLLBACK);
	refuses(b, E_ROLLBACK);
	assert_int_equal(store_join(a->db, a->remote, NULL), E_ROLLBACK);
	world_run(w, "rm -r store");
	assert_int_not_equal(site_sync(a), 0);
	world_run(w, "test ! -e store/head");
}

static void
a_store_that_lost_its_head_is_not_made_anew(void **state)
{
	struct site *d;

	(void)state;
	shared_record("doc", "<x/>");
	world_run(w, "mv store/head kept && mkdir other");
	refuses(a, E_ROLLBACK);
	d = calloc(1, sizeof(*d));
	d->mem = mem_new();
	assert_int_equal(db_open(world_path(w, "other/library.db"), DB_LIBRARY,
			     true, &d->db),
	    0);
	assert_int_equal(store_join(d->db, a->remote, NULL), E_INPUT);
	db_close(d->db);
	mem_free(d->mem);
	free(d);
	world_run(w, "test ! -e store/head && mv kept store/head");
	converge();
}

static void
a_store_restored_from_a_backup_is_told_from_itself(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	world_run(w, "cp -a store backup");
	site_save(a, sid, "<y/>");
	site_add(a, "new", NULL, "<new/>");
	must_sync(a);
	world_run(w, "rm -r store && cp -a backup store");
	site_delete(a, sid);
	refuses(a, E_ROLLBACK);
	assert_non_null(strstr(err_text(), "older copy"));
	must_sync(b); /* which never saw it */
}

static void
a_fork_is_told_from_the_history(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	world_run(w, "cp -a store backup");
	site_save(a, sid, "<a/>");
	must_sync(a);
	world_run(w, "rm -r store && cp -a backup store");
	site_save(b, sid, "<b/>");
	must_sync(b);
	refuses(a, E_ROLLBACK); /* the same version, another commit */
	site_delete(b, sid);
	must_sync(b);
	refuses(a, E_ROLLBACK); /* the walk does not arrive */
	assert_string_equal(site_text(a, sid), "<a/>");
}

static void
another_store_is_refused(void **state)
{
	struct world *other = world_new();
	struct site *d = site_open(other, "dora");

	(void)state;
	shared_record("doc", "<x/>");
	for (int i = 0; i < 3; i++) {
		site_add(d, mem_printf(d->mem, "d%d", i), NULL, "<d/>");
		must_sync(d);
	}
	world_run(w, "rm -r store && cp -a '%s'/store .", other->dir);
	refuses(a, E_ROLLBACK);
	assert_int_equal(store_join(a->db, a->remote, NULL), E_EXISTS);
	site_close(d);
	world_free(other);
}

static void
another_store_without_a_commit_is_refused(void **state)
{
	(void)state;
	world_run(w, "rm -r store");
	c = site_open(w, "clara");
	site_add(a, "doc", NULL, "<x/>");
	refuses(a, E_ROLLBACK);
	assert_int_equal(world_head(a).version, 0);
	must_sync(c);
}

/* An address of 36 characters that would be more to a terminal. */
static void
a_head_without_a_uuid_is_no_store(void **state)
{
	static const char *const bodies[] = { "x",
		"{\"store\":\"\\u001b]0;title\\u0007--------------------------\","
		"\"layout\":1}",
		"{\"store\":\"../../../../../../../../etc/passwd.d\","
		"\"layout\":1}",
		"{\"store\":\"5c04a527-6653-4f1a-8f94-4b23469dfdd6\"}" };

	(void)state;
	world_run(w, "rm -r store");
	c = site_open(w, "clara");
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		world_run(w,
		    "f=`ls store/head` && printf %%s '%s' >"
		    "store/head/$f",
		    bodies[i]);
		assert_int_equal(store_join(a->db, a->remote, NULL), E_CORRUPT);
	}
}

static void
a_lost_commit_is_an_error_and_no_deletion(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	site_save(a, sid, "<y/>");
	must_sync(a);
	world_run(w, "mkdir kept && mv store/commits/00000000/*2-* kept");
	refuses(b, E_CORRUPT);
	world_run(w, "mv kept/* store/commits/00000000/");
	converge();
}

static void
a_damaged_commit_is_an_error(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	site_save(a, sid, "<y/>");
	must_sync(a);
	world_run(w,
	    "f=$(echo store/commits/00000000/*2-*) && cp $f kept && "
	    "tr y z < kept > $f");
	refuses(b, E_CORRUPT);
	world_run(w, "cp kept store/commits/00000000/*2-*");
	converge();
}

static void
two_heads_stop_everybody(void **state)
{
	(void)state;
	shared_record("doc", "<x/>");
	world_run(w, "cp store/head/* store/head/000000000007-%s",
	    id_of(a, "seven"));
	site_add(a, "new", NULL, "<new/>");
	refuses(a, E_ROLLBACK);
	world_run(w, "rm store/head/000000000007-*");
	converge();
}

/* ---- copies of a library ------------------------------------------------------------ */

/* `c` is from now on a copy of anna's library. */
static void
copy_anna(void)
{
	site_close(a);
	world_run(w, "cp -a anna clara");
	a = site_open(w, "anna");
	c = site_open(w, "clara");
}

static void
a_copy_takes_an_id_of_its_own(void **state)
{
	const char *sid = shared_record("doc", "<x/>"), *one, *two;

	(void)state;
	copy_anna();
	assert_string_equal(site_meta(c, "replica"), site_meta(a, "replica"));
	one = site_add(a, "one", NULL, "<one/>");
	site_save(a, sid, "<a/>");
	two = site_add(c, "two", NULL, "<two/>");
	must_sync(a);
	must_sync(c);
	assert_non_null(strstr(c->said, "Another copy"));
	assert_string_not_equal(site_meta(c, "replica"),
	    site_meta(a, "replica"));
	converge();
	assert_string_equal(site_text(c, one), "<one/>");
	assert_string_equal(site_text(a, two), "<two/>");
	assert_int_equal(site_conflicts(c), 0);
	must_sync(a);
	assert_string_equal(a->said, "");
}

static void
a_copy_that_edited_the_same_is_in_conflict(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	copy_anna();
	site_save(a, sid, "<a/>");
	site_save(c, sid, "<c/>");
	must_sync(a);
	must_sync(c);
	assert_status(c, sid, "conflict");
	assert_string_equal(site_text(c, sid), "<c/>");
	converge();
}

/* With a commit under way that the other published otherwise. */
static void
a_copy_with_a_frozen_commit_loses_nothing(void **state)
{
	const char *sid = shared_record("doc", "<x/>"), *other;

	(void)state;
	site_save(a, sid, "<a/>");
	a->lose_swap = true;
	assert_int_equal(site_sync(a), E_REMOTE);
	copy_anna();
	site_save(c, sid, "<c/>");
	other = site_add(a, "other", NULL, "<other/>");
	must_sync(a);
	must_sync(c);
	converge();
	assert_string_equal(site_text(c, other), "<other/>");
	assert_string_equal(site_text(c, sid), "<c/>");
}

/* ---- a digest that differs ------------------------------------------------------------ */

static void
a_tampered_record_is_set_right(void **state)
{
	const char *one = shared_record("one", "<one/>");
	const char *two = shared_record("two", "<two/>");
	const char *mine = shared_record("mine", "<mine/>");

	(void)state;
	assert_int_equal(
	    db_exec(b->db,
		mem_printf(b->mem,
		    "UPDATE files SET label = 'tampered' WHERE stable_id IN "
		    "('%s', '%s')",
		    one, two)),
	    0);
	site_label(b, mine, "mine");
	site_save(a, one, "<changed/>");
	must_sync(a);
	must_sync(b);
	assert_non_null(strstr(b->said, "digest differs"));
	assert_non_null(strstr(b->said, "set right"));
	assert_null(site_held(b, one).rec.label);
	assert_null(site_held(b, two).rec.label);
	assert_string_equal(site_held(b, mine).rec.label, "mine");
	converge();
	assert_string_equal(site_held(a, mine).rec.label, "mine");
}

static void
a_tampered_digest_is_set_right(void **state)
{
	const char *one = shared_record("one", "<one/>");

	(void)state;
	assert_int_equal(meta_put(b->db, "state", id_of(b, "other")), 0);
	site_label(a, one, "L");
	must_sync(a);
	must_sync(b);
	assert_non_null(strstr(b->said, "set right"));
	converge();
}

/* ---- checkpoints and the floor ----------------------------------------------------------- */

static void
make_checkpoint(struct site *r)
{
	static int n;

	site_add(r, mem_printf(r->mem, "before%d", ++n), NULL, "<before/>");
	must_sync(r);
	site_add_many(r, mem_printf(r->mem, "many%d-", n), 150);
	must_sync(r);
	assert_string_not_equal(site_meta(r, "checkpoint"), "0");
}

static int64_t new_floor;

static void
raise_floor(struct commit *commit)
{
	commit->floor = new_floor;
}

/* By anna, who must be in step: nobody can walk to where others are. */
static void
compact(void)
{
	new_floor = atoll(site_meta(a, "checkpoint"));
	site_publish(a, raise_floor, NULL, 0);
	for (int64_t v = 1; v < new_floor; v++)
		world_run(w, "rm store/commits/00000000/%012lld-*",
		    (long long)v);
}

static void
who_was_behind_the_floor_jumps(void **state)
{
	const char *kept = shared_record("kept", "<kept/>");
	const char *gone = shared_record("gone", "<gone/>");
	const char *both = shared_record("both", "<both/>");
	const char *fields = shared_record("fields", "<fields/>");
	const char *own;

	(void)state;
	own = site_add(b, "own", NULL, "<own/>");
	site_save(b, both, "<b/>");
	site_label(b, fields, "b");
	site_delete(a, gone);
	site_save(a, both, "<a/>");
	site_tag(a, fields, "[\"a\"]");
	make_checkpoint(a);
	compact();
	must_sync(b);
	assert_non_null(strstr(b->said, "Loading the checkpoint"));
	assert_false(site_has(b, gone));
	assert_true(site_past(b, gone, "<gone/>"));
	assert_string_equal(site_text(b, kept), "<kept/>");
	assert_status(b, both, "conflict");
	assert_string_equal(site_held(b, fields).rec.label, "b");
	assert_string_equal(site_held(b, fields).rec.doc_collections,
	    "[\"a\"]");
	assert_int_equal(b->sum.conflicts, 1);
	must_sync(a);
	assert_string_equal(site_text(a, own), "<own/>");
	c = site_open(w, "clara");
	converge();
}

static void
behind_the_floor_nothing_is_deleted_without_a_word(void **state)
{
	(void)state;
	site_add_many(a, "gone", 30);
	must_sync(a);
	must_sync(b);
	a->opt.confirm_deletions = true;
	site_delete_many(a, "gone", 30);
	make_checkpoint(a);
	compact();
	refuses(b, E_GUARD);
	b->opt.confirm_deletions = true;
	must_sync(b);
	assert_int_equal(b->sum.deleted_local, 30);
	converge();
}

static void
a_checkpoint_that_lacks_what_we_published_is_a_rollback(void **state)
{
	(void)state;
	shared_record("doc", "<x/>");
	world_run(w, "cp -a store backup");
	site_add(b, "lost", NULL, "<lost/>");
	must_sync(b);
	world_run(w, "rm -r store && cp -a backup store");
	make_checkpoint(a);
	compact();
	refuses(b, E_ROLLBACK);
}

/* What others published and we took: somebody's server was set back. */
static void
a_checkpoint_that_lacks_what_we_took_is_a_rollback(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	site_close(a);
	world_run(w, "cp -a store backup && cp -a anna anna.old");
	a = site_open(w, "anna");
	site_save(a, sid, "<lost/>");
	must_sync(a);
	must_sync(b);
	site_close(a);
	world_run(w,
	    "rm -r store anna && mv backup store && "
	    "mv anna.old anna");
	a = site_open(w, "anna");
	site_add(a, "more", NULL, "<more/>");
	must_sync(a);
	make_checkpoint(a);
	compact();
	refuses(b, E_ROLLBACK);
	assert_string_equal(site_text(b, sid), "<lost/>");
}

static void
killed_after_the_swap(struct site *r)
{
	r->stop_after_swap = true;
	assert_int_equal(site_sync(r), E_STOPPED);
	r->stop_after = 0;
	site_check(r);
}

/* One replica alone makes no conflict, whatever happens in between. */
static void
our_commit_below_the_floor_is_our_own(void **state)
{
	const char *sid = shared_record("doc", "<x/>");
	const char *replica;

	(void)state;
	site_save(b, sid, "<b1/>");
	killed_after_the_swap(b);
	must_sync(a);
	assert_string_equal(site_text(a, sid), "<b1/>");
	make_checkpoint(a);
	compact();
	site_save(b, sid, "<b2/>");
	replica = site_meta(b, "replica");
	must_sync(b);
	assert_non_null(strstr(b->said, "Loading the checkpoint"));
	assert_int_equal(b->sum.conflicts, 0);
	assert_string_equal(site_meta(b, "replica"), replica);
	converge();
	assert_string_equal(site_text(a, sid), "<b2/>");
}

static void
our_first_commit_below_a_checkpoint_is_our_own(void **state)
{
	const char *sid = site_add(b, "doc", NULL, "<x/>");
	const char *replica = site_meta(b, "replica");

	(void)state;
	killed_after_the_swap(b);
	make_checkpoint(a);
	site_save(b, sid, "<b/>");
	must_sync(b);
	assert_int_equal(b->sum.conflicts, 0);
	assert_string_equal(site_meta(b, "replica"), replica);
	converge();
	assert_string_equal(site_text(a, sid), "<b/>");
}

/* Else both would go on under one id, and number their commits alike. */
static void
a_copy_that_jumps_takes_an_id_of_its_own(void **state)
{
	(void)state;
	shared_record("doc", "<x/>");
	copy_anna();
	site_add(a, "more", NULL, "<more/>");
	must_sync(a);
	make_checkpoint(b); /* so nothing above it is anna's */
	must_sync(a);
	compact();
	must_sync(c);
	assert_non_null(strstr(c->said, "Another copy"));
	assert_string_not_equal(site_meta(c, "replica"),
	    site_meta(a, "replica"));
	site_add(c, "c", NULL, "<c/>");
	site_add(a, "a", NULL, "<a/>");
	converge();
}

static void
a_damaged_checkpoint_is_walked_around(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	make_checkpoint(a);
	world_run(w, "for f in store/checkpoints/*; do : > $f; done");
	c = site_open(w, "clara");
	must_sync(c);
	assert_string_equal(site_text(c, sid), "<x/>");
	must_sync(b);
	must_sync(c);
	assert_string_equal(site_state(c), site_state(a));
}

static void
a_damaged_checkpoint_above_the_floor_is_an_error(void **state)
{
	(void)state;
	shared_record("doc", "<x/>");
	make_checkpoint(a);
	compact();
	world_run(w, "for f in store/checkpoints/*; do : > $f; done");
	refuses(b, E_CORRUPT);
}

/* ---- generations ----------------------------------------------------------------------------- */

static void
next_generation(struct commit *commit)
{
	commit->gc++;
}

static struct commit_change
stranger_puts(struct site *r, const char *doc, const char *text,
    int64_t generation)
{
	struct record rec = {
		.stable_id = mem_alloc(r->mem, STABLE_ID_SIZE),
		.id = id_of(r, text),
		.generation = generation,
		.filename = "s.tei.xml",
		.doc_id = doc,
		.doc_id_type = "custom",
		.file_type = "tei",
		.mime_type = "application/xml",
		.file_size = (int64_t)strlen(text),
		.version = 1,
		.doc_collections = "[]",
		.doc_metadata = "{}",
		.file_metadata = "{}",
		.created_at = "2026-02-01T00:00:00.000Z",
		.updated_at = "2026-02-01T00:00:00.000Z",
	};
	struct commit_change change = { .rec = rec,
		.parents = "[]",
		.replica = "stranger" };

	stable_id_make(doc, "tei", NULL, rec.id, 0,
	    (char *)(uintptr_t)rec.stable_id);
	return change;
}

static void
an_old_name_that_the_state_lacks_is_refused(void **state)
{
	struct commit_change line;

	(void)state;
	shared_record("doc", "<x/>");
	site_publish(a, next_generation, NULL, 0);
	must_sync(a);
	must_sync(b);
	line = stranger_puts(a, "new", "<new/>", 0);
	site_publish(a, NULL, &line, 1);
	refuses(b, E_CORRUPT);
	assert_non_null(strstr(err_text(), "may be gone"));
}

static void
a_future_name_is_refused(void **state)
{
	struct commit_change line;

	(void)state;
	shared_record("doc", "<x/>");
	line = stranger_puts(a, "new", "<new/>", 1);
	site_publish(a, NULL, &line, 1);
	refuses(b, E_CORRUPT);
}

static void
a_name_of_the_present_generation_is_taken(void **state)
{
	struct commit_change line;

	(void)state;
	shared_record("doc", "<x/>");
	site_publish(a, next_generation, NULL, 0);
	must_sync(a);
	line = stranger_puts(a, "new", "<new/>", 1);
	site_publish(a, NULL, &line, 1);
	must_sync(b);
	/* it is not there: told, and everything else goes on */
	assert_int_equal(b->sum.errors, 1);
	assert_status(b, line.rec.stable_id, "pending_download");
}

static void
what_was_let_go_may_be_named_again(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	site_save(a, sid, "<y/>");
	converge();
	site_publish(a, next_generation, NULL, 0);
	converge();
	site_save(a, sid, "<x/>");
	must_sync(a);
	assert_int_equal(a->sum.uploaded, 0);
	assert_int_equal(site_held(a, sid).rec.generation, 0);
	converge();
	assert_string_equal(site_text(b, sid), "<x/>");
}

static void
what_was_let_go_before_a_jump_may_be_named_again(void **state)
{
	const char *sid;

	(void)state;
	shared_record("doc", "<doc/>");
	sid = site_add(a, "new", NULL, "<x/>");
	must_sync(a);
	site_save(a, sid, "<y/>");
	must_sync(a);
	site_publish(a, next_generation, NULL, 0);
	must_sync(a);
	make_checkpoint(a);
	compact();
	must_sync(b);
	must_sync(a);
	site_save(a, sid, "<x/>");
	must_sync(a);
	assert_int_equal(site_held(a, sid).rec.generation, 0);
	converge();
	assert_string_equal(site_text(b, sid), "<x/>");
}

static void
new_contents_are_of_the_new_generation(void **state)
{
	const char *sid;

	(void)state;
	shared_record("doc", "<x/>");
	site_publish(a, next_generation, NULL, 0);
	sid = site_add(a, "new", NULL, "<new/>");
	must_sync(a);
	assert_int_equal(site_held(a, sid).rec.generation, 1);
	world_run(w, "test -f store/*/%s.1.tei.xml", id_of(a, "<new/>"));
	converge();
}

static void
berta_collects(struct site *r)
{
	(void)r;
	site_publish(b, next_generation, NULL, 0);
}

static void
a_generation_that_begins_meanwhile_is_obeyed(void **state)
{
	const char *sid;

	(void)state;
	shared_record("doc", "<x/>");
	sid = site_add(a, "new", NULL, "<new/>");
	a->before_swap = berta_collects;
	must_sync(a);
	assert_int_equal(site_held(a, sid).rec.generation, 1);
	world_run(w, "rm store/*/%s.tei.xml", id_of(a, "<new/>"));
	converge();
	assert_string_equal(site_text(b, sid), "<new/>");
}

/* ---- contents that the store lost ---------------------------------------------------------------- */

static void
a_missing_content_is_put_again(void **state)
{
	const char *sid = shared_record("doc", "<x/>");
	int64_t version;

	(void)state;
	must_sync(a);
	version = a->sum.new_version;
	world_run(w, "rm store/*/%s.tei.xml", id_of(a, "<x/>"));
	a->opt.force = true;
	must_sync(a);
	a->opt.force = false;
	assert_int_equal(a->sum.new_version, version);
	site_check_store(a);
	c = site_open(w, "clara");
	must_sync(c);
	assert_string_equal(site_text(c, sid), "<x/>");
}

static void
a_truncated_content_is_sent_under_a_new_name(void **state)
{
	const char *sid = shared_record("doc", "<x/>");
	const char *twin = site_add(a, "twin", NULL, "<x/>");

	(void)state;
	must_sync(a);
	must_sync(b);
	spoil("<x/>", "x");
	a->opt.force = true;
	must_sync(a);
	a->opt.force = false;
	assert_int_equal(site_held(a, sid).rec.generation, 1);
	assert_int_equal(site_held(a, twin).rec.generation, 1);
	must_sync(b);
	assert_int_equal(site_held(b, sid).rec.generation, 1);
	assert_int_equal(site_conflicts(b), 0);
	c = site_open(w, "clara");
	must_sync(c);
	assert_string_equal(site_text(c, sid), "<x/>");
	assert_string_equal(site_text(c, twin), "<x/>");
}

static void
a_damage_is_mended_behind_a_frozen_commit(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	site_publish(a, next_generation, NULL, 0);
	must_sync(a);
	site_label(a, sid, "L");
	a->lose_swap = true;
	assert_int_equal(site_sync(a), E_REMOTE);
	a->lose_swap = false;
	spoil("<x/>", "x");
	a->opt.force = true;
	must_sync(a);
	a->opt.force = false;
	assert_int_equal(site_held(a, sid).rec.generation, 1);
	c = site_open(w, "clara");
	must_sync(c);
	assert_string_equal(site_text(c, sid), "<x/>");
	assert_string_equal(site_held(c, sid).rec.label, "L");
}

static void
mend_while_berta(const char *sid, void (*edit)(const char *sid))
{
	edit(sid);
	spoil("<x/>", "x");
	a->opt.force = true;
	must_sync(a);
	a->opt.force = false;
	must_sync(b);
	assert_int_equal(b->sum.conflicts, 0);
	must_sync(a);
	must_sync(b);
	assert_string_equal(site_state(a), site_state(b));
}

static void
berta_deletes(const char *sid)
{
	site_delete(b, sid);
}

static void
berta_saves(const char *sid)
{
	site_save(b, sid, "<b/>");
}

/* A name alone is nobody's edit. */
static void
a_new_name_is_no_edit_that_a_deletion_meets(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	mend_while_berta(sid, berta_deletes);
	assert_false(site_has(a, sid));
}

static void
a_new_name_meets_an_edit(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	mend_while_berta(sid, berta_saves);
	assert_string_equal(site_text(a, sid), "<b/>");
}

static void
anna_mends_it_too_late(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	site_delete(b, sid);
	spoil("<x/>", "x");
	a->opt.force = true;
	a->lose_swap = true;
	assert_int_not_equal(site_sync(a), 0);
	a->lose_swap = a->opt.force = false;
	must_sync(b);
	must_sync(a);
	assert_int_equal(a->sum.conflicts, 0);
	assert_false(site_has(a, sid));
}

static void
a_content_that_nobody_has_is_told(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	world_run(w, "rm store/*/%s.tei.xml", id_of(a, "<x/>"));
	c = site_open(w, "clara");
	must_sync(c);
	assert_int_equal(c->sum.errors, 1);
	assert_status(c, sid, "pending_download");
	assert_non_null(site_held(c, sid).sync_reason);
	c->opt.force = true;
	assert_int_equal(site_sync(c), 0);
	assert_status(c, sid, "pending_download");
	a->opt.force = true;
	must_sync(a);
	must_sync(c);
	assert_string_equal(site_text(c, sid), "<x/>");
}

/* One file that is gone here is no reason not to look at the others. */
static void
a_content_that_is_lost_on_both_sides_stops_nothing(void **state)
{
	const char *sid = shared_record("doc", "<x/>"), *other;

	(void)state;
	other = site_add(a, "other", NULL, "<other/>");
	world_run(w, "rm store/*/%s.tei.xml anna/content/*/%s.tei.xml",
	    id_of(a, "<x/>"), id_of(a, "<x/>"));
	a->opt.force = true;
	assert_int_equal(site_sync(a), 0);
	assert_true(a->sum.errors > 0);
	assert_status(a, other, "synced");
	assert_status(a, sid, "synced");
}

/* A name that is there with other bytes is not named by any commit. */
static void
a_half_content_in_the_place_of_an_upload_is_left_behind(void **state)
{
	const char *other, *sid = site_add(a, "doc", NULL, "<x/>");

	(void)state;
	other = site_add(a, "other", NULL, "<other/>");
	world_run(w,
	    "mkdir -p store/%.2s && printf '<' > store/%.2s/%s.tei.xml",
	    id_of(a, "<x/>"), id_of(a, "<x/>"), id_of(a, "<x/>"));
	must_sync(a);
	assert_int_equal(a->sum.errors, 0);
	assert_status(a, sid, "synced");
	assert_int_equal(site_held(a, sid).rec.generation, 1);
	assert_int_equal(site_held(a, other).rec.generation, 0);
	must_sync(b);
	assert_string_equal(site_text(b, other), "<other/>");
	assert_string_equal(site_text(b, sid), "<x/>");
	converge();
}

static void
a_damaged_content_is_not_taken(void **state)
{
	const char *sid = shared_record("doc", "<x/>");

	(void)state;
	spoil("<x/>", "<z/>");
	c = site_open(w, "clara");
	must_sync(c);
	assert_status(c, sid, "pending_download");
	assert_null(site_text(c, sid));
}

/* ---- strangers ---------------------------------------------------------------------------------- */

static void
another_thing_of_our_id_gets_room(void **state)
{
	const char *ours, *ids[2];
	struct commit_change line;

	(void)state;
	shared_record("doc", "<doc/>");
	ours = site_add(a, "ours", NULL, "<ours/>");
	line = stranger_puts(b, "theirs", "<doc/>", 0);
	line.rec.stable_id = ours;
	site_publish(b, NULL, &line, 1);
	must_sync(a);
	assert_string_equal(site_held(a, ours).rec.doc_id, "theirs");
	assert_string_equal(site_text(a, ours), "<doc/>");
	ids[0] = site_dump(a, false);
	assert_non_null(strstr(ids[0], "\"doc_id\":\"ours\""));
	converge();
	ids[1] = site_dump(b, false);
	assert_non_null(strstr(ids[1], "\"doc_id\":\"ours\""));
}

static char spoofed_txn[64], spoofed_replica[64];

static void
spoof(struct commit *commit)
{
	commit->txn = spoofed_txn;
	commit->replica = spoofed_replica;
}

/* The store's bytes never take the place of an edit that was not published. */
static void
a_commit_that_uses_our_transaction_is_foreign(void **state)
{
	const char *sid = shared_record("doc", "<x/>");
	struct commit_change line;
	struct outbox outbox;

	(void)state;
	site_save(a, sid, "<mine/>");
	a->lose_swap = true;
	assert_int_equal(site_sync(a), E_REMOTE);
	a->lose_swap = false;
	assert_int_equal(outbox_find(a->db, a->mem, &outbox), 1);
	snprintf(spoofed_txn, sizeof(spoofed_txn), "%s", outbox.txn);
	snprintf(spoofed_replica, sizeof(spoofed_replica), "%s",
	    site_meta(a, "replica"));
	line = stranger_puts(b, "doc", "<evil/>", 0);
	line.rec.stable_id = sid;
	line.rec.filename = site_held(b, sid).rec.filename;
	site_publish(b, spoof, &line, 1);
	must_sync(a);
	assert_status(a, sid, "conflict");
	assert_string_equal(site_text(a, sid), "<mine/>");
}

static void
a_commit_of_our_transaction_with_unknown_records_is_survived(void **state)
{
	struct commit_change line;
	struct outbox outbox;

	(void)state;
	shared_record("doc", "<x/>");
	site_add(a, "new", NULL, "<new/>");
	a->lose_swap = true;
	assert_int_equal(site_sync(a), E_REMOTE);
	a->lose_swap = false;
	assert_int_equal(outbox_find(a->db, a->mem, &outbox), 1);
	snprintf(spoofed_txn, sizeof(spoofed_txn), "%s", outbox.txn);
	snprintf(spoofed_replica, sizeof(spoofed_replica), "%s",
	    site_meta(a, "replica"));
	line = stranger_puts(b, "unknown", "<x/>", 0);
	site_publish(b, spoof, &line, 1);
	must_sync(a);
	must_sync(b);
	converge();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(an_emptied_store_deletes_nothing),
		T(a_store_that_lost_its_head_is_not_made_anew),
		T(a_store_restored_from_a_backup_is_told_from_itself),
		T(a_fork_is_told_from_the_history),
		T(another_store_is_refused),
		T(another_store_without_a_commit_is_refused),
		T(a_head_without_a_uuid_is_no_store),
		T(a_lost_commit_is_an_error_and_no_deletion),
		T(a_damaged_commit_is_an_error),
		T(two_heads_stop_everybody),
		T(a_copy_takes_an_id_of_its_own),
		T(a_copy_that_edited_the_same_is_in_conflict),
		T(a_copy_with_a_frozen_commit_loses_nothing),
		T(a_tampered_record_is_set_right),
		T(a_tampered_digest_is_set_right),
		T(who_was_behind_the_floor_jumps),
		T(behind_the_floor_nothing_is_deleted_without_a_word),
		T(a_checkpoint_that_lacks_what_we_published_is_a_rollback),
		T(a_checkpoint_that_lacks_what_we_took_is_a_rollback),
		T(our_commit_below_the_floor_is_our_own),
		T(our_first_commit_below_a_checkpoint_is_our_own),
		T(a_copy_that_jumps_takes_an_id_of_its_own),
		T(a_damaged_checkpoint_is_walked_around),
		T(a_damaged_checkpoint_above_the_floor_is_an_error),
		T(an_old_name_that_the_state_lacks_is_refused),
		T(a_future_name_is_refused),
		T(a_name_of_the_present_generation_is_taken),
		T(what_was_let_go_may_be_named_again),
		T(what_was_let_go_before_a_jump_may_be_named_again),
		T(new_contents_are_of_the_new_generation),
		T(a_generation_that_begins_meanwhile_is_obeyed),
		T(a_missing_content_is_put_again),
		T(a_truncated_content_is_sent_under_a_new_name),
		T(a_damage_is_mended_behind_a_frozen_commit),
		T(a_new_name_is_no_edit_that_a_deletion_meets),
		T(a_new_name_meets_an_edit),
		T(anna_mends_it_too_late),
		T(a_content_that_nobody_has_is_told),
		T(a_content_that_is_lost_on_both_sides_stops_nothing),
		T(a_half_content_in_the_place_of_an_upload_is_left_behind),
		T(a_damaged_content_is_not_taken),
		T(another_thing_of_our_id_gets_room),
		T(a_commit_that_uses_our_transaction_is_foreign),
		T(a_commit_of_our_transaction_with_unknown_records_is_survived),
	};

	return cmocka_run_group_tests_name("sync_store", tests, NULL, NULL);
}

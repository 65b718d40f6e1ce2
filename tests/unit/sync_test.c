/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/meta.h"
#include "sync/upload.h"
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

/* Two libraries that have joined one store; a third where it is opened. */
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

/* One record that both have. */
static const char *
shared_record(const char *text)
{
	const char *sid = site_add(a, "doc", NULL, text);

	must_sync(a);
	must_sync(b);
	assert_string_equal(site_text(b, sid), text);
	return sid;
}

#define assert_status(r, sid, status) \
	assert_string_equal(site_held(r, sid).sync_status, status)

/* ---- in step ------------------------------------------------------------------- */

static void
two_libraries_converge(void **state)
{
	const char *one, *two;

	(void)state;
	one = site_add(a, "one", NULL, "<one/>");
	two = site_add(b, "two", NULL, "<two/>");
	assert_status(a, one, "pending_upload");
	converge();
	assert_string_equal(site_text(b, one), "<one/>");
	assert_string_equal(site_text(a, two), "<two/>");
	assert_status(a, one, "synced");
	assert_status(b, one, "synced");
	assert_string_equal(site_held(b, one).rec.created_by, "anna");
}

static void
an_empty_library_has_nothing_to_do(void **state)
{
	(void)state;
	converge();
	assert_int_equal(a->sum.new_version, 0);
}

/* Versions are made by changes, and by nothing else. */
static void
what_did_not_change_costs_one_request(void **state)
{
	int64_t version;

	(void)state;
	shared_record("<x/>");
	must_sync(a);
	version = a->sum.new_version;
	for (int i = 0; i < 3; i++) {
		must_sync(a);
		assert_true(a->sum.skipped);
		assert_int_equal(a->sum.requests, 1);
		assert_int_equal(a->sum.new_version, version);
		assert_int_equal(a->sum.run_id, 0);
	}
}

static int64_t first_told; /* the run of the first progress */

static void
note_run(void *arg, const struct sync_progress *p)
{
	(void)arg;
	if (first_told < 0)
		first_told = p->run_id;
}

static int
is_done(void *arg, const struct run *run)
{
	int64_t *run_id = arg;

	assert_int_equal(run->run_id, *run_id);
	assert_string_equal(run->outcome, "done");
	*run_id = 0;
	return 1;
}

/* Who asked for it must know which it is, before it takes its time. */
static void
a_skipped_sync_is_noted_when_asked_to(void **state)
{
	int64_t run_id, noted;

	(void)state;
	shared_record("<x/>");
	must_sync(a);
	run_id = a->sum.run_id;
	a->opt.note_skipped = true;
	a->opt.progress = note_run;
	first_told = -1;
	must_sync(a);
	assert_true(a->sum.skipped);
	assert_true(a->sum.run_id > run_id);
	assert_int_equal(first_told, a->sum.run_id);
	noted = a->sum.run_id;
	assert_int_equal(run_each(a->db, 1, is_done, &noted), 1);
	assert_int_equal(noted, 0);
}

/* Another's commits are; one's own are not. */
static void
what_others_did_is_counted_as_pulled(void **state)
{
	const char *id;

	(void)state;
	id = shared_record("<x/>");
	site_save(a, id, "<y/>");
	must_sync(a);
	assert_int_equal(a->sum.pulled, 0);
	must_sync(b);
	assert_int_equal(b->sum.pulled, 1);
	must_sync(b);
	assert_int_equal(b->sum.pulled, 0);
}

static void
a_forced_sync_makes_no_version(void **state)
{
	int64_t version;

	(void)state;
	shared_record("<x/>");
	must_sync(a);
	version = a->sum.new_version;
	a->opt.force = true;
	must_sync(a);
	assert_false(a->sum.skipped);
	assert_int_equal(a->sum.new_version, version);
	assert_int_equal(a->sum.uploaded, 0);
}

static void
an_edit_arrives_with_its_past(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_save(b, sid, "<y/>");
	site_label(b, sid, "second");
	converge();
	assert_string_equal(site_text(a, sid), "<y/>");
	assert_string_equal(site_held(a, sid).rec.label, "second");
	assert_true(site_past(a, sid, "<x/>"));
	assert_true(site_past(b, sid, "<x/>"));
	assert_int_equal(site_lineage(a, sid), 2);
	assert_string_equal(site_parents(a, sid),
	    mem_printf(a->mem, "[[\"%s\",\"%s\"]]", sid, id_of(a, "<x/>")));
}

static void
fields_alone_send_no_content(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_label(a, sid, "L");
	must_sync(a);
	assert_int_equal(a->sum.uploaded, 0);
	assert_int_equal(a->sum.metadata_synced, 1);
	must_sync(b);
	assert_int_equal(b->sum.downloaded, 0);
	assert_string_equal(site_held(b, sid).rec.label, "L");
	assert_int_equal(site_lineage(b, sid), 1);
}

static void
a_thousand_changes_are_one_commit(void **state)
{
	(void)state;
	site_add_many(a, "doc", 1001);
	must_sync(a);
	assert_true(a->sum.new_version >= 2);
	assert_int_equal(a->sum.uploaded, 1001);
	converge();
	assert_int_equal(a->sum.left, 0);
}

/* What was told of the upload. */
struct watched {
	struct sync_progress last;
	int told, back; /* how often; less than before */
};

static void
watch_upload(void *arg, const struct sync_progress *now)
{
	struct watched *seen = arg;

	if (now->phase != SYNC_UPLOAD)
		return;
	if (now->files_done < seen->last.files_done ||
	    now->bytes_done < seen->last.bytes_done ||
	    (seen->told > 0 && now->files_total != seen->last.files_total) ||
	    (seen->told > 0 && now->bytes_total != seen->last.bytes_total))
		seen->back++;
	seen->told++;
	seen->last = *now;
}

/* The second wave does not begin at nothing again. */
static void
what_is_sent_in_waves_is_one_progress(void **state)
{
	struct watched seen = { .told = 0 };
	struct sync s;
	int waves = 0, rc;

	(void)state;
	site_add_many(a, "doc", 10);
	a->opt.progress = watch_upload;
	a->opt.stop = NULL; /* what it is given is not a site now */
	a->opt.arg = &seen;
	site_stage(a, &s);
	s.wave_files = 4;
	while ((rc = upload_wave(&s)) == 1)
		waves++;
	site_unstage(&s);
	a->opt.progress = NULL;
	assert_int_equal(rc, 0);
	assert_int_equal(waves, 3);
	assert_true(seen.told >= waves);
	assert_int_equal(seen.back, 0);
	assert_int_equal(seen.last.files_total, 10);
	assert_int_equal(a->sum.uploaded, 10);
}

static void
a_content_that_two_records_share_is_sent_once(void **state)
{
	const char *one = site_add(a, "one", NULL, "<x/>");
	const char *two = site_add(a, "two", NULL, "<x/>");

	(void)state;
	must_sync(a);
	assert_int_equal(a->sum.uploaded, 1);
	converge();
	assert_string_equal(site_text(b, one), "<x/>");
	assert_string_equal(site_text(b, two), "<x/>");
	site_delete(b, one);
	converge();
	assert_string_equal(site_text(a, two), "<x/>");
}

/* ---- the same on both ------------------------------------------------------------ */

static void
the_same_import_on_two_is_one_record(void **state)
{
	const char *sid = site_add(a, "doc", NULL, "<x/>");

	(void)state;
	assert_string_equal(site_add(b, "doc", NULL, "<x/>"), sid);
	must_sync(a);
	must_sync(b);
	assert_int_equal(b->sum.conflicts, 0);
	assert_int_equal(b->sum.uploaded, 0);
	assert_int_equal(b->sum.new_version, a->sum.new_version);
	converge();
}

static void
two_importers_both_say_something(void **state)
{
	const char *sid = site_add(a, "doc", NULL, "<x/>");

	(void)state;
	site_add(b, "doc", NULL, "<x/>");
	site_label(a, sid, "label");
	site_tag(b, sid, "[\"tag\"]");
	converge();
	assert_string_equal(site_held(a, sid).rec.label, "label");
	assert_string_equal(site_held(a, sid).rec.doc_collections, "[\"tag\"]");
	assert_int_equal(site_conflicts(a) + site_conflicts(b), 0);
}

static void
the_same_edit_on_two_is_no_conflict(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_save(a, sid, "<y/>");
	site_save(b, sid, "<y/>");
	converge();
	assert_int_equal(site_conflicts(a) + site_conflicts(b), 0);
	assert_string_equal(site_text(b, sid), "<y/>");
}

static void
the_same_deletion_on_two_is_no_conflict(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_delete(a, sid);
	site_delete(b, sid);
	converge();
	assert_int_equal(site_conflicts(a) + site_conflicts(b), 0);
	assert_false(site_has(a, sid));
}

static void
there_and_back_again_is_no_change(void **state)
{
	const char *sid = shared_record("<x/>");
	int64_t version;

	(void)state;
	must_sync(a);
	version = a->sum.new_version;
	site_save(a, sid, "<y/>");
	site_save(a, sid, "<x/>");
	must_sync(a);
	assert_int_equal(a->sum.new_version, version);
}

static void
different_fields_merge_without_a_word(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_label(a, sid, "label");
	site_tag(b, sid, "[\"tag\"]");
	must_sync(a);
	must_sync(b);
	assert_int_equal(b->sum.merged, 1);
	assert_int_equal(b->sum.conflicts, 0);
	converge();
	assert_string_equal(site_held(a, sid).rec.label, "label");
	assert_string_equal(site_held(a, sid).rec.doc_collections, "[\"tag\"]");
}

static void
a_content_here_and_a_field_there_merge(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_save(a, sid, "<y/>");
	site_label(b, sid, "label");
	converge();
	assert_int_equal(site_conflicts(a) + site_conflicts(b), 0);
	assert_string_equal(site_text(b, sid), "<y/>");
	assert_string_equal(site_held(a, sid).rec.label, "label");
}

/* ---- against each other ------------------------------------------------------------ */

static void
two_contents_are_a_conflict_where_it_is_unpublished(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_save(a, sid, "<a/>");
	site_save(b, sid, "<b/>");
	must_sync(a);
	must_sync(b);
	assert_int_equal(b->sum.conflicts, 1);
	assert_int_equal(b->sum.open_conflicts, 1);
	assert_status(b, sid, "conflict");
	assert_string_equal(site_text(b, sid), "<b/>");
	converge();
	assert_string_equal(site_text(a, sid), "<a/>");
	assert_int_equal(site_conflicts(a), 0);
	assert_int_equal(site_conflicts(b), 1);
	assert_int_equal(b->sum.conflicts, 0);
}

static void
a_conflict_goes_when_both_turn_out_the_same(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_save(a, sid, "<a/>");
	site_save(b, sid, "<b/>");
	must_sync(a);
	must_sync(b);
	site_save(a, sid, "<b/>");
	converge();
	assert_int_equal(site_conflicts(b), 0);
	assert_string_equal(site_text(a, sid), "<b/>");
}

static void
an_edit_against_a_deletion_stays(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_delete(a, sid);
	site_save(b, sid, "<b/>");
	must_sync(a);
	must_sync(b);
	assert_status(b, sid, "conflict");
	assert_string_equal(site_text(b, sid), "<b/>");
	converge();
	assert_false(site_has(a, sid));
	assert_true(site_has(b, sid));
}

static void
a_deletion_against_an_edit_is_asked_about(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_save(a, sid, "<a/>");
	site_delete(b, sid);
	must_sync(a);
	must_sync(b);
	assert_status(b, sid, "conflict");
	converge();
	assert_string_equal(site_text(a, sid), "<a/>");
	assert_int_equal(site_conflicts(b), 1);
}

static void
a_deletion_stays_deleted(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_delete(a, sid);
	must_sync(a);
	assert_int_equal(a->sum.deleted_remote, 1);
	must_sync(b);
	assert_int_equal(b->sum.deleted_local, 1);
	assert_true(site_past(b, sid, "<x/>"));
	c = site_open(w, "clara");
	converge();
	assert_false(site_has(c, sid));
}

static void
what_was_deleted_can_be_imported_again(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_delete(a, sid);
	converge();
	assert_string_equal(site_add(b, "doc", NULL, "<x/>"), sid);
	converge();
	assert_string_equal(site_text(a, sid), "<x/>");
}

/* Both revive it with another content: a conflict; then the store's is deleted.
 * What waits here was never seen by who deleted: still a conflict. */
static void
a_conflict_without_a_base_meets_a_deletion(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_delete(a, sid);
	converge();
	site_add(a, "doc", NULL, "<x/>");
	site_save(a, sid, "<a/>");
	site_add(b, "doc", NULL, "<x/>");
	site_save(b, sid, "<b/>");
	must_sync(a);
	must_sync(b);
	assert_status(b, sid, "conflict");
	site_delete(a, sid);
	must_sync(a);
	must_sync(b);
	assert_status(b, sid, "conflict");
	converge();
	assert_false(site_has(a, sid));
	assert_string_equal(site_text(b, sid), "<b/>");
}

/* ---- a third, later ------------------------------------------------------------------ */

static void
who_joins_later_has_all_of_it(void **state)
{
	const char *sid = shared_record("<x/>");

	(void)state;
	site_save(b, sid, "<y/>");
	site_add_many(a, "many", 150); /* enough for a checkpoint */
	must_sync(a);
	converge();
	assert_non_null(site_meta(a, "checkpoint"));
	assert_string_not_equal(site_meta(a, "checkpoint"), "0");
	c = site_open(w, "clara");
	must_sync(c);
	assert_non_null(strstr(c->said, "Loading the checkpoint"));
	assert_string_equal(site_text(c, sid), "<y/>");
	assert_int_equal(site_lineage(c, sid), 2);
	converge();
}

static void
who_joins_with_records_keeps_them(void **state)
{
	const char *sid = shared_record("<x/>"), *own;

	(void)state;
	site_add_many(a, "many", 150);
	must_sync(a);
	must_sync(b);
	c = site_open(w, "clara");
	own = site_add(c, "own", NULL, "<own/>");
	assert_string_equal(site_add(c, "doc", NULL, "<x/>"), sid);
	site_label(c, sid, "label");
	must_sync(c);
	assert_int_equal(c->sum.conflicts, 0);
	converge();
	assert_string_equal(site_text(a, own), "<own/>");
	assert_string_equal(site_held(a, sid).rec.label, "label");
}

/* ---- races ------------------------------------------------------------------------------ */

static void
berta_first(struct site *r)
{
	(void)r;
	must_sync(b);
}

static void
a_lost_race_keeps_its_transaction(void **state)
{
	struct outbox before;
	struct replica mine;
	const char *sid, *txn;

	(void)state;
	shared_record("<x/>");
	sid = site_add(a, "mine", NULL, "<mine/>");
	site_add(b, "other", NULL, "<other/>");
	a->lose_swap = true;
	assert_int_equal(site_sync(a), E_REMOTE);
	assert_int_equal(outbox_find(a->db, a->mem, &before), 1);
	assert_int_equal(before.frozen, 1);
	txn = before.txn;
	a->lose_swap = false;
	a->before_swap = berta_first;
	must_sync(a);
	assert_int_equal(outbox_find(a->db, a->mem, &before), 0);
	assert_int_equal(replica_find(a->db, a->mem, site_meta(a, "replica"),
			     &mine),
	    1);
	assert_string_equal(mine.txn, txn);
	assert_int_equal(mine.counter, 2);
	converge();
	assert_string_equal(site_text(b, sid), "<mine/>");
}

/* What was lost is what the other published too: nothing is left to send. */
static void
a_race_lost_to_the_same_change_ends(void **state)
{
	const char *sid = site_add(a, "doc", NULL, "<x/>");

	(void)state;
	site_add(b, "doc", NULL, "<x/>");
	a->before_swap = berta_first;
	must_sync(a);
	assert_status(a, sid, "synced");
	assert_int_equal(a->sum.new_version, b->sum.new_version);
	converge();
}

static void
a_lost_answer_is_no_second_commit(void **state)
{
	const char *sid = site_add(a, "doc", NULL, "<x/>");

	(void)state;
	a->mute_swap = true;
	must_sync(a);
	a->mute_swap = false;
	assert_int_equal(a->sum.new_version, 1);
	assert_status(a, sid, "synced");
	converge();
	assert_int_equal(a->sum.new_version, 1);
}

static void
an_open_outcome_stays_frozen_and_is_finished(void **state)
{
	const char *sid = site_add(a, "doc", NULL, "<x/>"), *later;
	struct outbox first, second;

	(void)state;
	a->lose_swap = true;
	assert_int_equal(site_sync(a), E_REMOTE);
	site_check(a);
	assert_status(a, sid, "pending_upload");
	assert_int_equal(outbox_find(a->db, a->mem, &first), 1);
	assert_int_equal(first.frozen, 1);
	later = site_add(a, "later", NULL, "<later/>");
	site_label(a, sid, "edited meanwhile");
	assert_int_equal(site_sync(a), E_REMOTE);
	assert_int_equal(outbox_find(a->db, a->mem, &second), 1);
	assert_string_equal(second.commit_id, first.commit_id);
	assert_int_equal(second.frozen, 1);
	a->lose_swap = false;
	must_sync(a);
	assert_int_equal(a->sum.new_version, 2);
	converge();
	assert_string_equal(site_held(b, sid).rec.label, "edited meanwhile");
	assert_string_equal(site_text(b, later), "<later/>");
	assert_int_equal(site_conflicts(a) + site_conflicts(b), 0);
}

/* A forced sync looks for damage and may publish: not over an open outcome. */
static void
a_forced_sync_leaves_a_frozen_commit_alone(void **state)
{
	const char *sid = shared_record("<x/>");
	struct outbox first, second;

	(void)state;
	world_run(w, "for f in store/*/%s.tei.xml; do : > $f; done",
	    id_of(a, "<x/>"));
	site_label(a, sid, "L");
	a->lose_swap = true;
	assert_int_equal(site_sync(a), E_REMOTE);
	assert_int_equal(outbox_find(a->db, a->mem, &first), 1);
	a->opt.force = true;
	assert_int_equal(site_sync(a), E_REMOTE);
	assert_int_equal(outbox_find(a->db, a->mem, &second), 1);
	assert_string_equal(second.commit_id, first.commit_id);
	assert_int_equal(second.frozen, 1);
	a->lose_swap = false;
	must_sync(a);
	a->opt.force = false;
	converge();
	c = site_open(w, "clara");
	must_sync(c);
	assert_string_equal(site_text(c, sid), "<x/>");
	assert_string_equal(site_held(c, sid).rec.label, "L");
}

/* The server lost it in between, with a crash of its own. */
static void
a_frozen_commit_that_the_store_lost_is_put_again(void **state)
{
	const char *sid = site_add(a, "doc", NULL, "<x/>");

	(void)state;
	a->lose_swap = true;
	assert_int_equal(site_sync(a), E_REMOTE);
	a->lose_swap = false;
	world_run(w, "rm store/commits/00000000/*");
	must_sync(a);
	converge();
	assert_string_equal(site_text(b, sid), "<x/>");
}

/* ---- edits while it runs ------------------------------------------------------------------ */

static const char *edited;

static void
anna_edits(struct site *r)
{
	site_save(r, edited, "<meanwhile/>");
}

static void
an_edit_during_a_sync_is_not_lost(void **state)
{
	(void)state;
	edited = site_add(a, "doc", NULL, "<x/>");
	a->before_swap = anna_edits;
	must_sync(a);
	assert_string_equal(site_text(a, edited), "<meanwhile/>");
	converge();
	assert_string_equal(site_text(b, edited), "<meanwhile/>");
	assert_int_equal(site_conflicts(a) + site_conflicts(b), 0);
	assert_string_equal(site_parents(b, edited),
	    mem_printf(a->mem, "[[\"%s\",\"%s\"]]", edited, id_of(a, "<x/>")));
}

static void
anna_deletes(struct site *r)
{
	site_delete(r, edited);
}

static void
a_deletion_during_a_sync_is_not_lost(void **state)
{
	(void)state;
	edited = site_add(a, "doc", NULL, "<x/>");
	a->before_swap = anna_deletes;
	must_sync(a);
	converge();
	assert_false(site_has(a, edited));
	assert_false(site_has(b, edited));
	assert_true(site_past(a, edited, "<x/>"));
}

/* ---- the guard ---------------------------------------------------------------------------- */

static void
a_library_of(int n)
{
	site_add_many(a, "many", n);
	must_sync(a);
	must_sync(b);
}

static void
too_many_deletions_need_a_word(void **state)
{
	int64_t version;

	(void)state;
	a_library_of(60);
	version = a->sum.new_version;
	site_delete_many(a, "many", 30);
	assert_int_equal(site_sync(a), E_GUARD);
	assert_int_equal(world_head(a).version, version);
	assert_int_equal(site_sync(a), E_GUARD); /* not later by itself */
	site_check(a);
	a->opt.confirm_deletions = true;
	must_sync(a);
	assert_int_equal(a->sum.deleted_remote, 30);
	/* and here it is another person's word */
	assert_int_equal(site_sync(b), E_GUARD);
	assert_int_equal(site_sync(b), E_GUARD);
	site_check(b);
	assert_int_equal(b->sum.deleted_local, 0);
	b->opt.confirm_deletions = true;
	must_sync(b);
	assert_int_equal(b->sum.deleted_local, 30);
	a->opt.confirm_deletions = b->opt.confirm_deletions = false;
	converge();
}

static void
the_guard_counts_a_day_of_taking(void **state)
{
	(void)state;
	a_library_of(60);
	a->opt.confirm_deletions = true;
	site_delete_many(a, "many", 15);
	must_sync(a);
	must_sync(b);
	site_delete_many(a, "many", 15);
	must_sync(a);
	assert_int_equal(site_sync(b), E_GUARD);
}

static void
the_guard_counts_a_day_of_sending(void **state)
{
	(void)state;
	a_library_of(60);
	site_delete_many(a, "many", 15);
	must_sync(a);
	site_delete_many(a, "many", 15);
	assert_int_equal(site_sync(a), E_GUARD);
	a->opt.confirm_deletions = true;
	must_sync(a);
	a->opt.confirm_deletions = false;
	site_delete_many(a, "many", 5); /* a word covers what was before */
	must_sync(a);
}

static void
what_came_and_went_is_not_counted(void **state)
{
	(void)state;
	a_library_of(5);
	a->opt.confirm_deletions = true;
	site_add_many(a, "passing", 30);
	must_sync(a);
	site_delete_many(a, "passing", 30);
	must_sync(a);
	must_sync(b);
	assert_int_equal(b->sum.deleted_local, 30);
	site_delete_many(b, "many", 2); /* and not of 32 */
	must_sync(b);
}

static void
what_was_edited_and_went_is_counted(void **state)
{
	const char *ids[15];

	(void)state;
	for (int i = 0; i < 15; i++)
		ids[i] = site_add(a, mem_printf(a->mem, "some%d", i), NULL,
		    mem_printf(a->mem, "<some n='%d'/>", i));
	a_library_of(60);
	for (int i = 0; i < 15; i++)
		site_save(a, ids[i], mem_printf(a->mem, "<more n='%d'/>", i));
	must_sync(a);
	site_delete_many(a, "some", 15);
	must_sync(a);
	must_sync(b); /* both at once */
	assert_int_equal(b->sum.deleted_local, 15);
	site_delete_many(b, "many", 15);
	assert_int_equal(site_sync(b), E_GUARD);
}

/* ---- stopping ------------------------------------------------------------------------------- */

static void
a_sync_can_be_stopped_at_any_question(void **state)
{
	const char *sid;
	int rc, n;

	(void)state;
	shared_record("<x/>");
	for (n = 1; n < 1000; n++) {
		sid = site_add(a, mem_printf(a->mem, "doc%d", n), NULL,
		    mem_printf(a->mem, "<n>%d</n>", n));
		site_label(b, site_add(b, "b", NULL, "<b/>"),
		    mem_printf(a->mem, "%d", n));
		must_sync(b);
		a->stop_after = n;
		rc = site_sync(a);
		site_check(a);
		if (rc == 0)
			break;
		assert_int_equal(rc, E_STOPPED);
		a->stop_after = 0;
		must_sync(a);
		assert_status(a, sid, "synced");
	}
	assert_in_range(n, 5, 900);
	a->stop_after = 0;
	converge();
}

static void
one_sync_at_a_time(void **state)
{
	struct sync s;
	int lock;

	(void)state;
	site_stage(a, &s);
	assert_true((lock = run_lock(&s)) >= 0);
	assert_int_equal(site_sync(a), E_BUSY);
	close(lock);
	site_unstage(&s);
	must_sync(a);
}

/* Both were started at once; one waited for a moment before it began. */
static void
what_another_sync_just_did_is_seen(void **state)
{
	struct site *again = site_open(w, "anna");
	struct sync s;
	int lock;

	(void)state;
	site_stage(a, &s);
	site_add(again, "doc", NULL, "<x/>");
	must_sync(again);
	assert_true((lock = run_lock(&s)) >= 0);
	assert_int_equal(s.last.version, 1);
	close(lock);
	site_unstage(&s);
	site_close(again);
	must_sync(a);
	assert_string_equal(a->said, "");
}

/* The clock says 2099: for the trash it is one day more. */
static void
a_clock_far_ahead_does_not_empty_the_trash(void **state)
{
	const char *sid = site_add(a, "doc", NULL, "<x/>");

	(void)state;
	a->opt.retention_days = 2;
	must_sync(a);
	site_delete(a, sid);
	must_sync(a);
	site_skip_days(30000);
	site_add(a, "other", NULL, "<y/>");
	must_sync(a);
	assert_true(site_past(a, sid, "<x/>"));
	site_skip_days(1);
	site_add(a, "third", NULL, "<z/>");
	must_sync(a);
	assert_true(site_past(a, sid, "<x/>"));
	site_skip_days(1);
	site_add(a, "fourth", NULL, "<a/>");
	must_sync(a);
	assert_false(site_past(a, sid, "<x/>"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(two_libraries_converge),
		T(an_empty_library_has_nothing_to_do),
		T(what_did_not_change_costs_one_request),
		T(a_skipped_sync_is_noted_when_asked_to),
		T(what_others_did_is_counted_as_pulled),
		T(a_forced_sync_makes_no_version),
		T(an_edit_arrives_with_its_past),
		T(fields_alone_send_no_content),
		T(a_thousand_changes_are_one_commit),
		T(what_is_sent_in_waves_is_one_progress),
		T(a_content_that_two_records_share_is_sent_once),
		T(the_same_import_on_two_is_one_record),
		T(two_importers_both_say_something),
		T(the_same_edit_on_two_is_no_conflict),
		T(the_same_deletion_on_two_is_no_conflict),
		T(there_and_back_again_is_no_change),
		T(different_fields_merge_without_a_word),
		T(a_content_here_and_a_field_there_merge),
		T(two_contents_are_a_conflict_where_it_is_unpublished),
		T(a_conflict_goes_when_both_turn_out_the_same),
		T(an_edit_against_a_deletion_stays),
		T(a_deletion_against_an_edit_is_asked_about),
		T(a_deletion_stays_deleted),
		T(what_was_deleted_can_be_imported_again),
		T(a_conflict_without_a_base_meets_a_deletion),
		T(who_joins_later_has_all_of_it),
		T(who_joins_with_records_keeps_them),
		T(a_lost_race_keeps_its_transaction),
		T(a_race_lost_to_the_same_change_ends),
		T(a_lost_answer_is_no_second_commit),
		T(an_open_outcome_stays_frozen_and_is_finished),
		T(a_forced_sync_leaves_a_frozen_commit_alone),
		T(a_frozen_commit_that_the_store_lost_is_put_again),
		T(an_edit_during_a_sync_is_not_lost),
		T(a_deletion_during_a_sync_is_not_lost),
		T(too_many_deletions_need_a_word),
		T(the_guard_counts_a_day_of_taking),
		T(the_guard_counts_a_day_of_sending),
		T(what_came_and_went_is_not_counted),
		T(what_was_edited_and_went_is_counted),
		T(a_sync_can_be_stopped_at_any_question),
		T(one_sync_at_a_time),
		T(what_another_sync_just_did_is_seen),
		T(a_clock_far_ahead_does_not_empty_the_trash),
	};

	return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}

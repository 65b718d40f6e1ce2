/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "local/db.h"
#include "sync/commit.h"
#include "unit/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * A sync dies at each of its steps; the next goes on, and in the end everything
 * is as if nothing had happened.  A step is anything that a remote is asked to
 * do, and anything that the library makes durable (the linker puts what stands
 * below around db_begin, db_end, db_run and file_write).
 */

#define DIED 77

static long steps_left = -1; /* -1: not counting */
static int depth;            /* of transactions */

static void
one_step(void)
{
	if (steps_left > 0 && --steps_left == 0)
		_exit(DIED);
}

int __real_db_begin(struct db *db);
int __wrap_db_begin(struct db *db);
int __real_db_begin_read(struct db *db);
int __wrap_db_begin_read(struct db *db);
int __real_db_end(struct db *db, int rc);
int __wrap_db_end(struct db *db, int rc);
int __real_db_run(struct stmt *st);
int __wrap_db_run(struct stmt *st);
int __real_file_write(const char *path, const void *data, size_t len,
    mode_t mode);
int __wrap_file_write(const char *path, const void *data, size_t len,
    mode_t mode);

int
__wrap_db_begin(struct db *db)
{
	int rc = __real_db_begin(db);

	depth += rc == 0;
	return rc;
}

int
__wrap_db_begin_read(struct db *db)
{
	int rc = __real_db_begin_read(db);

	depth += rc == 0;
	return rc;
}

int
__wrap_db_end(struct db *db, int rc)
{
	int ended;

	if (--depth == 0)
		one_step();
	ended = __real_db_end(db, rc);
	if (depth == 0)
		one_step();
	return ended;
}

int
__wrap_db_run(struct stmt *st)
{
	int rc = __real_db_run(st);

	if (depth == 0)
		one_step();
	return rc;
}

int
__wrap_file_write(const char *path, const void *data, size_t len, mode_t mode)
{
	int rc = __real_file_write(path, data, len, mode);

	one_step();
	return rc;
}

/* ---- the story ------------------------------------------------------------------ */

static const char *
record(struct site *r, int i)
{
	return site_add(r, mem_printf(r->mem, "doc%d", i), NULL,
	    mem_printf(r->mem, "<doc n='%d'/>", i));
}

/* Enough for a checkpoint. */
static void
weigh(struct site *r, const char *stable_id)
{
	char *json = mem_alloc(r->mem, 20100);
	struct record_set set = { .doc_metadata = json, .is_gold = -1 };

	memset(json, 'x', 20000);
	memcpy(json, "{\"long\":\"", 9);
	memcpy(json + 20000, "\"}", 3);
	assert_int_equal(record_set(r->db, stable_id, &set, r->name), 0);
}

/* Berta has published, Anna is about to sync: everything at once. */
static struct world *
tell_story(void)
{
	struct world *w = world_new();
	struct site *a = site_open(w, "anna"), *b = site_open(w, "berta");
	const char *ids[8];

	for (int i = 0; i < 7; i++)
		ids[i] = record(a, i);
	must_sync(a);
	must_sync(b);
	site_label(b, ids[0], "berta");
	site_save(b, ids[1], "<b1/>");
	site_delete(b, ids[2]);
	site_save(b, ids[4], "<b4/>");
	record(b, 20);
	must_sync(b);
	site_tag(a, ids[0], "[\"anna\"]");
	site_save(a, ids[3], "<a3/>");
	site_save(a, ids[4], "<a4/>");
	site_delete(a, ids[5]);
	site_save(a, ids[6], "<a6/>");
	record(a, 30);
	weigh(a, record(a, 31));
	site_close(a);
	site_close(b);
	return w;
}

/* The end that everybody must come to. */
struct ending {
	const char *anna, *berta;
	int64_t version;
};

static struct ending
end_of(struct world *w, struct mem *mem)
{
	struct site *all[] = { site_open(w, "anna"), site_open(w, "berta") };
	struct ending end;

	must_converge(all, 2);
	end.anna = mem_strdup(mem, site_dump(all[0], false));
	end.berta = mem_strdup(mem, site_dump(all[1], false));
	end.version = all[0]->sum.new_version;
	site_close(all[0]);
	site_close(all[1]);
	return end;
}

/* In a process of its own, which dies at step n: 0 it came to its end. */
static int
sync_until(struct world *w, const char *name, long n)
{
	struct site *r;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		r = site_open(w, name);
		steps_left = n;
		site_step = one_step;
		_exit(site_sync(r) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
same_end(struct world *w, const struct ending *want, struct mem *mem, long n)
{
	struct ending end = end_of(w, mem);

	if (strcmp(end.anna, want->anna) != 0 ||
	    strcmp(end.berta, want->berta) != 0)
		fail_msg("step %ld: another end:\n%s\nnot\n%s", n, end.anna,
		    want->anna);
	if (end.version > want->version + 1)
		fail_msg("step %ld: version %lld", n, (long long)end.version);
}

static void
every_step_can_be_the_last(void **state)
{
	struct world *story = tell_story(), *w = world_copy(story);
	struct mem *mem = mem_new();
	struct ending want = end_of(w, mem);
	int rc = DIED;
	long n;

	(void)state;
	world_free(w);
	assert_non_null(strstr(want.anna, "conflict "));
	for (n = 1; rc == DIED; n++) {
		w = world_copy(story);
		rc = sync_until(w, "anna", n);
		same_end(w, &want, mem, n);
		world_free(w);
	}
	assert_int_equal(rc, 0);
	assert_in_range(n, 60, 2000);
	print_message("# %ld steps\n", n);
	mem_free(mem);
	world_free(story);
}

/* The one that goes on, and the other replica. */
static void
a_second_and_third_can_die_too(void **state)
{
	struct world *story = tell_story(), *w = world_copy(story);
	struct mem *mem = mem_new();
	struct ending want = end_of(w, mem);
	int rc = DIED;

	(void)state;
	world_free(w);
	for (long n = 1; rc == DIED; n += 11) {
		w = world_copy(story);
		rc = sync_until(w, "anna", n);
		sync_until(w, "anna", 1 + n * 5 % 31);
		sync_until(w, "berta", 1 + n * 3 % 17);
		same_end(w, &want, mem, n);
		world_free(w);
	}
	mem_free(mem);
	world_free(story);
}

/* ---- in between, somebody edits ------------------------------------------------------ */

/* What record() answered. */
static const char *
id_of_record(struct site *r, int i)
{
	char *id = mem_alloc(r->mem, STABLE_ID_SIZE);

	stable_id_make(mem_printf(r->mem, "doc%d", i), "tei", NULL,
	    id_of(r, mem_printf(r->mem, "<doc n='%d'/>", i)), 0, id);
	return id;
}

static void
edit_all(struct world *w)
{
	struct site *r = site_open(w, "anna");

	site_label(r, id_of_record(r, 30), "after");
	site_save(r, id_of_record(r, 31), "<after/>");
	site_save(r, id_of_record(r, 6), "<after6/>");
	site_close(r);
}

static void
assert_edits(struct world *w)
{
	struct site *r = site_open(w, "berta");

	assert_string_equal(site_held(r, id_of_record(r, 30)).rec.label,
	    "after");
	assert_string_equal(site_text(r, id_of_record(r, 31)), "<after/>");
	assert_string_equal(site_text(r, id_of_record(r, 6)), "<after6/>");
	site_close(r);
}

/* Whatever was on its way, what was edited since arrives, and makes no
 * conflict: nobody else touched it. */
static void
edits_after_any_last_step_arrive(void **state)
{
	struct world *story = tell_story(), *w;
	struct mem *mem = mem_new();
	struct ending end;
	int rc = DIED;

	(void)state;
	for (long n = 1; rc == DIED; n += 3) {
		w = world_copy(story);
		rc = sync_until(w, "anna", n);
		edit_all(w);
		end = end_of(w, mem);
		assert_edits(w);
		assert_null(
		    strstr(strstr(end.anna, "conflict ") + 1, "conflict "));
		world_free(w);
	}
	mem_free(mem);
	world_free(story);
}

/* ---- what was counted ------------------------------------------------------------------ */

static struct site *dying;

static void
die_after_deletions(void)
{
	if (dying->sum.deleted_local > 0)
		_exit(DIED);
}

/* Else a program that is killed again and again deletes as much as it likes. */
static void
the_guard_remembers_who_was_killed(void **state)
{
	struct world *w = world_new();
	struct site *a = site_open(w, "anna"), *b = site_open(w, "berta");
	int status = 0;

	(void)state;
	site_add_many(a, "many", 60);
	must_sync(a);
	must_sync(b);
	a->opt.confirm_deletions = true;
	site_delete_many(a, "many", 15);
	must_sync(a);
	site_close(b);
	if (fork() == 0) {
		dying = site_open(w, "berta");
		site_step = die_after_deletions;
		_exit(site_sync(dying) == 0 ? 0 : 1);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(WEXITSTATUS(status), DIED);
	b = site_open(w, "berta");
	assert_true(atoll(site_meta(b, "version")) >= 2);
	site_delete_many(a, "many", 15);
	must_sync(a);
	assert_int_equal(site_sync(b), E_GUARD);
	site_close(a);
	site_close(b);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_can_be_the_last),
		cmocka_unit_test(a_second_and_third_can_die_too),
		cmocka_unit_test(edits_after_any_last_step_arrive),
		cmocka_unit_test(the_guard_remembers_who_was_killed),
	};

	return cmocka_run_group_tests_name("sync_crash", tests, NULL, NULL);
}

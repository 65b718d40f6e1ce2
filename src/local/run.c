/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/meta_private.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#define RUNS_KEPT 10000

static int
run_insert(struct db *db, int64_t *run_id)
{
	char now[CLOCK_TEXT_SIZE];
	struct stmt *st;
	int rc;

	rc = meta_stmt(db, RUN_BEGIN, clock_text(clock_wall_ms(), now), NULL,
	    &st);
	if (rc == 0 && (rc = db_run(st)) == 0)
		*run_id = db_last_rowid(db);
	return rc;
}

static int
run_forget(struct db *db, int64_t last)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RUN_FORGET, &st)) != 0)
		return rc;
	db_bind_int(st, 1, last);
	return db_run(st);
}

int
run_begin(struct db *db, int64_t *run_id)
{
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	if ((rc = run_insert(db, run_id)) == 0)
		rc = run_forget(db, *run_id - RUNS_KEPT);
	return db_end(db, rc);
}

static int
run_changed(struct db *db, struct stmt *st, int64_t run_id)
{
	int rc;

	if ((rc = db_run(st)) != 0)
		return rc;
	return db_changes(db) > 0
	    ? 0
	    : err_set(E_ABSENT, "no sync %lld", (long long)run_id);
}

int
run_update(struct db *db, int64_t run_id, const char *summary_json,
    int64_t deleted)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RUN_UPDATE, &st)) != 0)
		return rc;
	db_bind_int(st, 1, run_id);
	db_bind_text(st, 2, summary_json);
	db_bind_int(st, 3, deleted);
	return run_changed(db, st, run_id);
}

static int
total_add(struct db *db, int64_t run_id, const char *outcome,
    const char *summary_json)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, TOTAL_ADD, &st)) != 0)
		return rc;
	db_bind_int(st, 1, run_id);
	db_bind_text(st, 2, outcome);
	db_bind_text(st, 3, summary_json);
	return db_run(st);
}

static int
note_end(struct db *db, int64_t run_id, const char *outcome, const char *error,
    const char *summary_json, int64_t deleted, int confirmed)
{
	char now[CLOCK_TEXT_SIZE];
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RUN_END, &st)) != 0)
		return rc;
	db_bind_int(st, 1, run_id);
	db_bind_text(st, 2, clock_text(clock_wall_ms(), now));
	db_bind_text(st, 3, outcome);
	db_bind_text(st, 4, error);
	db_bind_text(st, 5, summary_json);
	db_bind_int(st, 6, deleted);
	db_bind_int(st, 7, confirmed != 0);
	return run_changed(db, st, run_id);
}

int
run_end(struct db *db, int64_t run_id, const char *outcome, const char *error,
    const char *summary_json, int64_t deleted, int confirmed)
{
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	rc = total_add(db, run_id, outcome, summary_json);
	if (rc == 0)
		rc = note_end(db, run_id, outcome, error, summary_json, deleted,
		    confirmed);
	return db_end(db, rc);
}

int
run_deleted(struct db *db, const char *since, int64_t after_run, int64_t *n)
{
	struct stmt *st;
	int rc = meta_stmt(db, RUN_DELETED, since, NULL, &st);

	if (rc == 0) {
		db_bind_int(st, 2, after_run);
		rc = meta_number(st, n);
	}
	return rc < 0 ? rc : 0;
}

static int
run_read(struct stmt *st, struct mem *mem, struct run *run)
{
	int rc = db_step(st);

	if (rc != 1)
		return rc;
	run->run_id = db_int(st, 0);
	run->started_at = db_text_dup(st, 1, mem);
	run->ended_at = db_text_dup(st, 2, mem);
	run->outcome = db_text_dup(st, 3, mem);
	run->error = db_text_dup(st, 4, mem);
	run->summary = db_text_dup(st, 5, mem);
	db_reset(st);
	return 1;
}

static int
run_row(struct db *db, struct mem *mem, int64_t before, struct run *run)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RUN_EACH, &st)) != 0)
		return rc;
	db_bind_int(st, 1, before);
	return run_read(st, mem, run);
}

int
run_find(struct db *db, struct mem *mem, int64_t run_id, struct run *run)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RUN_FIND, &st)) != 0)
		return rc;
	db_bind_int(st, 1, run_id);
	return run_read(st, mem, run);
}

int
run_each(struct db *db, int limit, int (*fn)(void *arg, const struct run *run),
    void *arg)
{
	struct run run = { .run_id = INT64_MAX };
	struct mem *mem = mem_new();
	int rc = 0;

	while (rc == 0 && limit-- > 0) {
		mem_reset(mem);
		rc = run_row(db, mem, run.run_id, &run);
		if (rc != 1)
			break;
		rc = fn(arg, &run);
	}
	mem_free(mem);
	return rc;
}

static int
run_total_next(struct db *db, struct mem *mem, const char *after,
    struct run_total *total)
{
	struct stmt *st;
	int rc = meta_stmt(db, TOTAL_NEXT, after, NULL, &st);

	if (rc != 0 || (rc = db_step(st)) != 1)
		return rc;
	total->outcome = db_text_dup(st, 0, mem);
	total->runs = db_int(st, 1);
	total->duration_ms = db_int(st, 2);
	total->bytes_up = db_int(st, 3);
	total->bytes_down = db_int(st, 4);
	total->requests = db_int(st, 5);
	total->errors = db_int(st, 6);
	for (int i = 0; i < 4; i++)
		total->answered[i] = db_int(st, 7 + i);
	db_reset(st);
	return 1;
}

int
run_total_each(struct db *db,
    int (*fn)(void *arg, const struct run_total *total), void *arg)
{
	struct run_total total = { .outcome = "" };
	struct mem *mem = mem_new();
	int rc;

	while ((rc = run_total_next(db, mem, total.outcome, &total)) == 1 &&
	    (rc = fn(arg, &total)) == 0)
		continue;
	mem_free(mem);
	return rc;
}

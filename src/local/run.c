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

int
run_end(struct db *db, int64_t run_id, const char *outcome, const char *error,
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
run_row(struct db *db, struct mem *mem, int64_t before, struct run *run)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RUN_EACH, &st)) != 0)
		return rc;
	db_bind_int(st, 1, before);
	if ((rc = db_step(st)) != 1)
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

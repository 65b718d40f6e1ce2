/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record_row.h"

#define REKEY_TRIES 1000

/* ---- another id -------------------------------------------------------------- */

static int
free_id(struct db *db, struct mem *mem, const struct record *rec,
    char stable_id[STABLE_ID_SIZE])
{
	struct held other;
	int rc;

	for (int64_t salt = 1; salt < REKEY_TRIES; salt++) {
		stable_id_make(rec->doc_id, rec->file_type, rec->variant,
		    rec->id, salt, stable_id);
		if ((rc = record_find(db, mem, stable_id, &other)) <= 0)
			return rc;
	}
	return err_set(E_CORRUPT, "no free id for %s", rec->filename);
}

int
record_rekey(struct db *db, struct mem *mem, const char *stable_id,
    const char **new_id)
{
	char fresh[STABLE_ID_SIZE];
	struct record_write w = { .by_user = true, .kind = "rekey" };
	struct record row;
	struct held held;
	int rc;

	if ((rc = record_find(db, mem, stable_id, &held)) != 1)
		return rc < 0 ? rc
			      : err_set(E_ABSENT, "no record %s", stable_id);
	if (held.remote_version != 0)
		return err_set(E_INPUT, "%s is on the store", stable_id);
	if ((rc = free_id(db, mem, &held.rec, fresh)) != 0)
		return rc;
	row = held.rec;
	row.stable_id = *new_id = mem_strdup(mem, fresh);
	w.row = &row;
	w.user = row.created_by;
	w.parents = held.parents;
	return record_write(db, &w);
}

int
record_set_reason(struct db *db, const char *stable_id, const char *reason)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RECORD_SET_REASON, &st)) != 0)
		return rc;
	db_bind_text(st, 1, stable_id);
	db_bind_text(st, 2, reason);
	return db_run(st);
}

/* ---- a side that is not there --------------------------------------------------- */

static int
forget_digest(struct db *db, const struct record *side)
{
	char text[HASH_HEX_SIZE];
	struct hash state, one;
	int rc;

	if ((rc = state_find(db, &state)) < 0)
		return rc;
	shared_digest(side, &one);
	hash_sum_sub(&state, &one);
	return meta_put(db, "state", hash_hex(&state, text));
}

static int
forget_name(struct db *db, const struct record *side)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, NAME_UNTAKE, &st)) != 0)
		return rc;
	db_bind_text(st, 1, side->id);
	db_bind_text(st, 2, side->file_type);
	db_bind_int(st, 3, side->generation);
	return db_run(st);
}

int
side_forget_one(struct db *db, const char *stable_id)
{
	struct mem *mem = mem_new();
	struct record side;
	int rc;

	if ((rc = record_side(db, mem, stable_id, &side, NULL)) == 1 &&
	    (rc = forget_digest(db, &side)) == 0 &&
	    (rc = forget_name(db, &side)) == 0 &&
	    (rc = db_run_on(db, BASE_REMOVE, stable_id)) == 0)
		rc = db_run_on(db, SIDE_FORGET_ONE, stable_id);
	mem_free(mem);
	return rc;
}

/* ---- by content ------------------------------------------------------------------ */

struct sharing {
	char (*ids)[STABLE_ID_SIZE];
	int n;
};

#define SHARING_MAX 10000

static int
find_sharing(struct db *db, const char *id, const char *file_type,
    struct sharing *found)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, RECORD_WITH, &st)) != 0)
		return rc;
	db_bind_text(st, 1, id);
	db_bind_text(st, 2, file_type);
	db_bind_int(st, 3, SHARING_MAX);
	while ((rc = db_step(st)) == 1) {
		const char *stable_id = db_text(st, 0);

		memcpy(found->ids[found->n++], stable_id,
		    strlen(stable_id) + 1);
	}
	return rc;
}

int
record_each_with(struct db *db, const char *id, const char *file_type,
    int (*fn)(void *arg, const struct held *held), void *arg)
{
	struct sharing found = { xmalloc(SHARING_MAX * STABLE_ID_SIZE), 0 };
	struct mem *mem = mem_new();
	struct held held;
	int rc = find_sharing(db, id, file_type, &found);

	for (int i = 0; rc == 0 && i < found.n; i++) {
		mem_reset(mem);
		if ((rc = record_find(db, mem, found.ids[i], &held)) == 1)
			rc = fn(arg, &held);
	}
	mem_free(mem);
	free(found.ids);
	return rc;
}

int
content_size(struct db *db, const char *id, const char *file_type,
    int64_t *size_bytes)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, CONTENT_SIZE, &st)) != 0)
		return rc;
	db_bind_text(st, 1, id);
	db_bind_text(st, 2, file_type);
	if ((rc = db_step(st)) != 1)
		return rc < 0 ? rc : err_set(E_ABSENT, "no content %s", id);
	*size_bytes = db_int(st, 0);
	db_reset(st);
	return 0;
}

/* ---- names ------------------------------------------------------------------------- */

int
name_each(struct db *db, const char *prefix, const char *after, int max,
    int (*fn)(void *arg, const struct name *name), void *arg)
{
	struct stmt *st;
	char end[HASH_HEX_SIZE + 1];
	int rc, told = 0, n = 0;

	if ((rc = db_stmt(db, NAME_PAGE, &st)) != 0)
		return rc;
	snprintf(end, sizeof(end), "%s~", prefix);
	db_bind_text(st, 1, str_cmp(prefix, after) > 0 ? prefix : after);
	db_bind_text(st, 2, end);
	db_bind_int(st, 3, max);
	while (told >= 0 && (rc = db_step(st)) == 1) {
		struct name name = { db_text(st, 0), db_text(st, 1),
			db_int(st, 2), db_is_null(st, 3) ? -1 : db_int(st, 3),
			db_int(st, 4) != 0 };

		told = fn(arg, &name);
		n++;
	}
	db_reset(st);
	if (told < 0)
		return told;
	return rc < 0 ? rc : n;
}

int
name_each_dropped(struct db *db, const struct name *after, int max,
    int (*fn)(void *arg, const struct name *name), void *arg)
{
	struct stmt *st;
	int rc, told = 0, n = 0;

	if ((rc = db_stmt(db, NAME_DROPPED_PAGE, &st)) != 0)
		return rc;
	db_bind_text(st, 1, after->id);
	db_bind_text(st, 2, after->file_type);
	db_bind_int(st, 3, after->generation);
	db_bind_int(st, 4, max);
	for (; told >= 0 && (rc = db_step(st)) == 1; n++) {
		struct name name = { db_text(st, 0), db_text(st, 1),
			db_int(st, 2), -1, 0 };

		told = fn(arg, &name);
	}
	db_reset(st);
	if (told < 0)
		return told;
	return rc < 0 ? rc : n;
}

int
name_let_go(struct db *db, const char *id, const char *file_type,
    int64_t generation, int64_t version, const char *at)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, CHECKPOINT_PUT_DROPPED, &st)) != 0)
		return rc;
	db_bind_text(st, 1, id);
	db_bind_text(st, 2, file_type);
	db_bind_int(st, 3, generation);
	db_bind_int(st, 4, version);
	db_bind_text(st, 5, at);
	return db_run(st);
}

int
name_retire(struct db *db, const char *id, const char *file_type,
    int64_t generation)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, NAME_RETIRE, &st)) != 0)
		return rc;
	db_bind_text(st, 1, id);
	db_bind_text(st, 2, file_type);
	db_bind_int(st, 3, generation);
	return db_run(st);
}

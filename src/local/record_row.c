/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/record_row.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"

#include <string.h>

void
row_bind(struct stmt *st, const struct record *rec)
{
	const struct shared_column *column;
	int i;

	for (i = 0; i < SHARED_COLUMNS; i++) {
		column = &shared_columns[i];
		if (shared_is_number(column))
			db_bind_int(st, i + 1, shared_number(rec, column));
		else
			db_bind_text(st, i + 1, shared_text(rec, column));
	}
	db_bind_text(st, ROW_SHARED, rec->extra);
}

void
row_bind_held(struct stmt *st, const struct held *held)
{
	row_bind(st, &held->rec);
	if (held->remote_version > 0)
		db_bind_int(st, 22, held->remote_version);
	else
		db_bind_null(st, 22);
	db_bind_text(st, 23, held->local_modified_at);
	db_bind_text(st, 24, held->sync_status);
	db_bind_text(st, 25, held->sync_hash);
	db_bind_text(st, 26, held->sync_reason);
	db_bind_int(st, 27, held->revision);
	db_bind_text(st, 28, held->parents);
}

static const char *
read_text(struct stmt *st, int column, struct mem *mem)
{
	return mem == NULL ? db_text(st, column) : db_text_dup(st, column, mem);
}

void
row_read(struct stmt *st, struct mem *mem, struct record *rec)
{
	const struct shared_column *column;
	int i;

	for (i = 0; i < SHARED_COLUMNS; i++) {
		column = &shared_columns[i];
		if (shared_is_number(column))
			shared_set_number(rec, column, db_int(st, i));
		else
			shared_set_text(rec, column, read_text(st, i, mem));
	}
	rec->extra = read_text(st, SHARED_COLUMNS, mem);
}

void
row_read_held(struct stmt *st, struct mem *mem, struct held *held)
{
	row_read(st, mem, &held->rec);
	held->remote_version = db_int(st, 21); /* NULL reads as 0 */
	held->local_modified_at = read_text(st, 22, mem);
	held->sync_status = read_text(st, 23, mem);
	held->sync_hash = read_text(st, 24, mem);
	held->sync_reason = read_text(st, 25, mem);
	held->revision = db_int(st, 26);
	held->parents = read_text(st, 27, mem);
}

int
row_decode(struct mem *mem, const char *text, struct record *rec)
{
	if (shared_decode(mem, json_of(text), rec) != 0)
		return err_wrap(E_CORRUPT, "a stored record");
	return 0;
}

int
row_side(struct db *db, struct mem *mem, const struct held *held,
    struct record *side)
{
	struct stmt *st;
	char *text;
	int rc;

	if (held->remote_version == 0)
		return 0;
	if ((rc = db_stmt(db, BASE_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, held->rec.stable_id);
	if ((rc = db_step(st)) < 0)
		return rc;
	if (rc == 0) {
		*side = held->rec;
		return 1;
	}
	text = db_text_dup(st, 0, mem);
	db_reset(st);
	rc = row_decode(mem, text, side);
	return rc == 0 ? 1 : rc;
}

char *
row_now(char out[25])
{
	return clock_text(clock_wall_ms(), out);
}

bool
row_is_status(const char *status)
{
	static const char *const known[] = { "synced", "modified",
		"pending_upload", "pending_download", "pending_delete",
		"conflict" };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (str_eq(status, known[i]))
			return true;
	return false;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_RECORD_EDIT_H
#define LOCAL_RECORD_EDIT_H

#include "local/record.h"

struct db;
struct mem;

/* A change that a user makes: for the files of this folder alone. */
struct edit {
	struct db *db;
	struct mem *mem;
	struct held held;   /* as it was found */
	struct record side; /* if has_side */
	bool has_side;
	struct record row; /* as it is to be; starts as it was */
	const char *user;
};

/* edit_begin, edit_end - around the whole of it, as db_begin and db_end; `e` is
 * zeroed before. */
int edit_begin(struct edit *e, struct db *db, const char *user);
int edit_end(struct edit *e, int rc);

/* edit_find - load a record, in the caller's transaction.  E_ABSENT. */
int edit_find(struct edit *e, const char *stable_id);

/* edit_deny_conflict - E_DENIED while a conflict is open. */
int edit_deny_conflict(const struct edit *e);

/* edit_set_content - give the row this content, under the name that the store
 * has for it, if it is the store's. */
void edit_set_content(struct edit *e, const char *id, int64_t file_size);

/*
 * edit_write - stamp and write the row; its parents follow from where its
 * content came from.  Nothing happens when nothing changed; a row that is again
 * what the store has needs no sending.
 */
int edit_write(struct edit *e, const char *kind);

/* edit_need_content - after edit_write: E_CONFLICT when the row's content is
 * not in the blobs. */
int edit_need_content(const struct edit *e);

/* edit_content_came - the row stays as it was, but its content was put into
 * the blobs again: who waited for it has it. */
int edit_content_came(const struct edit *e);

#endif

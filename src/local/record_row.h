/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_RECORD_ROW_H
#define LOCAL_RECORD_ROW_H

#include "local/record.h"

struct mem;
struct stmt;

/* Records in rows and JSON texts: for the files of this folder alone. */

/* Columns of SHARED and HELD in sql.c; another column's place is behind. */
#define ROW_SHARED 21
#define ROW_HELD 28

/* row_bind - the shared record as parameters 1 to ROW_SHARED. */
void row_bind(struct stmt *st, const struct record *rec);
/* row_bind_held - all of it, as 1 to ROW_HELD. */
void row_bind_held(struct stmt *st, const struct held *held);

/*
 * row_read, row_read_held - from the first columns of a row.  Texts are copied
 * to `mem`; with NULL they are borrowed until the next step.
 */
void row_read(struct stmt *st, struct mem *mem, struct record *rec);
void row_read_held(struct stmt *st, struct mem *mem, struct held *held);

/*
 * row_decode - from the JSON that a column of base, history or conflicts holds.
 * E_CORRUPT, as this library wrote it itself.
 */
int row_decode(struct mem *mem, const char *text, struct record *rec);

/* row_side - as record_side, of a row that was read already. */
int row_side(struct db *db, struct mem *mem, const struct held *held,
    struct record *side);

/* row_now - the time as text. */
char *row_now(char out[25]);

/* row_is_status - is it one of the words that sync_status knows? */
bool row_is_status(const char *status);

#endif

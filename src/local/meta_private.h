/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_META_PRIVATE_H
#define LOCAL_META_PRIVATE_H

#include <stdint.h>

#include "local/db.h"
#include "local/meta.h"

/* What meta.c, outbox.c and run.c share, and nobody else. */

/* meta_stmt - the statement with its first parameters, texts (`two` may be
 * NULL: none). */
int meta_stmt(struct db *db, enum sql sql, const char *one, const char *two,
    struct stmt **st);

/* meta_run - a statement without parameters and rows. */
int meta_run(struct db *db, enum sql sql);

/* 1 there is a row, 0 there is none; and its first column. */
int meta_is_there(struct stmt *st);
int meta_text(struct stmt *st, struct mem *mem, char **text);
int meta_number(struct stmt *st, int64_t *value);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_OUT_H
#define TOOL_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/str.h"

#define OUT_COLUMNS_MAX 12

/*
 * A column of a table.  `width`: columns of a terminal; negative: set to the
 * right; 0: the last one, as long as it is.  A list of columns ends with a row
 * without a key.
 */
struct out_column {
	const char *key; /* which value stands there */
	const char *title;
	int width;
};

/*
 * Data on stdout, one row after another, in one of these forms:
 *
 *   JSON           one object a line (so with one row, one document)
 *   table          with columns, on a terminal: a title line, then aligned
 *                  rows, cut to its width
 *   table in a pipe   values between tabs, no titles, sizes in bytes
 *   record         without columns: one line "key  value" for each value
 *
 * Values that no column names stand in the JSON alone.
 */
struct out {
	bool is_json;
	bool is_terminal;
	int width; /* of the terminal; 0: none */
	const struct out_column *columns;
	struct buf row;
	struct buf cells[OUT_COLUMNS_MAX];
	int64_t rows;
};

void out_init(struct out *out, bool is_json, const struct out_column *columns);
void out_release(struct out *out);

/* One value of the present row; a NULL text is null, and "-" in a table. */
void out_text(struct out *out, const char *key, const char *text);
void out_int(struct out *out, const char *key, int64_t value);
void out_bool(struct out *out, const char *key, bool value);
void out_size(struct out *out, const char *key, int64_t bytes);

/* out_time - a time of the library, shorter where it is for people. */
void out_time(struct out *out, const char *key, const char *time);

/* out_json - a value that is JSON already. */
void out_json(struct out *out, const char *key, const char *json);

/* out_members - all members of a JSON object; nothing in other forms. */
void out_members(struct out *out, const char *object);

/* out_row - the row is complete: write it.  E_IO. */
int out_row(struct out *out);

/* out_write - bytes to stdout as they are.  E_IO. */
int out_write(const void *data, size_t len);

/* out_end - all that was written has arrived.  E_IO. */
int out_end(void);

/* out_is_gone - nobody reads stdout any more (EPIPE): be quiet about it. */
bool out_is_gone(void);

#endif

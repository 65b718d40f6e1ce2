/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_FOREIGN_H
#define LOCAL_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What a metadata.db that older software left says of contents: its table
 * file_metadata (or files), the columns of the shared record by their names,
 * each of which may be missing, NULL or broken.  The bytes of a stranger: it is
 * opened as a checkpoint is, nothing in it runs, and each row is checked and
 * copied to a file of our own before anything is made of it.
 */
struct foreign;

/*
 * foreign_open - read all of it.
 *
 *   path     the file; it is not changed
 *   scratch  where our copy goes; removed by foreign_close
 *   rows     receives how many say something of a content
 *
 * E_CORRUPT: it is no database, or holds no such table; E_IO.
 */
int foreign_open(const char *path, const char *scratch,
    struct foreign **foreign, int64_t *rows);
void foreign_close(struct foreign *foreign); /* NULL is fine */

/* One row; what was NULL, missing or broken is NULL (or -1, or false). */
struct foreign_row {
	const char *id;
	const char *stable_id;
	const char *filename;
	const char *doc_id;
	const char *doc_id_type;
	const char *file_type;
	const char *label;
	const char *variant;
	int64_t version; /* -1: none */
	bool is_gold;
	const char *doc_collections; /* canonical */
	const char *doc_metadata;    /* canonical */
	const char *file_metadata;   /* canonical */
	bool deleted;
	const char *created_at; /* in our form, not in the future */
	const char *created_by;
	const char *updated_at;
};

/*
 * foreign_each - the rows of one content, or of all (`id` NULL), in order of
 * id, file_type and stable_id.  What `fn` receives is valid during the call;
 * non-zero from it stops and is answered.
 */
int foreign_each(struct foreign *foreign, const char *id, const char *file_type,
    int (*fn)(void *arg, const struct foreign_row *row), void *arg);

#endif

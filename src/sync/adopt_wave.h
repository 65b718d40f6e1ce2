/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_ADOPT_WAVE_H
#define SYNC_ADOPT_WAVE_H

#include "base/hash.h"
#include "base/str.h"
#include "local/foreign.h"
#include "sync/adopt.h"
#include "sync/run.h"

/* Parts of an adoption: for adopt*.c alone. */

#define ADOPT_WAVE_FILES 1000
#define ADOPT_WAVE_BYTES (256LL * 1024 * 1024)

/* A content on its way to be a record.  Texts are memory of the wave. */
struct adopt_item {
	char id[HASH_HEX_SIZE];
	const char *file_type;
	const char *path;
	const char *file; /* here, while it is looked at */
	int64_t size_bytes;
	int64_t mtime;      /* seconds; -1: not told */
	bool is_marked;     /* a marker says that it was deleted */
	bool is_asked_for;  /* no listing showed it, metadata.db names it */
	bool has_arrived;   /* and has the hash of its name */
	bool is_live;       /* some record of it is to live */
	const char *doc_id; /* what a TEI says of itself, or NULL */
	const char *variant;
};

struct adopt {
	struct sync *s;
	struct mem *mem;         /* of the wave */
	struct mem *one;         /* of one record */
	struct foreign *foreign; /* NULL: there is no metadata.db */
	struct adopt_counts *counts;
	struct adopt_item items[ADOPT_WAVE_FILES];
	int n;
	int next;
	int64_t bytes;
	int64_t unread;  /* contents that could not be read for now */
	struct buf left; /* ids of what was left alone, each closed with a
			    line feed */
};

/* adopt_leave - tell that this file is left alone, and why. */
void adopt_leave(struct adopt *a, const char *path, const char *why);

/* adopt_wave - read what is in the wave, make records, publish them; it is
 * empty then. */
int adopt_wave(struct adopt *a);

/*
 * adopt_record - in the caller's transaction: records of a content that was
 * read: one for each row of metadata.db, or one for what it says of itself.
 */
int adopt_record(struct adopt *a, const struct adopt_item *item);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_COMMIT_H
#define SYNC_COMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/str.h"
#include "local/shared.h"

struct mem;

#define COMMIT_FORMAT "stemma-commit"
#define COMMIT_READER 2 /* what min_reader this program satisfies */
#define COMMIT_WRITER 2 /* and which min_writer */
#define COMMIT_READER_MOVED 2 /* who reads on behind a seal: moved_to */
#define COMMIT_WRITER_FORGETS 2 /* who writes after names were forgotten */
#define COMMIT_ANCESTORS 16
#define COMMIT_CHANGES_MAX 1000
/*
 * What a writer fills with changes; one that is larger stands alone.  With the
 * header it stays below 1 MiB, which is what nginx takes unless it is told
 * otherwise.
 */
#define COMMIT_BYTES_MAX (1008 * 1024)
#define COMMIT_READ_MAX (4 * 1024 * 1024) /* that a reader takes */

/* A checkpoint that a commit names; version 0: none. */
struct commit_checkpoint {
	int64_t version;
	struct hash hash; /* of the packed file */
	int64_t size_bytes;
};

/*
 * The header of a commit: the first line of its object.  Texts are memory of
 * whoever read it, or borrowed for writing.
 */
struct commit {
	const char *store; /* UUID */
	int64_t version;
	struct hash parent;
	struct hash ancestors[COMMIT_ANCESTORS]; /* the parent, its parent, … */
	int ancestors_n;
	const char *nonce;
	const char *replica;
	int64_t counter;
	const char *txn;
	const char *at;
	int64_t gc; /* from here on: what never decreases along the chain */
	int64_t floor;
	int64_t forget; /* what earlier commits than that let go, the state
			   names no longer */
	struct commit_checkpoint checkpoint;
	int64_t adopted; /* 1: the folder of older software was adopted */
	int64_t min_reader;
	int64_t min_writer;
	const char *moved_to; /* this is the last commit here: the address
				 where the store is now; or NULL */
	struct hash state; /* digest after it */
	int64_t changes;   /* lines that follow */
};

/* One of the lines that follow. */
struct commit_change {
	bool is_delete;
	struct record rec;
	const char *parents; /* canonical JSON: [["stable_id","hash"], …] */
	const char *replica; /* that made the change */
	const char *user;    /* or NULL */
};

/* commit_header, commit_line - append one line with its line feed. */
void commit_header(const struct commit *c, struct buf *out);
void commit_line(const struct commit_change *change, struct buf *out);

/*
 * commit_read_header - of the object in `file`; memory of `mem`.  E_CORRUPT
 * names what is wrong; E_INPUT: it needs a newer Stemma (min_reader).
 */
int commit_read_header(struct mem *mem, const char *file, struct commit *c);

/*
 * commit_each - every change, in order.  Lines must be sorted by stable_id,
 * each once, as many as the header says, and each record in bounds: E_CORRUPT.
 * What `fn` receives is valid during the call.
 */
int commit_each(const char *file,
    int (*fn)(void *arg, const struct commit_change *change), void *arg);

/*
 * commit_follows - may `c` come after `before` in the chain (NULL: it is the
 * first)?  Version one more, the parent's id, and nothing that went back.
 * E_CORRUPT.
 */
int commit_follows(const struct commit *c, const struct commit *before,
    const struct hash *before_id);

/* parents_check - is this canonical JSON with at most two parents? */
int parents_check(const char *parents);

#endif

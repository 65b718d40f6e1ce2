/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_DOCUMENT_H
#define LOCAL_DOCUMENT_H

#include "local/record.h"

struct db;
struct mem;

/*
 * Documents: the live records of one doc_id.  A document is as old as the
 * oldest of them, which is mostly its PDF.  So its place in a listing stays
 * while people work on it, and who reads page by page misses none and sees none
 * twice.
 */
struct document {
	const char *doc_id;
	const char *at;        /* what the order goes by */
	const char *stable_id; /* of the record that it was taken from */
};

enum document_sort {
	DOCUMENT_NEWEST,  /* by created_at of its oldest record */
	DOCUMENT_CHANGED, /* by updated_at of the record changed last */
	DOCUMENT_NAME,    /* by doc_id, from A to Z */
};

/* What is wanted of its records. */
enum document_state {
	DOCUMENT_ANY,
	DOCUMENT_IN_STEP,  /* all of them are synced */
	DOCUMENT_TO_SEND,  /* one was changed here, */
	DOCUMENT_TO_FETCH, /* has no content here yet, */
	DOCUMENT_CONFLICT, /* or is in conflict */
};

/*
 * document_page - documents of a state, in an order, behind `after` (NULL: from
 * the first), at most `max` of them into `page`; texts are memory of `mem`.  Of
 * `after`, `at` and stable_id count.  Answers how many.  Without a state it
 * takes as long at a million records as at a thousand.
 */
int document_page(struct db *db, struct mem *mem, enum document_sort sort,
    enum document_state state, const struct document *after, int max,
    struct document *page);

/* Where a record stands in its document. */
enum document_slot {
	DOCUMENT_MAIN_PDF, /* one, the newest */
	DOCUMENT_VERSION,  /* neither gold nor of a variant */
	DOCUMENT_OTHER_PDF,
	DOCUMENT_GOLD,
	DOCUMENT_VARIANT, /* in order of their names */
};

/*
 * document_each_row - the records of a document, in order of their slots, in
 * each of these the newest first.  What `fn` gets is valid during the call, in
 * which it must not ask for another document's.  Memory is flat.
 */
int document_each_row(struct db *db, const char *doc_id,
    int (*fn)(void *arg, enum document_slot slot, const struct held *held),
    void *arg);

/* document_pdf - the main PDF of a document: 1 found, 0 it has none. */
int document_pdf(struct db *db, struct mem *mem, const char *doc_id,
    struct held *pdf);

/*
 * document_last_pdf - the same, or where there is none any more, the one that
 * was deleted last: what it said of who may read does not end with it.
 */
int document_last_pdf(struct db *db, struct mem *mem, const char *doc_id,
    struct held *pdf);

/*
 * document_each_by_doc - all live records, in order of doc_id; as
 * document_each_row.
 */
int document_each_by_doc(struct db *db,
    int (*fn)(void *arg, const struct held *held), void *arg);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_PICK_H
#define RESPOND_PICK_H

#include <stdbool.h>

#include "local/record.h"

struct access;
struct mem;
struct request;

/*
 * From an id that a client gave to a record, and whether the caller may.
 * Everything is memory of req->mem.
 */
#define PICK_ID_MAX 255    /* bytes of an id */
#define PICK_IDS_MAX 10000 /* ids in one request */

/*
 * pick_find - the live record that is meant: 64 hex digits are a content hash
 * (of several records that share it, the newest), anything else a stable_id.
 * 1 found, 0 there is none.  Whether the caller may is not asked.
 */
int pick_find(struct request *req, const char *id, struct held *held);

/* pick_find_any - the same, and where no live one is meant, a deleted one. */
int pick_find_any(struct request *req, const char *id, struct held *held);

/*
 * pick_access - what holds for a record: what its own metadata says, and what
 * its document's PDF says (or said, where it was deleted), whichever is
 * stricter.  Where both keep it for different owners, only admins may.
 */
int pick_access(struct request *req, const struct record *rec,
    struct access *access);

/* pick_access_of - the same, where the doc_metadata of the PDF is known (NULL:
 * there is none, or the record is it). */
void pick_access_of(struct mem *mem, const struct record *rec,
    const char *pdf_metadata, struct access *access);

/* pick_may_read - 1 the caller may know of it and have its content, 0 not.
 * Leaves nothing in req->mem, so it may be asked for each of many. */
int pick_may_read(struct request *req, const struct record *rec);

/*
 * Refusals: 403 in the words of the API.
 *
 * pick_deny_read  unless the caller may read it
 * pick_deny_edit  unless the caller may change it; of a gold standard, unless
 *                 the caller may change these
 */
int pick_deny_read(struct request *req, const struct record *rec);
int pick_deny_edit(struct request *req, const struct record *rec);

/*
 * pick_holder - who else holds its edit lock: in another session here, or on
 * another replica, which is advice.  Memory of the request; nobody: as it was.
 */
struct pick_holder {
	char *user;    /* NULL: nobody */
	char *replica; /* NULL: here */
};
int pick_holder(struct request *req, const char *stable_id,
    struct pick_holder *holder);

/* pick_deny_locked - 423 while another session holds its edit lock. */
int pick_deny_locked(struct request *req, const char *stable_id);

/*
 * pick_read, pick_edit - all of it: 404 "File not found: <id>", 403.  With
 * `_any` deleted records too.
 */
int pick_read(struct request *req, const char *id, struct held *held);
int pick_read_any(struct request *req, const char *id, struct held *held);
int pick_edit(struct request *req, const char *id, struct held *held);
int pick_edit_any(struct request *req, const char *id, struct held *held);

/* pick_check_id - 422 when a field of the body is longer than an id may be. */
int pick_check_id(struct request *req, const char *field, const char *id);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_BLOB_H
#define LOCAL_BLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"

struct db;
struct mem;

/*
 * Contents on disk: "ROOT/ab/<sha256>.<ext>", complete and durable whenever the
 * name exists, 0640 in folders 0750.  Temporary files live in
 * "ROOT/.tmp/<process>/", which a flock tells from those of processes that are
 * gone: blobs_open sweeps these.  Several threads may use one.
 *
 * An id that is no hash, or an unknown file_type, is E_INPUT everywhere: no path
 * is ever made of it.
 */
struct blobs;

/* blobs_open - makes the folder where there is none.  E_IO. */
int blobs_open(const char *root, struct blobs **blobs);
void blobs_close(struct blobs *blobs); /* NULL is fine; its folder goes */

/* blob_path - where the content is, or would be; memory of `mem`.  NULL (with
 * the error set) when `id` or `file_type` is none. */
char *blob_path(const struct blobs *blobs, struct mem *mem, const char *id,
    const char *file_type);

/* blob_find - 1 its file is here, and its length; 0 it is not.  E_IO. */
int blob_find(const struct blobs *blobs, const char *id, const char *file_type,
    int64_t *size_bytes);

/* blob_is_here - a file of that name exists. */
bool blob_is_here(const struct blobs *blobs, const char *id,
    const char *file_type);

/* blob_open - a descriptor for reading.  E_ABSENT, E_IO. */
int blob_open(const struct blobs *blobs, const char *id, const char *file_type);

/*
 * blob_temp - a fresh path in this process's temporary folder; memory of
 * `mem`.  No file is made; what is there at blobs_close is removed.
 */
char *blob_temp(struct blobs *blobs, struct mem *mem);

/*
 * blob_incoming - "ROOT/.incoming/<id>": where a download grows, so that the
 * next process can resume it; memory of `mem`.  Files there that nobody wants,
 * or of 7 days ago, are swept by blob_collect.
 */
char *blob_incoming(struct blobs *blobs, struct mem *mem, const char *id,
    const char *file_type);

/*
 * blob_uploads - "ROOT/.uploads", made: where uploads in pieces grow, on the
 * disk where they will stay; memory of `mem`.  Files there that nobody wrote to
 * for 7 days are swept by blob_collect.  NULL, with the error set.
 */
char *blob_uploads(struct blobs *blobs, struct mem *mem);

/*
 * blob_put - store a content under its SHA-256.
 *
 *   fd     open for reading; read from where it stands to its end
 *   limit  bytes; a longer content is E_INPUT; 0: none
 *   id     receives the hash; size_bytes the length
 *
 * When this returns 0 the bytes are on disk (file and folder synced).  Storing
 * what is there already writes nothing new (but mends one of another length).
 * On error nothing stays behind.  References are taken by record_write, which
 * looks that the file is still there: E_INPUT, E_IO.
 */
int blob_put(struct blobs *blobs, int fd, const char *file_type, int64_t limit,
    struct hash *id, int64_t *size_bytes);

/*
 * Many at once, made durable together: written to temporary files, one
 * syncfs(2), renamed, folders synced (by another syncfs); a few files are
 * synced singly.  A batch that is ended with an error leaves nothing.  Names are
 * not visible before blob_batch_end.  One thread uses a batch; it needs some
 * 100 bytes of memory for each content: end it after a few thousand.
 */
struct blob_batch;
int blob_batch_begin(struct blobs *blobs, struct blob_batch **batch);
int blob_batch_put(struct blob_batch *batch, int fd, const char *file_type,
    int64_t limit, struct hash *id, int64_t *size_bytes);
/* a complete file (of a download) whose hash was verified; it is moved by
 * blob_batch_end, and stays where it is when that fails. */
int blob_batch_take(struct blob_batch *batch, const char *path, const char *id,
    const char *file_type);
int blob_batch_end(struct blob_batch *batch, int rc); /* frees it; answers rc */

/*
 * A content that comes in pieces, of which nobody knows yet what it is: written
 * to a temporary file and hashed as it comes.
 *
 *   limit  bytes; what goes beyond is E_INPUT; 0: none
 *
 * blob_intake_fd lends its descriptor, to look at what has come; it may stand
 * anywhere after the last blob_intake_add.  blob_intake_end frees the intake
 * and answers `rc`: when that is not negative the content is stored as by
 * blob_put, without being read or written again; otherwise, and on an error,
 * nothing stays behind.
 */
struct blob_intake;
int blob_intake_begin(struct blobs *blobs, int64_t limit,
    struct blob_intake **in);
int blob_intake_add(struct blob_intake *in, const void *data, size_t len);
int blob_intake_fd(const struct blob_intake *in);
int blob_intake_end(struct blob_intake *in, int rc, const char *file_type,
    struct hash *id, int64_t *size_bytes);

/*
 * blob_wanted - contents that are referenced and not here, in order of id after
 * `after` (""): up to `max` of them (more only where one id has several file
 * types); 1 when there was one.  `fn` gets id, file_type, size, tries; it may
 * write; non-zero stops and is answered.  The file may be here all the same,
 * after a crash before blob_arrived: look with blob_find first.
 */
int blob_wanted(struct db *db, const char *after, int max,
    int (*fn)(void *arg, const char *id, const char *file_type,
	int64_t size_bytes, int64_t tries),
    void *arg);

/*
 * blob_arrived - in one transaction: it is present now; records that waited for
 * it become synced.  blob_missing: it could not be had, for this reason.
 */
int blob_arrived(struct db *db, const char *id, const char *file_type);
int blob_missing(struct db *db, const char *id, const char *file_type,
    const char *reason);

/*
 * blob_collect - remove contents that nobody holds (refs 0), each under the
 * write lock, so that none is removed that is just being referenced; sweep
 * files without any row that are older than a day; sweep .incoming.  `n`
 * (may be NULL) receives how many contents were removed.
 */
int blob_collect(struct blobs *blobs, struct db *db, int64_t *n);

/* blob_each_unheld - contents that nobody holds, and their lengths; in short
 * reads. */
int blob_each_unheld(struct db *db,
    int (*fn)(void *arg, const char *id, const char *file_type,
	int64_t size_bytes),
    void *arg);

/*
 * blob_check - compare: each present content exists, has its size and (with
 * `hash`) its hash; reference counts are what files, history and conflicts
 * hold; `fn` is told each fault in a sentence.  With `repair`: counts are set
 * right, a content that is damaged or missing is marked as not present (so that
 * the next sync fetches it), the damaged file moved to "ROOT/.damaged/", and one
 * that was thought missing but is here is noted (which the next sync does too,
 * so it is no fault where its length is right).  Non-zero from `fn` stops and is
 * answered; faults alone are no error.
 */
int blob_check(struct blobs *blobs, struct db *db, bool hash, bool repair,
    int (*fn)(void *arg, const char *fault), void *arg);

#endif

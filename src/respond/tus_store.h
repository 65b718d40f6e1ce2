/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_TUS_STORE_H
#define RESPOND_TUS_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "respond/incoming.h"

struct blobs;
struct db;
struct mem;

/*
 * Uploads in pieces, on the disk of the contents (blob_uploads):
 *
 *	<id>.json  who, how long, what for; never changed; its flock is held by
 *	           whoever works on the upload
 *	<id>.data  what has come: its length is the offset
 *	<id>.end   what became of it, so that it is done once
 *
 * A crash at any moment leaves an upload that goes on where it says it is.  It
 * expires TUS_HOURS after it last grew: then its data goes, and a while later
 * that it ever was.
 */
#define TUS_ID_SIZE 33 /* 32 hex digits and a NUL */
#define TUS_HOURS 24
#define TUS_OPEN_MAX 100 /* uploads of one user that are not done */
#define TUS_FILES_MAX 16 /* times the largest file: bytes of these together */

struct tus_upload {
	char id[TUS_ID_SIZE];
	const char *user;
	int64_t length;
	const char *metadata; /* Upload-Metadata as it came, or NULL */
	int64_t offset;
	int64_t expires_ms;
	bool is_expired;
	/* the end: each NULL until it is so far */
	const char *content;    /* hash of the content that the data became */
	const char *file_type;  /* with `content` */
	struct arrival arrival; /* stable_id is NULL until it is done */
	const char *path;       /* of its files, without what follows the '.' */
	int lock_fd;
	struct mem *mem; /* borrowed; holds the texts */
};

/*
 * tus_store_add - a new upload of that user; its id and path are filled in.
 *
 *   max_bytes  of one file
 *
 * E_BUSY: the user has too much under way; E_IO ("disk full") when the disk has
 * no room for it besides what was promised before.
 */
int tus_store_add(struct blobs *blobs, struct mem *mem,
    const struct tus_upload *wanted, int64_t max_bytes, char id[TUS_ID_SIZE]);

/*
 * tus_store_open - have it to ourselves until tus_store_close.  E_ABSENT: no
 * such upload of that user; E_BUSY: another request works on it.
 */
int tus_store_open(struct blobs *blobs, struct mem *mem, const char *id,
    const char *user, struct tus_upload *up);
void tus_store_close(struct tus_upload *up);

/* tus_store_data - its data, for reading and appending; made where there is
 * none.  A descriptor, or E_IO. */
int tus_store_data(struct tus_upload *up);

/* tus_store_grown - the data has `offset` bytes now, and they are on the disk:
 * from now on it is so far.  E_IO. */
int tus_store_grown(struct tus_upload *up, int fd, int64_t offset);

/* tus_store_has_data - are they still here, and were not moved? */
bool tus_store_has_data(const struct tus_upload *up);
char *tus_store_data_path(const struct tus_upload *up);

/* tus_store_note - keep content, file_type and arrival; durable.  Data is of no
 * more use when it has arrived, and goes. */
int tus_store_note(struct tus_upload *up);

/* tus_store_drop - its data goes; that it was there stays known. */
int tus_store_drop(struct tus_upload *up);

/* tus_store_remove - forget it, and what the library notes of it. */
int tus_store_remove(struct tus_upload *up, struct db *db);

/*
 * For tus_sweep.c and tus_store.c alone; `dir` is blob_uploads.
 *
 * tus_store_peek    look at an upload without having it; no need to close it
 * tus_store_take    have it, whoever it belongs to; as tus_store_open
 * tus_store_admit   may this user have one more of `up->length` bytes?  As
 *                   tus_store_add, under its lock
 */
int tus_store_peek(const char *dir, struct mem *mem, const char *id,
    struct tus_upload *up);
int tus_store_take(const char *dir, struct mem *mem, const char *id,
    struct tus_upload *up);
int tus_store_admit(const char *dir, const struct tus_upload *up,
    int64_t max_bytes);

/* tus_store_sweep - remove what has expired; at most every ten minutes in one
 * process.  What cannot be removed is left for another time. */
void tus_store_sweep(struct blobs *blobs, struct db *db);

#endif

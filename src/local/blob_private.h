/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_BLOB_PRIVATE_H
#define LOCAL_BLOB_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the files blob*.c share, and nobody else. */

#define BLOB_MODE 0640
#define BLOB_DIR_MODE 0750
#define BLOB_NAME_SIZE 80 /* of "ab/<64 hex digits>.<ext>" and a NUL */

struct blobs {
	char *root;
	int root_fd;
	pid_t pid;             /* who opened it: a child removes nothing */
	pthread_mutex_t mutex; /* over what makes the temporary folder */
	char *temp;            /* "ROOT/.tmp/<process>"; NULL: not made */
	int temp_fd;
	int lock_fd;
	atomic_ullong next;       /* name of a temporary file */
	atomic_bool is_made[256]; /* folders ab/ that are known to be there */
	atomic_bool is_incoming_made;
};

/* blob_name - "ab/<id>.<ext>", below the root.  E_INPUT. */
int blob_name(const char *id, const char *file_type, char name[BLOB_NAME_SIZE]);

/* blob_name_parse - is this the name of a content, in the folder `dir` (NULL:
 * any)?  Then its parts; `file_type` is static. */
bool blob_name_parse(const char *dir, const char *name, char id[65],
    const char **file_type);

/* blob_make_temp - the temporary folder of this process exists.  E_IO. */
int blob_make_temp(struct blobs *blobs);

/*
 * blob_make_dir - "ab/" exists, for this content.  1 it was not known before
 * (the root is to be synced), 0 it was; E_IO.
 */
int blob_make_dir(struct blobs *blobs, unsigned char first);

/* blob_make_side - a folder of that name beside the contents; E_IO. */
int blob_make_side(const struct blobs *blobs, const char *name);

/* blob_batch_here - this content is here already: it is made sure that its name
 * is on the disk. */
struct blob_batch;
int blob_batch_here(struct blob_batch *batch, const char *id,
    const char *file_type);

/* blob_io - E_IO with the reason, errno, for a file below the root. */
int blob_io(const struct blobs *blobs, const char *name);

#endif

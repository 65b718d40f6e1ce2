/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/blob.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "local/blob_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes that are not on their way to the disk yet, at most: so the sync at the
 * end waits for these, and not for all of a large file. */
#define BEHIND (8 << 20)

struct blob_intake {
	struct blobs *blobs; /* borrowed */
	char *path;          /* of the temporary file, in `mem` */
	struct mem *mem;
	int fd;
	int64_t limit;
	int64_t size;  /* so far */
	int64_t begun; /* of these on their way to the disk */
	struct hash_stream *hs;
};

int
blob_intake_begin(struct blobs *blobs, int64_t limit, struct blob_intake **out)
{
	struct mem *mem = mem_new();
	struct blob_intake *in = mem_alloc(mem, sizeof(*in));

	in->blobs = blobs;
	in->mem = mem;
	in->limit = limit;
	in->path = blob_temp(blobs, mem);
	in->fd = open(in->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
	    BLOB_MODE);
	if (in->fd < 0) {
		int rc = blob_io(blobs, ".tmp");

		mem_free(mem);
		return rc;
	}
	in->hs = hash_stream_new();
	*out = in;
	return 0;
}

int
blob_intake_add(struct blob_intake *in, const void *data, size_t len)
{
	if (in->limit > 0 && (int64_t)len > in->limit - in->size)
		return err_set(E_INPUT, "more than %lld bytes",
		    (long long)in->limit);
	if (file_write_all(in->fd, data, len) != 0)
		return blob_io(in->blobs, ".tmp");
	hash_stream_add(in->hs, data, len);
	in->size += (int64_t)len;
	if (in->size - in->begun >= BEHIND) {
		sync_file_range(in->fd, in->begun, in->size - in->begun,
		    SYNC_FILE_RANGE_WRITE);
		in->begun = in->size;
	}
	return 0;
}

int
blob_intake_fd(const struct blob_intake *in)
{
	return in->fd;
}

/* Under its name, unless it is there already: then our file goes. */
static int
keep(struct blob_intake *in, const char *file_type, const char *id)
{
	struct blob_batch *batch = NULL;
	int64_t size = -1;
	int rc;

	if ((rc = blob_find(in->blobs, id, file_type, &size)) < 0)
		return rc;
	if ((rc = blob_batch_begin(in->blobs, &batch)) != 0)
		return rc;
	if (size == in->size)
		rc = blob_batch_here(batch, id, file_type);
	else
		rc = blob_batch_take(batch, in->path, id, file_type);
	return blob_batch_end(batch, rc);
}

static void
intake_free(struct blob_intake *in)
{
	unlink(in->path);
	close(in->fd);
	hash_stream_free(in->hs);
	mem_free(in->mem);
}

int
blob_intake_end(struct blob_intake *in, int rc, const char *file_type,
    struct hash *id, int64_t *size_bytes)
{
	char text[HASH_HEX_SIZE];
	struct hash hash;

	if (rc >= 0) {
		int rc2;

		hash_stream_end(in->hs, &hash);
		rc2 = keep(in, file_type, hash_hex(&hash, text));
		if (rc2 != 0)
			rc = rc2;
	}
	if (rc >= 0) {
		*id = hash;
		*size_bytes = in->size;
	}
	intake_free(in);
	return rc;
}

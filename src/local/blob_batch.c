/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/blob.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_SIZE (256 * 1024)
#define FEW 8 /* contents that are synced singly */

/* A content of the batch: the file it is in now, and its name. */
struct item {
	char name[BLOB_NAME_SIZE];
	char temp[24];       /* in the temporary folder; "": see path */
	char *path;          /* of a file that was taken; NULL: it is there */
	unsigned char first; /* byte of the hash: its folder */
};

struct blob_batch {
	struct blobs *blobs; /* borrowed */
	int fs_fd;           /* from before the first write, so that syncfs
				tells of all that failed since (Linux 5.8) */
	struct item *items;
	size_t n, room;
	size_t files; /* items that are to be moved */
	struct hash_stream *hs;
	char *chunk;
	size_t len;       /* in the chunk */
	bool is_root_new; /* it has folders that it may not have on disk */
};

int
blob_batch_begin(struct blobs *blobs, struct blob_batch **out)
{
	struct blob_batch *b;
	int fd, rc;

	if ((rc = blob_make_temp(blobs)) != 0)
		return rc;
	fd = openat(blobs->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return blob_io(blobs, "");
	b = xmalloc(sizeof(*b));
	*b = (struct blob_batch){ .blobs = blobs, .fs_fd = fd };
	b->hs = hash_stream_new();
	b->chunk = xmalloc(CHUNK_SIZE);
	*out = b;
	return 0;
}

static void
batch_free(struct blob_batch *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		free(b->items[i].path);
	free(b->items);
	free(b->chunk);
	hash_stream_free(b->hs);
	close(b->fs_fd);
	free(b);
}

static struct item *
item_new(struct blob_batch *b, const char *name)
{
	struct item *item;

	if (b->n == b->room) {
		b->room = b->room > 0 ? 2 * b->room : 16;
		b->items = xrealloc(b->items, b->room * sizeof(*b->items));
	}
	item = &b->items[b->n++];
	memset(item, 0, sizeof(*item));
	memcpy(item->name, name, sizeof(item->name));
	sscanf(name, "%2hhx", &item->first);
	return item;
}

/* ---- one content --------------------------------------------------------- */

/* A content that is coming in. */
struct intake {
	int fd;
	int64_t limit;
	int64_t size; /* so far */
	int out;      /* -1: not needed yet */
	char temp[24];
	bool is_end;
};

/* Fills the chunk, and hashes it. */
static int
fill(struct blob_batch *b, struct intake *in)
{
	ssize_t n = 1;

	b->len = 0;
	while (b->len < CHUNK_SIZE && n > 0) {
		n = file_read_some(in->fd, b->chunk + b->len,
		    CHUNK_SIZE - b->len);
		if (n < 0)
			return (int)n;
		b->len += (size_t)n;
	}
	in->is_end = n == 0;
	in->size += (int64_t)b->len;
	if (in->limit > 0 && in->size > in->limit)
		return err_set(E_INPUT, "more than %lld bytes",
		    (long long)in->limit);
	hash_stream_add(b->hs, b->chunk, b->len);
	return 0;
}

static int
open_temp(struct blob_batch *b, struct intake *in)
{
	snprintf(in->temp, sizeof(in->temp), "%llu",
	    atomic_fetch_add(&b->blobs->next, 1));
	in->out = openat(b->blobs->temp_fd, in->temp,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, BLOB_MODE);
	/* The umask is not ours to know. */
	if (in->out < 0 || fchmod(in->out, BLOB_MODE) != 0)
		return blob_io(b->blobs, in->temp);
	return 0;
}

static int
spill(struct blob_batch *b, struct intake *in)
{
	int rc;

	if (in->out < 0 && (rc = open_temp(b, in)) != 0)
		return rc;
	if (file_write_all(in->out, b->chunk, b->len) != 0)
		return blob_io(b->blobs, in->temp);
	return 0;
}

/*
 * To its end; what fits the chunk is not written yet: it may be here already.
 */
static int
read_in(struct blob_batch *b, struct intake *in)
{
	int rc;

	hash_stream_reset(b->hs);
	while ((rc = fill(b, in)) == 0 && !in->is_end)
		if ((rc = spill(b, in)) != 0)
			return rc;
	if (rc == 0 && in->out >= 0)
		rc = spill(b, in);
	return rc;
}

/* Closed, and its writing to the disk begun: the end of the batch waits less. */
static int
close_temp(struct blob_batch *b, struct intake *in)
{
	int fd = in->out;

	in->out = -1;
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return close(fd) == 0 ? 0 : blob_io(b->blobs, in->temp);
}

static int
put_named(struct blob_batch *b, struct intake *in, const char *id,
    const char *file_type)
{
	char name[BLOB_NAME_SIZE];
	struct item *item;
	int64_t size;
	int rc;

	if ((rc = blob_name(id, file_type, name)) != 0 ||
	    (rc = blob_find(b->blobs, id, file_type, &size)) < 0)
		return rc;
	if (rc == 1 && size == in->size) {
		item_new(b, name);
		return 0;
	}
	if (in->out < 0 && (rc = spill(b, in)) != 0)
		return rc;
	if ((rc = close_temp(b, in)) != 0)
		return rc;
	item = item_new(b, name);
	memcpy(item->temp, in->temp, sizeof(item->temp));
	in->temp[0] = '\0';
	b->files++;
	return 0;
}

/* Whatever was not made an item goes. */
static void
intake_release(struct blob_batch *b, struct intake *in)
{
	if (in->out >= 0)
		close(in->out);
	if (in->temp[0] != '\0')
		unlinkat(b->blobs->temp_fd, in->temp, 0);
}

int
blob_batch_put(struct blob_batch *b, int fd, const char *file_type,
    int64_t limit, struct hash *id, int64_t *size_bytes)
{
	struct intake in = { .fd = fd, .limit = limit, .out = -1 };
	char text[HASH_HEX_SIZE];
	struct hash hash;
	int rc;

	if ((rc = read_in(b, &in)) == 0) {
		hash_stream_end(b->hs, &hash);
		rc = put_named(b, &in, hash_hex(&hash, text), file_type);
	}
	intake_release(b, &in);
	if (rc != 0)
		return rc;
	*id = hash;
	*size_bytes = in.size;
	return 0;
}

int
blob_batch_take(struct blob_batch *b, const char *path, const char *id,
    const char *file_type)
{
	char name[BLOB_NAME_SIZE];
	int rc;

	if ((rc = blob_name(id, file_type, name)) != 0)
		return rc;
	if (chmod(path, BLOB_MODE) != 0)
		return err_set(errno == ENOENT ? E_ABSENT : E_IO, "%s: %s",
		    path, strerror(errno));
	item_new(b, name)->path = xstrdup(path);
	b->files++;
	return 0;
}

int
blob_batch_here(struct blob_batch *b, const char *id, const char *file_type)
{
	char name[BLOB_NAME_SIZE];
	int rc;

	if ((rc = blob_name(id, file_type, name)) == 0)
		item_new(b, name);
	return rc;
}

/* ---- all of them --------------------------------------------------------- */

static int
sync_fd(const struct blobs *blobs, int fd, const char *name)
{
	int rc;

	if (fd < 0)
		return blob_io(blobs, name);
	rc = fsync(fd) == 0 ? 0 : blob_io(blobs, name);
	close(fd);
	return rc;
}

static int
sync_file(const struct blobs *blobs, const struct item *item)
{
	if (item->temp[0] != '\0')
		return sync_fd(blobs,
		    openat(blobs->temp_fd, item->temp, O_RDONLY | O_CLOEXEC),
		    item->temp);
	if (item->path != NULL)
		return sync_fd(blobs, open(item->path, O_RDONLY | O_CLOEXEC),
		    item->name);
	return 0;
}

static int
sync_all(const struct blob_batch *b)
{
	return syncfs(b->fs_fd) == 0 ? 0 : blob_io(b->blobs, "");
}

static int
sync_files(const struct blob_batch *b)
{
	size_t i;
	int rc = 0;

	if (b->files > FEW)
		return sync_all(b);
	for (i = 0; rc == 0 && i < b->n; i++)
		rc = sync_file(b->blobs, &b->items[i]);
	return rc;
}

/*
 * Folders of what was here already, too: it may have come the moment before,
 * and its name not be on the disk.
 */
static int
sync_folders(const struct blob_batch *b)
{
	char name[3];
	size_t i;
	int rc = 0;

	if (b->n > FEW)
		return sync_all(b);
	for (i = 0; rc == 0 && i < b->n; i++) {
		snprintf(name, sizeof(name), "%02x", b->items[i].first);
		rc = sync_fd(b->blobs,
		    openat(b->blobs->root_fd, name,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		    name);
	}
	if (rc == 0 && b->is_root_new && fsync(b->blobs->root_fd) != 0)
		rc = blob_io(b->blobs, "");
	return rc;
}

static int
rename_item(const struct blobs *blobs, const struct item *item)
{
	if (item->path != NULL)
		return renameat(AT_FDCWD, item->path, blobs->root_fd,
		    item->name);
	return renameat(blobs->temp_fd, item->temp, blobs->root_fd, item->name);
}

static int
make_dir(struct blob_batch *b, unsigned char first)
{
	int rc = blob_make_dir(b->blobs, first);

	if (rc == 1)
		b->is_root_new = true;
	return rc < 0 ? rc : 0;
}

/* Over what is there: the same bytes, or a content of a wrong length. */
static int
move_item(struct blob_batch *b, struct item *item)
{
	int rc;

	if ((rc = make_dir(b, item->first)) != 0)
		return rc;
	if (rename_item(b->blobs, item) != 0) {
		if (errno != ENOENT)
			return blob_io(b->blobs, item->name);
		/* The folder was there once; somebody tidied up. */
		atomic_store(&b->blobs->is_made[item->first], false);
		if ((rc = make_dir(b, item->first)) != 0)
			return rc;
		if (rename_item(b->blobs, item) != 0)
			return blob_io(b->blobs, item->name);
	}
	item->temp[0] = '\0';
	return 0;
}

static int
move_files(struct blob_batch *b)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < b->n; i++)
		if (b->items[i].temp[0] != '\0' || b->items[i].path != NULL)
			rc = move_item(b, &b->items[i]);
	return rc;
}

static void
remove_temps(const struct blob_batch *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (b->items[i].temp[0] != '\0')
			unlinkat(b->blobs->temp_fd, b->items[i].temp, 0);
}

int
blob_batch_end(struct blob_batch *b, int rc)
{
	if (rc >= 0 && b->n > 0) {
		int rc2;

		if ((rc2 = sync_files(b)) != 0 || (rc2 = move_files(b)) != 0 ||
		    (rc2 = sync_folders(b)) != 0)
			rc = rc2;
	}
	remove_temps(b);
	batch_free(b);
	return rc;
}

int
blob_put(struct blobs *blobs, int fd, const char *file_type, int64_t limit,
    struct hash *id, int64_t *size_bytes)
{
	struct blob_batch *b = NULL;
	struct hash hash;
	int64_t size;
	int rc;

	if ((rc = blob_batch_begin(blobs, &b)) != 0)
		return rc;
	rc = blob_batch_put(b, fd, file_type, limit, &hash, &size);
	if ((rc = blob_batch_end(b, rc)) != 0)
		return rc;
	*id = hash;
	*size_bytes = size;
	return 0;
}

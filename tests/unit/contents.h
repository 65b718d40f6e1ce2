/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef UNIT_CONTENTS_H
#define UNIT_CONTENTS_H

#include "base/file.h"
#include "base/hash.h"
#include "base/path.h"
#include "local/blob.h"
#include "unit/library.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* A library with contents, lent to its connection. */
struct contents {
	struct library *l;
	char *root;
	struct blobs *blobs;
};

static inline struct contents *
contents_new(void)
{
	struct contents *c = calloc(1, sizeof(*c));

	c->l = library_new();
	c->root = path_join(c->l->mem, c->l->dir, "content");
	library_must(blobs_open(c->root, &c->blobs) == 0, "blobs_open");
	db_set_blobs(c->l->db, c->blobs);
	return c;
}

static inline void
contents_free(struct contents *c)
{
	blobs_close(c->blobs);
	library_free(c->l);
	free(c);
}

/* A descriptor that reads these bytes. */
static inline int
contents_fd(const void *data, size_t len)
{
	int fd = memfd_create("content", MFD_CLOEXEC);

	library_must(fd >= 0 && file_write_all(fd, data, len) == 0 &&
		lseek(fd, 0, SEEK_SET) == 0,
	    "memfd");
	return fd;
}

/* Put a text; answers its id. */
static inline char *
contents_put(struct contents *c, const char *text, const char *file_type)
{
	char *id = mem_alloc(c->l->mem, HASH_HEX_SIZE);
	int fd = contents_fd(text, strlen(text));
	struct hash hash;
	int64_t size;

	library_must(blob_put(c->blobs, fd, file_type, 0, &hash, &size) == 0,
	    "blob_put");
	close(fd);
	return hash_hex(&hash, id);
}

/* How many files and folders lie below the root's `name`; 0: no such folder. */
static inline int
contents_count(struct contents *c, const char *name)
{
	DIR *d = opendir(path_join(c->l->mem, c->root, name));
	struct dirent *e;
	int n = 0;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			n++;
	if (d != NULL)
		closedir(d);
	return n;
}

/* Everything of a content's folders: how many names there are. */
static inline int
contents_all(struct contents *c)
{
	char name[3];
	int i, n = 0;

	for (i = 0; i < 256; i++) {
		snprintf(name, sizeof(name), "%02x", (unsigned)i);
		n += contents_count(c, name);
	}
	return n;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_DIR_H
#define REMOTE_DIR_H

#include "remote/remote_ops.h"

/* A store in a directory, often one that is shared over a network. */
struct dir {
	struct remote base; /* first */
	char *root;
	struct remote_stats stats;
	int64_t progress;
};

/* dir_error - the code and sentence for errno, about `path`. */
int dir_error(const char *path);

/*
 * dir_open_at - the folder `path` below the root, no link being followed on the
 * way: a descriptor, or E_ABSENT, E_DENIED, E_REMOTE.
 */
int dir_open_at(struct dir *d, const char *path);

/* dir_open_parent - the folder of `path`, and the last part in `*name`. */
int dir_open_parent(struct dir *d, const char *path, const char **name);

/* dir_open_object - for reading; a regular file.  Its size too. */
int dir_open_object(struct dir *d, const char *path, int64_t *size_bytes);

/*
 * dir_write - `src` under another name, fsynced, and renamed to `path`; the
 * folder fsynced.  `how` may be NULL.  E_EXISTS unless `replaces`.
 */
int dir_write(struct dir *d, const char *path, const struct source *src,
    bool replaces, const struct remote_spoil *how);

/* dir_rename - within the root, never over another name.  E_EXISTS, … */
int dir_rename(struct dir *d, const char *from, const char *to);

int dir_run(struct remote *r, int (*next)(void *arg, struct remote_transfer *t),
    int (*done)(void *arg, const struct remote_transfer *t, int rc), void *arg);

#endif

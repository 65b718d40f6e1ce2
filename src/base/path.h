/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <sys/types.h>

struct mem;

/* path_join - "dir/name", with one slash between; memory of `mem`. */
char *path_join(struct mem *mem, const char *dir, const char *name);

/* path_base - the part behind the last slash, inside `path`. */
const char *path_base(const char *path);

/*
 * path_make_dirs - `path` and its parents exist as directories afterwards,
 * those made here with `mode`, each made durable in its parent.  E_IO.
 */
int path_make_dirs(const char *path, mode_t mode);

/* path_is_dir, path_is_file - follows links; false when it is not there. */
bool path_is_dir(const char *path);
bool path_is_file(const char *path);

/*
 * path_is_network - does `path` (which exists) lie on a network file system
 * (NFS, SMB, AFS, FUSE's sshfs and the like, 9p)?  1 yes, 0 no, E_IO.
 */
int path_is_network(const char *path);

/* path_sync_dir - fsync of a directory.  E_IO. */
int path_sync_dir(const char *path);

/*
 * path_self - the absolute path of the running program (/proc/self/exe).
 * E_IO.
 */
int path_self(struct mem *mem, char **path);

/*
 * path_program - where another of our programs is ("stemma", "stemma-hub"):
 * beside the running one, where a build puts it (../hub, ../tool, ../respond),
 * or where it was installed ($libexecdir/stemma, $bindir); memory of `mem`.
 * E_ABSENT.
 */
int path_program(struct mem *mem, const char *name, char **path);

#endif

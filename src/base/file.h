/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;

/*
 * file_read - the whole of a small file into `out`, replacing what it holds.
 * E_ABSENT, E_IO; E_INPUT when it has more than `limit` bytes.
 */
int file_read(const char *path, size_t limit, struct buf *out);

/*
 * file_write - replace `path` by these bytes: written beside it under a
 * random name, fsynced, renamed, directory fsynced.  Either the old or the
 * new file is there at any time; nothing else stays behind.  E_IO.
 */
int file_write(const char *path, const void *data, size_t len, mode_t mode);

/* file_write_all - all of it to `fd`, through short writes and EINTR.  E_IO. */
int file_write_all(int fd, const void *data, size_t len);

/* file_read_some - as read(2) through EINTR: bytes, 0 at the end, or E_IO. */
ssize_t file_read_some(int fd, void *data, size_t len);

/*
 * file_temp - create "dir/prefix<24 random hex digits>" for writing (O_EXCL,
 * O_CLOEXEC) with `mode`; its name is put into `path` (of `path_size`).
 * Answers the descriptor, or E_IO.
 */
int file_temp(const char *dir, const char *prefix, mode_t mode, char *path,
    size_t path_size);

/* file_remove - afterwards it is gone; absent is fine.  E_IO. */
int file_remove(const char *path);

/* file_size - bytes of a regular file; E_ABSENT, E_IO. */
int file_size(const char *path, int64_t *size_bytes);

/*
 * file_lock - open (and create) `path` and take an exclusive flock(2) on it.
 * Answers the descriptor; closing it (or the death of the process) lets go.
 * E_BUSY when another holds it (only when `wait` is 0), E_IO.
 */
int file_lock(const char *path, int wait);

/*
 * file_each_line - call `fn` with each line of `fd` (without its line feed,
 * closed with a NUL; a last line without one counts too).  A line of more
 * than `limit` bytes is E_INPUT.  Stops when `fn` answers non-zero and answers
 * that.  Holds one line in memory.
 */
int file_each_line(int fd, size_t limit,
    int (*fn)(void *arg, char *line, size_t len), void *arg);

#endif

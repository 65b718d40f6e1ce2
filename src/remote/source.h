/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_SOURCE_H
#define REMOTE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

/* The bytes of a new object: from memory, or else from `fd` by pread(2). */
struct source {
	const void *data;
	int fd; /* when data is NULL */
	int64_t size_bytes;
	int64_t from; /* where they begin in the file: a part of it */
};

/*
 * source_open - a file as a source.  E_IO, also when it has not `size_bytes`
 * (where that is not -1) or is no regular file.
 */
int source_open(struct source *src, const char *file, int64_t size_bytes);
void source_close(struct source *src);

/*
 * source_read - up to `len` bytes from `at` on: how many, 0 at the end, or
 * E_IO.
 */
int64_t source_read(const struct source *src, int64_t at, void *data,
    size_t len);

#endif

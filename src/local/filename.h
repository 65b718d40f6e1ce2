/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_FILENAME_H
#define LOCAL_FILENAME_H

struct mem;

/*
 * filename_safe - a name for the column filename from whatever a client calls
 * a file: the part behind the last '/' or '\', with '_' for control characters
 * and bytes that are not UTF-8, cut to 255 bytes before its extension.  Where
 * nothing is left ("", ".", ".."; `original` NULL), it is `otherwise`.  Memory
 * of `mem`.
 */
char *filename_safe(struct mem *mem, const char *original,
    const char *otherwise);

#endif

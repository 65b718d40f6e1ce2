/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_TAKE_H
#define TOOL_TAKE_H

#include <stdint.h>

#include "tei/parse.h"

struct mem;

/* A file that is to become a content. */
struct taken {
	int fd;
	int64_t size_bytes;
	enum tei_kind kind;
};

/*
 * take_open - open a file and look by its content what it is.  E_ABSENT; E_IO;
 * E_INPUT: no regular file, empty, or neither PDF nor XML.
 */
int take_open(const char *path, struct taken *t);
void take_close(struct taken *t);

/*
 * take_doc_id - the document that a file belongs to: what a TEI says in its
 * idno of type fileref, else its base name without extensions.  `variant`
 * receives the TEI's, or NULL.  Memory of `mem`.
 */
int take_doc_id(struct mem *mem, const struct taken *t, const char *path,
    const char **doc_id, const char **variant);

#endif

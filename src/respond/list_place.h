/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_LIST_PLACE_H
#define RESPOND_LIST_PLACE_H

#include <stdbool.h>

#include "local/document.h"
#include "local/shared.h"

struct buf;

/* A document's place in a listing, and the cursor that is told of it. */
struct place {
	char at[SHARED_TEXT_MAX + 1];
	char stable_id[STABLE_ID_SIZE];
};

/* place_note - that of a document that document_page found. */
void place_note(struct place *place, const struct document *doc);

/* place_put_cursor - append it in letters that need no care in an address. */
void place_put_cursor(const struct place *place, enum document_sort sort,
    struct buf *out);

/* place_read_cursor - answers whether it is one of ours, of that order. */
bool place_read_cursor(struct place *place, enum document_sort sort,
    const char *text);

#endif

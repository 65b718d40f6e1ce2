/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TEI_WANTED_H
#define TEI_WANTED_H

#include "base/str.h"
#include "tei/parse.h"

#include <stdbool.h>

/* The text of the first element of a kind, as a walk comes by.  Zeroed memory
 * is a good beginning; of a text of many kilobytes only the first is kept. */
struct wanted {
	struct buf text;
	int depth; /* of the element while we are in it, else 0 */
	bool seen;
};

/* wanted_start - such an element begins; all but the first are passed over. */
void wanted_start(struct wanted *w, const struct tei_tag *tag);

/* wanted_end, wanted_text - for every end tag and every text of the walk. */
void wanted_end(struct wanted *w, const struct tei_tag *tag);
void wanted_text(struct wanted *w, const char *text, size_t len);

/* wanted_trim - the text without the white space around, inside `w`. */
const char *wanted_trim(struct wanted *w);

void wanted_release(struct wanted *w);

/* wanted_is_key - is this the start of a document key? */
bool wanted_is_key(const struct tei_tag *tag);

#endif

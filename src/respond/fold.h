/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_FOLD_H
#define RESPOND_FOLD_H

#include <stdbool.h>

struct buf;

/* fold_text - append a text in small letters, of whatever script; what is no
 * UTF-8 stays as it is. */
void fold_text(const char *text, struct buf *out);

/* fold_has - does `text` (NULL: nothing) have `folded` in it, whatever the case?
 * `work` is used up. */
bool fold_has(const char *text, const char *folded, struct buf *work);

#endif

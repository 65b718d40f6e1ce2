/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

struct buf;

/*
 * base64_decode - append the bytes of `text` to `out`: the alphabet of RFC 4648
 * section 4, filled up with '=', and nothing else in it, neither white space nor
 * bits that say nothing.  "" is no bytes.  E_INPUT, and `out` is as it was.
 */
int base64_decode(const char *text, size_t len, struct buf *out);

#endif

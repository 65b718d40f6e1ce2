/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A text or bytes that grow.  `data` is always closed with a NUL that `len`
 * does not count, and is "" at first.  Zeroed memory is a valid empty buffer
 * for all calls but reading `data`: use buf_text.
 */
struct buf {
	char *data;
	size_t len;
	size_t room;
};

void buf_init(struct buf *b);
void buf_release(struct buf *b);
void buf_clear(struct buf *b); /* empty, memory kept */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *buf_text(const struct buf *b); /* never NULL */

/* str_eq - both NULL, or both the same text. */
bool str_eq(const char *a, const char *b);

/* str_cmp - as strcmp by bytes; NULL sorts before everything. */
int str_cmp(const char *a, const char *b);

bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/*
 * str_int64 - the whole of `s` is a decimal number (an optional '-', no white
 * space, no '+').  E_INPUT when it is not, or does not fit.
 */
int str_int64(const char *s, int64_t *value);

/* str_is_hex - exactly `len` lower-case hex digits and nothing else. */
bool str_is_hex(const char *s, size_t len);

/* str_is_utf8 - well-formed UTF-8 (RFC 3629), no NUL in it. */
bool str_is_utf8(const char *s, size_t len);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/str.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an empty buffer shows; nobody writes to it. */
static char nothing[1];

void
buf_init(struct buf *b)
{
	b->data = nothing;
	b->len = 0;
	b->room = 0;
}

void
buf_release(struct buf *b)
{
	if (b->room > 0)
		free(b->data);
	buf_init(b);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->room > 0)
		b->data[0] = '\0';
	else
		b->data = nothing;
}

/* Makes room for `len` more bytes and a NUL. */
static void
buf_grow(struct buf *b, size_t len)
{
	size_t room;

	if (len < b->room - b->len)
		return;
	if (len > SIZE_MAX / 2 - b->len)
		xmalloc(SIZE_MAX); /* which tells it, and does not return */
	room = b->len + len + 1;
	if (room < b->room + b->room / 2)
		room = b->room + b->room / 2;
	if (room < 64)
		room = 64;
	b->data = xrealloc(b->room > 0 ? b->data : NULL, room);
	b->room = room;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	buf_grow(b, len);
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	buf_grow(b, (size_t)len);
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)len;
}

const char *
buf_text(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}

bool
str_eq(const char *a, const char *b)
{
	return str_cmp(a, b) == 0;
}

int
str_cmp(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *s, const char *suffix)
{
	size_t len = strlen(s), tail = strlen(suffix);

	return len >= tail && strcmp(s + len - tail, suffix) == 0;
}

int
str_int64(const char *s, int64_t *value)
{
	bool minus = *s == '-';
	const char *p = s + minus;
	int64_t n = 0;

	if (*p == '\0')
		return err_set(E_INPUT, "\"%s\" is not a number", s);
	/* Downwards, since there is one more number on that side. */
	for (; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			return err_set(E_INPUT, "\"%s\" is not a number", s);
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_sub_overflow(n, *p - '0', &n))
			return err_set(E_INPUT, "%s is too large", s);
	}
	if (!minus && n == INT64_MIN)
		return err_set(E_INPUT, "%s is too large", s);
	*value = minus ? n : -n;
	return 0;
}

bool
str_is_hex(const char *s, size_t len)
{
	return strlen(s) == len && strspn(s, "0123456789abcdef") == len;
}

static bool
is_between(unsigned char c, unsigned char low, unsigned char high)
{
	return c >= low && c <= high;
}

/* The bytes of the character at `s`, 0 for a malformed one (RFC 3629, 4). */
static size_t
utf8_size(const unsigned char *s, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t size, i;

	if (is_between(s[0], 0x01, 0x7f))
		return 1;
	if (is_between(s[0], 0xc2, 0xdf))
		size = 2;
	else if (is_between(s[0], 0xe0, 0xef))
		size = 3;
	else if (is_between(s[0], 0xf0, 0xf4))
		size = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0; /* shorter ways exist */
	if (s[0] == 0xed)
		high = 0x9f; /* surrogates */
	if (s[0] == 0xf0)
		low = 0x90;
	if (s[0] == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	if (left < size || !is_between(s[1], low, high))
		return 0;
	for (i = 2; i < size; i++)
		if (!is_between(s[i], 0x80, 0xbf))
			return 0;
	return size;
}

bool
str_is_utf8(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t size;

	for (; len > 0; p += size, len -= size)
		if ((size = utf8_size(p, len)) == 0)
			return false;
	return true;
}

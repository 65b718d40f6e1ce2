/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/base64.h"

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

/* What a character stands for; -1: nothing. */
static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* `count` characters without the filling: that many bits of 6, from the left
 * of 24.  Those that make no byte must be 0. */
static int
decode_group(const char *text, size_t count, unsigned char bytes[3])
{
	uint32_t bits = 0;
	int value;
	size_t i;

	for (i = 0; i < 4; i++) {
		value = i < count ? value_of(text[i]) : 0;
		if (value < 0)
			return -1;
		bits = bits << 6 | (uint32_t)value;
	}
	bytes[0] = (unsigned char)(bits >> 16);
	bytes[1] = (unsigned char)(bits >> 8);
	bytes[2] = (unsigned char)bits;
	if ((count == 2 && (bits & 0xffff) != 0) ||
	    (count == 3 && (bits & 0xff) != 0))
		return -1;
	return 0;
}

/* How many characters of the last group are no filling. */
static size_t
last_count(const char *group)
{
	if (group[3] != '=')
		return 4;
	return group[2] != '=' ? 3 : 2;
}

int
base64_decode(const char *text, size_t len, struct buf *out)
{
	size_t before = out->len;
	unsigned char bytes[3];
	size_t at, count;

	if (len % 4 != 0)
		return err_set(E_INPUT, "it is no base64: of a wrong length");
	for (at = 0; at < len; at += 4) {
		count = at + 4 < len ? 4 : last_count(text + at);
		if (decode_group(text + at, count, bytes) != 0) {
			out->len = before;
			if (out->data != NULL)
				out->data[before] = '\0';
			return err_set(E_INPUT,
			    "it is no base64, near character %zu", at + 1);
		}
		buf_add(out, bytes, count - 1);
	}
	return 0;
}

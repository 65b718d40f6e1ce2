/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/rand.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

static const char hex_digits[] = "0123456789abcdef";

static void (*source_fill)(void *arg, void *data, size_t len);
static void *source_arg;

void
rand_set(void (*fill)(void *arg, void *data, size_t len), void *arg)
{
	source_fill = fill;
	source_arg = arg;
}

void
rand_bytes(void *data, size_t len)
{
	unsigned char *p = data;
	ssize_t n;

	if (source_fill != NULL) {
		source_fill(source_arg, data, len);
		return;
	}
	while (len > 0) {
		n = getrandom(p, len, 0);
		if (n < 0 && errno != EINTR) {
			log_line(LOG_ERROR, "rand", "getrandom: %s",
			    strerror(errno));
			abort();
		}
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
}

uint64_t
rand_below(uint64_t limit)
{
	/* Numbers under this would make the first remainders likelier. */
	uint64_t uneven = (UINT64_MAX - limit + 1) % limit;
	uint64_t n;

	do
		rand_bytes(&n, sizeof(n));
	while (n < uneven);
	return n % limit;
}

char *
rand_hex(char *text, size_t bytes)
{
	unsigned char *p = (unsigned char *)text + bytes;
	size_t i;

	/* The bytes wait in the second half and are overtaken at the end. */
	rand_bytes(p, bytes);
	for (i = 0; i < bytes; i++) {
		unsigned byte = p[i];

		text[2 * i] = hex_digits[byte >> 4];
		text[2 * i + 1] = hex_digits[byte & 15];
	}
	text[2 * bytes] = '\0';
	return text;
}

char *
rand_uuid(char text[37])
{
	unsigned char bytes[16];
	char *out = text;
	size_t i;

	rand_bytes(bytes, sizeof(bytes));
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40); /* version 4 */
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80); /* variant 10 */
	for (i = 0; i < sizeof(bytes); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = hex_digits[bytes[i] >> 4];
		*out++ = hex_digits[bytes[i] & 15];
	}
	*out = '\0';
	return text;
}

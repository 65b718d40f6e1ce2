/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/str.h"
#include "local/shared.h"

#include <string.h>

#define BASE (sizeof(STABLE_ID_ALPHABET) - 1)

/* Divides the big-endian number by BASE; answers the remainder. */
static unsigned
divide(struct hash *number)
{
	unsigned rest = 0;
	int i;

	for (i = 0; i < HASH_SIZE; i++) {
		rest = rest << 8 | number->bytes[i];
		number->bytes[i] = (unsigned char)(rest / BASE);
		rest %= BASE;
	}
	return rest;
}

void
stable_id_make(const char *doc_id, const char *file_type, const char *variant,
    const char *id, int64_t salt, char stable_id[STABLE_ID_SIZE])
{
	struct buf all = { 0 };
	struct hash number;
	int i;

	if (variant == NULL)
		variant = "";
	buf_add(&all, doc_id, strlen(doc_id) + 1);
	buf_add(&all, file_type, strlen(file_type) + 1);
	buf_add(&all, variant, strlen(variant) + 1);
	buf_add(&all, id, strlen(id) + 1);
	buf_printf(&all, "%lld", (long long)salt);
	hash_bytes(all.data, all.len, &number);
	buf_release(&all);
	for (i = 0; i < STABLE_ID_SIZE - 1; i++)
		stable_id[i] = STABLE_ID_ALPHABET[divide(&number)];
	stable_id[i] = '\0';
}

bool
stable_id_is(const char *text)
{
	size_t len = strnlen(text, STABLE_ID_SIZE);

	return len >= 6 && len < STABLE_ID_SIZE &&
	    strspn(text, STABLE_ID_ALPHABET) == len;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/hash.h"

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE 65536

struct hash_stream {
	EVP_MD_CTX *ctx;
};

/* libcrypto fails here only when it is broken or out of memory. */
static void
must(int ok)
{
	if (ok == 1)
		return;
	log_line(LOG_ERROR, "hash", "libcrypto cannot hash");
	abort();
}

struct hash_stream *
hash_stream_new(void)
{
	struct hash_stream *hs = xmalloc(sizeof(*hs));

	hs->ctx = EVP_MD_CTX_new();
	must(hs->ctx != NULL);
	hash_stream_reset(hs);
	return hs;
}

void
hash_stream_free(struct hash_stream *hs)
{
	if (hs == NULL)
		return;
	EVP_MD_CTX_free(hs->ctx);
	free(hs);
}

void
hash_stream_reset(struct hash_stream *hs)
{
	must(EVP_DigestInit_ex(hs->ctx, EVP_sha256(), NULL));
}

void
hash_stream_add(struct hash_stream *hs, const void *data, size_t len)
{
	must(EVP_DigestUpdate(hs->ctx, data, len));
}

void
hash_stream_end(struct hash_stream *hs, struct hash *hash)
{
	must(EVP_DigestFinal_ex(hs->ctx, hash->bytes, NULL));
}

void
hash_bytes(const void *data, size_t len, struct hash *hash)
{
	must(EVP_Digest(data, len, hash->bytes, NULL, EVP_sha256(), NULL));
}

/* To its end; how much that was, or E_IO. */
static int64_t
add_fd(struct hash_stream *hs, int fd)
{
	unsigned char *chunk = xmalloc(CHUNK_SIZE);
	int64_t size = 0;
	ssize_t n;

	while ((n = file_read_some(fd, chunk, CHUNK_SIZE)) > 0) {
		hash_stream_add(hs, chunk, (size_t)n);
		size += n;
	}
	free(chunk);
	return n < 0 ? n : size;
}

int
hash_fd(int fd, struct hash *hash, int64_t *size_bytes)
{
	struct hash_stream *hs = hash_stream_new();
	int64_t size = add_fd(hs, fd);

	if (size >= 0) {
		hash_stream_end(hs, hash);
		if (size_bytes != NULL)
			*size_bytes = size;
	}
	hash_stream_free(hs);
	return size < 0 ? (int)size : 0;
}

int
hash_fd_named(int fd, const char *name, unsigned char sum[HASH_SIZE],
    size_t *len)
{
	bool is_sha1 = str_eq(name, "sha1");
	struct hash_stream *hs;
	int64_t size;

	if (!is_sha1 && !str_eq(name, "sha256"))
		return err_set(E_INPUT, "no such checksum: %.40s", name);
	hs = hash_stream_new();
	if (is_sha1)
		must(EVP_DigestInit_ex(hs->ctx, EVP_sha1(), NULL));
	if ((size = add_fd(hs, fd)) >= 0)
		must(EVP_DigestFinal_ex(hs->ctx, sum, NULL));
	*len = is_sha1 ? 20 : HASH_SIZE;
	hash_stream_free(hs);
	return size < 0 ? (int)size : 0;
}

char *
hash_hex(const struct hash *hash, char text[HASH_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < HASH_SIZE; i++) {
		text[2 * i] = digits[hash->bytes[i] >> 4];
		text[2 * i + 1] = digits[hash->bytes[i] & 15];
	}
	text[2 * i] = '\0';
	return text;
}

static unsigned
digit_value(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

int
hash_parse(const char *text, struct hash *hash)
{
	size_t i;

	if (!str_is_hex(text, 2 * (size_t)HASH_SIZE))
		return err_set(E_INPUT, "\"%.80s\" is not a SHA-256 in hex",
		    text);
	for (i = 0; i < HASH_SIZE; i++)
		hash->bytes[i] = (unsigned char)(digit_value(text[2 * i]) << 4 |
		    digit_value(text[2 * i + 1]));
	return 0;
}

bool
hash_eq(const struct hash *a, const struct hash *b)
{
	return memcmp(a->bytes, b->bytes, HASH_SIZE) == 0;
}

void
hash_sum_add(struct hash *sum, const struct hash *hash)
{
	unsigned carry = 0;
	size_t i;

	for (i = HASH_SIZE; i-- > 0;) {
		carry += (unsigned)sum->bytes[i] + hash->bytes[i];
		sum->bytes[i] = (unsigned char)carry;
		carry >>= 8;
	}
}

void
hash_sum_sub(struct hash *sum, const struct hash *hash)
{
	unsigned borrow = 0;
	size_t i;

	for (i = HASH_SIZE; i-- > 0;) {
		borrow = (unsigned)sum->bytes[i] - hash->bytes[i] - borrow;
		sum->bytes[i] = (unsigned char)borrow;
		borrow = borrow >> 8 & 1;
	}
}

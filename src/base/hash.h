/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_SIZE 32     /* bytes */
#define HASH_HEX_SIZE 65 /* characters of its text, with the closing NUL */

/* A SHA-256 (FIPS 180-4). */
struct hash {
	unsigned char bytes[HASH_SIZE];
};

/* A hash under way; hash_stream_free(NULL) is fine. */
struct hash_stream;

struct hash_stream *hash_stream_new(void);
void hash_stream_free(struct hash_stream *hs);
void hash_stream_reset(struct hash_stream *hs);
void hash_stream_add(struct hash_stream *hs, const void *data, size_t len);

/* hash_stream_end - the hash of all that was added; then reset or free. */
void hash_stream_end(struct hash_stream *hs, struct hash *hash);

void hash_bytes(const void *data, size_t len, struct hash *hash);

/*
 * hash_fd - from where `fd` stands to its end.  `size_bytes` (may be NULL)
 * receives how much that was.  E_IO.
 */
int hash_fd(int fd, struct hash *hash, int64_t *size_bytes);

/*
 * hash_fd_named - the same with an algorithm that others chose, "sha1" or
 * "sha256", for their checksums of what is on its way: 20 or 32 bytes into
 * `sum`, that number into `len`.  SHA-1 protects from accidents alone.
 * E_INPUT: another name; E_IO.
 */
int hash_fd_named(int fd, const char *name, unsigned char sum[HASH_SIZE],
    size_t *len);

/* hash_hex - 64 lower-case digits and a NUL into `text`; answers `text`. */
char *hash_hex(const struct hash *hash, char text[HASH_HEX_SIZE]);

/* hash_parse - from exactly 64 lower-case hex digits.  E_INPUT. */
int hash_parse(const char *text, struct hash *hash);

bool hash_eq(const struct hash *a, const struct hash *b);

/*
 * hash_sum_add, hash_sum_sub - sum += hash, sum -= hash, as big-endian numbers
 * modulo 2^256.
 */
void hash_sum_add(struct hash *sum, const struct hash *hash);
void hash_sum_sub(struct hash *sum, const struct hash *hash);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

/*
 * All randomness comes from here (getrandom), unless a test sets a source of
 * its own, so that a seed is a story that can be told again.
 */
void rand_set(void (*fill)(void *arg, void *data, size_t len), void *arg);

void rand_bytes(void *data, size_t len);
uint64_t rand_below(uint64_t limit); /* 0 to limit - 1, evenly; limit > 0 */

/* rand_hex - `bytes` random bytes as 2 * bytes lower-case digits and a NUL. */
char *rand_hex(char *text, size_t bytes);

/* rand_uuid - a version 4 UUID (RFC 9562) in 36 characters and a NUL. */
char *rand_uuid(char text[37]);

#endif

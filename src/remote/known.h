/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_KNOWN_H
#define REMOTE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

/* The folders of a store that are known to be there.  Zeroed memory is none. */
struct known {
	char **paths; /* sorted */
	size_t n, room;
};

bool known_has(const struct known *k, const char *path);
void known_add(struct known *k, const char *path); /* twice is fine */
void known_clear(struct known *k);                 /* frees all memory too */

#endif

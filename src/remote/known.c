/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Where it is, or should be. */
static size_t
place_of(const struct known *k, const char *path)
{
	size_t low = 0, high = k->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(k->paths[mid], path) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
known_has(const struct known *k, const char *path)
{
	size_t i = place_of(k, path);

	return i < k->n && strcmp(k->paths[i], path) == 0;
}

void
known_add(struct known *k, const char *path)
{
	size_t i = place_of(k, path);

	if (i < k->n && strcmp(k->paths[i], path) == 0)
		return;
	if (k->n == k->room) {
		k->room = k->room > 0 ? 2 * k->room : 64;
		k->paths = xrealloc(k->paths, k->room * sizeof(*k->paths));
	}
	memmove(k->paths + i + 1, k->paths + i, (k->n - i) * sizeof(*k->paths));
	k->paths[i] = xstrdup(path);
	k->n++;
}

void
known_clear(struct known *k)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		free(k->paths[i]);
	free(k->paths);
	memset(k, 0, sizeof(*k));
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sim/server.h"

struct bytes *
bytes_new(const void *data, size_t len)
{
	struct bytes *b = xmalloc(sizeof(*b) + len);

	b->refs = 1;
	b->len = len;
	if (len > 0)
		memcpy(b->data, data, len);
	return b;
}

void
bytes_release(struct bytes *b)
{
	if (b != NULL && --b->refs == 0)
		free(b);
}

static size_t
at_of(const struct tree *t, const char *path)
{
	size_t from = 0, to = t->n;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (strcmp(t->all[mid].path, path) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

struct object *
tree_find(struct tree *t, const char *path)
{
	size_t at = at_of(t, path);

	return at < t->n && strcmp(t->all[at].path, path) == 0 ? &t->all[at]
							       : NULL;
}

/* `bytes` is held, too. */
struct object *
tree_put(struct tree *t, const char *path, struct bytes *bytes, bool is_dir,
    int64_t mtime_ms)
{
	struct object *o;
	size_t at;

	if (bytes != NULL)
		bytes->refs++;
	tree_remove(t, path);
	at = at_of(t, path);
	if (t->n == t->room) {
		t->room = t->room > 0 ? 2 * t->room : 64;
		t->all = xrealloc(t->all, t->room * sizeof(t->all[0]));
	}
	memmove(&t->all[at + 1], &t->all[at], (t->n - at) * sizeof(t->all[0]));
	t->n++;
	o = &t->all[at];
	*o = (struct object){ .path = xstrdup(path),
		.bytes = bytes,
		.is_dir = is_dir,
		.mtime_ms = mtime_ms };
	return o;
}

void
tree_remove(struct tree *t, const char *path)
{
	size_t at = at_of(t, path);

	if (at == t->n || strcmp(t->all[at].path, path) != 0)
		return;
	free(t->all[at].path);
	bytes_release(t->all[at].bytes);
	t->n--;
	memmove(&t->all[at], &t->all[at + 1], (t->n - at) * sizeof(t->all[0]));
}

void
tree_copy(struct tree *to, const struct tree *from)
{
	to->n = 0;
	to->room = from->n;
	to->all = xmalloc((from->n + 1) * sizeof(to->all[0]));
	for (size_t i = 0; i < from->n; i++) {
		to->all[to->n] = from->all[i];
		to->all[to->n].path = xstrdup(from->all[i].path);
		if (from->all[i].bytes != NULL)
			from->all[i].bytes->refs++;
		to->n++;
	}
}

void
tree_free(struct tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->all[i].path);
		bytes_release(t->all[i].bytes);
	}
	free(t->all);
	memset(t, 0, sizeof(*t));
}

bool
tree_is_in(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	if (len == 0)
		return path[0] != '\0' && strchr(path, '/') == NULL;
	return strncmp(path, dir, len) == 0 && path[len] == '/' &&
	    strchr(path + len + 1, '/') == NULL;
}

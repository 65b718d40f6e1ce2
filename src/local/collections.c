/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/shared.h"

#include <stdlib.h>
#include <string.h>

/* Names under way from one array of texts to another. */
struct names {
	struct mem *mem;
	char **name;
	size_t count, room;
};

static void
names_push(struct names *n, char *name)
{
	if (n->count == n->room) {
		n->room = n->room > 0 ? 2 * n->room : 8;
		n->name = xrealloc(n->name, n->room * sizeof(*n->name));
	}
	n->name[n->count++] = name;
}

static int
take_name(void *arg, struct json value)
{
	struct names *n = arg;
	char *name;
	int rc;

	if (json_kind(value) != JSON_STRING)
		return err_set(E_INPUT, "a collection that is no text");
	if ((rc = json_string(n->mem, value, &name)) != 0)
		return rc;
	if (!shared_is_plain(name, SHARED_TEXT_MAX))
		return err_set(E_INPUT,
		    "a collection has a name that is "
		    "empty, too long or not plain text");
	names_push(n, name);
	return 0;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, each once, without `but` (may be NULL). */
static void
names_put(struct names *n, const char *but, struct buf *out)
{
	const char *last = NULL;
	size_t i;

	if (n->count > 1)
		qsort(n->name, n->count, sizeof(*n->name), by_bytes);
	buf_putc(out, '[');
	for (i = 0; i < n->count; i++) {
		if (str_eq(n->name[i], last) || str_eq(n->name[i], but))
			continue;
		if (last != NULL)
			buf_putc(out, ',');
		json_put_string(out, last = n->name[i]);
	}
	buf_putc(out, ']');
}

int
collections_canon(const char *json, struct buf *out)
{
	struct names n = { .mem = mem_new() };
	int rc;

	rc = json_each_item(json_of(json), take_name, &n);
	if (rc == 0)
		names_put(&n, NULL, out);
	free(n.name);
	mem_free(n.mem);
	return rc;
}

int
collections_change(struct mem *mem, const char *collections, const char *name,
    bool in, const char **out)
{
	struct names n = { .mem = mem };
	struct buf text = { 0 };
	int rc;

	rc = json_each_item(json_of(collections), take_name, &n);
	if (rc == 0 && in && !shared_is_plain(name, SHARED_TEXT_MAX))
		rc = err_set(E_INPUT,
		    "a collection has a name that is "
		    "empty, too long or not plain text");
	if (rc == 0) {
		if (in)
			names_push(&n, mem_strdup(mem, name));
		names_put(&n, in ? NULL : name, &text);
		*out = mem_strndup(mem, text.data, text.len);
	}
	buf_release(&text);
	free(n.name);
	return rc;
}

/* ---- objects -------------------------------------------------------------- */

struct setting {
	const char *key;
	struct buf out;
};

static int
keep_others(void *arg, const char *key, struct json value)
{
	struct setting *s = arg;

	if (strcmp(key, s->key) == 0)
		return 0;
	json_put_key(&s->out, key);
	buf_add(&s->out, value.text, value.len);
	return 0;
}

int
object_set(struct mem *mem, const char *object, const char *key,
    const char *value, const char **out)
{
	struct setting s = { .key = key };
	struct buf canon = { 0 };
	int rc;

	buf_putc(&s.out, '{');
	rc = json_each_member(json_of(object), keep_others, &s);
	/* Looked at by itself: `1,"b":2` is no value. */
	if (rc == 0 && value != NULL)
		rc = json_check(value, strlen(value));
	if (rc == 0 && value != NULL) {
		json_put_key(&s.out, key);
		buf_puts(&s.out, value);
	}
	buf_putc(&s.out, '}');
	if (rc == 0 && (rc = json_canon(s.out.data, s.out.len, &canon)) == 0)
		*out = mem_strndup(mem, canon.data, canon.len);
	buf_release(&s.out);
	buf_release(&canon);
	return rc;
}

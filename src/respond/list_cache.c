/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/list_cache.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	struct buf key;
	struct buf answer;
	int64_t version;
	int64_t until_ms; /* 0: no end */
	int64_t used;     /* turn in which it was asked for last; 0: empty */
};

struct list_cache {
	struct entry entries[LIST_CACHE_ENTRIES];
	int64_t turn;
};

struct list_cache *
list_cache_new(void)
{
	struct list_cache *c = xmalloc(sizeof(*c));

	memset(c, 0, sizeof(*c));
	return c;
}

void
list_cache_free(struct list_cache *c)
{
	int i;

	for (i = 0; c != NULL && i < LIST_CACHE_ENTRIES; i++) {
		buf_release(&c->entries[i].key);
		buf_release(&c->entries[i].answer);
	}
	free(c);
}

static struct entry *
find_key(struct list_cache *c, const char *key)
{
	int i;

	for (i = 0; i < LIST_CACHE_ENTRIES; i++)
		if (c->entries[i].used > 0 &&
		    strcmp(buf_text(&c->entries[i].key), key) == 0)
			return &c->entries[i];
	return NULL;
}

const struct buf *
list_cache_find(struct list_cache *c, const char *key, int64_t version)
{
	struct entry *e = find_key(c, key);

	if (e == NULL || e->version != version ||
	    (e->until_ms > 0 && clock_mono_ms() >= e->until_ms))
		return NULL;
	e->used = ++c->turn;
	return &e->answer;
}

static struct entry *
find_oldest(struct list_cache *c)
{
	struct entry *oldest = &c->entries[0];
	int i;

	for (i = 1; i < LIST_CACHE_ENTRIES; i++)
		if (c->entries[i].used < oldest->used)
			oldest = &c->entries[i];
	return oldest;
}

void
list_cache_put(struct list_cache *c, const char *key, int64_t version,
    int64_t ms, const struct buf *answer)
{
	struct entry *e;

	if (answer->len > LIST_CACHE_BYTES || strlen(key) > LIST_CACHE_KEY)
		return;
	if ((e = find_key(c, key)) == NULL)
		e = find_oldest(c);
	buf_clear(&e->key);
	buf_puts(&e->key, key);
	buf_clear(&e->answer);
	buf_add(&e->answer, answer->data, answer->len);
	e->version = version;
	e->until_ms = ms > 0 ? clock_mono_ms() + ms : 0;
	e->used = ++c->turn;
}

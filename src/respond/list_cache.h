/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_LIST_CACHE_H
#define RESPOND_LIST_CACHE_H

#include <stdint.h>

#include "base/str.h"

/*
 * The last few answers of one thread, as long as the library is as it was.  A
 * page that everybody begins with is made once, not for each who opens it.
 * Small: LIST_CACHE_ENTRIES answers of at most LIST_CACHE_BYTES.
 */
#define LIST_CACHE_ENTRIES 4
#define LIST_CACHE_BYTES (128 * 1024)
#define LIST_CACHE_KEY 1024 /* a longer key is not kept */

struct list_cache;
struct list_cache *list_cache_new(void);
void list_cache_free(struct list_cache *c); /* NULL is fine */

/*
 * list_cache_find - the answer to `key`, made at this `version` (db_version of
 * before it was made); NULL: make it.  Valid until the next list_cache_put.
 */
const struct buf *list_cache_find(struct list_cache *c, const char *key,
    int64_t version);

/*
 * list_cache_put - keep it, in the place of the one that was asked for the
 * longest time ago.  `ms`: for so long at most; 0: while the version stays.
 */
void list_cache_put(struct list_cache *c, const char *key, int64_t version,
    int64_t ms, const struct buf *answer);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/inventory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "local/side.h"
#include "sync/name.h"

#define PAGE 4096

struct page {
	struct sync *s;
	struct mem *mem;
	struct inventory_item *items;
	const char **names; /* of the objects, in the folder; sorted as items */
	int n;
};

static int
take_name(void *arg, const struct name *name)
{
	struct page *p = arg;
	struct inventory_item *item = &p->items[p->n];

	memset(item, 0, sizeof(*item));
	memcpy(item->id, name->id, HASH_HEX_SIZE);
	memcpy(item->file_type, name->file_type, strlen(name->file_type) + 1);
	item->generation = name->generation;
	item->file_size = name->file_size;
	item->is_here = name->is_here;
	item->state = INVENTORY_MISSING;
	p->names[p->n++] = name_content(p->mem, item->id, item->file_type,
			       item->generation) +
	    3;
	return 0;
}

/* The first item whose id is not smaller than what the name begins with. */
static int
first_at(struct page *p, const char *name)
{
	int low = 0, high = p->n;

	while (low < high) {
		int mid = (low + high) / 2;

		if (strncmp(p->items[mid].id, name, 64) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int
see(void *arg, const struct remote_entry *entry)
{
	struct page *p = arg;
	struct inventory_item *item;

	if (strlen(entry->name) < 64)
		return 0;
	for (int i = first_at(p, entry->name);
	     i < p->n && strncmp(p->items[i].id, entry->name, 64) == 0; i++) {
		item = &p->items[i];
		if (strcmp(p->names[i], entry->name) != 0)
			continue;
		item->state = item->file_size >= 0 && entry->size_bytes >= 0 &&
			item->file_size != entry->size_bytes
		    ? INVENTORY_DAMAGED
		    : INVENTORY_WHOLE;
	}
	return 0;
}

static int
tell(struct page *p, int (*fn)(void *arg, const struct inventory_item *item),
    void *arg)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < p->n; i++) {
		if ((rc = run_stopped(p->s)) == 0)
			rc = fn(arg, &p->items[i]);
	}
	return rc;
}

/* The names of one content stay together: the last begins the next page. */
static void
end_page(struct page *p)
{
	const char *last = p->items[p->n - 1].id;
	int n = p->n;

	while (n > 0 && strcmp(p->items[n - 1].id, last) == 0)
		n--;
	if (n > 0)
		p->n = n;
}

static int
folder(struct page *p, const char *prefix,
    int (*fn)(void *arg, const struct inventory_item *item), void *arg)
{
	char after[HASH_HEX_SIZE] = "";
	bool is_last;
	int rc;

	do {
		mem_reset(p->mem);
		p->n = 0;
		if ((rc = name_each(p->s->db, prefix, after, PAGE, take_name,
			 p)) <= 0)
			return rc;
		is_last = p->n < PAGE;
		if (!is_last)
			end_page(p);
		memcpy(after, p->items[p->n - 1].id, HASH_HEX_SIZE);
		rc = remote_list(p->s->remote, prefix, see, p);
		if (rc != 0 && rc != E_ABSENT)
			return rc;
		if ((rc = tell(p, fn, arg)) != 0)
			return rc;
	} while (!is_last);
	return 0;
}

int
inventory_run(struct sync *s,
    int (*fn)(void *arg, const struct inventory_item *item), void *arg)
{
	struct page p = { .s = s, .mem = mem_new() };
	char prefix[3];
	int rc = 0;

	p.items = xmalloc(PAGE * sizeof(*p.items));
	p.names = xmalloc(PAGE * sizeof(*p.names));
	for (int i = 0; rc == 0 && i < 256; i++) {
		prefix[0] = "0123456789abcdef"[i / 16];
		prefix[1] = "0123456789abcdef"[i % 16];
		prefix[2] = '\0';
		rc = folder(&p, prefix, fn, arg);
	}
	mem_free(p.mem);
	free(p.items);
	free(p.names);
	return rc;
}

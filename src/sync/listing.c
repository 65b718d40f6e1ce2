/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define PAGE 4096
#define GROUP 64 /* characters of a name: the hash of a content */

/* The smallest names after `after`, twice a page of them before it is cut. */
struct page {
	struct mem *mem, *spare;
	char *after; /* NULL: from the start */
	struct listed items[2 * PAGE];
	int n;
	bool was_cut;
};

static int
by_name(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* A listing that broke off is read again: a name may come twice. */
static void
sort_once(struct page *p)
{
	int n = 0;

	qsort(p->items, (size_t)p->n, sizeof(*p->items), by_name);
	for (int i = 0; i < p->n; i++)
		if (n == 0 || by_name(&p->items[n - 1], &p->items[i]) != 0)
			p->items[n++] = p->items[i];
	p->n = n;
}

/* What is kept moves to the other memory, so that the rest can go. */
static void
cut(struct page *p, int most)
{
	struct mem *old = p->mem;

	sort_once(p);
	if (p->n <= most)
		return;
	p->n = most;
	p->was_cut = true;
	for (int i = 0; i < p->n; i++)
		p->items[i].name = mem_strdup(p->spare, p->items[i].name);
	p->mem = p->spare;
	p->spare = old;
	mem_reset(old);
}

static int
take(void *arg, const struct remote_entry *entry)
{
	struct page *p = arg;
	struct listed *item;

	if (p->after != NULL && strcmp(entry->name, p->after) <= 0)
		return 0;
	if (p->n == 2 * PAGE)
		cut(p, PAGE);
	item = &p->items[p->n++];
	item->name = mem_strdup(p->mem, entry->name);
	item->is_dir = entry->is_dir;
	item->size_bytes = entry->size_bytes;
	item->mtime = entry->mtime;
	return 0;
}

/* The last names of a page that was cut begin the next one. */
static void
end_page(struct page *p)
{
	int n = p->n;

	while (n > 1 &&
	    strncmp(p->items[n - 1].name, p->items[p->n - 1].name, GROUP) == 0)
		n--;
	if (strncmp(p->items[n - 1].name, p->items[p->n - 1].name, GROUP) != 0)
		p->n = n;
}

static int
read_page(struct sync *s, const char *dir, struct page *p)
{
	int rc;

	mem_reset(p->mem);
	mem_reset(p->spare);
	p->n = 0;
	p->was_cut = false;
	rc = remote_list(s->remote, dir, take, p);
	if (rc != 0 && rc != E_ABSENT)
		return rc;
	cut(p, PAGE);
	if (p->was_cut)
		end_page(p);
	return 0;
}

static int
each_page(struct sync *s, const char *dir, struct page *p,
    int (*fn)(void *arg, const struct listed *page, int n), void *arg)
{
	int rc;

	do {
		if ((rc = run_stopped(s)) != 0 ||
		    (rc = read_page(s, dir, p)) != 0)
			return rc;
		if (p->n > 0 && (rc = fn(arg, p->items, p->n)) != 0)
			return rc;
		free(p->after);
		p->after = p->n > 0 ? xstrdup(p->items[p->n - 1].name) : NULL;
	} while (p->was_cut);
	return 0;
}

int
listing_each(struct sync *s, const char *dir,
    int (*fn)(void *arg, const struct listed *page, int n), void *arg)
{
	struct page *p = xmalloc(sizeof(*p));
	int rc;

	p->mem = mem_new();
	p->spare = mem_new();
	p->after = NULL;
	rc = each_page(s, dir, p, fn, arg);
	mem_free(p->mem);
	mem_free(p->spare);
	free(p->after);
	free(p);
	return rc;
}

/* ---- which folders -------------------------------------------------------------- */

const char *
listing_folder(int i, char name[3])
{
	static const char digits[] = "0123456789abcdef";

	name[0] = digits[i / 16];
	name[1] = digits[i % 16];
	name[2] = '\0';
	return name;
}

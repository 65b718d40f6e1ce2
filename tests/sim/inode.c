/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sim/disk.h"

static void
page_release(struct page *page)
{
	if (page != NULL && --page->refs == 0)
		free(page);
}

void
inode_hold(struct inode *inode)
{
	inode->refs++;
}

void
inode_release(struct inode *inode)
{
	if (--inode->refs > 0)
		return;
	for (size_t i = 0; i < inode->n_pages; i++)
		page_release(inode->pages[i]);
	for (size_t i = 0; i < inode->n_synced; i++)
		page_release(inode->synced[i]);
	free(inode->pages);
	free(inode->synced);
	free(inode);
}

int64_t
inode_read(const struct inode *inode, int64_t at, void *data, size_t len)
{
	unsigned char *out = data;
	int64_t done = 0;

	if (at >= inode->size)
		return 0;
	if ((int64_t)len > inode->size - at)
		len = (size_t)(inode->size - at);
	while (len > 0) {
		size_t page = (size_t)(at / DISK_PAGE);
		size_t from = (size_t)(at % DISK_PAGE);
		size_t part = DISK_PAGE - from < len ? DISK_PAGE - from : len;

		if (page < inode->n_pages && inode->pages[page] != NULL)
			memcpy(out, inode->pages[page]->bytes + from, part);
		else
			memset(out, 0, part);
		out += part;
		at += (int64_t)part;
		done += (int64_t)part;
		len -= part;
	}
	return done;
}

/* Its own copy of the page, to be written to. */
static struct page *
own_page(struct inode *inode, size_t at, bool is_whole)
{
	struct page *was = inode->pages[at], *page;

	if (was != NULL && was->refs == 1)
		return was;
	page = xmalloc(sizeof(*page));
	page->refs = 1;
	if (was == NULL)
		memset(page->bytes, 0, DISK_PAGE);
	else if (!is_whole)
		memcpy(page->bytes, was->bytes, DISK_PAGE);
	page_release(was);
	inode->pages[at] = page;
	return page;
}

static void
make_room(struct inode *inode, size_t pages)
{
	if (pages > inode->room) {
		inode->room = pages > 2 * inode->room ? pages : 2 * inode->room;
		inode->pages = xrealloc(inode->pages,
		    inode->room * sizeof(inode->pages[0]));
	}
	while (inode->n_pages < pages)
		inode->pages[inode->n_pages++] = NULL;
}

static void
mark_dirty(struct inode *inode, size_t from, size_t to)
{
	if (inode->dirty_to <= inode->dirty_from) {
		inode->dirty_from = from;
		inode->dirty_to = to;
		return;
	}
	if (from < inode->dirty_from)
		inode->dirty_from = from;
	if (to > inode->dirty_to)
		inode->dirty_to = to;
}

void
inode_write(struct inode *inode, int64_t at, const void *data, size_t len)
{
	const unsigned char *in = data;
	int64_t end = at + (int64_t)len;

	make_room(inode, (size_t)((end + DISK_PAGE - 1) / DISK_PAGE));
	mark_dirty(inode, (size_t)(at / DISK_PAGE),
	    (size_t)((end + DISK_PAGE - 1) / DISK_PAGE));
	while (len > 0) {
		size_t from = (size_t)(at % DISK_PAGE);
		size_t part = DISK_PAGE - from < len ? DISK_PAGE - from : len;
		struct page *page = own_page(inode, (size_t)(at / DISK_PAGE),
		    part == DISK_PAGE);

		memcpy(page->bytes + from, in, part);
		in += part;
		at += (int64_t)part;
		len -= part;
	}
	if (end > inode->size)
		inode->size = end;
}

/* What lies behind the end is zero when the file grows again. */
static void
clear_tail(struct inode *inode, int64_t size)
{
	size_t from = (size_t)(size % DISK_PAGE);
	size_t at = (size_t)(size / DISK_PAGE);
	struct page *page;

	if (from == 0 || at >= inode->n_pages || inode->pages[at] == NULL)
		return;
	page = own_page(inode, at, false);
	memset(page->bytes + from, 0, DISK_PAGE - from);
	mark_dirty(inode, at, at + 1);
}

void
inode_truncate(struct inode *inode, int64_t size)
{
	size_t pages = (size_t)((size + DISK_PAGE - 1) / DISK_PAGE);

	if (size < inode->size)
		clear_tail(inode, size);
	if (pages < inode->n_pages)
		mark_dirty(inode, pages, inode->n_pages);
	while (inode->n_pages > pages)
		page_release(inode->pages[--inode->n_pages]);
	inode->size = size;
}

static void
synced_room(struct inode *inode)
{
	while (inode->n_synced > inode->n_pages)
		page_release(inode->synced[--inode->n_synced]);
	if (inode->n_pages > inode->synced_room) {
		inode->synced_room = inode->room;
		inode->synced = xrealloc(inode->synced,
		    inode->synced_room * sizeof(inode->synced[0]));
	}
	while (inode->n_synced < inode->n_pages)
		inode->synced[inode->n_synced++] = NULL;
}

void
inode_sync(struct inode *inode)
{
	size_t to = inode->dirty_to;

	synced_room(inode);
	if (to > inode->n_pages)
		to = inode->n_pages;
	for (size_t i = inode->dirty_from; i < to; i++) {
		if (inode->synced[i] == inode->pages[i])
			continue;
		page_release(inode->synced[i]);
		inode->synced[i] = inode->pages[i];
		if (inode->pages[i] != NULL)
			inode->pages[i]->refs++;
	}
	inode->dirty_from = inode->dirty_to = 0;
	inode->synced_size = inode->size;
}

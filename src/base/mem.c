/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/mem.h"

#include "base/log.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of a usual block; larger wishes get their own. */
#define BLOCK_SIZE 8000

struct block {
	struct block *next;
	size_t size;
	size_t used;
	alignas(max_align_t) unsigned char bytes[];
};

/* The first block is the one that is being filled; it is a usual one. */
struct mem {
	struct block *blocks;
};

_Noreturn static void
out_of_memory(size_t size)
{
	log_line(LOG_ERROR, "mem", "out of memory size_bytes=%zu", size);
	_exit(EXIT_FAILURE);
}

void *
xmalloc(size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	if (p == NULL)
		out_of_memory(size);
	return p;
}

void *
xrealloc(void *p, size_t size)
{
	p = realloc(p, size > 0 ? size : 1);
	if (p == NULL)
		out_of_memory(size);
	return p;
}

char *
xstrdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(xmalloc(size), s, size);
}

static struct block *
block_new(size_t size)
{
	struct block *b;

	if (size > SIZE_MAX - sizeof(*b))
		out_of_memory(size);
	b = xmalloc(sizeof(*b) + size);
	b->next = NULL;
	b->size = size;
	b->used = 0;
	return b;
}

static void
blocks_free(struct block *b)
{
	struct block *next;

	for (; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
}

struct mem *
mem_new(void)
{
	struct mem *mem = xmalloc(sizeof(*mem));

	mem->blocks = block_new(BLOCK_SIZE);
	return mem;
}

void
mem_free(struct mem *mem)
{
	if (mem == NULL)
		return;
	blocks_free(mem->blocks);
	free(mem);
}

void
mem_reset(struct mem *mem)
{
	blocks_free(mem->blocks->next);
	mem->blocks->next = NULL;
	mem->blocks->used = 0;
}

/* A large wish gets a block behind the first, which goes on being filled. */
static struct block *
block_for(struct mem *mem, size_t size)
{
	struct block *b = mem->blocks;

	if (size <= b->size - b->used)
		return b;
	if (size > BLOCK_SIZE / 4) {
		b = block_new(size);
		b->next = mem->blocks->next;
		mem->blocks->next = b;
		return b;
	}
	b = block_new(BLOCK_SIZE);
	b->next = mem->blocks;
	mem->blocks = b;
	return b;
}

void *
mem_alloc(struct mem *mem, size_t size)
{
	size_t align = alignof(max_align_t);
	struct block *b;
	void *p;

	if (size > SIZE_MAX - align)
		out_of_memory(size);
	size = (size + align - 1) / align * align;
	if (size == 0)
		size = align;
	b = block_for(mem, size);
	p = b->bytes + b->used;
	b->used += size;
	return memset(p, 0, size);
}

char *
mem_strdup(struct mem *mem, const char *s)
{
	return s == NULL ? NULL : mem_strndup(mem, s, strlen(s));
}

char *
mem_strndup(struct mem *mem, const char *s, size_t len)
{
	char *copy;

	if (s == NULL)
		return NULL;
	len = strnlen(s, len);
	copy = mem_alloc(mem, len + 1);
	memcpy(copy, s, len);
	return copy;
}

char *
mem_printf(struct mem *mem, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = mem_vprintf(mem, fmt, ap);
	va_end(ap);
	return s;
}

char *
mem_vprintf(struct mem *mem, const char *fmt, va_list ap)
{
	va_list again;
	char *s;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	if (len < 0)
		out_of_memory(0);
	s = mem_alloc(mem, (size_t)len + 1);
	vsnprintf(s, (size_t)len + 1, fmt, again);
	va_end(again);
	return s;
}

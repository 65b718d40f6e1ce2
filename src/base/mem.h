/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Memory that dies together: every request and every sync run has one.
 * Nothing taken from it is freed singly.  Running out of memory ends the
 * process with a line in the log: no caller can do better, and every process
 * may be killed at any time.
 */
struct mem;

struct mem *mem_new(void);
void mem_free(struct mem *mem); /* mem_free(NULL) is fine */

/* mem_reset - forget all that was taken; keeps one block for the next round. */
void mem_reset(struct mem *mem);

/* mem_alloc - `size` zeroed bytes, aligned for any type. */
void *mem_alloc(struct mem *mem, size_t size);

char *mem_strdup(struct mem *mem, const char *s); /* NULL gives NULL */
char *mem_strndup(struct mem *mem, const char *s, size_t len);
char *mem_printf(struct mem *mem, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
char *mem_vprintf(struct mem *mem, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* xmalloc, xrealloc, xstrdup - as in libc, but never NULL; free() frees. */
void *xmalloc(size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

#endif

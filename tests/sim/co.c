/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sim/co.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "base/err.h"
#include "base/mem.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#define STACK_BYTES ((size_t)1 << 20)

struct co {
	ucontext_t here, there;
	void *stack;
	void (*fn)(void *arg);
	void *arg;
	bool is_over;
	char words[1024]; /* of err_text, while it does not run */
	void *fake;       /* the sanitizer's */
};

static struct co *running;

/* ---- what a sanitizer must know of stacks ----------------------------------------- */

static void
leave(void **fake, const void *stack, size_t size)
{
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_start_switch_fiber(fake, stack, size);
#else
	(void)fake;
	(void)stack;
	(void)size;
#endif
}

static const void *main_stack;
static size_t main_size;

static void
arrive(void *fake, const void **from, size_t *size)
{
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_finish_switch_fiber(fake, from, size);
#else
	(void)fake;
	(void)from;
	(void)size;
#endif
}

/* ---- switching ----------------------------------------------------------------------- */

static void
enter(void)
{
	struct co *co = running;

	arrive(NULL, &main_stack, &main_size);
	for (;;) {
		co->fn(co->arg);
		co->is_over = true;
		co_yield ();
	}
}

struct co *
co_new(void)
{
	struct co *co = xmalloc(sizeof(*co));

	memset(co, 0, sizeof(*co));
	co->is_over = true;
	co->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (co->stack == MAP_FAILED || getcontext(&co->here) != 0)
		abort();
	co->here.uc_stack.ss_sp = co->stack;
	co->here.uc_stack.ss_size = STACK_BYTES;
	makecontext(&co->here, enter, 0);
	return co;
}

void
co_free(struct co *co)
{
	if (co == NULL)
		return;
	munmap(co->stack, STACK_BYTES);
	free(co);
}

void
co_start(struct co *co, void (*fn)(void *arg), void *arg)
{
	co->fn = fn;
	co->arg = arg;
	co->is_over = false;
	co->words[0] = '\0';
}

void
co_resume(struct co *co)
{
	void *fake = NULL;

	running = co;
	err_set(0, "%s", co->words);
	leave(&fake, co->stack, STACK_BYTES);
	swapcontext(&co->there, &co->here);
	arrive(fake, NULL, NULL);
	running = NULL;
}

void co_yield (void)
{
	struct co *co = running;

	snprintf(co->words, sizeof(co->words), "%s", err_text());
	leave(&co->fake, main_stack, main_size);
	swapcontext(&co->here, &co->there);
	arrive(co->fake, &main_stack, &main_size);
}

bool
co_is_over(const struct co *co)
{
	return co->is_over;
}

struct co *
co_self(void)
{
	return running;
}

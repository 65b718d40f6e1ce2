/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/commit.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "fuzz/scratch.h"

#include <string.h>

/*
 * A commit as somebody put it on the store: header and changes are read, or
 * refused; what was taken is written again as the same bytes that are read
 * again, and its records are in bounds.
 */

struct seen {
	struct buf *out;
	int64_t n;
};

static int
see(void *arg, const struct commit_change *change)
{
	struct seen *s = arg;

	must(shared_check(&change->rec) == 0);
	must(change->is_delete == change->rec.deleted);
	must(parents_check(change->parents) == 0);
	s->n++;
	commit_line(change, s->out);
	return 0;
}

/* Whatever a reader takes, a reader takes as a writer of ours would put it. */
static void
read_again(const struct buf *first, int64_t changes)
{
	struct buf second = { 0 };
	struct seen s = { &second, 0 };
	struct mem *mem = mem_new();
	struct commit c;
	const char *path;

	path = scratch_file((const uint8_t *)first->data, first->len);
	must(commit_read_header(mem, path, &c) == 0);
	commit_header(&c, &second);
	must(commit_each(path, see, &s) == 0 && s.n == changes);
	must(second.len == first->len &&
	    memcmp(second.data, first->data, first->len) == 0);
	mem_free(mem);
	buf_release(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = scratch_file(data, size);
	struct mem *mem = mem_new();
	struct buf out = { 0 };
	struct seen s = { &out, 0 };
	struct commit c;

	if (commit_read_header(mem, path, &c) == 0) {
		must(c.version >= 1 && c.ancestors_n <= COMMIT_ANCESTORS);
		(void)commit_follows(&c, NULL, &c.parent);
		(void)commit_follows(&c, &c, &c.parent);
		commit_header(&c, &out);
		if (commit_each(path, see, &s) == 0) {
			must(s.n == c.changes);
			read_again(&out, s.n);
		}
	}
	buf_release(&out);
	mem_free(mem);
	return 0;
}

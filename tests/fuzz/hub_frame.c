/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/mem.h"
#include "base/str.h"
#include "event/message.h"
#include "hub/line.h"
#include "hub/ring.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Lines of the hub's protocol, as either side may meet them.  What is read and
 * written again is one line, and reads as the same; what is published can be
 * replayed since any id.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int fact)
{
	if (!fact)
		abort();
}

static void
check_again(struct mem *mem, const struct message *m)
{
	struct buf once = { NULL, 0, 0 }, twice = { NULL, 0, 0 };
	struct message back;

	message_put(&once, m);
	must(memchr(once.data, '\n', once.len) == once.data + once.len - 1 ||
	    m->kind == MESSAGE_ENDED || m->kind == MESSAGE_STATE);
	must(message_parse(mem, once.data, once.len - 1, &back) == 0);
	must(back.kind == m->kind);
	message_put(&twice, &back);
	must(once.len == twice.len &&
	    memcmp(once.data, twice.data, once.len) == 0);
	buf_release(&once);
	buf_release(&twice);
}

static void
count(void *arg, struct line *line)
{
	*(size_t *)arg += line->len;
}

static void
use(struct ring *ring, const struct message *m)
{
	struct line *line;
	size_t bytes = 0;

	if (m->kind == MESSAGE_PUBLISH && (line = ring_put(ring, m)) != NULL) {
		must(line->len <= EVENT_LINE_MAX);
		line_unref(line);
	}
	if (m->kind == MESSAGE_REPLAY)
		(void)ring_each(ring, m->user, m->since, count, &bytes);
	must(bytes <= RING_BYTES + EVENT_LINE_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ring *ring = ring_new("0123456789abcdef");
	const char *at = (const char *)data, *end = at + size, *stop;
	struct mem *mem = mem_new();
	struct message m;

	while (at < end) {
		stop = memchr(at, '\n', (size_t)(end - at));
		if (stop == NULL)
			stop = end;
		if (message_parse(mem, at, (size_t)(stop - at), &m) == 0) {
			check_again(mem, &m);
			use(ring, &m);
		}
		at = stop < end ? stop + 1 : end;
	}
	mem_free(mem);
	ring_free(ring);
	return 0;
}

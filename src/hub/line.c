/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "hub/line.h"

#include "base/mem.h"
#include "base/str.h"
#include "event/message.h"

#include <stdlib.h>
#include <string.h>

struct line *
line_new(const struct message *m)
{
	struct buf text = { NULL, 0, 0 };
	struct line *line;

	message_put(&text, m);
	line = xmalloc(sizeof(*line) + text.len);
	line->refs = 1;
	line->len = text.len;
	memcpy(line->text, text.data, text.len);
	buf_release(&text);
	return line;
}

struct line *
line_ref(struct line *line)
{
	line->refs++;
	return line;
}

void
line_unref(struct line *line)
{
	if (line != NULL && --line->refs == 0)
		free(line);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tei/wanted.h"

#include <string.h>

#define RAW_MAX 4096 /* bytes of a text with the white space around it */

void
wanted_start(struct wanted *w, const struct tei_tag *tag)
{
	if (w->seen)
		return;
	w->seen = true;
	w->depth = tag->depth;
}

void
wanted_end(struct wanted *w, const struct tei_tag *tag)
{
	if (w->depth == tag->depth)
		w->depth = 0;
}

void
wanted_text(struct wanted *w, const char *text, size_t len)
{
	if (w->depth != 0 && w->text.len <= RAW_MAX)
		buf_add(&w->text, text, len > RAW_MAX ? RAW_MAX + 1 : len);
}

const char *
wanted_trim(struct wanted *w)
{
	static const char blank[] = " \t\r\n";
	const char *text = buf_text(&w->text);

	while (w->text.len > 0 &&
	    strchr(blank, w->text.data[w->text.len - 1]) != NULL)
		w->text.data[--w->text.len] = '\0';
	return text + strspn(text, blank);
}

void
wanted_release(struct wanted *w)
{
	buf_release(&w->text);
}

bool
wanted_is_key(const struct tei_tag *tag)
{
	return tei_tag_is(tag, "idno") && tei_tag_has(tag, "type", "fileref");
}

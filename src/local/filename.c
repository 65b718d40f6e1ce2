/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/filename.h"

#include "base/mem.h"
#include "base/str.h"
#include "local/shared.h"

#include <string.h>

#define EXTENSION_MAX 32 /* bytes; what is longer is no extension */

static const char *
base_name(const char *path)
{
	const char *s;

	for (s = path; *s != '\0'; s++)
		if (*s == '/' || *s == '\\')
			path = s + 1;
	return path;
}

/* The bytes of the plain character at `s`; 0 when there is none. */
static size_t
character_size(const char *s)
{
	char one[5] = "";
	size_t i;

	for (i = 0; i < 4 && s[i] != '\0'; i++) {
		one[i] = s[i];
		if (shared_is_plain(one, 4))
			return i + 1;
	}
	return 0;
}

static void
put_plain(struct buf *out, const char *s)
{
	size_t size;

	for (; *s != '\0'; s += size)
		if ((size = character_size(s)) > 0) {
			buf_add(out, s, size);
		} else {
			buf_putc(out, '_');
			size = 1;
		}
}

static const char *
extension(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (str_ends(name, ".tei.xml"))
		return name + strlen(name) - strlen(".tei.xml");
	if (dot == NULL || strlen(dot) > EXTENSION_MAX)
		return "";
	return dot;
}

/* At most `max` bytes of `name`, whole characters. */
static size_t
cut_size(const char *name, size_t max)
{
	while (max > 0 && ((unsigned char)name[max] & 0xc0) == 0x80)
		max--;
	return max;
}

char *
filename_safe(struct mem *mem, const char *original, const char *otherwise)
{
	const char *name = original != NULL ? base_name(original) : "";
	struct buf out = { 0 };
	const char *ext;
	char *safe;

	put_plain(&out, name);
	name = buf_text(&out);
	if (out.len == 0 || str_eq(name, ".") || str_eq(name, ".."))
		name = otherwise;
	ext = extension(name);
	if (strlen(name) <= SHARED_NAME_MAX)
		safe = mem_strdup(mem, name);
	else
		safe = mem_printf(mem, "%.*s%s",
		    (int)cut_size(name, SHARED_NAME_MAX - strlen(ext)), name,
		    ext);
	buf_release(&out);
	return safe;
}

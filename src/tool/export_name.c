/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/export_name.h"

#include "base/mem.h"
#include "base/str.h"
#include "local/shared.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define PART_MAX 200 /* bytes, so that id and extension fit too */

static char
safe_char(char c)
{
	if ((unsigned char)c < ' ' || c == 0x7f ||
	    strchr("/\\:*?\"<>|", c) != NULL)
		return '_';
	return c;
}

/* Not within a character: what follows a cut must begin one. */
static size_t
cut(const char *text, size_t len)
{
	if (len <= PART_MAX)
		return len;
	len = PART_MAX;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static char *
safe_part(struct mem *mem, const char *text, size_t len)
{
	char *part;
	size_t i;

	len = cut(text, len);
	if (len == 0)
		return mem_strdup(mem, "_");
	part = mem_strndup(mem, text, len);
	for (i = 0; i < len; i++)
		part[i] = safe_char(part[i]);
	if (part[0] == '.')
		part[0] = '_';
	if (part[len - 1] == '.' || part[len - 1] == ' ')
		part[len - 1] = '_';
	return part;
}

const char *
export_folder(struct mem *mem, const struct record *r)
{
	char *part = safe_part(mem, r->doc_id, strlen(r->doc_id));

	/* the one name that is taken */
	return str_eq(part, "records.jsonl") ? "_records.jsonl" : part;
}

/* Without ".ext", if there is something before it. */
static bool
drop_end(const char *filename, size_t *len, const char *ext)
{
	size_t n = strlen(ext);

	if (*len < n + 2 || filename[*len - n - 1] != '.' ||
	    strncasecmp(filename + *len - n, ext, n) != 0)
		return false;
	*len -= n + 1;
	return true;
}

const char *
export_file(struct mem *mem, const struct record *r)
{
	const char *ext = shared_ext(r->file_type);
	size_t len = strlen(r->filename);

	if (!drop_end(r->filename, &len, ext) && str_eq(ext, "tei.xml"))
		drop_end(r->filename, &len, "xml");
	return mem_printf(mem, "%s.%s.%s", safe_part(mem, r->filename, len),
	    r->stable_id, ext);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tei/parse.h"

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define MARKER_WITHIN 1024 /* where readers of PDF look for its marker */

static int
see_root(void *arg, const struct tei_tag *tag)
{
	enum tei_kind *kind = arg;

	if (tag->depth == 1 && str_eq(tag->ns, TEI_RNG_NS))
		*kind = TEI_RNG;
	return 0;
}

/* Does it begin as XML does?  UTF-16 has a byte-order mark or a NUL there. */
static bool
looks_like_xml(const unsigned char *head, size_t len)
{
	size_t at = 0;

	if (len >= 2 &&
	    ((head[0] == 0xff && head[1] == 0xfe) ||
		(head[0] == 0xfe && head[1] == 0xff)))
		return true;
	if (len >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	while (at < len && (isspace(head[at]) || head[at] == '\0'))
		at++;
	return at < len && head[at] == '<';
}

static ssize_t
read_head(int fd, unsigned char *head, size_t size)
{
	size_t got = 0;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_set(E_IO, "seek: %s", strerror(errno));
	while (got < size) {
		n = file_read_some(fd, head + got, size - got);
		if (n <= 0)
			return n < 0 ? n : (ssize_t)got;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

int
tei_sniff(int fd, enum tei_kind *kind)
{
	unsigned char head[MARKER_WITHIN] = { 0 };
	enum tei_kind xml = TEI_XML;
	struct tei_visitor root = { .start = see_root, .arg = &xml };
	ssize_t len = read_head(fd, head, sizeof(head));
	bool has_marker;
	int rc = E_INPUT;

	if (len < 0)
		return E_IO;
	if (len == 0)
		return err_set(E_INPUT, "the file is empty");
	has_marker = memmem(head, (size_t)len, "%PDF-", 5) != NULL;
	if (looks_like_xml(head, (size_t)len))
		rc = tei_walk(fd, &root);
	else if (!has_marker)
		return err_set(E_INPUT, "neither a PDF nor XML");
	if (rc == E_INPUT && has_marker) {
		*kind = TEI_PDF;
		return 0;
	}
	if (rc == 0)
		*kind = xml;
	return rc;
}

const char *
tei_kind_name(enum tei_kind kind)
{
	static const char *const names[] = { "pdf", "tei", "rng" };

	return names[kind];
}

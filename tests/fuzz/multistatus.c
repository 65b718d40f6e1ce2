/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/multistatus.h"
#include "base/str.h"
#include "fuzz/scratch.h"
#include "remote/remote.h"

#include <string.h>

/*
 * An answer to PROPFIND, fed in pieces whose size is the first byte.  No name
 * that comes out of it is a path, and pieces of one size say what pieces of
 * another say.
 */

static int
see(void *arg, const struct remote_entry *entry)
{
	struct buf *said = arg;

	must(entry->name[0] != '\0' && strchr(entry->name, '/') == NULL);
	must(strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0);
	must(entry->size_bytes >= -1 && entry->mtime >= -1);
	buf_puts(said, entry->name);
	buf_putc(said, '\n');
	return 0;
}

static int
feed(const uint8_t *data, size_t size, size_t piece, struct buf *said)
{
	struct multistatus *ms = multistatus_new("/dav/head/",
	    MULTISTATUS_CHILDREN, see, said);
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < size; at += piece)
		rc = multistatus_feed(ms, data + at,
		    piece < size - at ? piece : size - at);
	if (rc == 0)
		rc = multistatus_end(ms);
	multistatus_free(ms);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf one = { 0 }, many = { 0 };
	size_t piece = size > 0 ? data[0] % 61 + 1U : 1;
	int rc;

	rc = feed(data, size, size + 1, &one);
	if (feed(data, size, piece, &many) == 0 && rc == 0)
		must(strcmp(buf_text(&one), buf_text(&many)) == 0);
	buf_release(&one);
	buf_release(&many);
	return 0;
}

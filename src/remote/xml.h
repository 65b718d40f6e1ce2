/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_XML_H
#define REMOTE_XML_H

#include <stdbool.h>
#include <stddef.h>

/*
 * XML that a server sends, read as it streams: memory does not grow with it.
 * Any bytes lead to an error at worst: document types are refused (so there are
 * no entities), nesting and texts are bounded, nothing is fetched.
 */
struct xml;

#define XML_DEPTH_MAX 32

struct xml_reader {
	const char *what; /* for messages: "the listing" */

	/* begin - an element, the `depth`th of those that are open, at most
	 * XML_DEPTH_MAX; `uri` is NULL without a namespace.  True: its text is
	 * wanted. */
	bool (*begin)(void *arg, const char *local, const char *uri, int depth);

	/* end - of the innermost, leaving `depth` open; its text since the last begin or end, without
	 * the white space around it ("" when not wanted). */
	void (*end)(void *arg, const char *text, int depth);
	void *arg;
};

/* xml_new - `reader` stays the caller's and must outlive it. */
struct xml *xml_new(const struct xml_reader *reader);
void xml_free(struct xml *x); /* NULL is fine */

/* xml_stop - from within the reader: nothing more is read, `rc` is answered. */
void xml_stop(struct xml *x, int rc);

/* xml_feed - the next bytes.  0; what stopped it; E_CORRUPT. */
int xml_feed(struct xml *x, const void *data, size_t len);

/* xml_end - there are no more.  As feed; E_REMOTE: it ends too early. */
int xml_end(struct xml *x);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/xml.h"

#include <libxml/parser.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	TEXT_MAX = 8 * 1024,      /* bytes of one text that is wanted */
	SILENCE_MAX = 256 * 1024, /* bytes without an element or a text */
	CHUNK_MAX = 64 * 1024
};

struct xml {
	xmlParserCtxtPtr parser;
	const struct xml_reader *reader;
	bool is_wanted[XML_DEPTH_MAX];
	int depth;
	struct buf text; /* of the innermost element that is wanted */
	size_t silence;
	bool is_over;     /* the root element was closed */
	bool is_followed; /* by something that does not belong there */
	int rc;           /* the first error, or what stopped it */
};

void
xml_stop(struct xml *x, int rc)
{
	if (x->rc == 0)
		x->rc = rc;
	xmlStopParser(x->parser);
}

/* ---- what libxml2 calls ------------------------------------------------ */

static void
on_start(void *ctx, const xmlChar *local, const xmlChar *prefix,
    const xmlChar *uri, int n_namespaces, const xmlChar **namespaces,
    int n_attributes, int n_defaulted, const xmlChar **attributes)
{
	struct xml *x = ctx;

	(void)prefix, (void)n_namespaces, (void)namespaces, (void)n_attributes,
	    (void)n_defaulted, (void)attributes;
	x->silence = 0;
	if (x->rc != 0)
		return;
	if (x->depth == XML_DEPTH_MAX) {
		xml_stop(x,
		    err_set(E_CORRUPT, "%s is nested too deeply",
			x->reader->what));
		return;
	}
	buf_clear(&x->text);
	x->depth++;
	x->is_wanted[x->depth - 1] = x->reader->begin(x->reader->arg,
	    (const char *)local, (const char *)uri, x->depth);
}

static const char *
trimmed(struct buf *text)
{
	const char *p = buf_text(text);

	while (text->len > 0 && strchr(" \t\r\n", text->data[text->len - 1]))
		text->data[--text->len] = '\0';
	return p + strspn(p, " \t\r\n");
}

static void
on_end(void *ctx, const xmlChar *local, const xmlChar *prefix,
    const xmlChar *uri)
{
	struct xml *x = ctx;

	(void)local, (void)prefix, (void)uri;
	x->silence = 0;
	if (x->rc != 0 || x->depth == 0)
		return;
	x->depth--;
	x->reader->end(x->reader->arg, trimmed(&x->text), x->depth);
	buf_clear(&x->text);
	if (x->depth == 0)
		x->is_over = true;
}

static void
on_text(void *ctx, const xmlChar *text, int len)
{
	struct xml *x = ctx;

	x->silence = 0;
	if (x->rc != 0 || x->depth == 0 || !x->is_wanted[x->depth - 1])
		return;
	if (x->text.len + (size_t)len > TEXT_MAX) {
		xml_stop(x,
		    err_set(E_CORRUPT, "%s has a text of more than %d bytes",
			x->reader->what, TEXT_MAX));
		return;
	}
	buf_add(&x->text, text, (size_t)len);
}

static void
on_doctype(void *ctx, const xmlChar *name, const xmlChar *id,
    const xmlChar *system)
{
	struct xml *x = ctx;

	(void)name, (void)id, (void)system;
	xml_stop(x,
	    err_set(E_CORRUPT, "%s has a document type, which none needs",
		x->reader->what));
}

static void
on_trouble(void *ctx, const xmlError *error)
{
	(void)ctx, (void)error; /* the parser's answer tells it */
}

static xmlSAXHandler handler = {
	.initialized = XML_SAX2_MAGIC,
	.startElementNs = on_start,
	.endElementNs = on_end,
	.characters = on_text,
	.ignorableWhitespace = on_text,
	.cdataBlock = on_text,
	.internalSubset = on_doctype,
	.externalSubset = on_doctype,
	.serror = (xmlStructuredErrorFunc)on_trouble,
};

/* ---- the topic -------------------------------------------------------- */

static void
init_parser(void)
{
	xmlInitParser();
}

struct xml *
xml_new(const struct xml_reader *reader)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct xml *x = xmalloc(sizeof(*x));

	pthread_once(&once, init_parser);
	memset(x, 0, sizeof(*x));
	x->reader = reader;
	x->parser = xmlCreatePushParserCtxt(&handler, x, NULL, 0, NULL);
	if (x->parser == NULL)
		abort(); /* out of memory */
	(void)xmlCtxtUseOptions(x->parser, XML_PARSE_NONET);
	return x;
}

void
xml_free(struct xml *x)
{
	if (x == NULL)
		return;
	if (x->parser->myDoc != NULL)
		xmlFreeDoc(x->parser->myDoc);
	xmlFreeParserCtxt(x->parser);
	buf_release(&x->text);
	free(x);
}

static int
no_xml(struct xml *x)
{
	xml_stop(x,
	    err_set(E_CORRUPT, "%s is not well-formed XML", x->reader->what));
	return x->rc;
}

static int
feed_some(struct xml *x, const char *data, int len)
{
	int error;

	x->silence += (size_t)len;
	error = xmlParseChunk(x->parser, data, len, 0);
	if (x->rc != 0)
		return x->rc;
	if (error == XML_ERR_DOCUMENT_END && x->is_over)
		x->is_followed = true;
	else if (error != XML_ERR_OK && !x->parser->wellFormed)
		return no_xml(x);
	if (x->silence > SILENCE_MAX && (!x->is_over || x->is_followed))
		xml_stop(x,
		    err_set(E_CORRUPT, "%s has a part without end",
			x->reader->what));
	return x->rc;
}

int
xml_feed(struct xml *x, const void *data, size_t len)
{
	const char *p = data;
	int rc = x->rc;

	while (rc == 0 && len > 0) {
		size_t n = len < CHUNK_MAX ? len : CHUNK_MAX;

		rc = feed_some(x, p, (int)n);
		p += n;
		len -= n;
	}
	return rc;
}

int
xml_end(struct xml *x)
{
	if (x->rc != 0)
		return x->rc;
	(void)xmlParseChunk(x->parser, NULL, 0, 1);
	/* An element that was cut off may look like another one. */
	if (x->rc == E_CORRUPT || (x->rc == 0 && !x->is_over))
		return x->rc = err_set(E_REMOTE, "%s ends too early",
			   x->reader->what);
	if (x->rc != 0)
		return x->rc;
	/* So Go's webdav says that it could not tell of all there is. */
	if (x->is_followed)
		return x->rc = err_set(E_REMOTE,
			   "%s was broken off with an error of the server",
			   x->reader->what);
	return x->parser->wellFormed ? 0 : no_xml(x);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tei/parse.h"

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * What libxml2 does not bound, or in squares of what it bounds: how long it
 * reads before it shows something; attributes of one tag (it compares each with
 * each); namespaces in scope (it looks through them at each tag); default
 * values of attributes (they come with every tag).
 */
#define SILENT_MAX (12 << 20)
#define ATTRIBUTES_MAX 10000
#define NAMESPACES_MAX 1000
#define DEFAULTS_MAX 1000

/* No NOENT, DTDLOAD, DTDATTR or DTDVALID: nothing is loaded.  No HUGE: it would
 * take libxml2's own bounds away. */
#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOWARNING | XML_PARSE_COMPACT)

/* A walk under way; `_private` of each parser context that works for it. */
struct walk {
	const struct tei_visitor *visitor;
	xmlParserCtxtPtr ctxt; /* of the file itself, not of an entity */
	int fd;
	int depth;
	int64_t fed;       /* bytes read from the file */
	int64_t silent;    /* of these since the last tag or text */
	int64_t equals;    /* of these '=', outside comments and the like */
	int64_t declared;  /* attributes that the file's own DTD declares */
	int64_t expanded;  /* bytes that entities and defaults stand for */
	bool is_declaring; /* a parameter entity */
	int rc;            /* what ended the walk early */
	bool bad_seen;     /* err_text() has the first error of the text */
	bool bad_is_fatal;
	bool is_broken; /* below the parser */
};

/* libxml2's callbacks get the context; a context for an entity has the same
 * `_private` as the one that it was made for. */
static struct walk *
walk_of(void *ctx)
{
	return ((xmlParserCtxtPtr)ctx)->_private;
}

/* Ends the walk.  While libxml2 reads it must not be stopped, it would go on in
 * a buffer that is gone: `ctx` is NULL then, and the reading fails. */
static void
stop(struct walk *w, void *ctx, int rc)
{
	if (rc == 0 || w->rc != 0)
		return;
	w->rc = rc;
	if (ctx == NULL)
		return;
	xmlStopParser(ctx);
	if (ctx != w->ctxt)
		xmlStopParser(w->ctxt);
}

static void
too_much(struct walk *w, void *ctx, const char *what)
{
	if (w->rc == 0)
		stop(w, ctx, err_set(E_INPUT, "the file has %s", what));
}

/* Something was expanded that the file has in fewer bytes.  libxml2 has a bound
 * too, but for the ratio, and not the same in each version. */
static void
expand(struct walk *w, void *ctx, int64_t bytes)
{
	w->expanded += bytes;
	if (w->expanded > TEI_EXPANSION_MAX + w->fed)
		too_much(w, ctx,
		    "entities or defaults that expand to too much");
}

/* A tag or text came out. */
static void
shown(struct walk *w)
{
	w->silent = 0;
	w->equals = 0;
}

/* A byte position means the file's only in the file's own input, and only when
 * libxml2 does not convert it. */
static int64_t
offset_of(const struct walk *w, xmlParserCtxtPtr ctxt)
{
	xmlParserInputPtr in = ctxt->input;

	if (ctxt != w->ctxt || ctxt->inputNr != 1 || in == NULL ||
	    in->buf == NULL || in->buf->encoder != NULL)
		return -1;
	return (int64_t)xmlByteConsumed(ctxt);
}

static void
on_start(void *ctx, const xmlChar *name, const xmlChar *prefix,
    const xmlChar *ns, int ns_count, const xmlChar **namespaces,
    int attribute_count, int defaulted, const xmlChar **attributes)
{
	struct walk *w = walk_of(ctx);
	struct tei_tag tag = {
		.name = (const char *)name,
		.prefix = (const char *)prefix,
		.ns = (const char *)ns,
		.attributes = attributes,
		.attribute_count = attribute_count,
	};

	(void)ns_count;
	(void)namespaces;
	shown(w);
	tag.depth = ++w->depth;
	expand(w, ctx, 16 * (int64_t)defaulted);
	if (((xmlParserCtxtPtr)ctx)->nsNr / 2 > NAMESPACES_MAX)
		too_much(w, ctx, "too many namespaces");
	if (w->rc != 0 || w->visitor->start == NULL)
		return;
	tag.offset = offset_of(w, ctx);
	stop(w, ctx, w->visitor->start(w->visitor->arg, &tag));
}

static void
on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns)
{
	struct walk *w = walk_of(ctx);
	struct tei_tag tag = {
		.name = (const char *)name,
		.prefix = (const char *)prefix,
		.ns = (const char *)ns,
	};

	shown(w);
	tag.depth = w->depth--;
	if (w->rc != 0 || w->visitor->end == NULL)
		return;
	tag.offset = offset_of(w, ctx);
	stop(w, ctx, w->visitor->end(w->visitor->arg, &tag));
}

static void
on_text(void *ctx, const xmlChar *text, int len)
{
	struct walk *w = walk_of(ctx);

	shown(w);
	if (w->rc != 0 || w->visitor->text == NULL)
		return;
	stop(w, ctx,
	    w->visitor->text(w->visitor->arg, (const char *)text, (size_t)len));
}

/* Each time that an entity is used, what it stands for is counted. */
static xmlEntityPtr
on_entity(void *ctx, const xmlChar *name)
{
	struct walk *w = walk_of(ctx);
	xmlEntityPtr entity = xmlSAX2GetEntity(ctx, name);

	if (entity != NULL && entity->etype != XML_INTERNAL_PREDEFINED_ENTITY)
		expand(w, ctx, entity->length + 1);
	return w->rc == 0 ? entity : NULL;
}

static void
on_entity_decl(void *ctx, const xmlChar *name, int type,
    const xmlChar *public_id, const xmlChar *system_id, xmlChar *content)
{
	xmlSAX2EntityDecl(ctx, name, type, public_id, system_id, content);
	if (type == XML_INTERNAL_PARAMETER_ENTITY)
		walk_of(ctx)->is_declaring = true;
}

/*
 * libxml2 2.9.14 never comes back from some parameter entities that nest, and
 * TEI has no use for any in a file: those that files declare are for the DTD
 * outside, which is not loaded.  libxml2 asks for each once when it was
 * declared.
 */
static xmlEntityPtr
on_parameter_entity(void *ctx, const xmlChar *name)
{
	struct walk *w = walk_of(ctx);
	xmlEntityPtr entity = xmlSAX2GetParameterEntity(ctx, name);

	if (entity != NULL && !w->is_declaring &&
	    entity->etype == XML_INTERNAL_PARAMETER_ENTITY)
		too_much(w, ctx, "parameter entities in its DTD: not read");
	w->is_declaring = false;
	return w->rc == 0 ? entity : NULL;
}

static void
on_attribute_decl(void *ctx, const xmlChar *element, const xmlChar *name,
    int type, int def, const xmlChar *value, xmlEnumerationPtr values)
{
	struct walk *w = walk_of(ctx);

	(void)element;
	(void)name;
	(void)type;
	(void)def;
	(void)value;
	xmlFreeEnumeration(values);
	if (++w->declared > DEFAULTS_MAX)
		too_much(w, ctx, "too many attributes in its DTD");
}

/* Nothing from outside is ever parsed. */
static xmlParserInputPtr
on_resolve(void *ctx, const xmlChar *public_id, const xmlChar *system_id)
{
	(void)ctx;
	(void)public_id;
	(void)system_id;
	return NULL;
}

/* Its first line. */
static int
words_len(const char *message)
{
	return (int)strcspn(message, "\n");
}

/* The first error tells most; what makes a text ill-formed goes before what a
 * parser only dislikes. */
static void
note_error(struct walk *w, const xmlError *error)
{
	bool is_fatal = error->level == XML_ERR_FATAL;
	const char *message = error->message ? error->message : "not XML";

	if (w == NULL || w->rc != 0 || error->level < XML_ERR_ERROR)
		return;
	if (w->bad_seen && (w->bad_is_fatal || !is_fatal))
		return;
	w->bad_seen = true;
	w->bad_is_fatal = is_fatal;
	err_set(E_INPUT, "line %d, column %d: %.*s",
	    w->ctxt->input ? w->ctxt->input->line : error->line,
	    w->ctxt->input ? w->ctxt->input->col : error->int2,
	    words_len(message), message);
}

static void
on_error(void *ctx, xmlErrorPtr error)
{
	note_error(walk_of(ctx), error);
}

/* An error below the parser, as in the conversion of an encoding.  libxml2
 * would print it, and may go on as if the text ended there. */
static void
on_loose_error(void *arg, xmlErrorPtr error)
{
	struct walk *w = arg;

	w->is_broken |= error->level >= XML_ERR_ERROR;
	note_error(w, error);
}

/* May these bytes be part of a tag? */
static bool
may_be_tag(const struct walk *w)
{
	xmlParserInputState state = w->ctxt->instate;

	return state != XML_PARSER_COMMENT && state != XML_PARSER_PI &&
	    state != XML_PARSER_CDATA_SECTION;
}

static void
count_read(struct walk *w, const char *data, ssize_t len)
{
	w->fed += len;
	w->silent += len;
	for (ssize_t i = 0; may_be_tag(w) && i < len; i++)
		w->equals += data[i] == '=';
	if (w->silent > SILENT_MAX)
		too_much(w, NULL, "a tag, comment or DTD that is too long");
	if (w->equals > ATTRIBUTES_MAX)
		too_much(w, NULL, "a tag with too many attributes");
}

static int
on_read(void *arg, char *data, int len)
{
	struct walk *w = arg;
	ssize_t n;

	if (w->rc != 0)
		return -1;
	n = file_read_some(w->fd, data, (size_t)len);
	if (n < 0)
		stop(w, NULL, E_IO);
	else
		count_read(w, data, n);
	return w->rc == 0 ? (int)n : -1;
}

static const xmlSAXHandler handler = {
	.initialized = XML_SAX2_MAGIC,
	.startDocument = xmlSAX2StartDocument,
	.internalSubset = xmlSAX2InternalSubset,
	.isStandalone = xmlSAX2IsStandalone,
	.hasInternalSubset = xmlSAX2HasInternalSubset,
	.hasExternalSubset = xmlSAX2HasExternalSubset,
	.resolveEntity = on_resolve,
	.entityDecl = on_entity_decl,
	.attributeDecl = on_attribute_decl,
	.getEntity = on_entity,
	.getParameterEntity = on_parameter_entity,
	.startElementNs = on_start,
	.endElementNs = on_end,
	.characters = on_text,
	.ignorableWhitespace = on_text,
	.cdataBlock = on_text,
	.serror = on_error,
};

static xmlParserCtxtPtr
context_new(struct walk *w)
{
	xmlSAXHandler copy = handler;

	/* libxml2 copies it. */
	return xmlCreateIOParserCtxt(&copy, NULL, on_read, NULL, w,
	    XML_CHAR_ENCODING_NONE);
}

/* What the parser made of it, when no callback had the last word. */
static int
verdict(const struct walk *w)
{
	xmlParserCtxtPtr ctxt = w->ctxt;

	if (w->rc != 0)
		return w->rc;
	if (ctxt->errNo == XML_ERR_NO_MEMORY)
		return err_set(E_NOMEM, "no memory to read XML");
	if (ctxt->wellFormed && ctxt->nsWellFormed && !w->is_broken)
		return 0;
	if (!w->bad_seen)
		err_set(E_INPUT, "line %d: not well-formed",
		    ctxt->input ? ctxt->input->line : 1);
	return E_INPUT;
}

static void
context_free(xmlParserCtxtPtr ctxt)
{
	if (ctxt->myDoc != NULL)
		xmlFreeDoc(ctxt->myDoc);
	xmlFreeParserCtxt(ctxt);
}

/* What libxml2 says without a context goes to this thread's handler. */
static void
parse(struct walk *w)
{
	xmlStructuredErrorFunc handler_before = xmlStructuredError;
	void *arg_before = xmlStructuredErrorContext;

	xmlSetStructuredErrorFunc(w, on_loose_error);
	xmlParseDocument(w->ctxt);
	xmlSetStructuredErrorFunc(arg_before, handler_before);
}

int
tei_walk(int fd, const struct tei_visitor *visitor)
{
	struct walk w = { .visitor = visitor, .fd = fd };
	int rc;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_set(E_IO, "seek: %s", strerror(errno));
	xmlInitParser();
	w.ctxt = context_new(&w);
	if (w.ctxt == NULL)
		return err_set(E_NOMEM, "no memory to read XML");
	w.ctxt->_private = &w;
	xmlCtxtUseOptions(w.ctxt, OPTIONS);
	parse(&w);
	rc = verdict(&w);
	context_free(w.ctxt);
	return rc;
}

bool
tei_tag_is(const struct tei_tag *tag, const char *name)
{
	return str_eq(tag->ns, TEI_NS) && str_eq(tag->name, name);
}

bool
tei_tag_has(const struct tei_tag *tag, const char *name, const char *value)
{
	size_t len = strlen(value);

	/* Five for each: name, prefix, namespace, begin and end of value. */
	for (int i = 0; i < tag->attribute_count; i++) {
		const unsigned char **a = tag->attributes + 5 * i;

		if (a[2] == NULL && strcmp((const char *)a[0], name) == 0)
			return (size_t)(a[4] - a[3]) == len &&
			    memcmp(a[3], value, len) == 0;
	}
	return false;
}

int
tei_check(int fd)
{
	static const struct tei_visitor nobody = { .arg = NULL };

	return tei_walk(fd, &nobody);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/multistatus.h"

#include <curl/curl.h>
#include <libxml/parser.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/remote_ops.h"

enum {
	DEPTH_MAX = 32,
	TEXT_MAX = 8 * 1024,      /* bytes of one href, date, … */
	SILENCE_MAX = 256 * 1024, /* bytes without an element or a text */
	CHUNK_MAX = 64 * 1024
};

/* What the elements that matter are called; their order is that of `names`. */
enum element {
	OTHER,
	MULTISTATUS,
	RESPONSE,
	HREF,
	PROPSTAT,
	PROP,
	STATUS,
	RESOURCETYPE,
	COLLECTION,
	GETCONTENTLENGTH,
	GETLASTMODIFIED
};

static const char *const names[] = { "", "multistatus", "response", "href",
	"propstat", "prop", "status", "resourcetype", "collection",
	"getcontentlength", "getlastmodified" };

struct props {
	bool is_dir;
	int64_t size_bytes;
	int64_t mtime;
	bool is_good; /* the status is a success, or not told */
};

struct multistatus {
	xmlParserCtxtPtr xml;
	enum multistatus_of of;
	int (*fn)(void *arg, const struct remote_entry *entry);
	void *arg;
	struct buf base; /* decoded, single slashes, none at the end */
	enum element stack[DEPTH_MAX];
	int depth;
	struct buf text; /* of the innermost element that matters */
	struct buf href;
	struct props props;    /* of this propstat */
	struct props response; /* of this response */
	size_t silence;
	long responses;
	long ours;
	bool is_over;     /* the root element was closed */
	bool is_followed; /* by something that does not belong there */
	int rc;           /* the first error, or what `fn` answered */
};

/* ---- addresses -------------------------------------------------------- */

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One byte of `*p`, decoded; `*p` moves behind it. */
static unsigned char
decode_byte(const char **p, bool *was_encoded)
{
	int hi, lo;

	*was_encoded = false;
	if (**p == '%' && (hi = hex_digit((*p)[1])) >= 0 &&
	    (lo = hex_digit((*p)[2])) >= 0) {
		*was_encoded = true;
		*p += 3;
		return (unsigned char)(hi * 16 + lo);
	}
	return (unsigned char)*(*p)++;
}

/*
 * Decoded, with single slashes.  A slash or a NUL that was encoded would lie
 * about the parts: such a path is refused.
 */
static bool
decode_path(const char *p, struct buf *out)
{
	bool was_encoded;
	unsigned char c;

	buf_clear(out);
	while (*p != '\0' && *p != '?' && *p != '#') {
		c = decode_byte(&p, &was_encoded);
		if (c == '\0' || (c == '/' && was_encoded))
			return false;
		if (c == '/' && out->len > 0 && out->data[out->len - 1] == '/')
			continue;
		buf_putc(out, (char)c);
	}
	while (out->len > 0 && out->data[out->len - 1] == '/')
		out->data[--out->len] = '\0';
	return true;
}

static const char *
skip_host(const char *href)
{
	const char *host = strstr(href, "://");
	const char *slash;

	if (href[0] == '/' || host == NULL)
		return href;
	slash = strchr(host + 3, '/');
	return slash != NULL ? slash : "";
}

/* ---- entries ---------------------------------------------------------- */

static int
refuse(struct multistatus *ms, int rc)
{
	if (ms->rc == 0)
		ms->rc = rc;
	xmlStopParser(ms->xml);
	return rc;
}

static void
tell(struct multistatus *ms, const char *name)
{
	struct remote_entry entry = { .name = name,
		.is_dir = ms->response.is_dir,
		.size_bytes = ms->response.size_bytes,
		.mtime = ms->response.mtime };
	int rc;

	if ((rc = ms->fn(ms->arg, &entry)) != 0)
		refuse(ms, rc);
}

static bool
leads_astray(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void
tell_child(struct multistatus *ms, const char *name)
{
	if (leads_astray(name))
		refuse(ms,
		    err_set(E_CORRUPT, "the listing has the name \"%s\"",
			name));
	else if (strchr(name, '/') != NULL)
		return; /* deeper than was asked for */
	else if (!remote_name_ok(name, strlen(name)) || strlen(name) > NAME_MAX)
		return; /* nothing of ours */
	else if (ms->of == MULTISTATUS_CHILDREN)
		tell(ms, name);
}

static void
end_response(struct multistatus *ms)
{
	struct buf path = { 0 };
	size_t len = ms->base.len;

	ms->responses++;
	if (!decode_path(skip_host(buf_text(&ms->href)), &path)) {
		refuse(ms,
		    err_set(E_CORRUPT,
			"the listing has an address "
			"that cannot be: \"%.60s\"",
			buf_text(&ms->href)));
	} else if (!str_starts(buf_text(&path), buf_text(&ms->base)) ||
	    (path.len > len && path.data[len] != '/')) {
		/* of another place */
	} else {
		ms->ours++;
		if (path.len > len + 1 && ms->response.is_good)
			tell_child(ms, path.data + len + 1);
		else if (path.len <= len && ms->of == MULTISTATUS_SELF &&
		    ms->response.is_good)
			tell(ms, "");
	}
	buf_release(&path);
}

static bool
status_is_good(const char *status)
{
	const char *space = strchr(status, ' ');

	return space != NULL && space[1] == '2';
}

static int64_t
parse_size(const char *text)
{
	int64_t n;

	if (str_int64(text, &n) != 0 || n < 0) {
		err_clear();
		return -1;
	}
	return n;
}

static void
end_propstat(struct multistatus *ms)
{
	const struct props *p = &ms->props;

	if (!p->is_good)
		return;
	ms->response.is_dir |= p->is_dir;
	if (p->size_bytes >= 0)
		ms->response.size_bytes = p->size_bytes;
	if (p->mtime >= 0)
		ms->response.mtime = p->mtime;
}

/* ---- elements --------------------------------------------------------- */

static const struct props no_props = { .size_bytes = -1,
	.mtime = -1,
	.is_good = true };

static enum element
element_of(const xmlChar *local, const xmlChar *uri)
{
	size_t i;

	if (uri == NULL || strcmp((const char *)uri, "DAV:") != 0)
		return OTHER;
	for (i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp((const char *)local, names[i]) == 0)
			return (enum element)i;
	return OTHER;
}

static enum element
parent_of(const struct multistatus *ms)
{
	return ms->depth > 1 ? ms->stack[ms->depth - 2] : OTHER;
}

static void
begin_element(struct multistatus *ms, enum element e)
{
	buf_clear(&ms->text);
	if (e == RESPONSE) {
		buf_clear(&ms->href);
		ms->response = no_props;
	} else if (e == PROPSTAT) {
		ms->props = no_props;
	} else if (e == COLLECTION && parent_of(ms) == RESOURCETYPE) {
		ms->props.is_dir = true;
	}
}

static void
end_status(struct multistatus *ms)
{
	bool is_good = status_is_good(buf_text(&ms->text));

	if (parent_of(ms) == PROPSTAT)
		ms->props.is_good = is_good;
	else if (parent_of(ms) == RESPONSE)
		ms->response.is_good = is_good;
}

static char *
trimmed(struct buf *text)
{
	char *p = text->data;

	while (text->len > 0 && strchr(" \t\r\n", text->data[text->len - 1]))
		text->data[--text->len] = '\0';
	return p != NULL ? p + strspn(p, " \t\r\n") : NULL;
}

static void
end_element(struct multistatus *ms, enum element e)
{
	const char *text = trimmed(&ms->text);

	if (text == NULL)
		text = "";
	if (e == HREF && parent_of(ms) == RESPONSE) {
		buf_clear(&ms->href);
		buf_puts(&ms->href, text);
	} else if (e == GETCONTENTLENGTH && parent_of(ms) == PROP) {
		ms->props.size_bytes = parse_size(text);
	} else if (e == GETLASTMODIFIED && parent_of(ms) == PROP) {
		ms->props.mtime = curl_getdate(text, NULL);
	} else if (e == STATUS) {
		end_status(ms);
	} else if (e == PROPSTAT) {
		end_propstat(ms);
	} else if (e == RESPONSE && parent_of(ms) == MULTISTATUS) {
		end_response(ms);
	}
	buf_clear(&ms->text);
}

/* ---- what libxml2 calls ------------------------------------------------ */

static void
on_start(void *ctx, const xmlChar *local, const xmlChar *prefix,
    const xmlChar *uri, int n_namespaces, const xmlChar **namespaces,
    int n_attributes, int n_defaulted, const xmlChar **attributes)
{
	struct multistatus *ms = ctx;
	enum element e = element_of(local, uri);

	(void)prefix, (void)n_namespaces, (void)namespaces, (void)n_attributes,
	    (void)n_defaulted, (void)attributes;
	ms->silence = 0;
	if (ms->rc != 0)
		return;
	if (ms->depth == DEPTH_MAX) {
		refuse(ms,
		    err_set(E_CORRUPT,
			"the listing is nested too "
			"deeply"));
		return;
	}
	if (ms->depth == 0 && e != MULTISTATUS) {
		refuse(ms,
		    err_set(E_CORRUPT,
			"the answer is no listing but "
			"<%.40s>",
			(const char *)local));
		return;
	}
	ms->stack[ms->depth++] = e;
	begin_element(ms, e);
}

static void
on_end(void *ctx, const xmlChar *local, const xmlChar *prefix,
    const xmlChar *uri)
{
	struct multistatus *ms = ctx;

	(void)local, (void)prefix, (void)uri;
	ms->silence = 0;
	if (ms->rc != 0 || ms->depth == 0)
		return;
	end_element(ms, ms->stack[ms->depth - 1]);
	if (--ms->depth == 0)
		ms->is_over = true;
}

static void
on_text(void *ctx, const xmlChar *text, int len)
{
	struct multistatus *ms = ctx;

	ms->silence = 0;
	if (ms->rc != 0 || ms->depth == 0 || ms->stack[ms->depth - 1] == OTHER)
		return;
	if (ms->text.len + (size_t)len > TEXT_MAX) {
		refuse(ms,
		    err_set(E_CORRUPT,
			"the listing has a text of more "
			"than %d bytes",
			TEXT_MAX));
		return;
	}
	buf_add(&ms->text, text, (size_t)len);
}

static void
on_doctype(void *ctx, const xmlChar *name, const xmlChar *id,
    const xmlChar *system)
{
	struct multistatus *ms = ctx;

	(void)name, (void)id, (void)system;
	refuse(ms,
	    err_set(E_CORRUPT,
		"the listing has a document type, "
		"which none needs"));
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

struct multistatus *
multistatus_new(const char *path, enum multistatus_of of,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct multistatus *ms = xmalloc(sizeof(*ms));

	pthread_once(&once, init_parser);
	*ms = (struct multistatus){ .of = of, .fn = fn, .arg = arg };
	(void)decode_path(path, &ms->base);
	ms->xml = xmlCreatePushParserCtxt(&handler, ms, NULL, 0, NULL);
	if (ms->xml == NULL)
		abort(); /* out of memory */
	(void)xmlCtxtUseOptions(ms->xml, XML_PARSE_NONET);
	return ms;
}

void
multistatus_free(struct multistatus *ms)
{
	if (ms == NULL)
		return;
	if (ms->xml->myDoc != NULL)
		xmlFreeDoc(ms->xml->myDoc);
	xmlFreeParserCtxt(ms->xml);
	buf_release(&ms->base);
	buf_release(&ms->text);
	buf_release(&ms->href);
	free(ms);
}

static int
no_xml(struct multistatus *ms)
{
	return refuse(ms,
	    err_set(E_CORRUPT,
		"the listing is not well-formed "
		"XML"));
}

static int
feed_some(struct multistatus *ms, const char *data, int len)
{
	int error;

	ms->silence += (size_t)len;
	error = xmlParseChunk(ms->xml, data, len, 0);
	if (ms->rc != 0)
		return ms->rc;
	if (error == XML_ERR_DOCUMENT_END && ms->is_over)
		ms->is_followed = true;
	else if (error != XML_ERR_OK && !ms->xml->wellFormed)
		return no_xml(ms);
	if (ms->silence > SILENCE_MAX && (!ms->is_over || ms->is_followed))
		return refuse(ms,
		    err_set(E_CORRUPT,
			"the listing has a part "
			"without end"));
	return 0;
}

int
multistatus_feed(struct multistatus *ms, const void *data, size_t len)
{
	const char *p = data;
	int rc = ms->rc;

	while (rc == 0 && len > 0) {
		size_t n = len < CHUNK_MAX ? len : CHUNK_MAX;

		rc = feed_some(ms, p, (int)n);
		p += n;
		len -= n;
	}
	return rc;
}

int
multistatus_end(struct multistatus *ms)
{
	if (ms->rc != 0)
		return ms->rc;
	(void)xmlParseChunk(ms->xml, NULL, 0, 1);
	/* An element that was cut off may look like another one. */
	if (ms->rc == E_CORRUPT || (ms->rc == 0 && !ms->is_over))
		return ms->rc = err_set(E_REMOTE,
			   "the listing ends too "
			   "early");
	if (ms->rc != 0)
		return ms->rc;
	/* So Go's webdav says that it could not tell of all there is. */
	if (ms->is_followed)
		return ms->rc = err_set(E_REMOTE,
			   "the listing was broken off with an error of the "
			   "server");
	if (!ms->xml->wellFormed)
		return no_xml(ms);
	if (ms->responses > 0 && ms->ours == 0)
		return err_set(E_DENIED,
		    "the listing speaks of other "
		    "addresses than the one asked for (\"%.60s\"): is there a "
		    "proxy that changes paths?",
		    buf_text(&ms->href));
	return 0;
}

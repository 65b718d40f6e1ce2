/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/multistatus.h"

#include <curl/curl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/remote_ops.h"
#include "remote/xml.h"

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
	struct xml *xml;
	struct xml_reader reader;
	enum multistatus_of of;
	int (*fn)(void *arg, const struct remote_entry *entry);
	void *arg;
	struct buf base; /* decoded, single slashes, none at the end */
	enum element stack[XML_DEPTH_MAX];
	int depth;
	struct buf href;
	struct props props;    /* of this propstat */
	struct props response; /* of this response */
	long responses;
	long ours;
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

static void
tell(struct multistatus *ms, const char *name)
{
	struct remote_entry entry = { .name = name,
		.is_dir = ms->response.is_dir,
		.size_bytes = ms->response.size_bytes,
		.mtime = ms->response.mtime };
	int rc;

	if ((rc = ms->fn(ms->arg, &entry)) != 0)
		xml_stop(ms->xml, rc);
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
		xml_stop(ms->xml,
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
		xml_stop(ms->xml,
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
element_of(const char *local, const char *uri)
{
	size_t i;

	if (uri == NULL || strcmp(uri, "DAV:") != 0)
		return OTHER;
	for (i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(local, names[i]) == 0)
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
end_status(struct multistatus *ms, const char *text)
{
	bool is_good = status_is_good(text);

	if (parent_of(ms) == PROPSTAT)
		ms->props.is_good = is_good;
	else if (parent_of(ms) == RESPONSE)
		ms->response.is_good = is_good;
}

static void
end_element(struct multistatus *ms, enum element e, const char *text)
{
	if (e == HREF && parent_of(ms) == RESPONSE) {
		buf_clear(&ms->href);
		buf_puts(&ms->href, text);
	} else if (e == GETCONTENTLENGTH && parent_of(ms) == PROP) {
		ms->props.size_bytes = parse_size(text);
	} else if (e == GETLASTMODIFIED && parent_of(ms) == PROP) {
		ms->props.mtime = curl_getdate(text, NULL);
	} else if (e == STATUS) {
		end_status(ms, text);
	} else if (e == PROPSTAT) {
		end_propstat(ms);
	} else if (e == RESPONSE && parent_of(ms) == MULTISTATUS) {
		end_response(ms);
	}
}

/* ---- what the parser calls ---------------------------------------------- */

static bool
begin(void *arg, const char *local, const char *uri, int depth)
{
	struct multistatus *ms = arg;
	enum element e = element_of(local, uri);

	ms->depth = depth;
	ms->stack[depth - 1] = e;
	if (depth == 1 && e != MULTISTATUS)
		xml_stop(ms->xml,
		    err_set(E_CORRUPT, "the answer is no listing but <%.40s>",
			local));
	else
		begin_element(ms, e);
	return e != OTHER;
}

static void
end(void *arg, const char *text, int depth)
{
	struct multistatus *ms = arg;

	end_element(ms, ms->stack[depth], text);
	ms->depth = depth;
}

/* ---- the topic -------------------------------------------------------- */

struct multistatus *
multistatus_new(const char *path, enum multistatus_of of,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg)
{
	struct multistatus *ms = xmalloc(sizeof(*ms));

	*ms = (struct multistatus){ .of = of, .fn = fn, .arg = arg };
	(void)decode_path(path, &ms->base);
	ms->reader = (struct xml_reader){ .what = "the listing",
		.begin = begin,
		.end = end,
		.arg = ms };
	ms->xml = xml_new(&ms->reader);
	return ms;
}

void
multistatus_free(struct multistatus *ms)
{
	if (ms == NULL)
		return;
	xml_free(ms->xml);
	buf_release(&ms->base);
	buf_release(&ms->href);
	free(ms);
}

int
multistatus_feed(struct multistatus *ms, const void *data, size_t len)
{
	return xml_feed(ms->xml, data, len);
}

int
multistatus_end(struct multistatus *ms)
{
	int rc = xml_end(ms->xml);

	if (rc != 0)
		return rc;
	if (ms->responses > 0 && ms->ours == 0)
		return err_set(E_DENIED,
		    "the listing speaks of other "
		    "addresses than the one asked for (\"%.60s\"): is there a "
		    "proxy that changes paths?",
		    buf_text(&ms->href));
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/mem.h"
#include "web/private.h"

#include <string.h>

static const char health[] = "/health";

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
has_controls(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return true;
	return false;
}

const char *
request_decode(struct mem *mem, const char *s, size_t len, bool plus_is_space)
{
	char *text = mem_alloc(mem, len + 1), *to = text;
	size_t n;

	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (c == '%') {
			int high = len - i > 2 ? hex_value(s[i + 1]) : -1;
			int low = high >= 0 ? hex_value(s[i + 2]) : -1;

			if (low < 0)
				return NULL;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		*to++ = c;
	}
	n = (size_t)(to - text);
	return has_controls(text, n) || !str_is_utf8(text, n) ? NULL : text;
}

/* How long is the prefix that ends in this segment?  0: it is none. */
static size_t
api_len(const char *at)
{
	if (strncmp(at, "/api/v1/", 8) == 0)
		return 7;
	return strncmp(at, "/api/", 5) == 0 ? 4 : 0;
}

/*
 * The last one counts, so that a site may live under a path that has an /api
 * of its own; one with nothing behind it is a name ("/api/v1/users/api").
 */
static const char *
find_api(const char *path, size_t *len)
{
	const char *found = NULL;

	for (const char *p = path; (p = strchr(p, '/')) != NULL; p++) {
		size_t n = api_len(p);

		if (n > 0 && p[n + 1] != '\0') {
			found = p;
			*len = n;
			p += n - 1;
		}
	}
	return found;
}

const char *
request_path(struct request *req, const char *uri)
{
	size_t len = strcspn(uri, "?#"), n = 0;
	const char *query = uri[len] == '?' ? uri + len + 1 : "";
	char *path = mem_strndup(req->mem, uri, len);
	char *at = (char *)(uintptr_t)find_api(path, &n);

	if (at != NULL) {
		req->prefix = mem_strndup(req->mem, path,
		    (size_t)(at - path) + n);
		req->path = at + n;
	} else {
		req->prefix = "";
		req->path = str_ends(path, health) ? health : "";
	}
	return query;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/address.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

/* NULL where the URL has no such part; the answer is the caller's. */
static char *
part(CURLU *u, CURLUPart what, unsigned int flags)
{
	char *text = NULL, *copy;

	if (curl_url_get(u, what, &text, flags) != CURLUE_OK || text == NULL)
		return NULL;
	copy = xstrdup(text);
	curl_free(text);
	return copy;
}

static bool
has_part(CURLU *u, CURLUPart what)
{
	char *text = part(u, what, 0);
	bool has = text != NULL;

	free(text);
	return has;
}

static bool
host_is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	    (str_starts(host, "127.") &&
		strspn(host, "0123456789.") == strlen(host));
}

static char *
origin_of(CURLU *u, const char *scheme, const char *host)
{
	char *port = part(u, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
	struct buf b = { 0 };
	char *origin;

	buf_printf(&b, "%s://%s", scheme, host);
	if (port != NULL)
		buf_printf(&b, ":%s", port);
	origin = xstrdup(buf_text(&b));
	buf_release(&b);
	free(port);
	return origin;
}

static void
cut_slashes(char *path)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		path[--len] = '\0';
}

static int
take_apart(CURLU *u, struct address *a)
{
	char *scheme = part(u, CURLUPART_SCHEME, 0);
	char *host = part(u, CURLUPART_HOST, 0);

	if (scheme != NULL && host != NULL) {
		a->is_https = strcmp(scheme, "https") == 0;
		a->is_loopback = host_is_loopback(host);
		a->origin = origin_of(u, scheme, host);
	}
	free(scheme);
	free(host);
	a->path = part(u, CURLUPART_PATH, 0);
	if (a->origin == NULL || a->path == NULL)
		return E_INPUT;
	cut_slashes(a->path);
	a->username = part(u, CURLUPART_USER, CURLU_URLDECODE);
	a->password = part(u, CURLUPART_PASSWORD, CURLU_URLDECODE);
	return 0;
}

int
address_parse(const char *url, struct address *a)
{
	CURLU *u = curl_url();
	int rc = E_INPUT;

	memset(a, 0, sizeof(*a));
	if (u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    !has_part(u, CURLUPART_QUERY) && !has_part(u, CURLUPART_FRAGMENT))
		rc = take_apart(u, a);
	curl_url_cleanup(u);
	if (rc != 0) {
		address_release(a);
		return err_set(E_INPUT,
		    "the store's address cannot be used: "
		    "https://host/folder is its form");
	}
	return 0;
}

void
address_release(struct address *a)
{
	free(a->origin);
	free(a->path);
	free(a->username);
	if (a->password != NULL)
		explicit_bzero(a->password, strlen(a->password));
	free(a->password);
	memset(a, 0, sizeof(*a));
}

static void
add_encoded(const char *part_of_path, size_t len, struct buf *out)
{
	char *text;

	if (len == 0)
		return;
	if ((text = curl_easy_escape(NULL, part_of_path, (int)len)) == NULL)
		abort(); /* out of memory */
	buf_puts(out, text);
	curl_free(text);
}

void
address_of(const struct address *a, const char *path, bool as_dir,
    struct buf *out)
{
	const char *p = path;

	buf_puts(out, a->origin);
	buf_puts(out, a->path);
	while (*p != '\0') {
		size_t len = strcspn(p, "/");

		buf_putc(out, '/');
		add_encoded(p, len, out);
		p += len;
		p += strspn(p, "/");
	}
	if (as_dir)
		buf_putc(out, '/');
}

static bool
same_part(CURLU *a, CURLU *b, CURLUPart what)
{
	char *x = part(a, what, CURLU_DEFAULT_PORT);
	char *y = part(b, what, CURLU_DEFAULT_PORT);
	bool same = x != NULL && y != NULL && strcasecmp(x, y) == 0;

	free(x);
	free(y);
	return same;
}

int
address_redirect(const char *url, const char *location, struct buf *out)
{
	CURLU *from = curl_url(), *to = curl_url();
	char *whole;
	int rc = -1;

	if (from != NULL && to != NULL &&
	    curl_url_set(from, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_set(to, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_set(to, CURLUPART_URL, location, 0) == CURLUE_OK) {
		rc = same_part(from, to, CURLUPART_SCHEME) &&
		    same_part(from, to, CURLUPART_HOST) &&
		    same_part(from, to, CURLUPART_PORT);
		curl_url_set(to, CURLUPART_USER, NULL, 0);
		curl_url_set(to, CURLUPART_PASSWORD, NULL, 0);
		curl_url_set(to, CURLUPART_FRAGMENT, NULL, 0);
		whole = part(to, CURLUPART_URL, 0);
		buf_clear(out);
		buf_puts(out, whole != NULL ? whole : "");
		free(whole);
	}
	curl_url_cleanup(from);
	curl_url_cleanup(to);
	if (rc < 0)
		return err_set(E_REMOTE, "redirected to what is no address");
	return rc;
}

const char *
address_path(const char *url)
{
	const char *host = strstr(url, "://");
	const char *slash;

	slash = strchr(host != NULL ? host + 3 : url, '/');
	return slash != NULL ? slash : "/";
}

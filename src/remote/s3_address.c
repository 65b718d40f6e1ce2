/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "remote/s3.h"

#define AWS_REGION "us-east-1"

/* ---- where the bucket is -------------------------------------------------- */

static const char *
region_of(const struct remote_config *c)
{
	return c->s3_region != NULL && c->s3_region[0] != '\0' ? c->s3_region
							       : AWS_REGION;
}

static bool
is_aws(const struct remote_config *c)
{
	return str_starts(c->url, "s3://") &&
	    (c->s3_endpoint == NULL || c->s3_endpoint[0] == '\0');
}

/* The whole as an address whose path is the bucket and the prefix. */
static void
path_style_url(const struct remote_config *c, struct buf *out)
{
	const char *rest;
	size_t len;

	if (!str_starts(c->url, "s3://")) {
		buf_puts(out, c->url + strlen("s3+"));
		return;
	}
	rest = c->url + strlen("s3://");
	if (is_aws(c)) {
		buf_printf(out, "https://s3.%s.amazonaws.com/%s", region_of(c),
		    rest);
		return;
	}
	len = strlen(c->s3_endpoint);
	while (len > 0 && c->s3_endpoint[len - 1] == '/')
		len--;
	buf_add(out, c->s3_endpoint, len);
	buf_printf(out, "/%s", rest);
}

/* What lies behind a path of the endpoint's own is not looked for: it has none
 * but with S3_ENDPOINT, which says where it ends. */
static size_t
endpoint_path_len(const struct remote_config *c)
{
	struct address a;
	size_t len = 0;

	if (!str_starts(c->url, "s3://") || is_aws(c))
		return 0;
	if (address_parse(c->s3_endpoint, &a) == 0) {
		len = strlen(a.path);
		address_release(&a);
	}
	return len;
}

static char *
decoded(const char *text, size_t len)
{
	int n = 0;
	char *plain = curl_easy_unescape(NULL, text, (int)len, &n), *copy;

	copy = xstrdup(plain != NULL ? plain : "");
	if (plain == NULL || strlen(plain) != (size_t)n)
		copy[0] = '\0';
	curl_free(plain);
	return copy;
}

static int
check_bucket(const char *bucket)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";
	size_t len = strlen(bucket);

	if (len >= 3 && len <= 255 && strspn(bucket, allowed) == len &&
	    bucket[0] != '.')
		return 0;
	return err_set(E_INPUT, "\"%.60s\" cannot be the name of a bucket",
	    bucket);
}

/* ---- the name in the host -------------------------------------------------- */

static bool
host_can_have_names(const char *origin)
{
	const char *host = strstr(origin, "://") + 3;
	size_t len = strcspn(host, ":");

	return host[0] != '[' && strspn(host, "0123456789.") < len &&
	    strncmp(host, "localhost", len) != 0;
}

/* A dot in it would not fit the certificate. */
static bool
bucket_fits_host(const char *bucket)
{
	return strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
	    strlen(bucket);
}

static bool
goes_into_host(const struct remote_config *c, const struct s3 *s3)
{
	if (c->s3_style != REMOTE_S3_AUTO)
		return c->s3_style == REMOTE_S3_HOST;
	return is_aws(c) && bucket_fits_host(s3->bucket);
}

static int
move_into_host(struct s3 *s3)
{
	char *origin = s3->address.origin;
	const char *host = strstr(origin, "://") + 3;
	struct buf b = { 0 };

	if (!host_can_have_names(origin))
		return err_set(E_INPUT,
		    "%s: the name of the bucket cannot stand before this "
		    "host: S3_PATH_STYLE = yes",
		    origin);
	buf_add(&b, origin, (size_t)(host - origin));
	buf_printf(&b, "%s.%s", s3->bucket, host);
	s3->address.origin = b.data;
	free(origin);
	return 0;
}

/* ---- the parts ---------------------------------------------------------------- */

/* "/bucket/a/b" behind `skip` bytes: the bucket and "a/b/". */
static int
split_path(struct s3 *s3, size_t skip)
{
	const char *path = s3->address.path + skip;
	const char *name = path + strspn(path, "/");
	const char *rest = name + strcspn(name, "/");
	struct buf prefix = { 0 };
	char *plain;
	int rc;

	s3->bucket = decoded(name, (size_t)(rest - name));
	plain = decoded(rest + strspn(rest, "/"),
	    strlen(rest + strspn(rest, "/")));
	if (plain[0] != '\0')
		buf_printf(&prefix, "%s/", plain);
	s3->prefix = xstrdup(buf_text(&prefix));
	buf_release(&prefix);
	if ((rc = check_bucket(s3->bucket)) == 0)
		rc = remote_path_check(plain);
	free(plain);
	return rc;
}

/* Above the prefix: with the bucket, or, where that is in the host, without. */
static void
set_paths(struct s3 *s3, size_t skip, bool in_host)
{
	struct buf path = { 0 }, whole = { 0 };
	char none[1] = "";
	struct address a = s3->address;

	buf_add(&path, s3->address.path, skip);
	if (!in_host)
		buf_printf(&path, "/%s", s3->bucket);
	s3->bucket_path = xstrdup(buf_text(&path));
	a.path = s3->bucket_path;
	a.origin = none;
	address_of(&a, s3->prefix, false, &whole);
	while (whole.len > 0 && whole.data[whole.len - 1] == '/')
		whole.data[--whole.len] = '\0';
	free(s3->address.path);
	s3->address.path = xstrdup(buf_text(&whole));
	buf_release(&path);
	buf_release(&whole);
}

int
s3_address(const struct remote_config *config, struct s3 *s3)
{
	size_t skip = endpoint_path_len(config);
	struct buf url = { 0 };
	bool in_host = false;
	int rc;

	path_style_url(config, &url);
	rc = address_parse(buf_text(&url), &s3->address);
	buf_release(&url);
	if (rc != 0)
		return err_set(E_INPUT,
		    "the store's address cannot be used: s3://BUCKET/PREFIX "
		    "or s3+https://HOST/BUCKET/PREFIX is its form");
	if ((rc = split_path(s3, skip)) == 0) {
		in_host = goes_into_host(config, s3);
		if (in_host)
			rc = move_into_host(s3);
	}
	if (rc != 0)
		s3_address_release(s3);
	else
		set_paths(s3, skip, in_host);
	return rc;
}

void
s3_address_release(struct s3 *s3)
{
	address_release(&s3->address);
	free(s3->bucket);
	free(s3->bucket_path);
	free(s3->prefix);
	s3->bucket = s3->bucket_path = s3->prefix = NULL;
}

/* ---- queries -------------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct s3_param *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
put_encoded(const char *text, struct buf *out)
{
	char *encoded;

	if (text[0] == '\0')
		return; /* 0 would mean: up to its end */
	if ((encoded = curl_easy_escape(NULL, text, (int)strlen(text))) == NULL)
		abort(); /* out of memory */
	buf_puts(out, encoded);
	curl_free(encoded);
}

void
s3_query(const struct s3_param *params, size_t n, struct buf *url)
{
	struct s3_param sorted[8];
	size_t i;

	if (n > sizeof(sorted) / sizeof(sorted[0]))
		abort(); /* no request has so many */
	if (n == 0)
		return;
	memcpy(sorted, params, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), by_name);
	for (i = 0; i < n; i++) {
		buf_putc(url, i == 0 ? '?' : '&');
		put_encoded(sorted[i].name, url);
		buf_putc(url, '=');
		put_encoded(sorted[i].value, url);
	}
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/s3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

enum { HASH_AT_ONCE = 64 * 1024, DOOMED_MAX = 1000 };

static struct s3 *
s3_of(struct remote *r)
{
	return (struct s3 *)r;
}

/* ---- requests ----------------------------------------------------------------- */

void
s3_question(struct s3 *s3, struct http_call *call, const char *method,
    const char *path, const struct s3_param *params, size_t n,
    enum http_repeat repeat)
{
	http_call_reset(call, method, repeat);
	if (path != NULL)
		address_of(&s3->address, path, false, &call->url);
	else
		buf_printf(&call->url, "%s%s", s3->address.origin,
		    s3->bucket_path[0] != '\0' ? s3->bucket_path : "/");
	s3_query(params, n, &call->url);
	if (s3->token != NULL)
		http_header(call, "x-amz-security-token: %s", s3->token);
}

static int
hash_source(const struct source *src, struct hash *hash)
{
	struct hash_stream *hs = hash_stream_new();
	char *data = xmalloc(HASH_AT_ONCE);
	int64_t at = 0, n;

	while ((n = source_read(src, at, data, HASH_AT_ONCE)) > 0) {
		hash_stream_add(hs, data, (size_t)n);
		at += n;
	}
	hash_stream_end(hs, hash);
	hash_stream_free(hs);
	free(data);
	return n < 0 ? (int)n : 0;
}

int
s3_body(struct http_call *call, const struct source *src)
{
	struct hash hash;
	char hex[HASH_HEX_SIZE];
	int rc;

	hash_bytes("", 0, &hash);
	if (src != NULL) {
		if ((rc = hash_source(src, &hash)) != 0)
			return rc;
		http_header(call, "Content-Type: application/octet-stream");
		call->body = src;
	}
	http_header(call, "x-amz-content-sha256: %s", hash_hex(&hash, hex));
	return 0;
}

/* For what place.c and fetch.c ask. */
static void
s3_ask(struct place *place, struct http_call *call, const char *method,
    const char *path, enum http_repeat repeat)
{
	s3_question((struct s3 *)place, call, method, path, NULL, 0, repeat);
	if (strcmp(method, "PUT") != 0)
		(void)s3_body(call, NULL);
}

/* ---- folders, which there are none of -------------------------------------------- */

static int
s3_make_dir(struct remote *r, const char *dir)
{
	(void)r, (void)dir;
	return 0;
}

static void
s3_forget_dirs(struct remote *r)
{
	(void)r;
}

/* A bucket is made by its owner, who decides where it is and who pays. */
static int
s3_make_root(struct remote *r)
{
	struct s3 *s3 = s3_of(r);
	const struct s3_param params[] = { { "list-type", "2" },
		{ "max-keys", "1" }, { "prefix", s3->prefix } };
	struct http_call call;
	struct buf body = { 0 };
	int rc;

	http_call_init(s3->place.http, &call, NULL, NULL);
	s3_question(s3, &call, "GET", NULL, params, 3, HTTP_REPEAT);
	(void)s3_body(&call, NULL);
	rc = place_small(&call, 200, 65536, &body);
	http_call_release(&call);
	buf_release(&body);
	if (rc == E_ABSENT)
		return err_set(E_INPUT, "%s: there is no such bucket", r->name);
	return rc;
}

/* What is below a folder, some at a time. */
struct doomed {
	struct buf names; /* each closed with NUL */
	int n;
};

static int
doom(void *arg, const struct s3_row *row)
{
	struct doomed *d = arg;

	if (row->kind == S3_ROW_OBJECT && d->n < DOOMED_MAX) {
		buf_add(&d->names, row->key, strlen(row->key) + 1);
		d->n++;
	}
	return 0;
}

static int
feed(void *arg, const void *data, size_t len)
{
	return s3_xml_feed(arg, data, len);
}

static int
look_below(struct s3 *s3, const char *prefix, struct doomed *d)
{
	const struct s3_param params[] = { { "encoding-type", "url" },
		{ "list-type", "2" }, { "prefix", prefix } };
	struct http_call call;
	int rc;

	buf_clear(&d->names);
	d->n = 0;
	http_call_init(s3->place.http, &call, NULL, s3_xml_new(doom, d));
	s3_question(s3, &call, "GET", NULL, params, 3, HTTP_ONCE);
	(void)s3_body(&call, NULL);
	call.sink = feed;
	if ((rc = http_do(&call)) == 0)
		rc = place_told(&call) ? s3_xml_end(call.arg)
				       : http_error(&call);
	s3_xml_free(call.arg);
	http_call_release(&call);
	return rc;
}

static int
remove_doomed(struct s3 *s3, const struct doomed *d)
{
	const char *key = buf_text(&d->names);
	size_t above = strlen(s3->prefix);
	int i, rc = 0;

	for (i = 0; i < d->n && rc == 0; i++, key += strlen(key) + 1)
		if (strncmp(key, s3->prefix, above) == 0 &&
		    remote_path_check(key + above) == 0)
			rc = place_remove(&s3->place.base, key + above);
	return rc;
}

static int
s3_remove_dir(struct remote *r, const char *dir)
{
	struct s3 *s3 = s3_of(r);
	struct doomed d = { .n = 0 };
	struct buf prefix = { 0 };
	int rounds = 16, rc;

	buf_printf(&prefix, "%s%s/", s3->prefix, dir);
	do {
		if ((rc = look_below(s3, buf_text(&prefix), &d)) == 0)
			rc = remove_doomed(s3, &d);
	} while (rc == 0 && d.n > 0 && --rounds > 0);
	buf_release(&prefix);
	buf_release(&d.names);
	return rc;
}

/* ---- the rest -------------------------------------------------------------------- */

static void
s3_free(struct s3 *s3)
{
	http_close(s3->place.http);
	s3_address_release(s3);
	if (s3->token != NULL)
		explicit_bzero(s3->token, strlen(s3->token));
	free(s3->token);
	buf_release(&s3->head_body);
	free(s3);
}

static void
s3_close(struct remote *r)
{
	s3_free(s3_of(r));
}

static const struct place_kind s3_kind = {
	.ask = s3_ask,
	.give = s3_body,
	.put_new = s3_put_new,
	.put_free = s3_put_free,
	.put_start = s3_put_start,
	.listing_new = s3_listing_new,
	.listing_free = s3_listing_free,
	.listing_start = s3_listing_start,
};

static const struct remote_ops s3_ops = {
	.close = s3_close,
	.head_look = s3_head_look,
	.head_swap = s3_head_swap,
	.head_body = s3_head_body,
	.head_create = s3_head_create,
	.swap = s3_swap,
	.tag = s3_tag,
	.list = place_list,
	.get = place_get,
	.get_part = place_get_part,
	.put = place_put,
	.put_spoilt = place_put_spoilt,
	.replace = place_replace,
	.remove = place_remove,
	.remove_dir = s3_remove_dir,
	.make_dir = s3_make_dir,
	.make_root = s3_make_root,
	.forget_dirs = s3_forget_dirs,
	.run = many_run,
	.stats = place_stats,
	.progress = place_progress,
};

static int
login_of(const struct remote_config *c, const struct address *a,
    struct http_login *login)
{
	login->is_loopback = a->is_loopback;
	login->username = c->username;
	login->password = c->password;
	if (c->username == NULL || c->username[0] == '\0') {
		login->username = a->username;
		login->password = a->password;
	}
	if (login->username == NULL || login->password == NULL)
		return err_set(E_INPUT,
		    "an S3 store needs an access key and a secret key: "
		    "REMOTE_USERNAME and REMOTE_PASSWORD or "
		    "REMOTE_PASSWORD_FILE");
	return 0;
}

/* A signature tells nothing of the secret key; a token goes as it is. */
static int
check_token(const struct remote_config *c, struct s3 *s3)
{
	const char *token = c->s3_session_token;

	if (token == NULL || token[0] == '\0')
		return 0;
	if (strpbrk(token, "\r\n") != NULL || strlen(token) > 4000)
		return err_set(E_INPUT, "that is no session token");
	if (!s3->address.is_https && !s3->address.is_loopback &&
	    !c->insecure_login)
		return err_set(E_INPUT,
		    "%s: over http everybody on the way could read the session "
		    "token; use an https address",
		    s3->address.origin);
	s3->token = xstrdup(token);
	return 0;
}

static int
connect_to(const struct remote_config *c, struct s3 *s3)
{
	struct http_login login = { .username = NULL };
	char sigv4[128];
	int rc;

	if ((rc = login_of(c, &s3->address, &login)) != 0 ||
	    (rc = check_token(c, s3)) != 0)
		return rc;
	if (c->s3_region != NULL &&
	    (strlen(c->s3_region) > 64 || strpbrk(c->s3_region, ": /\r\n")))
		return err_set(E_INPUT, "\"%.60s\" is no region of S3",
		    c->s3_region);
	snprintf(sigv4, sizeof(sigv4), "aws:amz:%s:s3",
	    c->s3_region != NULL && c->s3_region[0] != '\0' ? c->s3_region
							    : "us-east-1");
	login.sigv4 = sigv4;
	if ((rc = place_open(&s3->place, c, &login)) == 0)
		http_set_dialect(s3->place.http, &s3_dialect);
	return rc;
}

int
s3_open(const struct remote_config *config, struct remote **remote)
{
	struct s3 *s3 = xmalloc(sizeof(*s3));
	struct buf name = { 0 };
	int rc;

	memset(s3, 0, sizeof(*s3));
	s3->place.base.ops = &s3_ops;
	s3->place.kind = &s3_kind;
	if ((rc = s3_address(config, s3)) != 0) {
		free(s3);
		return rc;
	}
	if ((rc = connect_to(config, s3)) != 0) {
		s3_free(s3);
		return rc;
	}
	address_of(&s3->address, "", true, &name);
	s3->place.base.name = name.data;
	*remote = &s3->place.base;
	return 0;
}

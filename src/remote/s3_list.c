/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "remote/s3.h"

/* A folder, page by page (ListObjectsV2). */
struct s3_listing {
	struct outcome outcome; /* first */
	struct s3 *s3;
	struct http_call call;
	struct s3_xml *xml;
	struct buf prefix; /* of all keys in it */
	struct buf next;   /* the page that is asked for; "" the first */
	int (*fn)(void *arg, const struct remote_entry *entry);
	void *arg;
};

static void ask(struct s3_listing *l);

/* ---- rows ------------------------------------------------------------------------ */

/* Names that no store of ours has are passed over. */
static int
on_row(void *arg, const struct s3_row *row)
{
	struct s3_listing *l = arg;
	struct remote_entry entry = { .is_dir = row->kind == S3_ROW_PREFIX,
		.size_bytes = -1,
		.mtime = -1 };
	char name[NAME_MAX + 1];
	size_t len = strlen(row->key);

	if (row->kind != S3_ROW_OBJECT && row->kind != S3_ROW_PREFIX)
		return 0;
	if (len < l->prefix.len ||
	    memcmp(row->key, buf_text(&l->prefix), l->prefix.len) != 0)
		return 0;
	len -= l->prefix.len;
	if (entry.is_dir && len > 0)
		len--; /* its slash */
	if (!remote_name_ok(row->key + l->prefix.len, len) || len > NAME_MAX)
		return 0;
	memcpy(name, row->key + l->prefix.len, len);
	name[len] = '\0';
	entry.name = name;
	if (!entry.is_dir) {
		entry.size_bytes = row->size_bytes;
		entry.mtime = row->mtime;
	}
	return l->fn(l->arg, &entry);
}

/* ---- a page ------------------------------------------------------------------------ */

static void
on_begin(void *arg)
{
	struct s3_listing *l = arg;

	s3_xml_free(l->xml);
	l->xml = s3_xml_new(on_row, l);
}

static int
on_body(void *arg, const void *data, size_t len)
{
	struct s3_listing *l = arg;

	return s3_xml_feed(l->xml, data, len);
}

static int
on_whole(void *arg)
{
	struct s3_listing *l = arg;
	const struct s3_said *said = s3_xml_said(l->xml);
	int rc;

	if ((rc = s3_xml_end(l->xml)) != 0)
		return rc;
	if (strcmp(said->root, "Error") == 0)
		return err_set(E_REMOTE, "%s: %s", said->code, said->message);
	if (strcmp(said->root, "ListBucketResult") != 0)
		return err_set(E_CORRUPT,
		    "the answer is no listing but <%.40s>: is the address that "
		    "of an S3 bucket?",
		    said->root);
	if (said->is_truncated && said->next[0] == '\0')
		return err_set(E_CORRUPT,
		    "the listing has more, and does not say where");
	return 0;
}

static void
end(struct s3_listing *l, int rc)
{
	s3_xml_free(l->xml);
	l->xml = NULL;
	outcome_end(&l->outcome, rc, &l->call);
}

/* A server that tells the same page for ever would never end. */
static int
turn_page(struct s3_listing *l)
{
	const struct s3_said *said = s3_xml_said(l->xml);

	if (!said->is_truncated)
		return 0;
	if (strcmp(said->next, buf_text(&l->next)) == 0)
		return err_set(E_REMOTE, "the listing goes round in circles");
	buf_clear(&l->next);
	buf_puts(&l->next, said->next);
	return 1;
}

static void
on_done(void *arg)
{
	struct s3_listing *l = arg;
	int rc;

	if (!place_told(&l->call))
		end(l, http_error(&l->call));
	else if ((rc = turn_page(l)) <= 0)
		end(l, rc);
	else
		ask(l);
}

static void
ask(struct s3_listing *l)
{
	struct s3_param params[5] = { { "delimiter", "/" },
		{ "encoding-type", "url" }, { "list-type", "2" },
		{ "prefix", buf_text(&l->prefix) } };
	size_t n = 4;

	if (l->next.len > 0)
		params[n++] = (struct s3_param){ "continuation-token",
			buf_text(&l->next) };
	s3_question(l->s3, &l->call, "GET", NULL, params, n, HTTP_REPEAT);
	(void)s3_body(&l->call, NULL);
	l->call.begin = on_begin;
	l->call.sink = on_body;
	l->call.check = on_whole;
	http_start(&l->call);
}

/* ---- the topic ------------------------------------------------------------------------ */

void *
s3_listing_new(struct place *place)
{
	struct s3_listing *l = xmalloc(sizeof(*l));

	memset(l, 0, sizeof(*l));
	l->s3 = (struct s3 *)place;
	http_call_init(place->http, &l->call, on_done, l);
	return l;
}

void
s3_listing_free(void *work)
{
	struct s3_listing *l = work;

	http_call_release(&l->call);
	s3_xml_free(l->xml);
	buf_release(&l->prefix);
	buf_release(&l->next);
	buf_release(&l->outcome.why);
	free(l);
}

void
s3_listing_start(void *work, const char *path,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg)
{
	struct s3_listing *l = work;

	outcome_begin(&l->outcome);
	l->fn = fn;
	l->arg = arg;
	buf_clear(&l->next);
	buf_clear(&l->prefix);
	buf_puts(&l->prefix, l->s3->prefix);
	if (path[0] != '\0')
		buf_printf(&l->prefix, "%s/", path);
	ask(l);
}

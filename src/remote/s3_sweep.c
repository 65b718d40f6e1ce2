/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "remote/s3.h"

/* Uploads in parts that nobody went on with. */

enum { LITTER_MAX = 16 };

#define LITTER_AGE_S (24 * 60 * 60)

struct litter {
	char *path;
	char *id;
};

struct s3_sweep {
	struct s3 *s3;
	struct http_call call;
	struct s3_xml *xml;
	struct buf spared; /* a key */
	struct litter litter[LITTER_MAX];
	int n;
	void (*over)(void *owner);
	void *owner;
};

/* ---- which they are ------------------------------------------------------------ */

/* By the store's own clock, on both sides of the comparison. */
static int
see(void *arg, const struct s3_row *row)
{
	struct s3_sweep *w = arg;
	size_t above = strlen(w->s3->prefix);
	int64_t now = w->call.answer.date_s;

	if (row->kind != S3_ROW_UPLOAD || w->n == LITTER_MAX ||
	    row->upload_id[0] == '\0' || row->mtime < 0 || now < 0 ||
	    now - row->mtime < LITTER_AGE_S ||
	    strcmp(row->key, buf_text(&w->spared)) == 0 ||
	    strncmp(row->key, w->s3->prefix, above) != 0 ||
	    row->key[above] == '\0' || remote_path_check(row->key + above) != 0)
		return 0;
	w->litter[w->n].path = xstrdup(row->key + above);
	w->litter[w->n++].id = xstrdup(row->upload_id);
	return 0;
}

static int
feed(void *arg, const void *data, size_t len)
{
	struct s3_sweep *w = arg;

	return s3_xml_feed(w->xml, data, len);
}

/* ---- removing them ---------------------------------------------------------------- */

static void
forget_last(struct s3_sweep *w)
{
	free(w->litter[--w->n].path);
	free(w->litter[w->n].id);
}

/* Whatever the answers: the next who sweeps sees them again. */
static void
next(void *arg)
{
	struct s3_sweep *w = arg;
	struct s3_param id = { "uploadId", NULL };

	err_clear();
	if (w->n == 0 || (w->call.rc != 0 && w->call.is_unreachable)) {
		w->over(w->owner);
		return;
	}
	id.value = w->litter[w->n - 1].id;
	s3_question(w->s3, &w->call, "DELETE", w->litter[w->n - 1].path, &id, 1,
	    HTTP_ONCE);
	w->call.may_reuse = true;
	(void)s3_body(&w->call, NULL);
	forget_last(w);
	http_start(&w->call);
}

/* ---- the topic --------------------------------------------------------------------- */

struct s3_sweep *
s3_sweep_new(struct s3 *s3, const char *spared, void (*over)(void *owner),
    void *owner)
{
	struct s3_sweep *w = xmalloc(sizeof(*w));

	memset(w, 0, sizeof(*w));
	w->s3 = s3;
	w->over = over;
	w->owner = owner;
	w->xml = s3_xml_new(see, w);
	buf_puts(&w->spared, spared);
	http_call_init(s3->place.http, &w->call, next, w);
	return w;
}

void
s3_sweep_free(struct s3_sweep *w)
{
	if (w == NULL)
		return;
	http_call_release(&w->call);
	while (w->n > 0)
		forget_last(w);
	s3_xml_free(w->xml);
	buf_release(&w->spared);
	free(w);
}

void
s3_sweep_start(struct s3_sweep *w)
{
	const struct s3_param params[] = { { "encoding-type", "url" },
		{ "prefix", w->s3->prefix }, { "uploads", "" } };

	s3_question(w->s3, &w->call, "GET", NULL, params, 3, HTTP_ONCE);
	(void)s3_body(&w->call, NULL);
	w->call.may_reuse = true;
	w->call.sink = feed;
	http_start(&w->call);
}

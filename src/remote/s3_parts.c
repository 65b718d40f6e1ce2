/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "remote/s3.h"

/*
 * A large object in parts (multipart upload):
 *
 *	sweep ──> find ──> list its parts ──> send those that lack ──> complete
 *	            └ none: begin one ─────────┘                         │
 *	   begin anew, a few times, when it is gone and nothing is there ┘
 *
 * An upload that was broken off is found by the key it is for, and gone on
 * with: such names hold the hash of their bytes, so a part of the right length
 * is the right one.  What replaces another object does not look for any.
 */

enum { ETAG_ROOM = 128, RESTARTS_MAX = 3 };

struct s3_parts {
	struct s3_xml *xml; /* of the answer under way */
	struct buf key;     /* whole, as listings tell it */
	struct buf id;      /* of the upload; "" none */
	struct buf marker;  /* the page of parts that is asked for */
	int64_t newest;     /* when that upload was begun */
	int64_t part_bytes;
	int n;         /* parts */
	int under_way; /* the number of the part that is sent; from 1 */
	char (*etags)[ETAG_ROOM]; /* "" not there yet */
	struct source piece;
	struct buf list; /* what completes it */
	int restarts;
	struct s3_sweep *sweep;
	int rc; /* while tidying: how it ends then */
	struct buf why;
};

static void find(struct s3_put *p);
static void begin(struct s3_put *p);
static void send_next(struct s3_put *p);
static void complete(struct s3_put *p);

/* ---- questions ------------------------------------------------------------------- */

static int
feed(void *arg, const void *data, size_t len)
{
	struct s3_put *p = arg;

	return s3_xml_feed(p->parts->xml, data, len);
}

static void
drop_xml(struct s3_put *p)
{
	s3_xml_free(p->parts->xml);
	p->parts->xml = NULL;
}

/* An error in the body of a success is one of this try. */
static int
check_whole(void *arg)
{
	struct s3_put *p = arg;
	const struct s3_said *said = s3_xml_said(p->parts->xml);
	int rc;

	if ((rc = s3_xml_end(p->parts->xml)) != 0)
		return rc;
	if (strcmp(said->root, "Error") == 0)
		return s3_error_said(&p->call, said->code, said->message);
	return 0;
}

static int (*row_of(struct s3_put *p))(void *, const struct s3_row *);

static void
on_try(void *arg)
{
	struct s3_put *p = arg;

	drop_xml(p);
	p->parts->xml = s3_xml_new(row_of(p), p);
}

static void
ask(struct s3_put *p, const char *method, const char *path,
    const struct s3_param *params, size_t n, enum http_repeat repeat,
    void (*then)(struct s3_put *p))
{
	p->then = then;
	s3_question(p->s3, &p->call, method, path, params, n, repeat);
	p->call.begin = on_try;
	p->call.sink = feed;
	p->call.check = check_whole;
}

static void
go(struct s3_put *p, const struct source *body)
{
	int rc;

	if ((rc = s3_body(&p->call, body)) != 0)
		s3_put_end(p, rc);
	else
		http_start(&p->call);
}

/* Nobody could go on: no login, no connection. */
static bool
is_hopeless(const struct s3_put *p)
{
	return p->call.rc != 0 && p->call.is_unreachable;
}

/* ---- the end ---------------------------------------------------------------------- */

static void
tidied(struct s3_put *p)
{
	struct s3_parts *m = p->parts;

	s3_put_end(p, m->rc != 0 ? err_set(m->rc, "%s", buf_text(&m->why)) : 0);
}

/* What was sent is of no use to anybody: it goes, however that ends. */
static void
give_up(struct s3_put *p, int rc)
{
	struct s3_parts *m = p->parts;
	const struct s3_param id = { "uploadId", buf_text(&m->id) };

	m->rc = rc;
	buf_clear(&m->why);
	buf_puts(&m->why, rc != 0 ? err_text() : "");
	p->then = tidied;
	s3_question(p->s3, &p->call, "DELETE", p->path, &id, 1, HTTP_ONCE);
	p->call.may_reuse = true;
	go(p, NULL);
}

static void
start_over(struct s3_put *p)
{
	struct s3_parts *m = p->parts;

	if (++m->restarts > RESTARTS_MAX) {
		s3_put_end(p,
		    err_set(E_REMOTE,
			"%s: the store lost what was sent, again and again",
			p->path));
		return;
	}
	begin(p);
}

/* ---- finding one ------------------------------------------------------------------- */

static int
see_upload(void *arg, const struct s3_row *row)
{
	struct s3_put *p = arg;
	struct s3_parts *m = p->parts;

	if (row->kind != S3_ROW_UPLOAD || row->upload_id[0] == '\0' ||
	    strcmp(row->key, buf_text(&m->key)) != 0 ||
	    (m->id.len > 0 && row->mtime <= m->newest))
		return 0;
	m->newest = row->mtime;
	buf_clear(&m->id);
	buf_puts(&m->id, row->upload_id);
	return 0;
}

static int64_t
bytes_of(const struct s3_put *p, int part)
{
	const struct s3_parts *m = p->parts;
	int64_t from = (part - 1) * m->part_bytes;
	int64_t left = p->src->size_bytes - from;

	return left < m->part_bytes ? left : m->part_bytes;
}

static bool
keep_etag(struct s3_parts *m, int part, const char *etag)
{
	size_t len = strlen(etag);

	if (len == 0 || len >= ETAG_ROOM)
		return false;
	memcpy(m->etags[part - 1], etag, len + 1);
	return true;
}

static int
see_part(void *arg, const struct s3_row *row)
{
	struct s3_put *p = arg;
	struct s3_parts *m = p->parts;

	if (row->kind == S3_ROW_PART && row->part >= 1 && row->part <= m->n &&
	    row->size_bytes == bytes_of(p, (int)row->part))
		(void)keep_etag(m, (int)row->part, row->etag);
	return 0;
}

static void list_parts(struct s3_put *p);

static void
listed_parts(struct s3_put *p)
{
	struct s3_parts *m = p->parts;
	const struct s3_said *said;
	bool has_more;

	if (!place_told(&p->call)) {
		begin(p);
		return;
	}
	said = s3_xml_said(m->xml);
	has_more = said->is_truncated && said->next[0] != '\0' &&
	    strcmp(said->next, buf_text(&m->marker)) != 0;
	if (!has_more) {
		send_next(p);
		return;
	}
	buf_clear(&m->marker);
	buf_puts(&m->marker, said->next);
	list_parts(p);
}

static void
list_parts(struct s3_put *p)
{
	struct s3_parts *m = p->parts;
	struct s3_param params[2] = { { "uploadId", buf_text(&m->id) },
		{ "part-number-marker", buf_text(&m->marker) } };

	ask(p, "GET", p->path, params, m->marker.len > 0 ? 2 : 1, HTTP_REPEAT,
	    listed_parts);
	go(p, NULL);
}

static void
found(struct s3_put *p)
{
	if (is_hopeless(p))
		s3_put_end(p, http_error(&p->call));
	else if (place_told(&p->call) && p->parts->id.len > 0)
		list_parts(p);
	else
		begin(p); /* also where it may not be asked */
}

static void
find(struct s3_put *p)
{
	const struct s3_param params[] = { { "encoding-type", "url" },
		{ "prefix", buf_text(&p->parts->key) }, { "uploads", "" } };

	ask(p, "GET", NULL, params, 3, HTTP_REPEAT, found);
	go(p, NULL);
}

/* ---- beginning one ------------------------------------------------------------------ */

static void
begun(struct s3_put *p)
{
	struct s3_parts *m = p->parts;

	if (!place_told(&p->call)) {
		s3_put_end(p, http_error(&p->call));
		return;
	}
	buf_puts(&m->id, s3_xml_said(m->xml)->upload_id);
	if (m->id.len == 0)
		s3_put_end(p,
		    err_set(E_REMOTE, "%s: the store begins no upload",
			p->path));
	else
		send_next(p);
}

static void
begin(struct s3_put *p)
{
	struct s3_parts *m = p->parts;
	const struct s3_param uploads = { "uploads", "" };
	static const struct source nothing = { .data = "", .fd = -1 };

	buf_clear(&m->id);
	m->under_way = 0;
	memset(m->etags, 0, (size_t)m->n * ETAG_ROOM);
	ask(p, "POST", p->path, &uploads, 1, HTTP_REPEAT, begun);
	go(p, &nothing); /* so that its length is told */
}

/* ---- parts ---------------------------------------------------------------------------- */

/* It may be complete: another writer of the same bytes shares it. */
static void
looked(struct s3_put *p)
{
	int rc = s3_put_seen(p);

	if (rc == 0)
		start_over(p);
	else
		s3_put_end(p, rc > 0 ? 0 : rc);
}

static bool
is_gone(const struct s3_put *p)
{
	return p->call.rc == 0 && p->call.answer.status == 404;
}

static void
sent(struct s3_put *p)
{
	struct s3_parts *m = p->parts;
	const struct http_call *c = &p->call;

	if (is_gone(p)) {
		s3_put_ask(p, looked);
	} else if (!place_told(c)) {
		s3_put_end(p, http_error(c)); /* the parts stay */
	} else if (!keep_etag(m, m->under_way, c->answer.etag)) {
		give_up(p,
		    err_set(E_REMOTE, "%s: the store gives its parts no ETag",
			p->path));
	} else {
		send_next(p);
	}
}

static void
send_part(struct s3_put *p, int part)
{
	struct s3_parts *m = p->parts;
	char number[16];
	const struct s3_param params[] = { { "partNumber", number },
		{ "uploadId", buf_text(&m->id) } };

	snprintf(number, sizeof(number), "%d", part);
	m->under_way = part;
	m->piece = *p->src;
	m->piece.from = p->src->from + (part - 1) * m->part_bytes;
	if (p->src->data != NULL)
		m->piece.data = (const char *)p->src->data +
		    (part - 1) * m->part_bytes;
	m->piece.size_bytes = bytes_of(p, part);
	p->then = sent;
	s3_question(p->s3, &p->call, "PUT", p->path, params, 2, HTTP_REPEAT);
	p->call.is_counted = true;
	go(p, &m->piece);
}

static void
send_next(struct s3_put *p)
{
	struct s3_parts *m = p->parts;
	int part;

	for (part = m->under_way + 1; part <= m->n; part++) {
		if (m->etags[part - 1][0] == '\0') {
			send_part(p, part);
			return;
		}
		http_progress_add(p->s3->place.http, bytes_of(p, part));
	}
	complete(p);
}

/* ---- completing ------------------------------------------------------------------------ */

static void
put_text(const char *text, struct buf *out)
{
	for (; *text != '\0'; text++)
		if (*text == '&')
			buf_puts(out, "&amp;");
		else if (*text == '<')
			buf_puts(out, "&lt;");
		else if (*text == '"')
			buf_puts(out, "&quot;");
		else
			buf_putc(out, *text);
}

static void
make_list(struct s3_parts *m)
{
	int i;

	buf_clear(&m->list);
	buf_puts(&m->list,
	    "<CompleteMultipartUpload "
	    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
	for (i = 0; i < m->n; i++) {
		buf_printf(&m->list, "<Part><PartNumber>%d</PartNumber><ETag>",
		    i + 1);
		put_text(m->etags[i], &m->list);
		buf_puts(&m->list, "</ETag></Part>");
	}
	buf_puts(&m->list, "</CompleteMultipartUpload>");
}

static void completed(struct s3_put *p);

static void
looked_again(struct s3_put *p)
{
	int rc = s3_put_seen(p);

	if (rc == 0 && p->call.is_unclear) {
		p->then = completed;
		rc = http_again(&p->call);
		if (rc != 0)
			s3_put_end(p, rc);
	} else if (rc == 0) {
		start_over(p);
	} else if (rc == E_EXISTS) {
		give_up(p, rc);
	} else {
		s3_put_end(p, rc > 0 ? 0 : rc);
	}
}

static void
refused(struct s3_put *p)
{
	int status = p->call.answer.status;

	if (status == 412)
		give_up(p, err_set(E_EXISTS, "%s: there already", p->path));
	else if (status == 400)
		start_over(p); /* it has other parts than we think */
	else
		s3_put_end(p, http_error(&p->call));
}

static void
completed(struct s3_put *p)
{
	const struct http_call *c = &p->call;

	if (c->is_unclear || is_gone(p) ||
	    (c->rc == 0 && c->answer.status == 412 && c->tries > 0))
		s3_put_ask(p, looked_again);
	else if (place_told(c))
		s3_put_end(p, 0);
	else if (c->rc == 0)
		refused(p);
	else
		s3_put_end(p, http_error(c));
}

static void
complete(struct s3_put *p)
{
	struct s3_parts *m = p->parts;
	const struct s3_param id = { "uploadId", buf_text(&m->id) };

	make_list(m);
	m->piece = (struct source){ .data = m->list.data,
		.fd = -1,
		.size_bytes = (int64_t)m->list.len };
	ask(p, "POST", p->path, &id, 1, HTTP_ASK, completed);
	if (!p->replaces)
		http_header(&p->call, "If-None-Match: *");
	go(p, &m->piece);
}

/* ---- the topic ---------------------------------------------------------------------------- */

static int (*row_of(struct s3_put *p))(void *, const struct s3_row *)
{
	if (p->then == found)
		return see_upload;
	return p->then == listed_parts ? see_part : NULL;
}

static void
swept(void *arg)
{
	find(arg);
}

/* Once for each connection to a store. */
static void
sweep(struct s3_put *p)
{
	struct s3_parts *m = p->parts;

	p->s3->is_swept = true;
	m->sweep = s3_sweep_new(p->s3, buf_text(&m->key), swept, p);
	s3_sweep_start(m->sweep);
}

static int64_t
part_bytes_for(int64_t size_bytes)
{
	int64_t bytes = S3_PART_BYTES;

	while (bytes * S3_PARTS_MAX < size_bytes)
		bytes *= 2;
	return bytes;
}

void
s3_parts_start(struct s3_put *p)
{
	struct s3_parts *m = xmalloc(sizeof(*m));

	memset(m, 0, sizeof(*m));
	p->parts = m;
	m->part_bytes = part_bytes_for(p->src->size_bytes);
	m->n = (int)((p->src->size_bytes + m->part_bytes - 1) / m->part_bytes);
	m->etags = xmalloc((size_t)m->n * ETAG_ROOM);
	memset(m->etags, 0, (size_t)m->n * ETAG_ROOM);
	buf_printf(&m->key, "%s%s", p->s3->prefix, p->path);
	if (p->replaces)
		begin(p);
	else if (!p->s3->is_swept)
		sweep(p);
	else
		find(p);
}

void
s3_parts_free(struct s3_parts *m)
{
	if (m == NULL)
		return;
	s3_sweep_free(m->sweep);
	s3_xml_free(m->xml);
	free(m->etags);
	buf_release(&m->key);
	buf_release(&m->id);
	buf_release(&m->marker);
	buf_release(&m->list);
	buf_release(&m->why);
	free(m);
}

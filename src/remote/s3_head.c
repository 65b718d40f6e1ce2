/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "remote/s3.h"

/*
 * The head as one object, "head": a line that is the name which a head has
 * elsewhere, and behind it the body that it has elsewhere.  It is unlike any
 * other that ever was there, so its ETag is, too: to replace it with If-Match
 * is a compare and swap.
 */

#define HEAD "head"

/* ---- what it says ------------------------------------------------------------- */

static void
forget(struct s3 *s3)
{
	s3->etag[0] = '\0';
	buf_clear(&s3->head_body);
}

static int
parse(struct s3 *s3, struct buf *text)
{
	char *end = text->len > 0 ? strchr(text->data, '\n') : NULL;

	if (end == NULL)
		return E_CORRUPT;
	*end++ = '\0';
	if (!head_of_name(text->data, &s3->head))
		return E_CORRUPT;
	buf_clear(&s3->head_body);
	buf_add(&s3->head_body, end, (size_t)(text->data + text->len - end));
	return 0;
}

static int
read_head(struct s3 *s3)
{
	struct http_call call;
	struct buf text = { 0 };
	int rc;

	forget(s3);
	http_call_init(s3->place.http, &call, NULL, NULL);
	s3->place.kind->ask(&s3->place, &call, "GET", HEAD, HTTP_REPEAT);
	rc = place_small(&call, 200, REMOTE_HEAD_BODY_MAX + HEAD_NAME_SIZE,
	    &text);
	if (rc == E_INPUT && call.answer.status == 200)
		rc = E_CORRUPT;
	if (rc == 0)
		rc = parse(s3, &text);
	if (rc == E_CORRUPT)
		rc = err_set(E_CORRUPT,
		    "the object \"head\" of the store at %s is not what it "
		    "should be",
		    s3->place.base.name);
	else if (rc == 0)
		memcpy(s3->etag, call.answer.etag, sizeof(s3->etag));
	http_call_release(&call);
	buf_release(&text);
	return rc;
}

int
s3_head_look(struct remote *r, struct remote_head *seen, int seen_max,
    int *seen_n)
{
	struct s3 *s3 = (struct s3 *)r;
	int rc;

	if ((rc = read_head(s3)) != 0)
		return rc;
	if (seen_max > 0)
		seen[0] = s3->head;
	if (seen_n != NULL)
		*seen_n = 1;
	return 0;
}

static bool
is_known(const struct s3 *s3, const struct remote_head *head)
{
	return s3->etag[0] != '\0' && s3->head.version == head->version &&
	    hash_eq(&s3->head.commit, &head->commit);
}

int
s3_head_body(struct remote *r, const struct remote_head *head, struct buf *body)
{
	struct s3 *s3 = (struct s3 *)r;
	int rc;

	if (!is_known(s3, head) && (rc = read_head(s3)) != 0)
		return rc;
	if (!is_known(s3, head))
		return err_set(E_ABSENT, "the head was replaced meanwhile");
	buf_clear(body);
	buf_add(body, buf_text(&s3->head_body), s3->head_body.len);
	return 0;
}

/* ---- replacing it --------------------------------------------------------------- */

/* 404: it was there a moment ago, and is not what it was. */
static int
swap_answer(const struct http_call *call)
{
	int status = call->answer.status, rc;

	if (call->rc != 0 || place_told(call))
		return call->rc != 0 ? http_error(call) : 0;
	rc = http_error(call);
	if (status == 412 || status == 404 || status == 409)
		return err_set(E_CONFLICT, "%s", err_text());
	return rc;
}

int
s3_tag(struct remote *r, const char *path, char etag[static 256])
{
	struct s3 *s3 = (struct s3 *)r;
	struct http_call call;
	int rc;

	http_call_init(s3->place.http, &call, NULL, NULL);
	s3->place.kind->ask(&s3->place, &call, "HEAD", path, HTTP_REPEAT);
	if ((rc = http_do(&call)) != E_STOPPED)
		rc = place_told(&call) ? 0 : http_error(&call);
	if (rc == 0)
		memcpy(etag, call.answer.etag, sizeof(call.answer.etag));
	http_call_release(&call);
	return rc;
}

int
s3_swap(struct remote *r, const char *path, const char *etag,
    const struct buf *body)
{
	struct s3 *s3 = (struct s3 *)r;
	struct source src = { .data = buf_text(body),
		.fd = -1,
		.size_bytes = (int64_t)body->len };
	struct http_call call;
	int rc;

	http_call_init(s3->place.http, &call, NULL, NULL);
	s3_question(s3, &call, "PUT", path, NULL, 0, HTTP_ONCE);
	http_header(&call, "If-Match: %s", etag);
	call.may_reuse = true; /* a second one would meet another ETag */
	if ((rc = s3_body(&call, &src)) == 0 &&
	    (rc = http_do(&call)) != E_STOPPED)
		rc = swap_answer(&call);
	http_call_release(&call);
	return rc;
}

static void
head_text(const struct remote_head *head, const void *body, size_t len,
    struct buf *out)
{
	char name[HEAD_NAME_SIZE];

	buf_printf(out, "%s\n", head_name(head, name));
	buf_add(out, body, len);
}

int
s3_head_swap(struct remote *r, const struct remote_head *from,
    const struct remote_head *to)
{
	struct s3 *s3 = (struct s3 *)r;
	struct buf text = { 0 };
	int rc;

	if (!is_known(s3, from) && (rc = read_head(s3)) != 0)
		return rc;
	if (!is_known(s3, from))
		return err_set(E_CONFLICT, "the head is another one");
	head_text(to, buf_text(&s3->head_body), s3->head_body.len, &text);
	rc = s3_swap(r, HEAD, s3->etag, &text);
	forget(s3);
	buf_release(&text);
	return rc;
}

int
s3_head_create(struct remote *r, const char *uuid, const void *body, size_t len)
{
	struct remote_head first = { .version = 0 };
	struct source src = { .fd = -1 };
	struct buf text = { 0 };
	int rc;

	(void)uuid; /* it stands in the body */
	head_text(&first, body, len, &text);
	src.data = text.data;
	src.size_bytes = (int64_t)text.len;
	rc = place_put(r, HEAD, &src);
	buf_release(&text);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/upload.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob.h"
#include "respond/incoming.h"
#include "respond/responder.h"
#include "web/multipart.h"
#include "web/response.h"

#include <string.h>

/* A form that is being read. */
struct upload {
	struct request *req;
	struct incoming said;
	struct blob_intake *in; /* the file; NULL: not seen yet */
	int64_t size;           /* of it, so far */
	bool is_file;           /* that part is being read */
	const char *field;      /* another, or NULL: of no interest */
	struct buf value;       /* of that field */
	unsigned seen;          /* a bit for each field that was there */
};

/* ---- the parts ----------------------------------------------------------------- */

static int
refuse(struct upload *u, const char *field, const char *why)
{
	return request_invalid(u->req, "body", field, "value_error", why, NULL);
}

static int
begin_file(struct upload *u, const struct multipart_part *part)
{
	if (u->in != NULL)
		return refuse(u, "file", "Only one file at a time");
	u->is_file = true;
	/* A file says its name with itself. */
	if (part->filename != NULL)
		u->said.filename = mem_strdup(u->req->mem, part->filename);
	return blob_intake_begin(state_of(u->req)->site.blobs, 0, &u->in);
}

static int
begin_field(struct upload *u, const char *name)
{
	static const char *const known[] = { "doc_id", "label", "collections" };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!str_eq(name, known[i]))
			continue;
		u->field = known[i];
		if ((u->seen & 1U << i) != 0)
			return refuse(u, u->field, "Only once");
		u->seen |= 1U << i;
	}
	return 0;
}

static int
on_begin(void *arg, const struct multipart_part *part)
{
	struct upload *u = arg;

	u->is_file = false;
	u->field = NULL;
	buf_clear(&u->value);
	if (str_eq(part->name, "file"))
		return begin_file(u, part);
	return begin_field(u, part->name);
}

static int
on_data(void *arg, const void *data, size_t len)
{
	struct upload *u = arg;

	if (u->is_file) {
		u->size += (int64_t)len;
		if (u->size > incoming_limit(u->req))
			return incoming_too_large(u->req);
		return incoming_failed(u->req,
		    blob_intake_add(u->in, data, len));
	}
	if (u->field == NULL)
		return 0;
	if (u->value.len + len > INCOMING_TEXT_MAX)
		return refuse(u, u->field, "It is too long");
	buf_add(&u->value, data, len);
	return 0;
}

static int
on_end(void *arg)
{
	struct upload *u = arg;
	int rc;

	if (u->field == NULL)
		return 0;
	rc = incoming_set(u->req, &u->said, u->field, buf_text(&u->value),
	    u->value.len);
	return rc == 0 ? 0 : refuse(u, u->field, err_text());
}

/* ---- all of it -------------------------------------------------------------------- */

static int
read_form(struct upload *u)
{
	const struct multipart_reader reader = { on_begin, on_data, on_end, u };
	int rc = multipart_read(u->req, &reader);

	if (rc == 0 && u->in == NULL)
		rc = request_invalid(u->req, "body", "file", "missing",
		    "Field required", NULL);
	return rc;
}

/* The content is kept, or not; the intake is gone in either case. */
static int
keep(struct upload *u, int rc, struct looked *looked, struct hash *hash,
    int64_t *size_bytes)
{
	if (rc == 0)
		rc = incoming_look(u->req, blob_intake_fd(u->in), looked);
	if (u->in == NULL)
		return rc;
	rc = blob_intake_end(u->in, rc, tei_kind_name(looked->kind), hash,
	    size_bytes);
	return incoming_failed(u->req, rc);
}

static int
answer(struct request *req, const struct looked *looked,
    const struct arrival *arrival)
{
	struct buf json = { 0 };
	int rc;

	buf_printf(&json, "{\"type\":\"%s\",\"filename\":",
	    looked->kind == TEI_PDF ? "pdf" : "xml");
	json_put_string(&json, arrival->stable_id);
	buf_putc(&json, '}');
	rc = response_json(req, &json);
	buf_release(&json);
	return rc;
}

int
files_upload(struct request *req)
{
	struct upload u = { .req = req };
	struct looked looked = { .kind = TEI_PDF };
	struct arrival arrival;
	char id[HASH_HEX_SIZE];
	struct hash hash;
	int64_t size;
	int rc;

	if ((rc = incoming_deny_size(req, req->body_bytes)) != 0)
		return rc;
	rc = keep(&u, read_form(&u), &looked, &hash, &size);
	buf_release(&u.value);
	if (rc == 0)
		rc = incoming_add(req, &u.said, &looked, hash_hex(&hash, id),
		    size, NULL, &arrival);
	return rc == 0 ? answer(req, &looked, &arrival) : rc;
}

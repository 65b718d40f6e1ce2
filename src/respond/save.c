/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/base64.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "local/shared.h"
#include "respond/incoming.h"
#include "respond/responder.h"
#include "respond/saving.h"
#include "respond/upload.h"
#include "web/json.h"
#include "web/response.h"

#include <string.h>
#include <unistd.h>

/* What stands in the body. */
struct body {
	const char *xml_string;
	const char *encoding;
	struct save_wish wish;
};

#define FIELD(name) offsetof(struct body, name)

static const struct field fields[] = {
	/* clang-format off */
	{ "xml_string",  FIELD_TEXT,         true,  FIELD(xml_string) },
	{ "file_id",     FIELD_TEXT,         true,  FIELD(wish.file_id) },
	{ "new_version", FIELD_BOOL,         false, FIELD(wish.new_version) },
	{ "encoding",    FIELD_TEXT_OR_NULL, false, FIELD(encoding) },
	{ "label",       FIELD_TEXT_OR_NULL, false, FIELD(wish.label) },
	{ "if_hash",     FIELD_TEXT_OR_NULL, false, FIELD(wish.if_hash) },
	{ NULL, FIELD_TEXT, false, 0 },
	/* clang-format on */
};

static int
read_body(struct request *req, struct body *body)
{
	int rc;

	if (req->body_bytes > SAVE_BODY_MAX)
		return request_fail(req, 413,
		    "A save has at most %d MiB: send larger ones in pieces, by "
		    "tus at /files/uploads with file_id in Upload-Metadata",
		    SAVE_BODY_MAX >> 20);
	if ((rc = json_fields(req, SAVE_BODY_MAX, fields, body)) != 0)
		return rc;
	if (body->encoding != NULL && !str_eq(body->encoding, "base64"))
		return request_invalid(req, "body", "encoding", "literal_error",
		    "Input should be 'base64' or null", NULL);
	if (body->wish.label != NULL && body->wish.label[0] != '\0' &&
	    !shared_is_plain(body->wish.label, SHARED_TEXT_MAX))
		return request_invalid(req, "body", "label", "value_error",
		    "At most 4096 bytes without control characters", NULL);
	return 0;
}

/* The text as bytes, in a file: whatever reads XML reads files. */
static int
write_text(struct request *req, int fd, const char *text, size_t len)
{
	if ((int64_t)len > incoming_limit(req))
		return incoming_too_large(req);
	return incoming_failed(req, file_write_all(fd, text, len));
}

static int
write_decoded(struct request *req, int fd, const char *text)
{
	struct buf bytes = { 0 };
	int rc = base64_decode(text, strlen(text), &bytes);

	if (rc != 0)
		rc = request_fail(req, 400, "Invalid XML: %s", err_text());
	else
		rc = write_text(req, fd, buf_text(&bytes), bytes.len);
	buf_release(&bytes);
	return rc;
}

static int
save(struct request *req, const struct body *body, struct arrival *arrival)
{
	int fd, rc;

	if ((fd = incoming_temp(req)) < 0)
		return incoming_failed(req, fd);
	if (body->encoding != NULL)
		rc = write_decoded(req, fd, body->xml_string);
	else
		rc = write_text(req, fd, body->xml_string,
		    strlen(body->xml_string));
	if (rc == 0)
		rc = saving_run(req, &body->wish, fd, arrival);
	close(fd);
	return rc;
}

int
files_save(struct request *req)
{
	struct body body = { NULL, NULL, { .file_id = "" } };
	struct arrival arrival;
	struct buf json = { 0 };
	int rc;

	if ((rc = read_body(req, &body)) != 0 ||
	    (rc = saving_check(req, &body.wish)) != 0 ||
	    (rc = save(req, &body, &arrival)) != 0)
		return rc;
	buf_printf(&json, "{\"status\":\"%s\",\"hash\":", arrival.status);
	json_put_string(&json, arrival.stable_id);
	buf_putc(&json, '}');
	rc = response_json(req, &json);
	buf_release(&json);
	return rc;
}

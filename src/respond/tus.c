/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/tus.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob.h"
#include "respond/responder.h"
#include "respond/tus_store.h"
#include "respond/upload.h"
#include "web/request.h"
#include "web/response.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define VERSION "1.0.0"
#define EXTENSIONS \
	"creation,creation-with-upload,checksum,termination,expiration"
#define ALGORITHMS "sha1,sha256"
#define BODY_TYPE "application/offset+octet-stream"

/* mod_fcgid takes 131072 bytes of a request, unless its server says otherwise,
 * and buffers them; a larger piece costs less elsewhere. */
#define CHUNK_FCGID 98304
#define CHUNK (8 << 20)

/* ---- headers ---------------------------------------------------------------------- */

/* It names the file that it has started, which may be a script that has become
 * us. */
static bool
is_fcgid(const struct request *req)
{
	const char *script = request_header(req, "SCRIPT_FILENAME");

	return str_ends(program_invocation_name, ".fcgi") ||
	    (script != NULL && str_ends(script, ".fcgi"));
}

/* tus wants its version in every answer; what is of another is not done. */
static int
begin(struct request *req)
{
	response_header(req, "Tus-Resumable", "%s", VERSION);
	if (str_eq(request_header(req, "Tus-Resumable"), VERSION))
		return 0;
	response_header(req, "Tus-Version", "%s", VERSION);
	return request_fail(req, 412, "Tus-Resumable must be " VERSION);
}

/* A number that is not negative. */
static int
header_number(struct request *req, const char *name, int64_t *value)
{
	const char *text = request_header(req, name);

	if (text != NULL && str_int64(text, value) == 0 && *value >= 0)
		return 0;
	return request_fail(req, 400, "%s must be a number of bytes", name);
}

static bool
is_body_type(const struct request *req)
{
	const char *type = request_header(req, "Content-Type");

	return type != NULL && strcasecmp(type, BODY_TYPE) == 0;
}

static int
check_type(struct request *req)
{
	if (is_body_type(req))
		return 0;
	return request_fail(req, 415, "Content-Type must be " BODY_TYPE);
}

/* Of RFC 9110, section 5.6.7. */
static void
put_expires(struct request *req, const struct tus_upload *up)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t at = (time_t)(up->expires_ms / 1000);
	struct tm tm;

	if (gmtime_r(&at, &tm) == NULL)
		return;
	response_header(req, "Upload-Expires",
	    "%s, %02d %s %d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday,
	    months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
}

static void
put_state(struct request *req, const struct tus_upload *up)
{
	response_header(req, "Upload-Offset", "%lld", (long long)up->offset);
	put_expires(req, up);
	if (up->arrival.stable_id == NULL)
		return;
	response_header(req, "Stemma-Id", "%s", up->arrival.stable_id);
	response_header(req, "Stemma-Status", "%s", up->arrival.status);
}

/* ---- one upload ----------------------------------------------------------------------- */

static int
open_upload(struct request *req, struct tus_upload *up)
{
	struct state *st = state_of(req);
	int rc;

	tus_store_sweep(st->site.blobs, st->site.db);
	rc = tus_store_open(st->site.blobs, req->mem, req->arg[0],
	    req->caller.user, up);
	if (rc == E_ABSENT)
		return request_fail(req, 404, "No such upload");
	if (rc != 0)
		return rc;
	if (!up->is_expired)
		return 0;
	tus_store_close(up);
	return request_fail(req, 410, "This upload has expired: begin anew");
}

static int
answer(struct request *req, int status, const struct tus_upload *up)
{
	put_state(req, up);
	response_status(req, status);
	return 0;
}

int
tus_options(struct request *req)
{
	response_header(req, "Tus-Resumable", "%s", VERSION);
	response_header(req, "Tus-Version", "%s", VERSION);
	response_header(req, "Tus-Extension", "%s", EXTENSIONS);
	response_header(req, "Tus-Max-Size", "%lld",
	    (long long)incoming_limit(req));
	response_header(req, "Tus-Checksum-Algorithm", "%s", ALGORITHMS);
	response_header(req, "Stemma-Chunk-Size", "%d",
	    is_fcgid(req) ? CHUNK_FCGID : CHUNK);
	response_status(req, 204);
	return 0;
}

/* It may be whole since a process was ended before it could say so. */
static int
show(struct request *req, struct tus_upload *up)
{
	int rc = tus_finish(req, up);

	if (rc != 0)
		return rc;
	response_header(req, "Upload-Length", "%lld", (long long)up->length);
	if (up->metadata != NULL)
		response_header(req, "Upload-Metadata", "%s", up->metadata);
	response_header(req, "Cache-Control", "no-store");
	return answer(req, 200, up);
}

int
tus_head(struct request *req)
{
	struct tus_upload up;
	int rc;

	if (!req->is_head) {
		response_header(req, "Allow", "HEAD, PATCH, DELETE, POST");
		return request_fail(req, 405, "Method Not Allowed");
	}
	if ((rc = begin(req)) != 0 || (rc = open_upload(req, &up)) != 0)
		return rc;
	rc = show(req, &up);
	tus_store_close(&up);
	return rc;
}

static int
take(struct request *req, struct tus_upload *up, int64_t offset)
{
	int rc;

	if (offset != up->offset) {
		put_state(req, up);
		return request_fail(req, 409, "The upload is at %lld, not %lld",
		    (long long)up->offset, (long long)offset);
	}
	if ((rc = tus_take_body(req, up)) != 0 ||
	    (rc = tus_finish(req, up)) != 0)
		return rc;
	return answer(req, 204, up);
}

int
tus_patch(struct request *req)
{
	struct tus_upload up;
	int64_t offset;
	int rc;

	if ((rc = begin(req)) != 0 || (rc = check_type(req)) != 0 ||
	    (rc = header_number(req, "Upload-Offset", &offset)) != 0 ||
	    (rc = open_upload(req, &up)) != 0)
		return rc;
	rc = take(req, &up, offset);
	tus_store_close(&up);
	return rc;
}

int
tus_remove(struct request *req)
{
	struct tus_upload up;
	int rc;

	if ((rc = begin(req)) != 0 || (rc = open_upload(req, &up)) != 0)
		return rc;
	rc = tus_store_remove(&up, state_of(req)->site.db);
	tus_store_close(&up);
	if (rc == 0)
		response_status(req, 204);
	return rc;
}

/* ---- a new one --------------------------------------------------------------------------- */

static int
read_length(struct request *req, int64_t *length)
{
	int rc;

	if (request_header(req, "Upload-Defer-Length") != NULL)
		return request_fail(req, 400,
		    "Upload-Defer-Length is not offered: say Upload-Length");
	if ((rc = header_number(req, "Upload-Length", length)) != 0)
		return rc;
	if (*length == 0)
		return request_fail(req, 400,
		    "Upload-Length is 0: there is no empty document");
	if (*length > incoming_limit(req))
		return incoming_too_large(req);
	return 0;
}

/* What can be refused now is not refused after a gigabyte. */
static int
read_meta(struct request *req, const char *text)
{
	struct tus_meta meta;

	if (tus_meta_parse(req, text, &meta) != 0)
		return request_fail(req, 400, "%s", err_text());
	return meta.is_save ? saving_check(req, &meta.save) : 0;
}

static int
add(struct request *req, struct tus_upload *up)
{
	struct state *st = state_of(req);
	char id[TUS_ID_SIZE];
	int rc;

	tus_store_sweep(st->site.blobs, st->site.db);
	rc = tus_store_add(st->site.blobs, req->mem, up, incoming_limit(req),
	    id);
	if (rc == E_BUSY)
		return request_fail(req, 429, "%s", err_text());
	if (rc != 0)
		return incoming_failed(req, rc);
	response_header(req, "Location", "%s/files/uploads/%s", req->prefix,
	    id);
	return tus_store_open(st->site.blobs, req->mem, id, req->caller.user,
	    up);
}

/* The first bytes may come with the wish. */
static int
take_first(struct request *req, struct tus_upload *up)
{
	int rc;

	if ((rc = tus_take_body(req, up)) != 0 ||
	    (rc = tus_finish(req, up)) != 0)
		return rc;
	return answer(req, 201, up);
}

int
tus_create(struct request *req)
{
	struct tus_upload up = { .user = req->caller.user };
	bool has_body = req->body_bytes > 0 ||
	    (req->body_bytes < 0 && is_body_type(req));
	int rc;

	up.metadata = request_header(req, "Upload-Metadata");
	if ((rc = begin(req)) != 0 ||
	    (rc = read_length(req, &up.length)) != 0 ||
	    (has_body && (rc = check_type(req)) != 0) ||
	    (rc = read_meta(req, up.metadata)) != 0 ||
	    (rc = add(req, &up)) != 0)
		return rc;
	rc = has_body ? take_first(req, &up) : answer(req, 201, &up);
	tus_store_close(&up);
	return rc;
}

int
tus_override(struct request *req)
{
	const char *method = request_header(req, "X-HTTP-Method-Override");

	if (str_eq(method, "PATCH"))
		return tus_patch(req);
	if (str_eq(method, "DELETE"))
		return tus_remove(req);
	response_header(req, "Allow", "HEAD, PATCH, DELETE");
	return request_fail(req, 405, "Method Not Allowed");
}

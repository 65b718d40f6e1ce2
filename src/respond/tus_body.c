/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/base64.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "respond/tus.h"
#include "respond/tus_store.h"
#include "web/request.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIECE (64 * 1024)
#define BEHIND (8 << 20) /* as in local/blob_intake.c */

/* ---- Upload-Checksum ------------------------------------------------------------ */

struct checksum {
	const char *name; /* NULL: none was sent */
	unsigned char sum[HASH_SIZE];
	size_t len;
};

/* "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=" */
static int
parse_checksum(struct request *req, struct checksum *c)
{
	const char *text = request_header(req, "Upload-Checksum");
	struct buf sum = { 0 };
	const char *blank;
	bool is_good;

	*c = (struct checksum){ .name = NULL };
	if (text == NULL || *text == '\0') /* some servers drop an empty one */
		return 0;
	if ((blank = strchr(text, ' ')) == NULL)
		blank = text + strlen(text);
	c->name = mem_strndup(req->mem, text, (size_t)(blank - text));
	c->len = str_eq(c->name, "sha1") ? 20
	    : str_eq(c->name, "sha256")  ? 32
					 : 0;
	is_good = c->len > 0 && *blank == ' ' &&
	    base64_decode(blank + 1, strlen(blank + 1), &sum) == 0 &&
	    sum.len == c->len;
	if (is_good)
		memcpy(c->sum, sum.data, sum.len);
	buf_release(&sum);
	if (is_good)
		return 0;
	return request_fail(req, 400,
	    "Upload-Checksum is sha1 or sha256, a blank, and the sum in "
	    "base64");
}

static int
check_sum(struct request *req, int fd, const struct checksum *c)
{
	unsigned char sum[HASH_SIZE];
	size_t len;
	int rc;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_set(E_IO, "seek: %s", strerror(errno));
	if ((rc = hash_fd_named(fd, c->name, sum, &len)) != 0)
		return rc;
	if (memcmp(sum, c->sum, len) == 0)
		return 0;
	return request_fail(req, 460,
	    "The bytes are not those of Upload-Checksum: none was kept");
}

/* ---- the bytes ------------------------------------------------------------------ */

static int
too_much(struct request *req)
{
	return request_fail(req, 413,
	    "There are more bytes than Upload-Length says");
}

/* Bytes of `from` (the request, where it is -1) to where `to` stands. */
struct flow {
	struct request *req;
	int from;
	int to;
	int64_t size; /* so far */
	int64_t most; /* more than that is refused */
	bool is_too_much;
};

/* What is on its way to the disk need not be waited for at the end. */
static void
push(const struct flow *f, int64_t before)
{
	if (f->size / BEHIND != before / BEHIND)
		sync_file_range(f->to, 0, 0, SYNC_FILE_RANGE_WRITE);
}

static int
flow(struct flow *f)
{
	char *piece = mem_alloc(f->req->mem, PIECE);
	ssize_t n;
	int rc;

	for (;;) {
		n = f->from < 0 ? request_read(f->req, piece, PIECE)
				: file_read_some(f->from, piece, PIECE);
		if (n <= 0)
			return (int)n;
		if (n > f->most - f->size) {
			f->is_too_much = true;
			return too_much(f->req);
		}
		if ((rc = file_write_all(f->to, piece, (size_t)n)) != 0)
			return rc;
		f->size += n;
		push(f, f->size - n);
	}
}

/* The disk may be what has ended it. */
static int
flow_error(struct request *req, int rc)
{
	if (rc == E_IO && (errno == ENOSPC || errno == EDQUOT))
		err_set(rc, "an upload: disk full");
	return incoming_failed(req, rc);
}

/* Whatever came is kept, unless it was too much. */
static int
append(struct request *req, struct tus_upload *up, int from)
{
	struct flow f = { .req = req,
		.from = from,
		.most = up->length - up->offset };
	int64_t before = up->offset;
	int rc, rc2;

	if ((f.to = tus_store_data(up)) < 0)
		return incoming_failed(req, f.to);
	if (lseek(f.to, before, SEEK_SET) != before)
		rc = err_set(E_IO, "seek: %s", strerror(errno));
	else
		rc = flow_error(req, flow(&f));
	if (f.is_too_much && ftruncate(f.to, before) == 0)
		f.size = 0;
	rc2 = tus_store_grown(up, f.to, before + f.size);
	close(f.to);
	return rc != 0 ? rc : incoming_failed(req, rc2);
}

/* Nothing is kept of what was not checked, though we were to die here: it comes
 * to a file without a name first. */
static int
append_checked(struct request *req, struct tus_upload *up,
    const struct checksum *c)
{
	struct flow f = { .req = req,
		.from = -1,
		.most = up->length - up->offset };
	int rc;

	if ((f.to = incoming_temp(req)) < 0)
		return incoming_failed(req, f.to);
	if ((rc = flow_error(req, flow(&f))) == 0 &&
	    (rc = check_sum(req, f.to, c)) == 0) {
		if (lseek(f.to, 0, SEEK_SET) == 0)
			rc = append(req, up, f.to);
		else
			rc = err_set(E_IO, "seek: %s", strerror(errno));
	}
	close(f.to);
	return rc;
}

int
tus_take_body(struct request *req, struct tus_upload *up)
{
	struct checksum c;
	int rc;

	if ((rc = parse_checksum(req, &c)) != 0)
		return rc;
	if (req->body_bytes > up->length - up->offset)
		return too_much(req);
	/* Where all has come there may be no data any more. */
	if (up->offset == up->length)
		return 0;
	return c.name != NULL ? append_checked(req, up, &c)
			      : append(req, up, -1);
}

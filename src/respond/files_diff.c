/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/files.h"

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob.h"
#include "respond/content.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "tei/merge.h"
#include "web/request.h"
#include "web/response.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CONTEXT 3
#define CHUNK 65536

/* One of both sides. */
struct side {
	const char *id;
	const char *path;
};

static int
find_side(struct request *req, const struct record *rec, const char *name,
    struct side *side)
{
	const struct blobs *blobs = state_of(req)->site.blobs;
	struct record past;
	int64_t size_bytes;
	int rc;

	side->id = request_query(req, name);
	if (side->id == NULL)
		return request_invalid(req, "query", name, "missing",
		    "Field required", NULL);
	if ((rc = content_find(req, rec, side->id, &past)) != 0)
		return rc;
	if (str_eq(past.file_type, "pdf"))
		return request_fail(req, 400,
		    "PDFs cannot be compared by their lines");
	rc = blob_find(blobs, past.id, past.file_type, &size_bytes);
	if (rc == 0)
		return request_fail(req, 404, "File content not found: %s",
		    side->id);
	if (rc == 1 && size_bytes > TEI_MERGE_MAX)
		return request_fail(req, 413,
		    "Only texts of at most %d MiB can be compared",
		    TEI_MERGE_MAX >> 20);
	side->path = blob_path(blobs, req->mem, past.id, past.file_type);
	return rc < 0 ? rc : 0;
}

/* ---- the answer --------------------------------------------------------------- */

/* Where a piece may end that more follows: not inside a character. */
static size_t
whole_bytes(const char *data, size_t len)
{
	size_t back;

	for (back = 1; back <= 3 && back < len; back++) {
		unsigned char c = (unsigned char)data[len - back];

		if (c < 0x80)
			return len;
		if (c >= 0xc0)
			return len - back;
	}
	return len;
}

/* A piece of a JSON string, without its quotes. */
static int
write_piece(struct request *req, char *data, size_t len, struct buf *work)
{
	char next = data[len];

	data[len] = '\0';
	buf_clear(work);
	json_put_string(work, data);
	data[len] = next;
	return response_write(req, work->data + 1, work->len - 2);
}

static int
write_string(struct request *req, int fd)
{
	char *data = mem_alloc(req->mem, CHUNK + 1);
	struct buf work = { 0 };
	size_t have = 0, whole;
	ssize_t n;
	int rc = 0;

	while (rc == 0 &&
	    (n = file_read_some(fd, data + have, CHUNK - have)) > 0) {
		have += (size_t)n;
		whole = whole_bytes(data, have);
		rc = write_piece(req, data, whole, &work);
		memmove(data, data + whole, have - whole);
		have -= whole;
	}
	if (rc == 0 && n < 0)
		rc = (int)n;
	if (rc == 0 && have > 0)
		rc = write_piece(req, data, have, &work);
	buf_release(&work);
	return rc;
}

static int
answer(struct request *req, const struct side *from, const struct side *to,
    int fd)
{
	int rc;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_set(E_IO, "diff: %s", strerror(errno));
	response_type(req, "application/json");
	if ((rc = response_printf(req,
		 "{\"from\":\"%s\",\"to\":\"%s\",\"diff\":\"", from->id,
		 to->id)) != 0 ||
	    (rc = write_string(req, fd)) != 0)
		return rc;
	return response_puts(req, "\"}");
}

static int
compare(struct request *req, const struct side *from, const struct side *to)
{
	int fd = memfd_create("diff", MFD_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_set(E_IO, "diff: %s", strerror(errno));
	rc = tei_diff(from->path, to->path, from->id, to->id, CONTEXT, fd);
	if (rc == 0)
		rc = request_fail(req, 400, "The texts cannot be compared: %s",
		    mem_strdup(req->mem, err_text()));
	else if (rc == 1)
		rc = answer(req, from, to, fd);
	close(fd);
	return rc;
}

int
files_diff(struct request *req)
{
	struct side from, to;
	struct held held;
	int rc;

	if ((rc = pick_read_any(req, req->arg[0], &held)) != 0 ||
	    (rc = find_side(req, &held.rec, "from", &from)) != 0 ||
	    (rc = find_side(req, &held.rec, "to", &to)) != 0)
		return rc;
	return compare(req, &from, &to);
}

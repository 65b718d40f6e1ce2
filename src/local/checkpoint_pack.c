/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "local/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK 65536
#define GZIP_WINDOW (15 + 16) /* zlib's way to say: gzip, 32 KiB */
#define OS_UNKNOWN 255        /* the same bytes wherever it is made */

/* Bytes on their way from one file through zlib to another. */
struct packing {
	z_stream z;
	int in, out;
	const char *from, *to;
	struct hash_stream *hash; /* of what was written; or NULL */
	int64_t written, limit;   /* bytes; limit 0: none */
	unsigned char in_chunk[CHUNK], out_chunk[CHUNK];
};

static int
open_both(struct packing *p)
{
	p->out = -1;
	p->in = open(p->from, O_RDONLY | O_CLOEXEC);
	if (p->in < 0)
		return err_set(errno == ENOENT ? E_ABSENT : E_IO, "%s: %s",
		    p->from, strerror(errno));
	p->out = open(p->to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (p->out < 0)
		return err_set(E_IO, "%s: %s", p->to, strerror(errno));
	return 0;
}

/* Fills the input; answers bytes, 0 at the end, or E_IO. */
static int
fill(struct packing *p)
{
	ssize_t n = file_read_some(p->in, p->in_chunk, CHUNK);

	if (n < 0)
		return err_wrap(E_IO, "%s", p->from);
	p->z.next_in = p->in_chunk;
	p->z.avail_in = (uInt)n;
	return (int)n;
}

/* Writes what zlib has put out, and makes room for more. */
static int
drain(struct packing *p)
{
	size_t len = CHUNK - p->z.avail_out;
	int rc;

	p->written += (int64_t)len;
	if (p->limit > 0 && p->written > p->limit)
		return err_set(E_CORRUPT, "%s: unpacks to more than %lld bytes",
		    p->from, (long long)p->limit);
	if ((rc = file_write_all(p->out, p->out_chunk, len)) != 0)
		return err_wrap(rc, "%s", p->to);
	if (p->hash != NULL)
		hash_stream_add(p->hash, p->out_chunk, len);
	p->z.next_out = p->out_chunk;
	p->z.avail_out = CHUNK;
	return 0;
}

/* Closes and frees all; what did not come to its end is removed. */
static int
finish(struct packing *p, int rc)
{
	if (p->in >= 0)
		close(p->in);
	if (p->out >= 0 && close(p->out) != 0 && rc == 0)
		rc = err_set(E_IO, "%s: %s", p->to, strerror(errno));
	if (rc != 0 && p->out >= 0)
		(void)unlink(p->to);
	hash_stream_free(p->hash);
	free(p);
	return rc;
}

static struct packing *
packing_new(const char *from, const char *to)
{
	struct packing *p = xmalloc(sizeof(*p));

	memset(p, 0, sizeof(*p));
	p->from = from;
	p->to = to;
	p->in = p->out = -1;
	p->z.next_out = p->out_chunk;
	p->z.avail_out = CHUNK;
	return p;
}

/* ---- packing ----------------------------------------------------------------- */

static int
deflate_all(struct packing *p)
{
	int rc, n, answer;

	do {
		if ((n = fill(p)) < 0)
			return n;
		do {
			answer = deflate(&p->z, n == 0 ? Z_FINISH : Z_NO_FLUSH);
			if ((rc = drain(p)) != 0)
				return rc;
		} while (
		    p->z.avail_in > 0 || (n == 0 && answer != Z_STREAM_END));
	} while (n > 0);
	return 0;
}

int
checkpoint_pack(const char *plain, const char *packed, struct hash *hash,
    int64_t *size_bytes)
{
	struct packing *p = packing_new(plain, packed);
	gz_header header = { .os = OS_UNKNOWN };
	int rc;

	if ((rc = open_both(p)) != 0)
		return finish(p, rc);
	if (deflateInit2(&p->z, 9, Z_DEFLATED, GZIP_WINDOW, 9,
		Z_DEFAULT_STRATEGY) != Z_OK)
		return finish(p, err_set(E_NOMEM, "zlib has no memory"));
	deflateSetHeader(&p->z, &header);
	p->hash = hash_stream_new();
	rc = deflate_all(p);
	deflateEnd(&p->z);
	if (rc == 0) {
		hash_stream_end(p->hash, hash);
		*size_bytes = p->written;
	}
	return finish(p, rc);
}

/* ---- unpacking --------------------------------------------------------------- */

static int
inflate_all(struct packing *p)
{
	int rc, n, answer = Z_OK;

	while (answer != Z_STREAM_END) {
		if (p->z.avail_in == 0 && (n = fill(p)) <= 0)
			return n < 0
			    ? n
			    : err_set(E_CORRUPT, "%s: ends too early", p->from);
		answer = inflate(&p->z, Z_NO_FLUSH);
		if (answer == Z_MEM_ERROR)
			return err_set(E_NOMEM, "zlib has no memory");
		if (answer != Z_OK && answer != Z_STREAM_END)
			return err_set(E_CORRUPT, "%s: %s", p->from,
			    p->z.msg != NULL ? p->z.msg : "is no gzip file");
		if ((rc = drain(p)) != 0)
			return rc;
	}
	if (p->z.avail_in > 0 || (n = fill(p)) > 0)
		return err_set(E_CORRUPT, "%s: more behind its end", p->from);
	return n;
}

int
checkpoint_unpack(const char *packed, const char *plain, int64_t limit)
{
	struct packing *p = packing_new(packed, plain);
	int rc;

	p->limit = limit;
	if ((rc = open_both(p)) != 0)
		return finish(p, rc);
	if (inflateInit2(&p->z, GZIP_WINDOW) != Z_OK)
		return finish(p, err_set(E_NOMEM, "zlib has no memory"));
	rc = inflate_all(p);
	inflateEnd(&p->z);
	return finish(p, rc);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "remote/dir.h"

enum { COPY_BYTES = 256 * 1024 };

/* One copy out of the store; the same for all of a run. */
struct copy {
	struct dir *d;
	struct hash_stream *hash;
	char *data;
};

/* ---- GET ------------------------------------------------------------------- */

static int
local_error(const char *file)
{
	return err_set(E_IO, "%s: %s", file, strerror(errno));
}

/* What an earlier run left: hashed, and how much it is. */
static int
take_part(struct copy *c, int fd, int64_t *at)
{
	ssize_t n;

	*at = 0;
	hash_stream_reset(c->hash);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_set(E_IO, "%s", strerror(errno));
	while ((n = file_read_some(fd, c->data, COPY_BYTES)) > 0) {
		hash_stream_add(c->hash, c->data, (size_t)n);
		*at += n;
	}
	return n < 0 ? (int)n : 0;
}

static int
copy_rest(struct copy *c, int from, int to, const struct remote_transfer *t,
    int64_t *at)
{
	ssize_t n;
	int rc;

	if (lseek(from, (off_t)*at, SEEK_SET) < 0)
		return dir_error(t->path);
	while ((n = file_read_some(from, c->data, COPY_BYTES)) > 0) {
		if ((rc = remote_tick(&c->d->base)) != 0 ||
		    (rc = file_write_all(to, c->data, (size_t)n)) != 0)
			return rc;
		hash_stream_add(c->hash, c->data, (size_t)n);
		*at += n;
		c->d->progress += n;
		c->d->stats.bytes_down += n;
		if (t->size_bytes >= 0 && *at > t->size_bytes)
			return 0; /* too long, as the caller sees */
	}
	return n < 0 ? dir_error(t->path) : 0;
}

/* 1: whole and right; 0: other bytes or another length. */
static int
copy_once(struct copy *c, int from, int to, const struct remote_transfer *t)
{
	struct hash got;
	int64_t at;
	int rc;

	if ((rc = take_part(c, to, &at)) != 0)
		return rc;
	if (t->size_bytes < 0 || at < t->size_bytes)
		if ((rc = copy_rest(c, from, to, t, &at)) != 0)
			return rc;
	hash_stream_end(c->hash, &got);
	return (t->size_bytes < 0 || at == t->size_bytes) &&
	    (t->any_hash || hash_eq(&got, &t->want));
}

/* What was there, then the whole, and once more. */
static int
copy_verified(struct copy *c, int from, int to, const struct remote_transfer *t)
{
	int tries, rc;

	for (tries = 0; tries < 3; tries++) {
		if ((rc = copy_once(c, from, to, t)) != 0)
			return rc > 0 ? 0 : rc;
		if (ftruncate(to, 0) != 0)
			return local_error(t->file);
	}
	(void)unlink(t->file);
	return err_set(E_CORRUPT,
	    "%s: what the store has is not what it "
	    "should be",
	    t->path);
}

/* Of a store that was elsewhere when the first bytes came. */
static void
drop_tag(const char *file)
{
	struct buf tag = { 0 };

	buf_printf(&tag, "%s.tag", file);
	(void)unlink(buf_text(&tag));
	buf_release(&tag);
}

static int
get_file(struct copy *c, const struct remote_transfer *t)
{
	int64_t size = 0;
	int from, to, rc;

	if ((from = dir_open_object(c->d, t->path, &size)) < 0)
		return from;
	to = open(t->file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (to < 0) {
		rc = local_error(t->file);
	} else {
		rc = copy_verified(c, from, to, t);
		close(to);
		if (rc == 0)
			drop_tag(t->file);
	}
	close(from);
	return rc;
}

/* ---- the others -------------------------------------------------------------- */

static int
put_file(struct copy *c, const struct remote_transfer *t)
{
	struct source src;
	int rc;

	if ((rc = source_open(&src, t->file, t->size_bytes)) != 0)
		return rc;
	rc = dir_write(c->d, t->path, &src, false, NULL);
	source_close(&src);
	return rc;
}

static int
transfer(struct copy *c, const struct remote_transfer *t)
{
	int rc;

	if ((rc = remote_path_check(t->path)) != 0)
		return rc;
	if (t->kind == REMOTE_GET_FILE)
		return get_file(c, t);
	if (t->kind == REMOTE_PUT_FILE)
		return put_file(c, t);
	return c->d->base.ops->list(&c->d->base, t->path, t->entry, t->arg);
}

/* ---- the run ------------------------------------------------------------------ */

static int
run_all(struct copy *c, int (*next)(void *arg, struct remote_transfer *t),
    int (*done)(void *arg, const struct remote_transfer *t, int rc), void *arg)
{
	struct remote_transfer t;
	int rc;

	for (;;) {
		memset(&t, 0, sizeof(t));
		if ((rc = remote_tick(&c->d->base)) != 0 ||
		    (rc = next(arg, &t)) <= 0)
			return rc;
		if ((rc = transfer(c, &t)) == E_STOPPED)
			return rc;
		if ((rc = done(arg, &t, rc)) < 0)
			return rc;
	}
}

int
dir_run(struct remote *r, int (*next)(void *arg, struct remote_transfer *t),
    int (*done)(void *arg, const struct remote_transfer *t, int rc), void *arg)
{
	struct copy c = { .d = (struct dir *)r };
	int rc;

	c.hash = hash_stream_new();
	c.data = xmalloc(COPY_BYTES);
	c.d->progress = 0;
	rc = run_all(&c, next, done, arg);
	free(c.data);
	hash_stream_free(c.hash);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/file.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_SIZE 16384
#define TEMP_RANDOM 12 /* bytes */

static int
io_error(const char *path)
{
	return err_set(E_IO, "%s: %s", path, strerror(errno));
}

static int
open_error(const char *path)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return err_set(E_ABSENT, "%s: %s", path, strerror(errno));
	return io_error(path);
}

ssize_t
file_read_some(int fd, void *data, size_t len)
{
	ssize_t n;

	do
		n = read(fd, data, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_set(E_IO, "read: %s", strerror(errno)) : n;
}

int
file_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(E_IO, "write: %s", strerror(errno));
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
read_all(int fd, size_t limit, struct buf *out)
{
	char chunk[CHUNK_SIZE];
	ssize_t n;

	while ((n = file_read_some(fd, chunk, sizeof(chunk))) > 0) {
		if ((size_t)n > limit - out->len)
			return err_set(E_INPUT, "more than %zu bytes", limit);
		buf_add(out, chunk, (size_t)n);
	}
	return (int)n;
}

int
file_read(const char *path, size_t limit, struct buf *out)
{
	int fd, rc;

	buf_clear(out);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return open_error(path);
	rc = read_all(fd, limit, out);
	close(fd);
	return rc < 0 ? err_wrap(rc, "%s", path) : 0;
}

/* The folder of `path`, as a new text. */
static char *
folder_of(const char *path)
{
	const char *base = path_base(path);
	char *dir;

	if (base == path)
		return xstrdup(".");
	dir = xstrdup(path);
	dir[base - path > 1 ? base - path - 1 : 1] = '\0';
	return dir;
}

static int
write_durably(int fd, const char *path, const void *data, size_t len)
{
	int rc = file_write_all(fd, data, len);

	if (rc != 0)
		return err_wrap(rc, "%s", path);
	return fsync(fd) == 0 ? 0 : io_error(path);
}

int
file_write(const char *path, const void *data, size_t len, mode_t mode)
{
	char *dir = folder_of(path), temp[PATH_MAX];
	int fd, rc;

	fd = file_temp(dir, ".new-", mode, temp, sizeof(temp));
	if (fd < 0) {
		free(dir);
		return fd;
	}
	rc = write_durably(fd, path, data, len);
	if (close(fd) != 0 && rc == 0)
		rc = io_error(path);
	if (rc == 0 && rename(temp, path) != 0)
		rc = io_error(path);
	if (rc != 0)
		unlink(temp);
	else
		rc = path_sync_dir(dir);
	free(dir);
	return rc;
}

int
file_temp(const char *dir, const char *prefix, mode_t mode, char *path,
    size_t path_size)
{
	char random[2 * TEMP_RANDOM + 1];
	int fd, n;

	/* A name that is taken is not expected twice in the world's life. */
	n = snprintf(path, path_size, "%s/%s%s", dir, prefix,
	    rand_hex(random, TEMP_RANDOM));
	if (n < 0 || (size_t)n >= path_size)
		return err_set(E_IO, "%s: path too long", dir);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return io_error(path);
	/* The umask is not ours to know. */
	if (fchmod(fd, mode) == 0)
		return fd;
	io_error(path);
	close(fd);
	unlink(path);
	return E_IO;
}

int
file_remove(const char *path)
{
	if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
		return 0;
	return io_error(path);
}

int
file_size(const char *path, int64_t *size_bytes)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return open_error(path);
	if (!S_ISREG(st.st_mode))
		return err_set(E_IO, "%s: not a regular file", path);
	*size_bytes = st.st_size;
	return 0;
}

static int
lock_fd(int fd, const char *path, int wait)
{
	while (flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			return err_set(E_BUSY, "%s: locked by another process",
			    path);
		if (errno != EINTR)
			return io_error(path);
	}
	return 0;
}

/* Somebody may have removed the file between our open and our lock. */
static bool
is_still(int fd, const char *path)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 &&
	    ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

int
file_lock(const char *path, int wait)
{
	int fd, rc;

	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return io_error(path);
		rc = lock_fd(fd, path, wait);
		if (rc == 0 && is_still(fd, path))
			return fd;
		close(fd);
		if (rc != 0)
			return rc;
	}
}

/* What file_each_line holds. */
struct lines {
	struct buf line;
	size_t limit;
	int (*fn)(void *arg, char *line, size_t len);
	void *arg;
};

static int
line_add(struct lines *ls, const char *data, size_t len)
{
	if (len > ls->limit - ls->line.len)
		return err_set(E_INPUT, "a line of more than %zu bytes",
		    ls->limit);
	buf_add(&ls->line, data, len);
	return 0;
}

static int
line_end(struct lines *ls)
{
	int rc = ls->fn(ls->arg, ls->line.data, ls->line.len);

	buf_clear(&ls->line);
	return rc;
}

static int
lines_in(struct lines *ls, const char *data, size_t len)
{
	const char *feed;
	size_t part;
	int rc;

	while ((feed = memchr(data, '\n', len)) != NULL) {
		part = (size_t)(feed - data);
		if ((rc = line_add(ls, data, part)) != 0 ||
		    (rc = line_end(ls)) != 0)
			return rc;
		data += part + 1;
		len -= part + 1;
	}
	return len > 0 ? line_add(ls, data, len) : 0;
}

int
file_each_line(int fd, size_t limit,
    int (*fn)(void *arg, char *line, size_t len), void *arg)
{
	struct lines ls = { .limit = limit, .fn = fn, .arg = arg };
	char chunk[CHUNK_SIZE];
	ssize_t n = 0;
	int rc = 0;

	while (rc == 0 && (n = file_read_some(fd, chunk, CHUNK_SIZE)) > 0)
		rc = lines_in(&ls, chunk, (size_t)n);
	if (n < 0)
		rc = (int)n;
	if (rc == 0 && ls.line.len > 0)
		rc = line_end(&ls);
	buf_release(&ls.line);
	return rc;
}

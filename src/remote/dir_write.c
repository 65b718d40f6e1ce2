/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rand.h"
#include "remote/dir.h"

enum { COPY_BYTES = 256 * 1024, UP_SIZE = 36 };

/* ---- renaming ------------------------------------------------------------- */

/* A file system without RENAME_NOREPLACE: a second link is never over another. */
static int
link_over(int from_fd, const char *from, int to_fd, const char *to)
{
	struct stat st;

	if (linkat(from_fd, from, to_fd, to, 0) == 0)
		return unlinkat(from_fd, from, 0);
	if (errno == EEXIST)
		return -1;
	/* Nor hard links, or a folder: then looking first must do. */
	if (fstatat(to_fd, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(from_fd, from, to_fd, to);
}

static bool
is_unsupported(int error)
{
	return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
}

static int
rename_new(int from_fd, const char *from, int to_fd, const char *to)
{
	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (!is_unsupported(errno))
		return -1;
	return link_over(from_fd, from, to_fd, to);
}

/* Some network file systems have no fsync of a folder: EINVAL. */
static int
sync_dir(int fd, const char *path)
{
	if (fsync(fd) != 0 && errno != EINVAL)
		return dir_error(path);
	return 0;
}

/*
 * The head must be renamed by rename(2): of two writers only one finds the old
 * name.  A link and an unlink would let both make their new one.
 */
static int
rename_exact(int from_fd, const char *from, int to_fd, const char *to)
{
	struct stat st;

	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (!is_unsupported(errno))
		return -1;
	if (fstatat(to_fd, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(from_fd, from, to_fd, to);
}

int
dir_rename(struct dir *d, const char *from, const char *to)
{
	const char *a, *b;
	int from_fd, to_fd, rc;

	if ((from_fd = dir_open_parent(d, from, &a)) < 0)
		return from_fd;
	if ((to_fd = dir_open_parent(d, to, &b)) < 0) {
		close(from_fd);
		return to_fd;
	}
	d->stats.requests++;
	if (rename_exact(from_fd, a, to_fd, b) != 0)
		rc = dir_error(from);
	else
		rc = sync_dir(to_fd, to);
	close(from_fd);
	close(to_fd);
	return rc;
}

/* ---- writing -------------------------------------------------------------- */

static int
spoil(const struct remote_spoil *how, int64_t at, size_t *len)
{
	int64_t until = at + (int64_t)*len;

	if (how == NULL)
		return 0;
	if (how->cut_at > 0 && until > how->cut_at)
		return err_set(E_REMOTE, "cut off");
	if (how->pause_at > 0 && at <= how->pause_at && until > how->pause_at)
		clock_sleep_ms(how->pause_ms);
	return 0;
}

static int
copy_out(struct dir *d, int fd, const struct source *src, const char *path,
    const struct remote_spoil *how, char *data)
{
	int64_t at = 0, n;
	int rc;

	while ((n = source_read(src, at, data, COPY_BYTES)) > 0) {
		size_t len = (size_t)n;

		if ((rc = remote_tick(&d->base)) != 0 ||
		    (rc = spoil(how, at, &len)) != 0)
			return rc;
		if (file_write_all(fd, data, len) != 0)
			return dir_error(path);
		at += n;
		d->progress += n;
		d->stats.bytes_up += n;
	}
	if (n < 0)
		return (int)n;
	if (at != src->size_bytes)
		return err_set(E_IO, "%s: what is sent has another length",
		    path);
	return fsync(fd) != 0 ? dir_error(path) : 0;
}

static int
fill(struct dir *d, int fd, const struct source *src, const char *path,
    const struct remote_spoil *how)
{
	char *data = xmalloc(COPY_BYTES);
	int rc = copy_out(d, fd, src, path, how, data);

	free(data);
	if (close(fd) != 0 && rc == 0)
		rc = dir_error(path);
	return rc;
}

static int
write_in(struct dir *d, int dir_fd, const char *name, const char *path,
    const struct source *src, bool replaces, const struct remote_spoil *how)
{
	char up[UP_SIZE], digits[33];
	int fd, rc;

	snprintf(up, sizeof(up), "up-%s", rand_hex(digits, 16));
	fd = openat(dir_fd, up, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return dir_error(path);
	if ((rc = fill(d, fd, src, path, how)) == 0 &&
	    (replaces ? renameat(dir_fd, up, dir_fd, name)
		      : rename_new(dir_fd, up, dir_fd, name)) != 0)
		rc = dir_error(path);
	if (rc != 0) {
		(void)unlinkat(dir_fd, up, 0);
		return rc;
	}
	return sync_dir(dir_fd, path);
}

static int
open_or_make_parent(struct dir *d, const char *path, const char **name)
{
	struct buf parent = { 0 };
	int fd = dir_open_parent(d, path, name);

	remote_parent(path, &parent);
	if (fd == E_ABSENT && parent.len > 0) {
		if ((fd = d->base.ops->make_dir(&d->base, buf_text(&parent))) ==
		    0)
			fd = dir_open_parent(d, path, name);
	}
	buf_release(&parent);
	return fd;
}

int
dir_write(struct dir *d, const char *path, const struct source *src,
    bool replaces, const struct remote_spoil *how)
{
	const char *name;
	int fd, rc;

	d->stats.requests++;
	if ((fd = open_or_make_parent(d, path, &name)) < 0)
		return fd;
	rc = write_in(d, fd, name, path, src, replaces, how);
	close(fd);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/dir.h"

#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

enum { OPEN_DIR = O_RDONLY | O_DIRECTORY | O_CLOEXEC, DEPTH_MAX = 8 };

static struct dir *
dir_of(struct remote *r)
{
	return (struct dir *)r;
}

static int
code_of(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return E_ABSENT;
	case EEXIST:
	case ENOTEMPTY:
		return E_EXISTS;
	case EACCES:
	case EPERM:
	case EROFS:
	case ELOOP:
		return E_DENIED;
	case ENAMETOOLONG:
		return E_INPUT;
	default:
		return E_REMOTE;
	}
}

int
dir_error(const char *path)
{
	int error = errno;

	if (error == ENOSPC || error == EDQUOT)
		return err_set(E_REMOTE,
		    "%s: the store's directory has no "
		    "space left",
		    path);
	if (error == EROFS)
		return err_set(E_DENIED,
		    "%s: the store's directory can only "
		    "be read",
		    path);
	return err_set(code_of(error), "%s: %s", path, strerror(error));
}

/* ---- walking ---------------------------------------------------------------- */

static int
open_root(struct dir *d)
{
	int fd = open(d->root, OPEN_DIR);

	if (fd < 0 && errno == ENOENT)
		return err_set(E_ABSENT, "%s: not there; is it mounted?",
		    d->root);
	return fd < 0 ? dir_error(d->root) : fd;
}

/* The part of `path` of this length below `fd`, which is closed. */
static int
step_into(int fd, const char *part, size_t len, const char *path)
{
	char *name = xmalloc(len + 1);
	int next;

	memcpy(name, part, len);
	name[len] = '\0';
	next = openat(fd, name, OPEN_DIR | O_NOFOLLOW);
	if (next < 0)
		next = dir_error(path);
	free(name);
	close(fd);
	return next;
}

int
dir_open_at(struct dir *d, const char *path)
{
	const char *p = path;
	int fd = open_root(d);

	while (fd >= 0 && *p != '\0') {
		size_t len = strcspn(p, "/");

		fd = step_into(fd, p, len, path);
		p += len;
		p += strspn(p, "/");
	}
	return fd;
}

int
dir_open_parent(struct dir *d, const char *path, const char **name)
{
	struct buf parent = { 0 };
	int fd;

	remote_parent(path, &parent);
	fd = dir_open_at(d, buf_text(&parent));
	buf_release(&parent);
	*name = path_base(path);
	return fd;
}

int
dir_open_object(struct dir *d, const char *path, int64_t *size_bytes)
{
	const char *name;
	struct stat st;
	int dir_fd, fd;

	d->stats.requests++;
	if ((dir_fd = dir_open_parent(d, path, &name)) < 0)
		return dir_fd;
	fd = openat(dir_fd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		fd = dir_error(path);
	close(dir_fd);
	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		return err_set(E_DENIED, "%s: not a regular file", path);
	}
	if (fd >= 0)
		*size_bytes = st.st_size;
	return fd;
}

/* ---- listing ---------------------------------------------------------------- */

static int
tell_entry(int dir_fd, const char *name,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg)
{
	struct remote_entry entry = { .name = name, .size_bytes = -1 };
	struct stat st;

	if (!remote_name_ok(name, strlen(name)) ||
	    fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		return 0;
	entry.is_dir = S_ISDIR(st.st_mode);
	if (!entry.is_dir)
		entry.size_bytes = st.st_size;
	entry.mtime = st.st_mtime;
	return fn(arg, &entry);
}

static int
each_entry(int fd, const char *path,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg)
{
	DIR *dir = fdopendir(fd);
	struct dirent *e;
	int rc = 0;

	if (dir == NULL) {
		close(fd);
		return dir_error(path);
	}
	while (rc == 0 && (errno = 0, e = readdir(dir)) != NULL)
		rc = tell_entry(dirfd(dir), e->d_name, fn, arg);
	if (rc == 0 && errno != 0)
		rc = dir_error(path);
	closedir(dir);
	return rc;
}

static int
dir_list(struct remote *r, const char *path,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg)
{
	int fd, rc;

	dir_of(r)->stats.requests++;
	if ((rc = remote_tick(r)) != 0)
		return rc;
	if ((fd = dir_open_at(dir_of(r), path)) < 0)
		return fd;
	return each_entry(fd, path, fn, arg);
}

/* ---- objects ---------------------------------------------------------------- */

static int
read_whole(int fd, size_t len, struct buf *out)
{
	char data[4096];
	ssize_t n = 0;

	buf_clear(out);
	while (out->len < len &&
	    (n = file_read_some(fd, data,
		 len - out->len < sizeof(data) ? len - out->len
					       : sizeof(data))) > 0)
		buf_add(out, data, (size_t)n);
	return n < 0 ? err_set(E_REMOTE, "%s", err_text()) : 0;
}

static int
dir_get(struct remote *r, const char *path, size_t limit, struct buf *out)
{
	int64_t size = 0;
	int fd, rc;

	if ((rc = remote_tick(r)) != 0)
		return rc;
	if ((fd = dir_open_object(dir_of(r), path, &size)) < 0)
		return fd;
	if (size > (int64_t)limit)
		rc = err_set(E_INPUT, "%s: more than %zu bytes", path, limit);
	else
		rc = read_whole(fd, (size_t)size, out);
	dir_of(r)->stats.bytes_down += (int64_t)out->len;
	close(fd);
	return rc;
}

static int
dir_get_part(struct remote *r, const char *path, int64_t from, size_t limit,
    struct buf *out)
{
	int64_t size = 0;
	int fd, rc;

	if ((fd = dir_open_object(dir_of(r), path, &size)) < 0)
		return fd;
	if (lseek(fd, (off_t)from, SEEK_SET) < 0)
		rc = dir_error(path);
	else
		rc = read_whole(fd, limit, out);
	close(fd);
	return rc;
}

static int
dir_put(struct remote *r, const char *path, const struct source *src)
{
	return dir_write(dir_of(r), path, src, false, NULL);
}

static int
dir_put_spoilt(struct remote *r, const char *path, const struct source *src,
    const struct remote_spoil *how)
{
	return dir_write(dir_of(r), path, src, false, how);
}

static int
dir_replace(struct remote *r, const char *path, const struct source *src)
{
	return dir_write(dir_of(r), path, src, true, NULL);
}

static int
dir_remove(struct remote *r, const char *path)
{
	const char *name;
	int fd, rc = 0;

	dir_of(r)->stats.requests++;
	if ((fd = dir_open_parent(dir_of(r), path, &name)) < 0)
		return fd == E_ABSENT ? 0 : fd;
	if (unlinkat(fd, name, 0) != 0 && errno != ENOENT)
		rc = dir_error(path);
	close(fd);
	return rc;
}

static int remove_inside(int fd, const char *path, int depth);

/* No link is followed: a link is removed, not what it leads to. */
static int
remove_one(int dir_fd, const char *name, const char *path, int depth)
{
	int fd, rc;

	if (unlinkat(dir_fd, name, 0) == 0)
		return 0;
	fd = openat(dir_fd, name, OPEN_DIR | O_NOFOLLOW);
	if (fd < 0)
		return dir_error(path);
	if ((rc = remove_inside(fd, path, depth)) != 0)
		return rc;
	return unlinkat(dir_fd, name, AT_REMOVEDIR) != 0 ? dir_error(path) : 0;
}

static int
remove_inside(int fd, const char *path, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *e;
	int rc = 0;

	if (dir == NULL) {
		close(fd);
		return dir_error(path);
	}
	if (depth == DEPTH_MAX)
		rc = err_set(E_REMOTE, "%s: nested too deeply", path);
	while (rc == 0 && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = remove_one(dirfd(dir), e->d_name, path, depth + 1);
	closedir(dir);
	return rc;
}

static int
dir_remove_dir(struct remote *r, const char *path)
{
	const char *name;
	struct stat st;
	int fd, rc = 0;

	if ((fd = dir_open_parent(dir_of(r), path, &name)) < 0)
		return fd == E_ABSENT ? 0 : fd;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		rc = remove_one(fd, name, path, 0);
	close(fd);
	return rc;
}

/* ---- folders ---------------------------------------------------------------- */

static int
dir_make_dir(struct remote *r, const char *path)
{
	const char *name;
	int fd, made, rc = 0;

	if ((fd = dir_open_parent(dir_of(r), path, &name)) < 0)
		return fd;
	if (mkdirat(fd, name, 0777) != 0 && errno != EEXIST)
		rc = dir_error(path);
	else if (fsync(fd) != 0 && errno != EINVAL)
		rc = dir_error(path);
	close(fd);
	if (rc == 0 && (made = dir_open_at(dir_of(r), path)) >= 0)
		close(made);
	else if (rc == 0)
		rc = made; /* a file, or a link */
	return rc;
}

/* Its parent must be there: a disk that is not mounted is no new store. */
static int
dir_make_root(struct remote *r)
{
	struct dir *d = dir_of(r);
	int fd;

	if (mkdir(d->root, 0777) != 0 && errno != EEXIST)
		return dir_error(d->root);
	if ((fd = open_root(d)) < 0)
		return fd;
	close(fd);
	return 0;
}

static void
dir_forget_dirs(struct remote *r)
{
	(void)r; /* none are remembered */
}

static int
dir_move_once(struct remote *r, const char *from, const char *to,
    enum remote_move_kind kind)
{
	int rc;

	(void)kind;
	if ((rc = remote_tick(r)) != 0)
		return rc;
	rc = dir_rename(dir_of(r), from, to);
	if (rc == E_EXISTS || rc == E_ABSENT)
		return err_set(E_CONFLICT, "%s", err_text());
	return rc;
}

/* ---- the rest ---------------------------------------------------------------- */

static struct remote_stats
dir_stats(const struct remote *r)
{
	return ((const struct dir *)r)->stats;
}

static int64_t
dir_progress(const struct remote *r)
{
	return ((const struct dir *)r)->progress;
}

static void
dir_close(struct remote *r)
{
	free(dir_of(r)->root);
	free(dir_of(r));
}

static const struct remote_ops dir_ops = {
	.close = dir_close,
	.head_look = renamed_head_look,
	.head_swap = renamed_head_swap,
	.head_body = renamed_head_body,
	.head_create = renamed_head_create,
	.list = dir_list,
	.get = dir_get,
	.get_part = dir_get_part,
	.put = dir_put,
	.put_spoilt = dir_put_spoilt,
	.replace = dir_replace,
	.remove = dir_remove,
	.remove_dir = dir_remove_dir,
	.make_dir = dir_make_dir,
	.make_root = dir_make_root,
	.forget_dirs = dir_forget_dirs,
	.move_once = dir_move_once,
	.run = dir_run,
	.stats = dir_stats,
	.progress = dir_progress,
};

/* "file:///srv/a%20b/" is "/srv/a b". */
static int
root_of(const char *url, char **root)
{
	const char *path = url + strlen("file://");
	char *decoded;
	int len = 0;

	*root = NULL;
	decoded = curl_easy_unescape(NULL, path, 0, &len);
	if (decoded != NULL && decoded[0] == '/' &&
	    strlen(decoded) == (size_t)len) {
		while (len > 0 && decoded[len - 1] == '/')
			decoded[--len] = '\0';
		if (len > 0)
			*root = xstrdup(decoded);
	}
	curl_free(decoded);
	if (*root == NULL)
		return err_set(E_INPUT,
		    "a store in a directory has an address "
		    "of the form file:///srv/store");
	return 0;
}

int
dir_open(const struct remote_config *config, struct remote **remote)
{
	struct dir *d;
	char *root;
	int rc;

	if ((rc = root_of(config->url, &root)) != 0)
		return rc;
	d = xmalloc(sizeof(*d));
	memset(d, 0, sizeof(*d));
	d->base.ops = &dir_ops;
	d->base.name = xstrdup(config->url);
	d->root = root;
	*remote = &d->base;
	return 0;
}

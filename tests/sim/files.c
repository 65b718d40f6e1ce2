/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sim/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "sim/disk.h"

#define FIRST_FD (1 << 20)
#define PATH_SIZE 1024

/* An open file, or folder. */
struct file {
	struct disk *disk; /* NULL: free */
	struct inode *inode;
	char *path; /* as it was when it was opened */
	int64_t at;
	bool appends;
};

static struct file *table;
static int table_n;
static struct disk *disk;
static int64_t (*clock_now)(void);

void
files_use(struct disk *use, int64_t (*now_ms)(void))
{
	disk = use;
	clock_now = now_ms;
}

struct disk *
files_disk(void)
{
	return disk;
}

/* ---- which calls are ours ------------------------------------------------------ */

static bool
is_ours(const char *path)
{
	return strncmp(path, "/sim", 4) == 0 &&
	    (path[4] == '/' || path[4] == '\0');
}

static struct file *
file_of(int fd)
{
	int at = fd - FIRST_FD;

	return at >= 0 && at < table_n && table[at].disk != NULL ? &table[at]
								 : NULL;
}

/* Doubled and last slashes, and "/.", say nothing. */
static void
put_part(char *path, const char *part)
{
	size_t len = strlen(path);

	while (*part != '\0') {
		if (*part == '/' && (part[1] == '/' || part[1] == '\0')) {
			part++;
		} else if (part[0] == '/' && part[1] == '.' &&
		    (part[2] == '/' || part[2] == '\0')) {
			part += 2;
		} else if (len < PATH_SIZE - 1) {
			path[len++] = *part++;
		} else {
			break;
		}
	}
	path[len] = '\0';
}

/* The whole path, or false: it is the machine's. */
static bool
resolve(int at, const char *path, char out[PATH_SIZE])
{
	struct file *dir = file_of(at);

	out[0] = '\0';
	if (path[0] != '/' && dir == NULL)
		return false;
	if (path[0] == '/' && !is_ours(path))
		return false;
	if (path[0] != '/') {
		put_part(out, dir->path);
		put_part(out, "/x");
		out[strlen(out) - 1] = '\0';
		if (strcmp(path, ".") == 0) {
			out[strlen(out) - 1] = '\0';
			return true;
		}
	}
	put_part(out, path);
	return true;
}

static int
error(int code)
{
	errno = code;
	return -1;
}

/* ---- opening ------------------------------------------------------------------------ */

static int
free_place(void)
{
	int i;

	for (i = 0; i < table_n; i++) {
		if (table[i].disk == NULL)
			return i;
	}
	table_n = 2 * table_n + 64;
	table = xrealloc(table, (size_t)table_n * sizeof(*table));
	memset(&table[i], 0, (size_t)(table_n - i) * sizeof(*table));
	return i;
}

static int
open_inode(struct inode *inode, const char *path, int flags)
{
	int at = free_place();

	inode_hold(inode);
	disk->handles++;
	table[at] = (struct file){ .disk = disk,
		.inode = inode,
		.path = xstrdup(path),
		.appends = (flags & O_APPEND) != 0 };
	return FIRST_FD + at;
}

static int
sim_open(const char *path, int flags, mode_t mode)
{
	struct inode *inode = disk_find(disk, path);

	if (!disk_call(disk))
		return -1;
	if (inode == NULL && (flags & O_CREAT) == 0)
		return error(ENOENT);
	if (inode != NULL && (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0)
		return error(EEXIST);
	if (inode != NULL && (flags & O_DIRECTORY) != 0 && !inode->is_dir)
		return error(ENOTDIR);
	if (inode != NULL && inode->is_dir && (flags & O_ACCMODE) != O_RDONLY)
		return error(EISDIR);
	if (inode == NULL &&
	    (inode = disk_create(disk, path, false, mode, clock_now())) == NULL)
		return -1;
	if ((flags & O_TRUNC) != 0)
		inode_truncate(inode, 0);
	return open_inode(inode, path, flags);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int
__wrap_open(const char *path, int flags, ...)
{
	char whole[PATH_SIZE];
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (!resolve(-1, path, whole))
		return __real_open(path, flags, mode);
	return sim_open(whole, flags, mode);
}

int __real_openat(int at, const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...);
int
__wrap_openat(int at, const char *path, int flags, ...)
{
	char whole[PATH_SIZE];
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (!resolve(at, path, whole))
		return __real_openat(at, path, flags, mode);
	return sim_open(whole, flags, mode);
}

int __real_close(int fd);
int __wrap_close(int fd);
int
__wrap_close(int fd)
{
	struct file *f = file_of(fd);

	if (f == NULL)
		return __real_close(fd);
	if (f->inode->flock == f->path)
		f->inode->flock = NULL;
	f->disk->handles--;
	f->disk = NULL;
	inode_release(f->inode);
	free(f->path);
	return 0;
}

/* ---- reading and writing ---------------------------------------------------------------- */

ssize_t __real_read(int fd, void *data, size_t len);
ssize_t __wrap_read(int fd, void *data, size_t len);
ssize_t
__wrap_read(int fd, void *data, size_t len)
{
	struct file *f = file_of(fd);
	int64_t n;

	if (f == NULL)
		return __real_read(fd, data, len);
	if (f->disk->is_dead)
		return error(EIO);
	n = inode_read(f->inode, f->at, data, len);
	f->at += n;
	return (ssize_t)n;
}

ssize_t __real_pread(int fd, void *data, size_t len, off_t at);
ssize_t __wrap_pread(int fd, void *data, size_t len, off_t at);
ssize_t
__wrap_pread(int fd, void *data, size_t len, off_t at)
{
	struct file *f = file_of(fd);

	if (f == NULL)
		return __real_pread(fd, data, len, at);
	if (f->disk->is_dead)
		return error(EIO);
	return (ssize_t)inode_read(f->inode, at, data, len);
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t
__wrap_write(int fd, const void *data, size_t len)
{
	struct file *f = file_of(fd);

	if (f == NULL)
		return __real_write(fd, data, len);
	if (!disk_call(f->disk))
		return -1;
	if (f->appends)
		f->at = f->inode->size;
	inode_write(f->inode, f->at, data, len);
	f->inode->mtime_ms = clock_now();
	f->at += (int64_t)len;
	return (ssize_t)len;
}

off_t __real_lseek(int fd, off_t at, int whence);
off_t __wrap_lseek(int fd, off_t at, int whence);
off_t
__wrap_lseek(int fd, off_t at, int whence)
{
	struct file *f = file_of(fd);

	if (f == NULL)
		return __real_lseek(fd, at, whence);
	if (whence == SEEK_CUR)
		at += f->at;
	if (whence == SEEK_END)
		at += f->inode->size;
	f->at = at;
	return at;
}

int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);
int
__wrap_ftruncate(int fd, off_t size)
{
	struct file *f = file_of(fd);

	if (f == NULL)
		return __real_ftruncate(fd, size);
	if (!disk_call(f->disk))
		return -1;
	inode_truncate(f->inode, size);
	return 0;
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int
__wrap_fsync(int fd)
{
	struct file *f = file_of(fd);

	if (f == NULL)
		return __real_fsync(fd);
	if (!disk_call(f->disk))
		return -1;
	if (f->inode->is_dir)
		disk_sync_dir(f->disk, f->path);
	else
		inode_sync(f->inode);
	return 0;
}

int __real_syncfs(int fd);
int __wrap_syncfs(int fd);
int
__wrap_syncfs(int fd)
{
	struct file *f = file_of(fd);

	if (f == NULL)
		return __real_syncfs(fd);
	if (!disk_call(f->disk))
		return -1;
	disk_sync_all(f->disk);
	return 0;
}

int __real_sync_file_range(int fd, off64_t at, off64_t n, unsigned flags);
int __wrap_sync_file_range(int fd, off64_t at, off64_t n, unsigned flags);
int
__wrap_sync_file_range(int fd, off64_t at, off64_t n, unsigned flags)
{
	return file_of(fd) != NULL ? 0
				   : __real_sync_file_range(fd, at, n, flags);
}

/* ---- locks --------------------------------------------------------------------------------- */

/* Nobody waits for a lock of another: two processes, and one of them alone
 * takes each. */
int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);
int
__wrap_flock(int fd, int how)
{
	struct file *f = file_of(fd);

	if (f == NULL)
		return __real_flock(fd, how);
	if (f->disk->is_dead)
		return error(EIO);
	if ((how & LOCK_UN) != 0) {
		if (f->inode->flock == f->path)
			f->inode->flock = NULL;
		return 0;
	}
	if (f->inode->flock != NULL && f->inode->flock != f->path)
		return error(EWOULDBLOCK);
	f->inode->flock = f->path;
	return 0;
}

/* ---- what is there -------------------------------------------------------------------------- */

static int
tell(const struct inode *inode, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = inode->ino;
	st->st_dev = 1;
	st->st_nlink = 1;
	st->st_mode = (inode->is_dir ? S_IFDIR : S_IFREG) |
	    (inode->mode & 07777);
	st->st_size = inode->size;
	st->st_mtim.tv_sec = inode->mtime_ms / 1000;
	return 0;
}

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int
__wrap_fstat(int fd, struct stat *st)
{
	struct file *f = file_of(fd);

	return f == NULL ? __real_fstat(fd, st) : tell(f->inode, st);
}

int __real_fstatat(int at, const char *path, struct stat *st, int flags);
int __wrap_fstatat(int at, const char *path, struct stat *st, int flags);
int
__wrap_fstatat(int at, const char *path, struct stat *st, int flags)
{
	char whole[PATH_SIZE];
	struct inode *inode;

	if (!resolve(at, path, whole))
		return __real_fstatat(at, path, st, flags);
	if (disk->is_dead)
		return error(EIO);
	inode = disk_find(disk, whole);
	return inode == NULL ? error(ENOENT) : tell(inode, st);
}

int __real_stat(const char *path, struct stat *st);
int __wrap_stat(const char *path, struct stat *st);
int
__wrap_stat(const char *path, struct stat *st)
{
	if (!is_ours(path))
		return __real_stat(path, st);
	return __wrap_fstatat(-1, path, st, 0);
}

int __real_access(const char *path, int how);
int __wrap_access(const char *path, int how);
int
__wrap_access(const char *path, int how)
{
	struct stat st;

	if (!is_ours(path))
		return __real_access(path, how);
	return __wrap_fstatat(-1, path, &st, 0);
}

int __real_statfs(const char *path, struct statfs *fs);
int __wrap_statfs(const char *path, struct statfs *fs);
int
__wrap_statfs(const char *path, struct statfs *fs)
{
	if (!is_ours(path))
		return __real_statfs(path, fs);
	if (disk_find(disk, path) == NULL)
		return error(ENOENT);
	memset(fs, 0, sizeof(*fs));
	fs->f_type = 0xef53;
	return 0;
}

/* ---- names ---------------------------------------------------------------------------------- */

int __real_mkdirat(int at, const char *path, mode_t mode);
int __wrap_mkdirat(int at, const char *path, mode_t mode);
int
__wrap_mkdirat(int at, const char *path, mode_t mode)
{
	char whole[PATH_SIZE];

	if (!resolve(at, path, whole))
		return __real_mkdirat(at, path, mode);
	if (!disk_call(disk))
		return -1;
	if (disk_find(disk, whole) != NULL)
		return error(EEXIST);
	return disk_create(disk, whole, true, mode, clock_now()) == NULL ? -1
									 : 0;
}

int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int
__wrap_mkdir(const char *path, mode_t mode)
{
	if (!is_ours(path))
		return __real_mkdir(path, mode);
	return __wrap_mkdirat(-1, path, mode);
}

int __real_unlinkat(int at, const char *path, int flags);
int __wrap_unlinkat(int at, const char *path, int flags);
int
__wrap_unlinkat(int at, const char *path, int flags)
{
	char whole[PATH_SIZE];

	if (!resolve(at, path, whole))
		return __real_unlinkat(at, path, flags);
	if (!disk_call(disk))
		return -1;
	return disk_unlink(disk, whole, (flags & AT_REMOVEDIR) != 0);
}

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int
__wrap_unlink(const char *path)
{
	if (!is_ours(path))
		return __real_unlink(path);
	return __wrap_unlinkat(-1, path, 0);
}

int __real_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to);
int
__wrap_renameat(int a, const char *from, int b, const char *to)
{
	char whole[PATH_SIZE], other[PATH_SIZE];

	if (!resolve(a, from, whole) || !resolve(b, to, other))
		return __real_renameat(a, from, b, to);
	if (!disk_call(disk))
		return -1;
	return disk_rename(disk, whole, other, true);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int
__wrap_rename(const char *from, const char *to)
{
	if (!is_ours(from))
		return __real_rename(from, to);
	return __wrap_renameat(-1, from, -1, to);
}

static int
set_mode(struct inode *inode, mode_t mode)
{
	if (disk->is_dead)
		return error(EIO);
	if (inode == NULL)
		return error(ENOENT);
	inode->mode = mode;
	return 0;
}

int __real_fchmodat(int at, const char *path, mode_t mode, int flags);
int __wrap_fchmodat(int at, const char *path, mode_t mode, int flags);
int
__wrap_fchmodat(int at, const char *path, mode_t mode, int flags)
{
	char whole[PATH_SIZE];

	if (!resolve(at, path, whole))
		return __real_fchmodat(at, path, mode, flags);
	return set_mode(disk_find(disk, whole), mode);
}

int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int
__wrap_fchmod(int fd, mode_t mode)
{
	struct file *f = file_of(fd);

	return f == NULL ? __real_fchmod(fd, mode) : set_mode(f->inode, mode);
}

int __real_chmod(const char *path, mode_t mode);
int __wrap_chmod(const char *path, mode_t mode);
int
__wrap_chmod(const char *path, mode_t mode)
{
	if (!is_ours(path))
		return __real_chmod(path, mode);
	return __wrap_fchmodat(-1, path, mode, 0);
}

/* ---- folders --------------------------------------------------------------------------------- */

struct sim_dir {
	int magic;
	int fd;
	struct dirent entry; /* also where we are */
};

#define DIR_MAGIC 0x73696d64

DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);
DIR *
__wrap_fdopendir(int fd)
{
	struct sim_dir *d;

	if (file_of(fd) == NULL)
		return __real_fdopendir(fd);
	d = xmalloc(sizeof(*d));
	memset(d, 0, sizeof(*d));
	d->magic = DIR_MAGIC;
	d->fd = fd;
	return (DIR *)d;
}

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
DIR *
__wrap_opendir(const char *path)
{
	int fd;

	if (!is_ours(path))
		return __real_opendir(path);
	fd = __wrap_open(path, O_RDONLY | O_DIRECTORY);
	return fd < 0 ? NULL : __wrap_fdopendir(fd);
}

struct dirent *__real_readdir(DIR *dir);
struct dirent *__wrap_readdir(DIR *dir);
struct dirent *
__wrap_readdir(DIR *dir)
{
	struct sim_dir *d = (struct sim_dir *)dir;
	struct file *f;
	const char *next;

	if (d->magic != DIR_MAGIC)
		return __real_readdir(dir);
	if ((f = file_of(d->fd)) == NULL || f->disk->is_dead)
		return NULL;
	next = disk_next(f->disk, f->path,
	    d->entry.d_name[0] != '\0' ? d->entry.d_name : NULL);
	if (next == NULL)
		return NULL;
	snprintf(d->entry.d_name, sizeof(d->entry.d_name), "%s", next);
	return &d->entry;
}

int __real_closedir(DIR *dir);
int __wrap_closedir(DIR *dir);
int
__wrap_closedir(DIR *dir)
{
	struct sim_dir *d = (struct sim_dir *)dir;

	if (d->magic != DIR_MAGIC)
		return __real_closedir(dir);
	__wrap_close(d->fd);
	d->magic = 0;
	free(d);
	return 0;
}

/* ---- the process ------------------------------------------------------------------------------- */

pid_t __wrap_getpid(void);
pid_t
__wrap_getpid(void)
{
	return 4711;
}

/* The engine then does without, which it can. */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*fn)(void *), void *arg);
int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*fn)(void *), void *arg)
{
	(void)thread;
	(void)attr;
	(void)fn;
	(void)arg;
	return EAGAIN;
}

/* Its own process only bounds what a merge takes. */
struct child_limits;
int __wrap_child_run(int (*work)(void *arg, int out_fd), void *arg, int out_fd,
    const struct child_limits *limits);
int
__wrap_child_run(int (*work)(void *arg, int out_fd), void *arg, int out_fd,
    const struct child_limits *limits)
{
	int rc = work(arg, out_fd);

	(void)limits;
	return rc == 1 || rc == E_IO ? rc : 0;
}

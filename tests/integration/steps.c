/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */

/*
 * For LD_PRELOAD: counts each step by which a process changes a disk or says
 * something to another, and stops it dead, or lets one step fail.
 *
 *   STEMMA_STEP_AT     which one, from 1; 0: none
 *   STEMMA_STEP_FAULT  exit (before it is done), ENOSPC or EIO
 *   STEMMA_STEP_COUNT  a file that gets the number of all, at the end
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#undef _FILE_OFFSET_BITS /* each function is to have its own name */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIED 86 /* exit status of who was stopped */

static atomic_long steps;
static long stop_at;
static int fault; /* errno; 0: the end */
static pid_t whose;

static void __attribute__((constructor)) begin(void)
{
	const char *at = getenv("STEMMA_STEP_AT");
	const char *what = getenv("STEMMA_STEP_FAULT");

	stop_at = at != NULL ? strtol(at, NULL, 10) : 0;
	if (what != NULL && strcmp(what, "ENOSPC") == 0)
		fault = ENOSPC;
	if (what != NULL && strcmp(what, "EIO") == 0)
		fault = EIO;
	whose = getpid();
}

static void __attribute__((destructor)) end(void)
{
	const char *path = getenv("STEMMA_STEP_COUNT");
	FILE *file;

	if (path == NULL || getpid() != whose ||
	    (file = fopen(path, "we")) == NULL)
		return;
	(void)fprintf(file, "%ld\n", atomic_load(&steps));
	(void)fclose(file);
}

/* Answers non-zero when this step is to fail, with errno set. */
static int
step(void)
{
	if (atomic_fetch_add(&steps, 1) + 1 != stop_at)
		return 0;
	if (fault == 0)
		_exit(DIED);
	errno = fault;
	return -1;
}

/* POSIX says that such a pointer may become a function (dlsym(3)). */
#define NEXT(name, type)   \
	static type *next; \
	if (next == NULL)  \
	*(void **)&next = dlsym(RTLD_NEXT, name)

static int
is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

ssize_t
write(int fd, const void *data, size_t len)
{
	typedef ssize_t fn(int, const void *, size_t);
	NEXT("write", fn);

	return is_file(fd) && step() != 0 ? -1 : next(fd, data, len);
}

ssize_t
pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	typedef ssize_t fn(int, const void *, size_t, off64_t);
	NEXT("pwrite64", fn);

	return step() != 0 ? -1 : next(fd, data, len, at);
}

ssize_t
send(int fd, const void *data, size_t len, int flags)
{
	typedef ssize_t fn(int, const void *, size_t, int);
	NEXT("send", fn);

	/* A full disk is none of the net's troubles. */
	if (fault == 0)
		(void)step();
	return next(fd, data, len, flags);
}

int
fsync(int fd)
{
	typedef int fn(int);
	NEXT("fsync", fn);

	return step() != 0 ? -1 : next(fd);
}

int
fdatasync(int fd)
{
	typedef int fn(int);
	NEXT("fdatasync", fn);

	return step() != 0 ? -1 : next(fd);
}

int
ftruncate(int fd, off_t len)
{
	typedef int fn(int, off_t);
	NEXT("ftruncate", fn);

	return step() != 0 ? -1 : next(fd, len);
}

int
ftruncate64(int fd, off64_t len)
{
	typedef int fn(int, off64_t);
	NEXT("ftruncate64", fn);

	return step() != 0 ? -1 : next(fd, len);
}

int
rename(const char *from, const char *to)
{
	typedef int fn(const char *, const char *);
	NEXT("rename", fn);

	return step() != 0 ? -1 : next(from, to);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	typedef int fn(int, const char *, int, const char *);
	NEXT("renameat", fn);

	return step() != 0 ? -1 : next(from_fd, from, to_fd, to);
}

int
renameat2(int from_fd, const char *from, int to_fd, const char *to,
    unsigned int flags)
{
	typedef int fn(int, const char *, int, const char *, unsigned int);
	NEXT("renameat2", fn);

	return step() != 0 ? -1 : next(from_fd, from, to_fd, to, flags);
}

int
linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	typedef int fn(int, const char *, int, const char *, int);
	NEXT("linkat", fn);

	return step() != 0 ? -1 : next(from_fd, from, to_fd, to, flags);
}

int
unlink(const char *path)
{
	typedef int fn(const char *);
	NEXT("unlink", fn);

	return step() != 0 ? -1 : next(path);
}

int
unlinkat(int fd, const char *path, int flags)
{
	typedef int fn(int, const char *, int);
	NEXT("unlinkat", fn);

	return step() != 0 ? -1 : next(fd, path, flags);
}

int
mkdir(const char *path, mode_t mode)
{
	typedef int fn(const char *, mode_t);
	NEXT("mkdir", fn);

	return step() != 0 ? -1 : next(path, mode);
}

int
mkdirat(int fd, const char *path, mode_t mode)
{
	typedef int fn(int, const char *, mode_t);
	NEXT("mkdirat", fn);

	return step() != 0 ? -1 : next(fd, path, mode);
}

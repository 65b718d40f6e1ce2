/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "remote/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

static int
size_of(int fd, const char *file, int64_t *size_bytes)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set(E_IO, "%s: %s", file, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(E_IO, "%s: not a regular file", file);
	*size_bytes = st.st_size;
	return 0;
}

int
source_open(struct source *src, const char *file, int64_t size_bytes)
{
	int rc;

	src->data = NULL;
	src->from = 0;
	src->fd = open(file, O_RDONLY | O_CLOEXEC);
	if (src->fd < 0)
		return err_set(E_IO, "%s: %s", file, strerror(errno));
	rc = size_of(src->fd, file, &src->size_bytes);
	if (rc == 0 && size_bytes >= 0 && src->size_bytes != size_bytes)
		rc = err_set(E_IO, "%s: has %lld bytes, not %lld", file,
		    (long long)src->size_bytes, (long long)size_bytes);
	if (rc != 0)
		source_close(src);
	return rc;
}

void
source_close(struct source *src)
{
	if (src->data == NULL && src->fd >= 0)
		close(src->fd);
	src->fd = -1;
}

static int64_t
read_memory(const struct source *src, int64_t at, void *data, size_t len)
{
	int64_t left = src->size_bytes - at;

	if (left <= 0)
		return 0;
	if ((int64_t)len > left)
		len = (size_t)left;
	memcpy(data, (const char *)src->data + at, len);
	return (int64_t)len;
}

int64_t
source_read(const struct source *src, int64_t at, void *data, size_t len)
{
	ssize_t n;

	if (src->data != NULL)
		return read_memory(src, at, data, len);
	if (at >= src->size_bytes)
		return 0;
	if ((int64_t)len > src->size_bytes - at)
		len = (size_t)(src->size_bytes - at);
	do
		n = pread(src->fd, data, len, (off_t)(src->from + at));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(E_IO, "reading what is sent: %s",
		    strerror(errno));
	return n;
}

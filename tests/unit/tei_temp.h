/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef UNIT_TEI_TEMP_H
#define UNIT_TEI_TEMP_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* fd_of - a nameless file with these bytes. */
static inline int
fd_of_bytes(const void *data, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	return fd;
}

static inline int
fd_of(const char *text)
{
	return fd_of_bytes(text, strlen(text));
}

/* text_of - all that a file holds, closed with NUL; free() it. */
static inline char *
text_of(int fd)
{
	size_t len = (size_t)lseek(fd, 0, SEEK_END);
	char *text = malloc(len + 1);

	if (text == NULL || pread(fd, text, len, 0) != (ssize_t)len)
		abort();
	text[len] = '\0';
	return text;
}

/* open_data - a file of tests/data. */
static inline int
open_data(const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/tests/data/%s", top ? top : ".", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		abort();
	return fd;
}

/* corpus_each - call `fn` for each file of a folder of the corpus: the number
 * of calls, 0 when there is no corpus here. */
static inline int
corpus_each(const char *folder, void (*fn)(int fd, const char *path))
{
	const char *corpus = getenv("STEMMA_CORPUS");
	const char *top = getenv("top_srcdir");
	char dir[2048], path[4096];
	struct dirent *entry;
	int fd, count = 0;
	DIR *d;

	if (corpus != NULL)
		snprintf(dir, sizeof(dir), "%s/%s", corpus, folder);
	else
		snprintf(dir, sizeof(dir), "%s/../shared/corpus/%s",
		    top ? top : ".", folder);
	d = opendir(dir);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] == '.' ||
		    (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
			continue;
		fn(fd, path);
		close(fd);
		count++;
	}
	if (d != NULL)
		closedir(d);
	return count;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef UNIT_TEMP_H
#define UNIT_TEMP_H

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * temp_dir - make an empty folder for a test, under $TMPDIR or /tmp; answers
 * its absolute path, for temp_remove.
 */
static inline char *
temp_dir(void)
{
	const char *tmp = getenv("TMPDIR");
	char *path = malloc(PATH_MAX);

	if (tmp == NULL || *tmp != '/')
		tmp = "/tmp";
	if (path == NULL)
		abort();
	snprintf(path, PATH_MAX, "%s/stemma-unit-XXXXXX", tmp);
	if (mkdtemp(path) == NULL)
		abort();
	return path;
}

static inline int
temp_remove_one(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* temp_remove - remove the folder with all that is in it; frees `path`. */
static inline void
temp_remove(char *path)
{
	nftw(path, temp_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(path);
}

#endif

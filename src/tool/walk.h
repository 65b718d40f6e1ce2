/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_WALK_H
#define TOOL_WALK_H

#include <stdint.h>
#include <sys/types.h>

#define WALK_FORBIDDEN 2

/* A folder that must not be walked into. */
struct walk_forbidden {
	dev_t dev;
	ino_t ino;
};

/*
 * Files below paths, for import.
 *
 *   file    called for each file with its size
 *   failed  called for each path that cannot be walked, why in err_text()
 *
 * Non-zero from either ends the walk.
 */
struct walk {
	int (*file)(void *arg, const char *path, int64_t size_bytes);
	int (*failed)(void *arg, const char *path, int rc);
	void *arg;
	struct walk_forbidden forbidden[WALK_FORBIDDEN];
	int forbidden_n;
};

/* walk_forbid - refuse this folder, and everything in it.  E_IO. */
int walk_forbid(struct walk *w, const char *dir);

/*
 * walk_path - a file, or all files below a folder in order of their names (by
 * bytes, one folder after another; the names of one folder are held at a time
 * for each level).  Names that begin with a dot are passed over below a folder.
 * Links are followed, but not into a folder that one is in already.
 */
int walk_path(struct walk *w, const char *path);

#endif

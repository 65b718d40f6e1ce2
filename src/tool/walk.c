/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/walk.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The folders that the walk is in, so that a link back ends it. */
struct inside {
	const struct inside *up;
	dev_t dev;
	ino_t ino;
};

struct names {
	char **items;
	size_t n;
	size_t room;
};

int
walk_forbid(struct walk *w, const char *dir)
{
	struct stat st;

	if (stat(dir, &st) != 0)
		return err_set(E_IO, "%s: %s", dir, strerror(errno));
	w->forbidden[w->forbidden_n].dev = st.st_dev;
	w->forbidden[w->forbidden_n].ino = st.st_ino;
	w->forbidden_n++;
	return 0;
}

static bool
is_forbidden(const struct walk *w, const struct stat *st)
{
	int i;

	for (i = 0; i < w->forbidden_n; i++)
		if (w->forbidden[i].dev == st->st_dev &&
		    w->forbidden[i].ino == st->st_ino)
			return true;
	return false;
}

/*
 * Does a path lie in a folder that is refused?  Asked of each folder above its
 * real place, since a link may lead there from anywhere.
 */
static bool
lies_forbidden(const struct walk *w, const char *path)
{
	char *real = realpath(path, NULL);
	struct stat st;
	bool found = false;
	char *slash;

	while (real != NULL && !found && (slash = strrchr(real, '/')) != NULL) {
		found = stat(real, &st) == 0 && is_forbidden(w, &st);
		*slash = '\0';
	}
	free(real);
	return found;
}

/* ---- one folder --------------------------------------------------------- */

static int
name_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
names_add(struct names *names, struct mem *mem, const char *name)
{
	if (names->n == names->room) {
		names->room = names->room == 0 ? 64 : 2 * names->room;
		names->items = xrealloc(names->items,
		    names->room * sizeof(names->items[0]));
	}
	names->items[names->n++] = mem_strdup(mem, name);
}

static int
names_read(struct names *names, struct mem *mem, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (dir == NULL)
		return err_set(E_IO, "%s", strerror(errno));
	while (errno = 0, (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			names_add(names, mem, entry->d_name);
	if (errno != 0) {
		err_set(E_IO, "%s", strerror(errno));
		closedir(dir);
		return E_IO;
	}
	closedir(dir);
	if (names->n > 0)
		qsort(names->items, names->n, sizeof(names->items[0]),
		    name_cmp);
	return 0;
}

static int walk_one(struct walk *w, const char *path,
    const struct inside *inside);

static int
walk_dir(struct walk *w, const char *path, const struct inside *inside)
{
	struct names names = { NULL, 0, 0 };
	struct mem *mem = mem_new();
	size_t i;
	int rc = names_read(&names, mem, path);

	if (rc != 0)
		rc = w->failed(w->arg, path, rc);
	for (i = 0; rc == 0 && i < names.n; i++)
		rc = walk_one(w, path_join(mem, path, names.items[i]), inside);
	free(names.items);
	mem_free(mem);
	return rc;
}

/* ---- the walk ----------------------------------------------------------- */

static bool
is_inside(const struct inside *in, const struct stat *st)
{
	for (; in != NULL; in = in->up)
		if (in->dev == st->st_dev && in->ino == st->st_ino)
			return true;
	return false;
}

static bool
is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static int
walk_one(struct walk *w, const char *path, const struct inside *inside)
{
	struct inside here = { inside, 0, 0 };
	struct stat st;

	if (stat(path, &st) != 0)
		return w->failed(w->arg, path,
		    err_set(E_IO, "%s", strerror(errno)));
	if (S_ISDIR(st.st_mode) && is_inside(inside, &st))
		return 0;
	if ((S_ISDIR(st.st_mode) && is_forbidden(w, &st)) ||
	    ((inside == NULL || is_link(path)) && lies_forbidden(w, path)))
		return w->failed(w->arg, path,
		    err_set(E_INPUT, "it belongs to the library itself"));
	if (!S_ISDIR(st.st_mode))
		return w->file(w->arg, path, st.st_size);
	here.dev = st.st_dev;
	here.ino = st.st_ino;
	return walk_dir(w, path, &here);
}

int
walk_path(struct walk *w, const char *path)
{
	return walk_one(w, path, NULL);
}

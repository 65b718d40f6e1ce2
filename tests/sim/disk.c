/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sim/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- a table of names ---------------------------------------------------------- */

/* Where it is, or would be. */
static size_t
names_at(const struct names *names, const char *path)
{
	size_t from = 0, to = names->n;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (strcmp(names->all[mid].path, path) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct inode *
names_find(const struct names *names, const char *path)
{
	size_t at = names_at(names, path);

	return at < names->n && strcmp(names->all[at].path, path) == 0
	    ? names->all[at].inode
	    : NULL;
}

static void
names_remove(struct names *names, const char *path)
{
	size_t at = names_at(names, path);

	if (at == names->n || strcmp(names->all[at].path, path) != 0)
		return;
	free(names->all[at].path);
	inode_release(names->all[at].inode);
	names->n--;
	memmove(&names->all[at], &names->all[at + 1],
	    (names->n - at) * sizeof(names->all[0]));
}

static void
names_put(struct names *names, const char *path, struct inode *inode)
{
	size_t at;

	inode_hold(inode);
	names_remove(names, path);
	at = names_at(names, path);
	if (names->n == names->room) {
		names->room = names->room > 0 ? 2 * names->room : 64;
		names->all = xrealloc(names->all,
		    names->room * sizeof(names->all[0]));
	}
	memmove(&names->all[at + 1], &names->all[at],
	    (names->n - at) * sizeof(names->all[0]));
	names->n++;
	names->all[at].path = xstrdup(path);
	names->all[at].inode = inode;
}

static void
names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		free(names->all[i].path);
		inode_release(names->all[i].inode);
	}
	free(names->all);
}

/* ---- changes that are not durable ------------------------------------------------ */

static void
note_change(struct disk *disk, const char *gone, const char *path,
    struct inode *inode)
{
	struct change *c;

	if (disk->n_changes == disk->changes_room) {
		disk->changes_room = 2 * disk->changes_room + 16;
		disk->changes = xrealloc(disk->changes,
		    disk->changes_room * sizeof(*c));
	}
	c = &disk->changes[disk->n_changes++];
	c->gone = gone != NULL ? xstrdup(gone) : NULL;
	c->path = path != NULL ? xstrdup(path) : NULL;
	c->inode = inode;
	if (inode != NULL)
		inode_hold(inode);
}

static void
change_release(struct change *c)
{
	free(c->gone);
	free(c->path);
	if (c->inode != NULL)
		inode_release(c->inode);
}

static void
change_apply(struct names *names, const struct change *c)
{
	if (c->gone != NULL)
		names_remove(names, c->gone);
	if (c->path != NULL)
		names_put(names, c->path, c->inode);
}

static bool
is_in(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	return path != NULL && strncmp(path, dir, len) == 0 &&
	    path[len] == '/' && strchr(path + len + 1, '/') == NULL;
}

void
disk_sync_dir(struct disk *disk, const char *dir)
{
	size_t kept = 0;

	for (size_t i = 0; i < disk->n_changes; i++) {
		struct change *c = &disk->changes[i];

		if (is_in(dir, c->gone) || is_in(dir, c->path)) {
			change_apply(&disk->durable, c);
			change_release(c);
		} else {
			disk->changes[kept++] = *c;
		}
	}
	disk->n_changes = kept;
}

void
disk_sync_all(struct disk *disk)
{
	for (size_t i = 0; i < disk->n_changes; i++) {
		change_apply(&disk->durable, &disk->changes[i]);
		change_release(&disk->changes[i]);
	}
	disk->n_changes = 0;
	for (size_t i = 0; i < disk->now.n; i++)
		inode_sync(disk->now.all[i].inode);
}

/* ---- a disk ------------------------------------------------------------------------- */

struct disk *
disk_new(void)
{
	struct disk *disk = xmalloc(sizeof(*disk));

	memset(disk, 0, sizeof(*disk));
	disk->next_ino = 1;
	return disk;
}

void
disk_free(struct disk *disk)
{
	if (disk == NULL)
		return;
	for (size_t i = 0; i < disk->n_changes; i++)
		change_release(&disk->changes[i]);
	free(disk->changes);
	names_free(&disk->now);
	names_free(&disk->durable);
	disk_free(disk->after);
	free(disk);
}

bool
disk_call(struct disk *disk)
{
	disk->calls++;
	if (!disk->is_dead && disk->crash_at > 0 &&
	    disk->calls >= disk->crash_at)
		disk_crash(disk, disk->crash_kind);
	if (disk->is_dead)
		errno = EIO;
	return !disk->is_dead;
}

struct inode *
disk_find(const struct disk *disk, const char *path)
{
	return names_find(&disk->now, path);
}

static bool
has_parent(const struct disk *disk, const char *path)
{
	char *parent = xstrdup(path);
	char *slash = strrchr(parent, '/');
	struct inode *inode;
	bool is_root = slash == NULL || slash == parent;

	if (!is_root)
		*slash = '\0';
	inode = is_root ? NULL : disk_find(disk, parent);
	free(parent);
	return is_root || (inode != NULL && inode->is_dir);
}

struct inode *
disk_create(struct disk *disk, const char *path, bool is_dir, mode_t mode,
    int64_t now_ms)
{
	struct inode *inode;

	if (!has_parent(disk, path)) {
		errno = ENOENT;
		return NULL;
	}
	inode = xmalloc(sizeof(*inode));
	memset(inode, 0, sizeof(*inode));
	inode->refs = 1;
	inode->links = 1;
	inode->is_dir = is_dir;
	inode->mode = mode;
	inode->ino = disk->next_ino++;
	inode->mtime_ms = now_ms;
	names_put(&disk->now, path, inode);
	note_change(disk, NULL, path, inode);
	inode_release(inode);
	return inode;
}

static int
fail(int code)
{
	errno = code;
	return -1;
}

int
disk_unlink(struct disk *disk, const char *path, bool is_dir)
{
	struct inode *inode = disk_find(disk, path);

	if (inode == NULL)
		return fail(ENOENT);
	if (inode->is_dir != is_dir)
		return fail(is_dir ? ENOTDIR : EISDIR);
	if (is_dir && disk_next(disk, path, NULL) != NULL)
		return fail(ENOTEMPTY);
	inode->links--;
	note_change(disk, path, NULL, NULL);
	names_remove(&disk->now, path);
	return 0;
}

/* Files only, and empty folders: nothing here renames a full one. */
int
disk_rename(struct disk *disk, const char *from, const char *to,
    bool may_replace)
{
	struct inode *inode = disk_find(disk, from);

	if (inode == NULL || !has_parent(disk, to))
		return fail(ENOENT);
	if (!may_replace && disk_find(disk, to) != NULL)
		return fail(EEXIST);
	if (inode->is_dir && disk_next(disk, from, NULL) != NULL)
		return fail(EIO);
	inode_hold(inode);
	note_change(disk, from, to, inode);
	names_remove(&disk->now, from);
	names_put(&disk->now, to, inode);
	inode_release(inode);
	return 0;
}

const char *
disk_next(const struct disk *disk, const char *dir, const char *after)
{
	size_t len = strlen(dir), at;

	for (at = names_at(&disk->now, dir); at < disk->now.n; at++) {
		const char *path = disk->now.all[at].path;

		if (strncmp(path, dir, len) != 0)
			break;
		if (is_in(dir, path) &&
		    (after == NULL || strcmp(path + len + 1, after) > 0))
			return path + len + 1;
	}
	return NULL;
}

/* ---- a crash, and a copy ------------------------------------------------------------- */

static struct page *
page_hold(struct page *page)
{
	if (page != NULL)
		page->refs++;
	return page;
}

/* Of what was written since the last sync: all, nothing, or some. */
static bool
is_kept(struct disk *disk, enum crash_kind kind)
{
	return kind == CRASH_PROCESS ||
	    (kind == CRASH_TORN && rng_chance(&disk->rng, 50));
}

static struct inode *
inode_after(struct disk *disk, const struct inode *was, enum crash_kind kind)
{
	struct inode *inode = xmalloc(sizeof(*inode));
	bool longer = is_kept(disk, kind);

	memset(inode, 0, sizeof(*inode));
	inode->refs = 1;
	inode->links = 1;
	inode->is_dir = was->is_dir;
	inode->mode = was->mode;
	inode->ino = was->ino;
	inode->mtime_ms = was->mtime_ms;
	inode->size = longer ? was->size : was->synced_size;
	inode->n_pages = (size_t)((inode->size + DISK_PAGE - 1) / DISK_PAGE);
	inode->room = inode->n_pages;
	inode->pages = xmalloc((inode->room + 1) * sizeof(inode->pages[0]));
	for (size_t i = 0; i < inode->n_pages; i++) {
		struct page *now = i < was->n_pages ? was->pages[i] : NULL;
		struct page *then = i < was->n_synced ? was->synced[i] : NULL;

		inode->pages[i] = page_hold(
		    now == then || is_kept(disk, kind) ? now : then);
	}
	inode->dirty_to = inode->n_pages;
	inode_sync(inode);
	return inode;
}

static void
drop_orphans(struct disk *disk)
{
	size_t i = 0;

	while (i < disk->now.n) {
		if (has_parent(disk, disk->now.all[i].path))
			i++;
		else
			names_remove(&disk->now, disk->now.all[i].path);
	}
}

static void
names_copy(struct names *to, const struct names *from)
{
	for (size_t i = 0; i < from->n; i++)
		names_put(to, from->all[i].path, from->all[i].inode);
}

static struct disk *
survivor(struct disk *disk, enum crash_kind kind)
{
	struct disk *after = disk_new();
	struct names names = { 0 };

	names_copy(&names, kind == CRASH_PROCESS ? &disk->now : &disk->durable);
	for (size_t i = 0; i < disk->n_changes; i++) {
		if (kind == CRASH_TORN && rng_chance(&disk->rng, 50))
			change_apply(&names, &disk->changes[i]);
	}
	for (size_t i = 0; i < names.n; i++) {
		struct inode *inode = inode_after(disk, names.all[i].inode,
		    kind);

		names_put(&after->now, names.all[i].path, inode);
		inode_release(inode);
	}
	names_free(&names);
	drop_orphans(after);
	names_copy(&after->durable, &after->now);
	after->next_ino = disk->next_ino;
	after->rng = disk->rng;
	return after;
}

void
disk_crash(struct disk *disk, enum crash_kind kind)
{
	if (disk->is_dead)
		return;
	disk->is_dead = true;
	disk->after = survivor(disk, kind);
}

struct disk *
disk_copy(struct disk *disk)
{
	return survivor(disk, CRASH_PROCESS);
}

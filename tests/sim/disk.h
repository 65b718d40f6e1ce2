/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sim/rng.h"

/*
 * A disk in memory that knows what was synced.  Files are pages that copies of
 * a disk share until they are written to; names are a flat table of whole
 * paths.  A change to a file is durable after an fsync of it, a change of names
 * after an fsync of their folder: what was not may be gone after a crash, or
 * not, each page and each name by itself.
 */
#define DISK_PAGE 4096

struct page {
	int refs;
	unsigned char bytes[DISK_PAGE];
};

struct shm; /* of vfs.c */

struct inode {
	int refs; /* names, durable names, open files */
	int links;
	bool is_dir;
	mode_t mode;
	ino_t ino;
	int64_t mtime_ms;
	int64_t size, synced_size;
	struct page **pages, **synced;
	size_t n_pages, n_synced, room, synced_room;
	size_t dirty_from, dirty_to; /* pages that may differ */
	void *flock;                 /* the open file that has it */
	struct shm *shm;
	int shared, reserved, pending, exclusive; /* SQLite's locks */
};

struct name {
	char *path;
	struct inode *inode;
};

struct names {
	struct name *all; /* sorted */
	size_t n, room;
};

/* A change of names that is not durable: `gone` ends, `path` is `inode`. */
struct change {
	char *gone; /* or NULL */
	char *path; /* or NULL */
	struct inode *inode;
};

enum crash_kind {
	CRASH_PROCESS, /* all that was written is there */
	CRASH_POWER,   /* nothing but what was synced is there */
	CRASH_TORN     /* of the rest, some is there */
};

struct disk {
	struct names now, durable;
	struct change *changes;
	size_t n_changes, changes_room;
	ino_t next_ino;
	int handles;      /* open files and databases */
	bool is_dead;     /* every call ends with EIO */
	int64_t calls;    /* so far: each is a place to crash at */
	int64_t crash_at; /* calls; 0: it does not */
	enum crash_kind crash_kind;
	struct rng rng;     /* of the crash */
	struct disk *after; /* what is found when it is started again */
};

struct disk *disk_new(void);
struct disk *disk_copy(struct disk *disk); /* as it is now, all durable */
void disk_free(struct disk *disk);         /* no handle is open */

/* disk_crash - now: it is dead, and `after` is what is left. */
void disk_crash(struct disk *disk, enum crash_kind kind);

/*
 * disk_call - to be asked first by everything that changes something: false
 * (and errno EIO) when the disk is dead, or dies at this very call.
 */
bool disk_call(struct disk *disk);

/* ---- names: whole paths, no slash at the end; errno when they fail ------- */

struct inode *disk_find(const struct disk *disk, const char *path);
struct inode *disk_create(struct disk *disk, const char *path, bool is_dir,
    mode_t mode, int64_t now_ms);
int disk_unlink(struct disk *disk, const char *path, bool is_dir);
int disk_rename(struct disk *disk, const char *from, const char *to,
    bool may_replace);
void disk_sync_dir(struct disk *disk, const char *dir);
void disk_sync_all(struct disk *disk);

/* disk_next - the first entry of `dir` behind `after` (NULL: the first). */
const char *disk_next(const struct disk *disk, const char *dir,
    const char *after);

/* ---- files ------------------------------------------------------------------ */

void inode_hold(struct inode *inode);
void inode_release(struct inode *inode);
int64_t inode_read(const struct inode *inode, int64_t at, void *data,
    size_t len);
void inode_write(struct inode *inode, int64_t at, const void *data, size_t len);
void inode_truncate(struct inode *inode, int64_t size);
void inode_sync(struct inode *inode);

#endif

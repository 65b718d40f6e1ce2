/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "sim/disk.h"
#include "sim/files.h"

/*
 * SQLite's files on the disk of the process that is running: its own locks, and
 * the shared memory of its write-ahead log, which no crash survives.
 */
#define REGIONS_MAX 16

struct shm {
	int users;
	void *regions[REGIONS_MAX];
	int sizes[REGIONS_MAX];
	int shared[SQLITE_SHM_NLOCK];
	bool exclusive[SQLITE_SHM_NLOCK];
};

struct vfs_file {
	sqlite3_file base; /* first */
	struct disk *disk;
	struct inode *inode;
	char *path;
	bool goes; /* when it is closed */
	bool syncs_dir;
	int lock;
	struct shm *shm;
	unsigned shared,
	    exclusive; /* locks of the shared memory that we have */
};

static struct vfs_file *
of(sqlite3_file *file)
{
	return (struct vfs_file *)file;
}

static int64_t
now_ms(void)
{
	return clock_wall_ms();
}

/* ---- shared memory ---------------------------------------------------------------- */

static int
shm_unmap(sqlite3_file *file, int removes)
{
	struct vfs_file *f = of(file);
	struct shm *shm = f->shm;

	(void)removes;
	if (shm == NULL)
		return SQLITE_OK;
	f->shm = NULL;
	if (--shm->users > 0)
		return SQLITE_OK;
	f->inode->shm = NULL;
	for (int i = 0; i < REGIONS_MAX; i++)
		free(shm->regions[i]);
	free(shm);
	return SQLITE_OK;
}

static void
shm_join(struct vfs_file *f)
{
	if (f->shm != NULL)
		return;
	if (f->inode->shm == NULL) {
		f->inode->shm = xmalloc(sizeof(struct shm));
		memset(f->inode->shm, 0, sizeof(struct shm));
	}
	f->shm = f->inode->shm;
	f->shm->users++;
}

static int
shm_map(sqlite3_file *file, int region, int size, int extends,
    void volatile **out)
{
	struct vfs_file *f = of(file);

	*out = NULL;
	shm_join(f);
	if (region >= REGIONS_MAX)
		return SQLITE_FULL;
	if (f->shm->regions[region] == NULL && extends) {
		f->shm->regions[region] = xmalloc((size_t)size);
		memset(f->shm->regions[region], 0, (size_t)size);
		f->shm->sizes[region] = size;
	}
	*out = f->shm->regions[region];
	return SQLITE_OK;
}

static bool
shm_may_lock(const struct vfs_file *f, int at, bool exclusive)
{
	int others = f->shm->shared[at] - ((f->shared >> at) & 1U ? 1 : 0);

	if (f->shm->exclusive[at] && !((f->exclusive >> at) & 1U))
		return false;
	return !exclusive || others == 0;
}

static void
shm_drop(struct vfs_file *f, int at)
{
	if ((f->shared >> at) & 1U)
		f->shm->shared[at]--;
	if ((f->exclusive >> at) & 1U)
		f->shm->exclusive[at] = false;
	f->shared &= ~(1U << at);
	f->exclusive &= ~(1U << at);
}

static void
shm_take(struct vfs_file *f, int at, bool exclusive)
{
	if (exclusive) {
		f->shm->exclusive[at] = true;
		f->exclusive |= 1U << at;
	} else if (!((f->shared >> at) & 1U)) {
		f->shm->shared[at]++;
		f->shared |= 1U << at;
	}
}

static int
shm_lock(sqlite3_file *file, int first, int n, int flags)
{
	struct vfs_file *f = of(file);
	bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;

	shm_join(f);
	for (int i = first; i < first + n; i++) {
		if ((flags & SQLITE_SHM_UNLOCK) == 0 &&
		    !shm_may_lock(f, i, exclusive))
			return SQLITE_BUSY;
	}
	for (int i = first; i < first + n; i++) {
		if ((flags & SQLITE_SHM_UNLOCK) != 0)
			shm_drop(f, i);
		else
			shm_take(f, i, exclusive);
	}
	return SQLITE_OK;
}

static void
shm_barrier(sqlite3_file *file)
{
	(void)file;
}

/* ---- locks of the file ------------------------------------------------------------------ */

static void
lock_forget(struct vfs_file *f, int down_to)
{
	if (f->lock >= SQLITE_LOCK_EXCLUSIVE && down_to < SQLITE_LOCK_EXCLUSIVE)
		f->inode->exclusive = f->inode->pending = 0;
	if (f->lock >= SQLITE_LOCK_RESERVED && down_to < SQLITE_LOCK_RESERVED)
		f->inode->reserved = 0;
	if (f->lock >= SQLITE_LOCK_SHARED && down_to < SQLITE_LOCK_SHARED)
		f->inode->shared--;
	if (down_to < f->lock)
		f->lock = down_to;
}

static int
vfs_unlock(sqlite3_file *file, int to)
{
	lock_forget(of(file), to);
	return SQLITE_OK;
}

static int
vfs_lock(sqlite3_file *file, int to)
{
	struct vfs_file *f = of(file);
	struct inode *inode = f->inode;

	if (to <= f->lock)
		return SQLITE_OK;
	if (f->lock == SQLITE_LOCK_NONE) {
		if (inode->exclusive || inode->pending)
			return SQLITE_BUSY;
		inode->shared++;
		f->lock = SQLITE_LOCK_SHARED;
	}
	if (to >= SQLITE_LOCK_RESERVED && f->lock < SQLITE_LOCK_RESERVED) {
		if (inode->reserved)
			return SQLITE_BUSY;
		inode->reserved = 1;
		f->lock = SQLITE_LOCK_RESERVED;
	}
	if (to == SQLITE_LOCK_EXCLUSIVE) {
		if (inode->shared > 1)
			return SQLITE_BUSY;
		inode->exclusive = 1;
		f->lock = SQLITE_LOCK_EXCLUSIVE;
	}
	return SQLITE_OK;
}

static int
vfs_check_reserved(sqlite3_file *file, int *out)
{
	*out = of(file)->inode->reserved;
	return SQLITE_OK;
}

/* ---- bytes -------------------------------------------------------------------------------- */

static int
vfs_read(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
	struct vfs_file *f = of(file);
	int64_t n;

	if (f->disk->is_dead)
		return SQLITE_IOERR_READ;
	n = inode_read(f->inode, at, data, (size_t)len);
	if (n == len)
		return SQLITE_OK;
	memset((char *)data + n, 0, (size_t)(len - n));
	return SQLITE_IOERR_SHORT_READ;
}

static int
vfs_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	struct vfs_file *f = of(file);

	if (!disk_call(f->disk))
		return SQLITE_IOERR_WRITE;
	inode_write(f->inode, at, data, (size_t)len);
	return SQLITE_OK;
}

static int
vfs_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct vfs_file *f = of(file);

	if (!disk_call(f->disk))
		return SQLITE_IOERR_TRUNCATE;
	if (size < f->inode->size)
		inode_truncate(f->inode, size);
	return SQLITE_OK;
}

static void
sync_dir_of(struct disk *disk, const char *path)
{
	char *dir = xstrdup(path);

	*strrchr(dir, '/') = '\0';
	disk_sync_dir(disk, dir);
	free(dir);
}

static int
vfs_sync(sqlite3_file *file, int flags)
{
	struct vfs_file *f = of(file);

	(void)flags;
	if (!disk_call(f->disk))
		return SQLITE_IOERR_FSYNC;
	inode_sync(f->inode);
	if (f->syncs_dir)
		sync_dir_of(f->disk, f->path);
	f->syncs_dir = false;
	return SQLITE_OK;
}

static int
vfs_size(sqlite3_file *file, sqlite3_int64 *size)
{
	*size = of(file)->inode->size;
	return SQLITE_OK;
}

static int
vfs_control(sqlite3_file *file, int op, void *arg)
{
	(void)file;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int
vfs_sector(sqlite3_file *file)
{
	(void)file;
	return DISK_PAGE;
}

static int
vfs_device(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int
vfs_close(sqlite3_file *file)
{
	struct vfs_file *f = of(file);

	lock_forget(f, SQLITE_LOCK_NONE);
	shm_unmap(file, 0);
	if (f->goes && f->path != NULL && disk_call(f->disk))
		disk_unlink(f->disk, f->path, false);
	f->disk->handles--;
	inode_release(f->inode);
	free(f->path);
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = vfs_close,
	.xRead = vfs_read,
	.xWrite = vfs_write,
	.xTruncate = vfs_truncate,
	.xSync = vfs_sync,
	.xFileSize = vfs_size,
	.xLock = vfs_lock,
	.xUnlock = vfs_unlock,
	.xCheckReservedLock = vfs_check_reserved,
	.xFileControl = vfs_control,
	.xSectorSize = vfs_sector,
	.xDeviceCharacteristics = vfs_device,
	.xShmMap = shm_map,
	.xShmLock = shm_lock,
	.xShmBarrier = shm_barrier,
	.xShmUnmap = shm_unmap,
};

/* ---- the system -------------------------------------------------------------------------------- */

/* A file without a name is nobody else's, and not on the disk. */
static struct inode *
nameless(void)
{
	struct inode *inode = xmalloc(sizeof(*inode));

	memset(inode, 0, sizeof(*inode));
	inode->refs = 1;
	return inode;
}

static struct inode *
find_or_create(struct disk *disk, const char *path, int flags)
{
	struct inode *inode;

	if (path == NULL)
		return nameless();
	inode = disk_find(disk, path);
	if (inode == NULL && (flags & SQLITE_OPEN_CREATE) != 0)
		inode = disk_create(disk, path, false, 0600, now_ms());
	if (inode != NULL)
		inode_hold(inode);
	return inode;
}

static int
vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
    int *out)
{
	struct vfs_file *f = of(file);
	struct disk *disk = files_disk();
	bool is_log = (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) !=
	    0;

	(void)vfs;
	memset(f, 0, sizeof(*f));
	if (!disk_call(disk))
		return SQLITE_CANTOPEN;
	/* Another may have made it, and not have synced it yet. */
	f->syncs_dir = is_log && (flags & SQLITE_OPEN_CREATE) != 0;
	if ((f->inode = find_or_create(disk, path, flags)) == NULL)
		return SQLITE_CANTOPEN;
	f->base.pMethods = &methods;
	f->disk = disk;
	f->disk->handles++;
	f->path = path != NULL ? xstrdup(path) : NULL;
	f->goes = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
	if (out != NULL)
		*out = flags;
	return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
	struct disk *disk = files_disk();

	(void)vfs;
	if (!disk_call(disk))
		return SQLITE_IOERR_DELETE;
	if (disk_unlink(disk, path, false) != 0)
		return SQLITE_IOERR_DELETE_NOENT;
	if (sync_dir)
		sync_dir_of(disk, path);
	return SQLITE_OK;
}

static int
vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
	const struct inode *inode = disk_find(files_disk(), path);

	(void)vfs;
	if (files_disk()->is_dead)
		return SQLITE_IOERR_ACCESS;
	*out = inode != NULL &&
	    (flags != SQLITE_ACCESS_EXISTS || inode->size > 0);
	return SQLITE_OK;
}

static int
vfs_full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
	(void)vfs;
	sqlite3_snprintf(size, out, "%s", path);
	return SQLITE_OK;
}

static int
vfs_random(sqlite3_vfs *vfs, int len, char *out)
{
	(void)vfs;
	rand_bytes(out, (size_t)len);
	return len;
}

static int
vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	clock_sleep_ms(1 + us / 1000);
	return us;
}

static int
vfs_time64(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	(void)vfs;
	*out = INT64_C(210866760000000) + clock_wall_ms();
	return SQLITE_OK;
}

static int
vfs_time(sqlite3_vfs *vfs, double *out)
{
	sqlite3_int64 ms;

	vfs_time64(vfs, &ms);
	*out = (double)ms / 86400000.0;
	return SQLITE_OK;
}

static int
vfs_error(sqlite3_vfs *vfs, int len, char *out)
{
	(void)vfs;
	(void)len;
	(void)out;
	return 0;
}

void
files_register(void)
{
	static sqlite3_vfs vfs = {
		.iVersion = 2,
		.szOsFile = sizeof(struct vfs_file),
		.mxPathname = 1000,
		.zName = "sim",
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_path,
		.xRandomness = vfs_random,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_time,
		.xCurrentTimeInt64 = vfs_time64,
		.xGetLastError = vfs_error,
	};

	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_vfs_register(&vfs, 1);
}

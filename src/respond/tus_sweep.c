/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/tus_store.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "local/blob.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MINUTE_MS INT64_C(60000)
#define DAY_MS (24 * 60 * MINUTE_MS)
#define SWEEP_MS (10 * MINUTE_MS)

/* ---- all that lies there ------------------------------------------------------- */

/* Calls `fn` for each name but "." and ".."; non-zero stops. */
static int
each_name(const char *dir, int (*fn)(void *arg, const char *name), void *arg)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int rc = 0;

	if (d == NULL)
		return err_set(E_IO, "%s: %s", dir, strerror(errno));
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
			rc = fn(arg, e->d_name);
	closedir(d);
	return rc;
}

/* The id in "<id>.<ext>"; false: it is another name. */
static bool
id_of(const char *name, const char *ext, char id[TUS_ID_SIZE])
{
	if (strlen(name) < TUS_ID_SIZE || name[TUS_ID_SIZE - 1] != '.' ||
	    !str_eq(name + TUS_ID_SIZE, ext))
		return false;
	memcpy(id, name, TUS_ID_SIZE - 1);
	id[TUS_ID_SIZE - 1] = '\0';
	return str_is_hex(id, TUS_ID_SIZE - 1);
}

/* ---- one more? -------------------------------------------------------------------- */

/* What is under way, and promised. */
struct under_way {
	const char *dir;
	const char *user;
	int uploads;   /* of the user */
	int64_t bytes; /* of these */
	int64_t owed;  /* by the disk, to all users */
};

static int
count_one(void *arg, const char *name)
{
	struct under_way *u = arg;
	struct mem *mem = mem_new();
	char id[TUS_ID_SIZE];
	struct tus_upload up;

	/* One that cannot be read, or is just being removed, counts for none. */
	if (id_of(name, "json", id) &&
	    tus_store_peek(u->dir, mem, id, &up) == 0 && !up.is_expired &&
	    up.content == NULL && up.arrival.stable_id == NULL) {
		u->owed += up.length - up.offset;
		if (str_eq(up.user, u->user)) {
			u->uploads++;
			u->bytes += up.length;
		}
	}
	mem_free(mem);
	return 0;
}

int
tus_store_admit(const char *dir, const struct tus_upload *up, int64_t max_bytes)
{
	struct under_way u = { .dir = dir, .user = up->user };
	struct statvfs fs;
	int rc;

	if ((rc = each_name(dir, count_one, &u)) != 0)
		return rc;
	if (u.uploads >= TUS_OPEN_MAX)
		return err_set(E_BUSY,
		    "You have %d uploads under way: finish or remove some "
		    "first",
		    u.uploads);
	if (up->length > TUS_FILES_MAX * max_bytes - u.bytes)
		return err_set(E_BUSY,
		    "Your uploads under way would have more than %lld bytes "
		    "with this: finish or remove some first",
		    (long long)(TUS_FILES_MAX * max_bytes));
	if (statvfs(dir, &fs) == 0 &&
	    up->length > (int64_t)(fs.f_bavail * fs.f_frsize) - u.owed)
		return err_set(E_IO, "%s: disk full", dir);
	return 0;
}

/* ---- sweeping ----------------------------------------------------------------------- */

struct sweep {
	const char *dir;
	struct db *db;
};

/* Its data at once; that it was there a day later, so that who comes back is
 * told. */
static void
sweep_upload(const struct sweep *s, const char *id)
{
	struct mem *mem = mem_new();
	struct tus_upload up;

	if (tus_store_take(s->dir, mem, id, &up) == 0) {
		if (clock_wall_ms() > up.expires_ms + DAY_MS)
			(void)tus_store_remove(&up, s->db);
		else if (up.is_expired)
			(void)tus_store_drop(&up);
		tus_store_close(&up);
	}
	mem_free(mem);
}

/* Does it belong to an upload that is there? */
static bool
is_of_upload(const struct sweep *s, struct mem *mem, const char *name)
{
	char id[TUS_ID_SIZE];

	return (id_of(name, "data", id) || id_of(name, "end", id)) &&
	    path_is_file(mem_printf(mem, "%s/%s.json", s->dir, id));
}

/* What a crash left of an upload that was being made or removed. */
static void
sweep_rest(const struct sweep *s, const char *name)
{
	struct mem *mem = mem_new();
	char *path = path_join(mem, s->dir, name);
	struct stat st;

	if (!is_of_upload(s, mem, name) && lstat(path, &st) == 0 &&
	    S_ISREG(st.st_mode) &&
	    clock_wall_ms() - st.st_mtim.tv_sec * INT64_C(1000) > 3 * DAY_MS)
		unlink(path);
	mem_free(mem);
}

static int
sweep_one(void *arg, const char *name)
{
	const struct sweep *s = arg;
	char id[TUS_ID_SIZE];

	if (id_of(name, "json", id))
		sweep_upload(s, id);
	else if (!str_eq(name, "lock"))
		sweep_rest(s, name);
	return 0;
}

void
tus_store_sweep(struct blobs *blobs, struct db *db)
{
	static _Atomic int64_t next;
	int64_t now = clock_mono_ms(), due = atomic_load(&next);
	struct mem *mem;
	struct sweep s = { .db = db };

	if (now < due ||
	    !atomic_compare_exchange_strong(&next, &due, now + SWEEP_MS))
		return;
	mem = mem_new();
	if ((s.dir = blob_uploads(blobs, mem)) != NULL)
		(void)each_name(s.dir, sweep_one, &s);
	mem_free(mem);
	err_clear();
}

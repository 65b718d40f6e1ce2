/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/blob.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "base/str.h"
#include "local/blob_private.h"
#include "local/shared.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
blob_io(const struct blobs *blobs, const char *name)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return err_set(E_IO, "%s: disk full (or quota reached)",
		    blobs->root);
	return err_set(E_IO, "%s/%s: %s", blobs->root, name, strerror(errno));
}

/* ---- names --------------------------------------------------------------- */

int
blob_name(const char *id, const char *file_type, char name[BLOB_NAME_SIZE])
{
	const char *ext = shared_ext(file_type);

	if (!str_is_hex(id, 64))
		return err_set(E_INPUT, "a content's id is no hash");
	if (ext == NULL)
		return err_set(E_INPUT, "content %.12s…: unknown file type",
		    id);
	snprintf(name, BLOB_NAME_SIZE, "%.2s/%s.%s", id, id, ext);
	return 0;
}

bool
blob_name_parse(const char *dir, const char *name, char id[65],
    const char **file_type)
{
	static const char *const types[] = { "pdf", "tei", "rng" };
	size_t i;

	if (strlen(name) < 66 || name[64] != '.' ||
	    (dir != NULL && strncmp(dir, name, 2) != 0))
		return false;
	memcpy(id, name, 64);
	id[64] = '\0';
	if (!str_is_hex(id, 64))
		return false;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		*file_type = types[i];
		if (str_eq(name + 65, shared_ext(types[i])))
			return true;
	}
	return false;
}

char *
blob_path(const struct blobs *blobs, struct mem *mem, const char *id,
    const char *file_type)
{
	char name[BLOB_NAME_SIZE];

	if (blob_name(id, file_type, name) != 0)
		return NULL;
	return path_join(mem, blobs->root, name);
}

int
blob_find(const struct blobs *blobs, const char *id, const char *file_type,
    int64_t *size_bytes)
{
	char name[BLOB_NAME_SIZE];
	struct stat st;
	int rc;

	if ((rc = blob_name(id, file_type, name)) != 0)
		return rc;
	if (fstatat(blobs->root_fd, name, &st, 0) != 0)
		return errno == ENOENT ? 0 : blob_io(blobs, name);
	*size_bytes = st.st_size;
	return S_ISREG(st.st_mode);
}

bool
blob_is_here(const struct blobs *blobs, const char *id, const char *file_type)
{
	int64_t size;

	return blob_find(blobs, id, file_type, &size) == 1;
}

int
blob_open(const struct blobs *blobs, const char *id, const char *file_type)
{
	char name[BLOB_NAME_SIZE];
	int fd, rc;

	if ((rc = blob_name(id, file_type, name)) != 0)
		return rc;
	fd = openat(blobs->root_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return err_set(E_ABSENT, "content %.12s… is not here", id);
	return blob_io(blobs, name);
}

/* ---- folders ------------------------------------------------------------- */

/* 1 made, 0 it was there.  The umask is not ours to know. */
static int
make_dir(const struct blobs *blobs, const char *name, mode_t mode)
{
	if (mkdirat(blobs->root_fd, name, mode) != 0)
		return errno == EEXIST ? 0 : blob_io(blobs, name);
	if (fchmodat(blobs->root_fd, name, mode, 0) != 0)
		return blob_io(blobs, name);
	return 1;
}

int
blob_make_dir(struct blobs *blobs, unsigned char first)
{
	char name[3];
	int rc;

	if (atomic_load(&blobs->is_made[first]))
		return 0;
	snprintf(name, sizeof(name), "%02x", first);
	if ((rc = make_dir(blobs, name, BLOB_DIR_MODE)) < 0)
		return rc;
	atomic_store(&blobs->is_made[first], true);
	return 1;
}

int
blob_make_side(const struct blobs *blobs, const char *name)
{
	int rc = make_dir(blobs, name, BLOB_DIR_MODE);

	return rc < 0 ? rc : 0;
}

/* All that is in a folder without folders, and the folder. */
static void
remove_flat(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (dir == NULL)
		return;
	while ((e = readdir(dir)) != NULL)
		unlinkat(fd, e->d_name, 0);
	closedir(dir);
	unlinkat(at, name, AT_REMOVEDIR);
}

/*
 * The lock lies beside the folder, and is there before it: so a folder whose
 * lock is free belongs to a process that is gone.
 */
static int
lock_temp(const struct blobs *blobs, const char *temp, int wait)
{
	struct mem *mem = mem_new();
	int fd;

	fd = file_lock(mem_printf(mem, "%s/%s.lock", blobs->root, temp), wait);
	mem_free(mem);
	return fd;
}

static void
unlock_temp(const struct blobs *blobs, const char *temp, int fd)
{
	struct mem *mem = mem_new();

	unlinkat(blobs->root_fd, mem_printf(mem, "%s.lock", temp), 0);
	close(fd);
	mem_free(mem);
}

static void
sweep_one(const struct blobs *blobs, struct mem *mem, const char *entry)
{
	char *temp = mem_printf(mem, ".tmp/%s", entry);
	int fd;

	if (str_ends(temp, ".lock"))
		temp[strlen(temp) - 5] = '\0';
	if ((fd = lock_temp(blobs, temp, 0)) < 0)
		return;
	remove_flat(blobs->root_fd, temp);
	unlock_temp(blobs, temp, fd);
}

/* What cannot be swept now (another user's) is no reason to stop. */
static void
sweep_temps(const struct blobs *blobs)
{
	struct mem *mem = mem_new();
	DIR *dir = opendir(path_join(mem, blobs->root, ".tmp"));
	struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			sweep_one(blobs, mem, e->d_name);
	if (dir != NULL)
		closedir(dir);
	mem_free(mem);
	err_clear();
}

static int
make_temp(struct blobs *blobs)
{
	char random[17], temp[64];
	int fd, rc;

	if ((rc = blob_make_side(blobs, ".tmp")) != 0)
		return rc;
	snprintf(temp, sizeof(temp), ".tmp/%ld-%s", (long)getpid(),
	    rand_hex(random, 8));
	if ((fd = lock_temp(blobs, temp, 1)) < 0)
		return fd;
	if ((rc = blob_make_side(blobs, temp)) == 0) {
		blobs->temp_fd = openat(blobs->root_fd, temp,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (blobs->temp_fd < 0)
			rc = blob_io(blobs, temp);
	}
	if (rc != 0) {
		unlock_temp(blobs, temp, fd);
		return rc;
	}
	blobs->lock_fd = fd;
	blobs->temp = xstrdup(temp);
	return 0;
}

/* At the first need: most processes only read. */
int
blob_make_temp(struct blobs *blobs)
{
	int rc = 0;

	pthread_mutex_lock(&blobs->mutex);
	if (blobs->temp == NULL)
		rc = make_temp(blobs);
	pthread_mutex_unlock(&blobs->mutex);
	return rc;
}

/* ---- open and close ------------------------------------------------------ */

int
blobs_open(const char *root, struct blobs **out)
{
	struct blobs *blobs;
	int fd, rc;

	if ((rc = path_make_dirs(root, BLOB_DIR_MODE)) != 0)
		return rc;
	fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set(E_IO, "%s: %s", root, strerror(errno));
	blobs = xmalloc(sizeof(*blobs));
	memset(blobs, 0, sizeof(*blobs));
	blobs->root = xstrdup(root);
	blobs->root_fd = fd;
	blobs->temp_fd = -1;
	blobs->lock_fd = -1;
	blobs->pid = getpid();
	pthread_mutex_init(&blobs->mutex, NULL);
	sweep_temps(blobs);
	*out = blobs;
	return 0;
}

static void
close_temp(struct blobs *blobs)
{
	if (blobs->pid == getpid()) {
		remove_flat(blobs->root_fd, blobs->temp);
		unlock_temp(blobs, blobs->temp, blobs->lock_fd);
	} else {
		close(blobs->lock_fd);
	}
	close(blobs->temp_fd);
	free(blobs->temp);
}

void
blobs_close(struct blobs *blobs)
{
	if (blobs == NULL)
		return;
	if (blobs->temp != NULL)
		close_temp(blobs);
	close(blobs->root_fd);
	pthread_mutex_destroy(&blobs->mutex);
	free(blobs->root);
	free(blobs);
}

/* Where the folder cannot be made, whoever opens the path learns of it. */
char *
blob_temp(struct blobs *blobs, struct mem *mem)
{
	unsigned long long n = atomic_fetch_add(&blobs->next, 1);

	if (blob_make_temp(blobs) != 0)
		return mem_printf(mem, "%s/.tmp/none/%llu", blobs->root, n);
	return mem_printf(mem, "%s/%s/%llu", blobs->root, blobs->temp, n);
}

char *
blob_incoming(struct blobs *blobs, struct mem *mem, const char *id,
    const char *file_type)
{
	char name[BLOB_NAME_SIZE];

	if (blob_name(id, file_type, name) != 0 ||
	    (!atomic_load(&blobs->is_incoming_made) &&
		blob_make_side(blobs, ".incoming") != 0))
		return NULL;
	atomic_store(&blobs->is_incoming_made, true);
	return mem_printf(mem, "%s/.incoming/%s", blobs->root, name + 3);
}

char *
blob_uploads(struct blobs *blobs, struct mem *mem)
{
	if (blob_make_side(blobs, ".uploads") != 0)
		return NULL;
	return path_join(mem, blobs->root, ".uploads");
}

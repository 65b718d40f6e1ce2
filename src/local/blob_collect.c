/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/blob.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "local/blob_private.h"
#include "local/db.h"
#include "local/ref.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_MS (24 * 60 * 60 * INT64_C(1000))
#define STRAY_MS DAY_MS
#define INCOMING_MS (7 * DAY_MS)
#define UPLOADS_MS (7 * DAY_MS)
#define PAGE 1000 /* contents that are looked for at once */
#define LOCKED 50 /* contents that are removed under one lock */

struct collect {
	struct blobs *blobs; /* borrowed */
	struct db *db;       /* borrowed */
	int64_t n;
};

/* ---- contents that nobody holds ------------------------------------------ */

struct unheld {
	const char *id;
	const char *file_type;
	int64_t size_bytes;
};

static int
unheld_read(struct db *db, struct mem *mem, const char *after,
    struct unheld *page)
{
	struct stmt *st;
	int n = 0, rc;

	if ((rc = db_stmt(db, BLOB_UNHELD, &st)) != 0)
		return rc;
	db_bind_text(st, 1, after);
	db_bind_int(st, 2, PAGE);
	while ((rc = db_step(st)) == 1) {
		page[n].id = db_text_dup(st, 0, mem);
		page[n].file_type = db_text_dup(st, 1, mem);
		page[n].size_bytes = db_int(st, 2);
		n++;
	}
	return rc < 0 ? rc : n;
}

static int
unlink_blob(const struct blobs *blobs, const char *name)
{
	if (unlinkat(blobs->root_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	return blob_io(blobs, name);
}

/*
 * Row and file go under the write lock, so nobody takes it between.  Should the
 * commit fail, a row says "present" of a file that is gone: ref_take looks.
 */
static int
unheld_remove(struct collect *c, const struct unheld *u)
{
	char name[BLOB_NAME_SIZE];
	struct stmt *st;
	int rc;

	if ((rc = blob_name(u->id, u->file_type, name)) != 0 ||
	    (rc = db_stmt(c->db, BLOB_FORGET, &st)) != 0)
		return rc;
	db_bind_text(st, 1, u->id);
	db_bind_text(st, 2, u->file_type);
	if ((rc = db_run(st)) != 0 || db_changes(c->db) == 0)
		return rc;
	c->n++;
	return unlink_blob(c->blobs, name);
}

static int
unheld_remove_some(struct collect *c, const struct unheld *some, int n)
{
	int i, rc;

	if ((rc = db_begin(c->db)) != 0)
		return rc;
	for (i = 0; rc == 0 && i < n; i++)
		rc = unheld_remove(c, &some[i]);
	return db_end(c->db, rc);
}

static int
unheld_remove_all(struct collect *c, const struct unheld *page, int n)
{
	int i, rc = 0;

	for (i = 0; rc == 0 && i < n; i += LOCKED)
		rc = unheld_remove_some(c, page + i,
		    n - i < LOCKED ? n - i : LOCKED);
	return rc;
}

static int
collect_unheld(struct collect *c)
{
	struct unheld *page = xmalloc(PAGE * sizeof(*page));
	struct mem *mem = mem_new();
	char after[65] = "";
	int n, rc = 0;

	do {
		mem_reset(mem);
		n = unheld_read(c->db, mem, after, page);
		rc = n < 0 ? n : unheld_remove_all(c, page, n);
		if (n > 0)
			snprintf(after, sizeof(after), "%s", page[n - 1].id);
	} while (rc == 0 && n == PAGE);
	mem_free(mem);
	free(page);
	return rc;
}

int
blob_each_unheld(struct db *db,
    int (*fn)(void *arg, const char *id, const char *file_type,
	int64_t size_bytes),
    void *arg)
{
	struct unheld *page = xmalloc(PAGE * sizeof(*page));
	struct mem *mem = mem_new();
	char after[65] = "";
	int i, n, rc = 0;

	do {
		mem_reset(mem);
		n = unheld_read(db, mem, after, page);
		for (i = 0, rc = n < 0 ? n : 0; i < n && rc == 0; i++)
			rc = fn(arg, page[i].id, page[i].file_type,
			    page[i].size_bytes);
		if (n > 0)
			snprintf(after, sizeof(after), "%s", page[n - 1].id);
	} while (rc == 0 && n == PAGE);
	mem_free(mem);
	free(page);
	return rc;
}

/* ---- files that nobody knows --------------------------------------------- */

/* Older than that; of the future is not old. */
static bool
is_old(const struct stat *st, int64_t age_ms)
{
	int64_t at = st->st_mtim.tv_sec * INT64_C(1000);

	return clock_wall_ms() - at > age_ms;
}

/* 1 there is a row of it, 0 there is none. */
static int
is_known(struct db *db, const char *id, const char *file_type)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, REF_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, id);
	db_bind_text(st, 2, file_type);
	if ((rc = db_step(st)) == 1)
		db_reset(st);
	return rc;
}

static int
stray_remove(struct collect *c, const char *id, const char *file_type,
    const char *name)
{
	int rc;

	if ((rc = db_begin(c->db)) != 0)
		return rc;
	if ((rc = is_known(c->db, id, file_type)) == 0 &&
	    (rc = unlink_blob(c->blobs, name)) == 0)
		c->n++;
	rc = db_end(c->db, rc);
	return rc < 0 ? rc : 0;
}

static int
stray_look(struct collect *c, int dir, const char *dir_name, const char *entry)
{
	char id[65], name[BLOB_NAME_SIZE];
	const char *file_type;
	struct stat st;
	int rc;

	if (!blob_name_parse(dir_name, entry, id, &file_type) ||
	    blob_name(id, file_type, name) != 0)
		return 0;
	if ((rc = is_known(c->db, id, file_type)) != 0)
		return rc < 0 ? rc : 0;
	if (fstatat(dir, entry, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(st.st_mode) || !is_old(&st, STRAY_MS))
		return 0;
	return stray_remove(c, id, file_type, name);
}

/* Calls `fn` for what lies in a folder; absent is empty. */
static int
each_entry(struct collect *c, const char *name,
    int (*fn)(struct collect *c, int dir, const char *name, const char *entry))
{
	struct dirent *e;
	DIR *dir;
	int fd, rc = 0;

	fd = openat(c->blobs->root_fd, name,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : blob_io(c->blobs, name);
	if ((dir = fdopendir(fd)) == NULL) {
		rc = blob_io(c->blobs, name);
		close(fd);
		return rc;
	}
	while (rc == 0 && (e = readdir(dir)) != NULL)
		rc = fn(c, fd, name, e->d_name);
	closedir(dir);
	return rc;
}

static int
collect_strays(struct collect *c)
{
	char name[3];
	int i, rc = 0;

	for (i = 0; rc == 0 && i < 256; i++) {
		snprintf(name, sizeof(name), "%02x", (unsigned)i);
		rc = each_entry(c, name, stray_look);
	}
	return rc;
}

/* ---- downloads that came to nothing -------------------------------------- */

/* 1 somebody holds it, and it is not here. */
static int
is_wanted(struct db *db, const char *id, const char *file_type)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, REF_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, id);
	db_bind_text(st, 2, file_type);
	if ((rc = db_step(st)) != 1)
		return rc;
	rc = db_int(st, 0) > 0 && db_int(st, 2) == 0;
	db_reset(st);
	return rc;
}

static int
incoming_look(struct collect *c, int dir, const char *dir_name,
    const char *entry)
{
	const char *file_type;
	struct stat st;
	char id[65];
	int rc;

	if (!blob_name_parse(NULL, entry, id, &file_type) ||
	    fstatat(dir, entry, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	if ((rc = is_wanted(c->db, id, file_type)) < 0)
		return rc;
	if (rc == 1 && !is_old(&st, INCOMING_MS))
		return 0;
	if (unlinkat(dir, entry, 0) != 0 && errno != ENOENT)
		return blob_io(c->blobs, dir_name);
	return 0;
}

/* Whoever serves uploads sweeps them after a day; unless nobody does any more.
 */
static int
uploads_look(struct collect *c, int dir, const char *dir_name,
    const char *entry)
{
	struct stat st;

	if (fstatat(dir, entry, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(st.st_mode) || !is_old(&st, UPLOADS_MS))
		return 0;
	if (unlinkat(dir, entry, 0) != 0 && errno != ENOENT)
		return blob_io(c->blobs, dir_name);
	return 0;
}

int
blob_collect(struct blobs *blobs, struct db *db, int64_t *n)
{
	struct collect c = { .blobs = blobs, .db = db };
	int rc;

	if ((rc = collect_unheld(&c)) == 0 && (rc = collect_strays(&c)) == 0 &&
	    (rc = each_entry(&c, ".incoming", incoming_look)) == 0)
		rc = each_entry(&c, ".uploads", uploads_look);
	if (n != NULL)
		*n = c.n;
	return rc;
}

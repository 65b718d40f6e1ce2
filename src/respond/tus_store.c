/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/tus_store.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "base/str.h"
#include "local/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOUR_MS (60 * 60 * INT64_C(1000))
#define INFO_MAX 16384 /* bytes of .json and .end */
#define MODE 0600

static char *
name_of(const struct tus_upload *up, const char *ext)
{
	return mem_printf(up->mem, "%s.%s", up->path, ext);
}

static int
io_error(const char *path)
{
	return err_set(E_IO, "%s: %s%s", path, strerror(errno),
	    errno == ENOSPC || errno == EDQUOT ? " (disk full)" : "");
}

/* ---- what is noted ------------------------------------------------------------- */

static void
put_text(struct buf *json, const char *key, const char *text)
{
	if (text == NULL)
		return;
	json_put_key(json, key);
	json_put_string(json, text);
}

static int
get_text(struct mem *mem, struct json object, const char *key,
    const char **text)
{
	struct json value;
	char *s;
	int rc;

	*text = NULL;
	if ((rc = json_find(object, key, &value)) != 1)
		return rc;
	if ((rc = json_string(mem, value, &s)) == 0)
		*text = s;
	return rc;
}

static int
parse_info(struct tus_upload *up, struct json info)
{
	struct json length;
	int rc;

	if ((rc = get_text(up->mem, info, "user", &up->user)) < 0 ||
	    (rc = get_text(up->mem, info, "metadata", &up->metadata)) < 0 ||
	    (rc = json_find(info, "length", &length)) < 0)
		return rc;
	if (rc == 0 || up->user == NULL)
		return err_set(E_INPUT, "something is missing");
	return json_int64(length, &up->length);
}

static int
parse_end(struct tus_upload *up, struct json end)
{
	int rc;

	if ((rc = get_text(up->mem, end, "content", &up->content)) < 0 ||
	    (rc = get_text(up->mem, end, "file_type", &up->file_type)) < 0 ||
	    (rc = get_text(up->mem, end, "stable_id", &up->arrival.stable_id)) <
		0)
		return rc;
	return get_text(up->mem, end, "status", &up->arrival.status);
}

static int
read_json(struct tus_upload *up, const char *ext,
    int (*parse)(struct tus_upload *up, struct json json))
{
	char *path = name_of(up, ext);
	struct buf text = { 0 };
	int rc;

	rc = file_read(path, INFO_MAX, &text);
	if (rc == 0 &&
	    ((rc = json_check(buf_text(&text), text.len)) != 0 ||
		(rc = parse(up, (struct json){ text.data, text.len })) < 0))
		rc = err_set(E_CORRUPT, "%s: %s", path, err_text());
	buf_release(&text);
	return rc < 0 ? rc : 0;
}

/* ---- how far it is ----------------------------------------------------------------- */

/* The later of `*at` and when that file last changed; its size, or -1. */
static int64_t
look_at(struct tus_upload *up, const char *ext, int64_t *at)
{
	struct stat st;
	int64_t ms;

	if (stat(name_of(up, ext), &st) != 0)
		return -1;
	ms = st.st_mtim.tv_sec * INT64_C(1000) + st.st_mtim.tv_nsec / 1000000;
	if (ms > *at)
		*at = ms;
	return st.st_size;
}

static int
load(struct tus_upload *up)
{
	int64_t at = 0, size;
	int rc;

	if ((rc = read_json(up, "json", parse_info)) != 0)
		return rc;
	if ((rc = read_json(up, "end", parse_end)) != 0 && rc != E_ABSENT)
		return rc;
	look_at(up, "json", &at);
	look_at(up, "end", &at);
	size = look_at(up, "data", &at);
	if (up->content != NULL || up->arrival.stable_id != NULL)
		up->offset = up->length;
	else
		up->offset = size > 0 ? size : 0;
	up->expires_ms = at + TUS_HOURS * HOUR_MS;
	up->is_expired = clock_wall_ms() > up->expires_ms;
	return 0;
}

/* ---- open and close ------------------------------------------------------------------ */

/* E_ABSENT also when it was removed before we had it. */
static int
take_lock(struct tus_upload *up)
{
	char *path = name_of(up, "json");
	struct stat st;

	up->lock_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (up->lock_fd < 0)
		return errno == ENOENT ? err_set(E_ABSENT, "no such upload")
				       : io_error(path);
	if (flock(up->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(E_BUSY,
		    "Another request works on this upload: try again soon");
	if (fstat(up->lock_fd, &st) != 0)
		return io_error(path);
	return st.st_nlink > 0 ? 0 : err_set(E_ABSENT, "no such upload");
}

static int
set_id(struct tus_upload *up, const char *dir, struct mem *mem, const char *id)
{
	*up = (struct tus_upload){ .mem = mem, .lock_fd = -1 };
	if (!str_is_hex(id, TUS_ID_SIZE - 1))
		return err_set(E_ABSENT, "no such upload");
	memcpy(up->id, id, TUS_ID_SIZE);
	up->path = path_join(mem, dir, id);
	return 0;
}

int
tus_store_peek(const char *dir, struct mem *mem, const char *id,
    struct tus_upload *up)
{
	int rc = set_id(up, dir, mem, id);

	return rc != 0 ? rc : load(up);
}

int
tus_store_take(const char *dir, struct mem *mem, const char *id,
    struct tus_upload *up)
{
	int rc;

	if ((rc = set_id(up, dir, mem, id)) == 0 && (rc = take_lock(up)) == 0)
		rc = load(up);
	if (rc != 0)
		tus_store_close(up);
	return rc;
}

int
tus_store_open(struct blobs *blobs, struct mem *mem, const char *id,
    const char *user, struct tus_upload *up)
{
	char *dir = blob_uploads(blobs, mem);
	int rc;

	if (dir == NULL)
		return E_IO;
	if ((rc = tus_store_take(dir, mem, id, up)) != 0)
		return rc;
	if (str_eq(up->user, user))
		return 0;
	tus_store_close(up);
	return err_set(E_ABSENT, "no such upload");
}

void
tus_store_close(struct tus_upload *up)
{
	if (up->lock_fd >= 0)
		close(up->lock_fd);
	up->lock_fd = -1;
}

/* ---- a new one ----------------------------------------------------------------------- */

static int
write_info(struct tus_upload *up)
{
	struct buf json = { 0 };
	int rc;

	buf_putc(&json, '{');
	put_text(&json, "user", up->user);
	put_text(&json, "metadata", up->metadata);
	json_put_key(&json, "length");
	buf_printf(&json, "%lld}", (long long)up->length);
	rc = file_write(name_of(up, "json"), json.data, json.len, MODE);
	buf_release(&json);
	return rc;
}

int
tus_store_add(struct blobs *blobs, struct mem *mem,
    const struct tus_upload *wanted, int64_t max_bytes, char id[TUS_ID_SIZE])
{
	struct tus_upload up = *wanted;
	char *dir = blob_uploads(blobs, mem);
	int lock, rc;

	if (dir == NULL)
		return E_IO;
	/* One at a time, so that two do not pass the same limit. */
	lock = file_lock(path_join(mem, dir, "lock"), 1);
	if (lock < 0)
		return lock;
	up.mem = mem;
	up.path = path_join(mem, dir, rand_hex(up.id, (TUS_ID_SIZE - 1) / 2));
	if ((rc = tus_store_admit(dir, &up, max_bytes)) == 0)
		rc = write_info(&up);
	close(lock);
	if (rc == 0)
		memcpy(id, up.id, TUS_ID_SIZE);
	return rc;
}

/* ---- its data -------------------------------------------------------------------------- */

char *
tus_store_data_path(const struct tus_upload *up)
{
	return name_of(up, "data");
}

bool
tus_store_has_data(const struct tus_upload *up)
{
	return path_is_file(tus_store_data_path(up));
}

int
tus_store_data(struct tus_upload *up)
{
	char *path = tus_store_data_path(up);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, MODE);

	return fd < 0 ? io_error(path) : fd;
}

int
tus_store_grown(struct tus_upload *up, int fd, int64_t offset)
{
	char *path = tus_store_data_path(up);
	int rc;

	if (fdatasync(fd) != 0)
		return io_error(path);
	/* Its name is as new as its first byte. */
	if (up->offset == 0 && offset > 0) {
		rc = path_sync_dir(mem_strndup(up->mem, path,
		    (size_t)(path_base(path) - path)));
		if (rc != 0)
			return rc;
	}
	up->offset = offset;
	up->expires_ms = clock_wall_ms() + TUS_HOURS * HOUR_MS;
	return 0;
}

/* ---- its end ----------------------------------------------------------------------------- */

int
tus_store_note(struct tus_upload *up)
{
	struct buf json = { 0 };
	int rc;

	buf_putc(&json, '{');
	put_text(&json, "content", up->content);
	put_text(&json, "file_type", up->file_type);
	put_text(&json, "stable_id", up->arrival.stable_id);
	put_text(&json, "status", up->arrival.status);
	buf_putc(&json, '}');
	rc = file_write(name_of(up, "end"), json.data, json.len, MODE);
	buf_release(&json);
	if (rc == 0 && up->arrival.stable_id != NULL)
		rc = file_remove(tus_store_data_path(up));
	return rc;
}

int
tus_store_drop(struct tus_upload *up)
{
	return file_remove(tus_store_data_path(up));
}

/* What others would miss least first, the name by which it is found last. */
int
tus_store_remove(struct tus_upload *up, struct db *db)
{
	int rc;

	if ((rc = tus_store_drop(up)) != 0 ||
	    (rc = arrival_forget(db, up->id)) != 0 ||
	    (rc = file_remove(name_of(up, "end"))) != 0)
		return rc;
	return file_remove(name_of(up, "json"));
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/move_copy.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

#define TRIES 3

/* ---- having it ------------------------------------------------------------------ */

/* What lies here may be damaged, and must not be sent. */
static bool
is_whole(const char *file, const struct hash *want, int64_t *size_bytes)
{
	struct hash seen;
	int fd, rc;

	if (file == NULL || (fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	rc = hash_fd(fd, &seen, size_bytes);
	close(fd);
	return rc == 0 && hash_eq(&seen, want);
}

static void
choose_source(struct move *m, struct move_item *item, int i)
{
	item->must_come = false;
	item->file = item->source;
	if (is_whole(item->source, &item->want, &item->size_bytes))
		return;
	item->must_come = true;
	item->file = mem_printf(m->mem, "%s/%d", m->dir, i);
	file_remove(item->file);
}

static int
next_get(void *arg, struct remote_transfer *t)
{
	struct move *m = arg;
	struct move_item *item;

	do {
		if (m->next == m->n)
			return 0;
		item = &m->items[m->next++];
	} while (item->is_there || item->is_done || !item->must_come);
	memset(t, 0, sizeof(*t));
	t->kind = REMOTE_GET_FILE;
	t->path = item->path;
	t->file = item->file;
	t->size_bytes = -1;
	t->want = item->want;
	t->arg = item;
	return 1;
}

static int
got(void *arg, const struct remote_transfer *t, int rc)
{
	struct move *m = arg;
	struct move_item *item = t->arg;

	if (rc == 0)
		return file_size(item->file, &item->size_bytes);
	if (rc != E_ABSENT && rc != E_CORRUPT)
		return err_wrap(rc, "%s", t->path);
	item->is_done = true;
	if (item->is_dropped)
		return run_stopped(m->s);
	m->counts->lost++;
	run_fail(m->s, item->path,
	    rc == E_ABSENT ? "it is neither on the store nor here"
			   : "it is damaged on the store, and not here");
	return run_stopped(m->s);
}

static int
have_all(struct move *m)
{
	for (int i = 0; i < m->n; i++)
		if (!m->items[i].is_there && !m->items[i].is_done)
			choose_source(m, &m->items[i], i);
	m->next = 0;
	return remote_run(m->s->remote, next_get, got, m);
}

/* ---- sending it ----------------------------------------------------------------- */

static int
next_put(void *arg, struct remote_transfer *t)
{
	struct move *m = arg;
	struct move_item *item;

	do {
		if (m->next == m->n)
			return 0;
		item = &m->items[m->next++];
	} while (item->is_there || item->is_done);
	memset(t, 0, sizeof(*t));
	t->kind = REMOTE_PUT_FILE;
	t->path = item->path;
	t->file = item->file;
	t->size_bytes = item->size_bytes;
	t->arg = item;
	return 1;
}

static int
was_put(void *arg, const struct remote_transfer *t, int rc)
{
	struct move *m = arg;
	struct move_item *item = t->arg;

	if (rc != 0 && rc != E_EXISTS)
		return err_wrap(rc, "%s", t->path);
	item->is_there = true;
	if (rc == 0) {
		m->counts->copied++;
		m->counts->bytes += item->size_bytes;
	}
	return run_stopped(m->s);
}

/* The parents of all paths; those known to be there cost nothing. */
static int
make_dirs(struct move *m)
{
	const char *path, *slash;
	int rc = 0;

	for (int i = 0; rc == 0 && i < m->n; i++) {
		path = m->items[i].path;
		for (slash = strchr(path, '/'); rc == 0 && slash != NULL;
		     slash = strchr(slash + 1, '/'))
			rc = remote_make_dir(m->wish->to,
			    mem_strndup(m->mem, path, (size_t)(slash - path)));
	}
	return rc;
}

static int
put_all(struct move *m)
{
	int rc;

	m->next = 0;
	if ((rc = make_dirs(m)) != 0)
		return rc;
	return remote_run(m->wish->to, next_put, was_put, m);
}

/* ---- seeing it ------------------------------------------------------------------ */

static int
next_back(void *arg, struct remote_transfer *t)
{
	struct move *m = arg;
	struct move_item *item;

	do {
		if (m->next == m->n)
			return 0;
		item = &m->items[m->next++];
	} while (item->is_done);
	item->back = mem_printf(m->mem, "%s/%d.back", m->dir, m->next - 1);
	file_remove(item->back);
	memset(t, 0, sizeof(*t));
	t->kind = REMOTE_GET_FILE;
	t->path = item->path;
	t->file = item->back;
	t->size_bytes = -1;
	t->want = item->want;
	t->arg = item;
	return 1;
}

/* What arrived torn is taken away, to be sent once more: nobody uses this place
 * yet, so a name may be used again. */
static int
is_back(void *arg, const struct remote_transfer *t, int rc)
{
	struct move *m = arg;
	struct move_item *item = t->arg;

	item->is_done = rc == 0;
	file_remove(item->back);
	if (rc != 0 && rc != E_ABSENT && rc != E_CORRUPT)
		return err_wrap(rc, "%s", t->path);
	m->s->progress.files_done += rc == 0;
	run_progress(m->s);
	return run_stopped(m->s);
}

static int
take_away_torn(struct move *m, int *left)
{
	int rc = 0;

	*left = 0;
	for (int i = 0; rc == 0 && i < m->n; i++) {
		if (m->items[i].is_done)
			continue;
		++*left;
		m->items[i].is_there = false;
		rc = remote_remove(m->wish->to, m->items[i].path);
	}
	return rc;
}

static int
see_all(struct move *m, int *left)
{
	int rc;

	m->next = 0;
	if ((rc = remote_run(m->wish->to, next_back, is_back, m)) != 0)
		return rc;
	return take_away_torn(m, left);
}

/* ---- a wave --------------------------------------------------------------------- */

static int
send_wave(struct move *m)
{
	int rc, left = 0;

	for (int i = 0; i < TRIES; i++) {
		if ((rc = have_all(m)) != 0 || (rc = put_all(m)) != 0 ||
		    (rc = see_all(m, &left)) != 0)
			return rc;
		if (left == 0)
			return 0;
	}
	return err_set(E_REMOTE,
	    "the place at %s does not keep what is sent "
	    "there whole",
	    remote_name(m->wish->to));
}

static void
remove_files(struct move *m)
{
	for (int i = 0; i < m->n; i++) {
		if (m->items[i].must_come && m->items[i].file != NULL)
			file_remove(m->items[i].file);
		if (m->items[i].back != NULL)
			file_remove(m->items[i].back);
	}
}

int
move_wave(struct move *m)
{
	int rc = m->n > 0 ? send_wave(m) : 0;

	remove_files(m);
	m->n = 0;
	m->bytes = 0;
	if (rc == 0)
		mem_reset(m->mem);
	return rc;
}

int
move_add(struct move *m, const struct move_item *item)
{
	struct move_item *mine = &m->items[m->n++];

	*mine = *item;
	mine->path = mem_strdup(m->mem, item->path);
	if (item->source != NULL)
		mine->source = mem_strdup(m->mem, item->source);
	if (item->size_bytes > 0)
		m->bytes += item->size_bytes;
	return m->n == MOVE_WAVE_FILES || m->bytes >= MOVE_WAVE_BYTES;
}

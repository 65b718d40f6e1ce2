/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sim/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "local/blob.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "sim/files.h"
#include "sync/commit.h"
#include "sync/name.h"

/* A content that a user was told is kept. */
struct saved {
	struct saved *next;
	int site;
	const char *stable_id;
	char id[HASH_HEX_SIZE];
	const char *text;
};

/* A record as a version of the store has it. */
struct fact {
	struct fact *next;
	int64_t version;
	struct record rec;
	char sid[STABLE_ID_SIZE];
};

struct model {
	struct world *w;
	struct mem *mem;
	struct disk *disk; /* where commits are read */
	struct saved *saved;
	struct fact *facts; /* the newest first */
	int64_t version;
	struct hash id;
	struct commit last;
};

struct model *
model_new(struct world *w)
{
	struct model *m = mem_alloc(w->mem, sizeof(*m));

	m->w = w;
	m->mem = w->mem;
	m->disk = disk_new();
	disk_create(m->disk, "/sim", true, 0700, 0);
	return m;
}

void
model_free(struct model *m)
{
	disk_free(m->disk);
}

/* ---- told to users ------------------------------------------------------------------ */

void
model_saved(struct proc *p, const char *stable_id, const char *id,
    const char *text)
{
	struct model *m = world->model;
	struct saved *s = mem_alloc(m->mem, sizeof(*s));

	s->site = p->site->at;
	s->stable_id = mem_strdup(m->mem, stable_id);
	memcpy(s->id, id, HASH_HEX_SIZE);
	s->text = mem_strdup(m->mem, text);
	s->next = m->saved;
	m->saved = s;
}

void
model_wrote(struct proc *p, const char *stable_id, const char *field,
    const char *value)
{
	(void)p;
	(void)stable_id;
	(void)field;
	(void)value;
}

void
model_deleted(struct proc *p, const char *stable_id)
{
	(void)p;
	(void)stable_id;
}

void
model_revived(struct proc *p, const char *stable_id)
{
	(void)p;
	(void)stable_id;
}

void
model_grave(struct proc *p, int rc, const char *why)
{
	world_fail("%c: %s: %s: %s", 'a' + p->site->at, p->what, err_name(rc),
	    why);
}

const char *
model_text(const char *id)
{
	for (struct saved *s = world->model->saved; s != NULL; s = s->next) {
		if (strcmp(s->id, id) == 0)
			return s->text;
	}
	return NULL;
}

/* ---- seen on the store ----------------------------------------------------------------- */

int64_t
model_version(void)
{
	return world->model->version;
}

static bool
parse_head(const char *path, int64_t *version, struct hash *id)
{
	if (strlen(path) != 5 + 12 + 1 + 64)
		return false;
	*version = strtoll(path + 5, NULL, 10);
	return hash_parse(path + 5 + 13, id) == 0;
}

static void
check_content(struct model *m, const struct record *rec)
{
	char *path = name_content(m->mem, rec->id, rec->file_type,
	    rec->generation);
	struct object *o = tree_find(&m->w->server.tree, path);
	char hex[HASH_HEX_SIZE];
	struct hash id;

	if (o == NULL) {
		world_fail("version %lld names %s, which is not there",
		    (long long)m->version, path);
		return;
	}
	hash_bytes(o->bytes->data, o->bytes->len, &id);
	if (strcmp(hash_hex(&id, hex), rec->id) != 0)
		world_fail("version %lld names %s, which is damaged",
		    (long long)m->version, path);
}

static int
note_change(void *arg, const struct commit_change *change)
{
	struct model *m = arg;
	struct fact *f = mem_alloc(m->mem, sizeof(*f));

	f->version = m->version;
	shared_copy(m->mem, &change->rec, &f->rec);
	f->next = m->facts;
	m->facts = f;
	if (!change->is_delete)
		check_content(m, &change->rec);
	return 0;
}

static void
read_commit(struct model *m, const struct object *o)
{
	struct commit c;
	int rc;

	if ((rc = file_write("/sim/commit", o->bytes->data, o->bytes->len,
		 0600)) != 0 ||
	    (rc = commit_read_header(m->mem, "/sim/commit", &c)) != 0 ||
	    (rc = commit_follows(&c, m->version > 1 ? &m->last : NULL,
		 &m->id)) != 0 ||
	    (rc = commit_each("/sim/commit", note_change, m)) != 0)
		world_fail("version %lld: %s", (long long)m->version,
		    err_text());
	m->last = c;
}

void
model_head(void *arg, const char *from, const char *to)
{
	struct model *m = ((struct world *)arg)->model;
	int64_t was, version;
	struct hash was_id, id, seen;
	struct disk *disk = files_disk();
	struct object *o;

	if (!parse_head(from, &was, &was_id) ||
	    !parse_head(to, &version, &id) || version != was + 1 ||
	    was != m->version || !hash_eq(&was_id, &m->id)) {
		world_fail("the head went from %s to %s", from, to);
		return;
	}
	m->version = version;
	o = tree_find(&m->w->server.tree, name_commit(m->mem, version, &id));
	if (o != NULL)
		hash_bytes(o->bytes->data, o->bytes->len, &seen);
	if (o == NULL || !hash_eq(&seen, &id)) {
		world_fail("version %lld has no whole commit",
		    (long long)version);
		return;
	}
	files_use(m->disk, m->w->server.now_ms);
	read_commit(m, o);
	files_use(disk, m->w->server.now_ms);
	m->id = id;
	world_say("  version %lld", (long long)version);
}

/* ---- checks of one replica ---------------------------------------------------------------- */

/* What it acknowledged is held by something, and is here. */
static int
check_saved(struct proc *p)
{
	struct mem *mem = mem_new();
	int64_t size;

	for (struct saved *s = world->model->saved; s != NULL; s = s->next) {
		struct stmt *st;
		int rc, held;

		if (s->site != p->site->at)
			continue;
		if ((rc = db_stmt(p->db, REF_FIND, &st)) != 0) {
			mem_free(mem);
			return rc;
		}
		db_bind_text(st, 1, s->id);
		db_bind_text(st, 2, "tei");
		held = db_step(st) == 1 && db_int(st, 0) > 0;
		db_reset(st);
		if (p->disk->is_dead)
			break;
		if (!held || blob_find(p->blobs, s->id, "tei", &size) != 1 ||
		    size != (int64_t)strlen(s->text))
			world_fail("%c: %.8s of %s was saved, and is lost%s",
			    'a' + p->site->at, s->id, s->stable_id,
			    held ? " (the file)" : "");
	}
	mem_free(mem);
	return 0;
}

static const struct fact *
fact_of(const char *stable_id, int64_t version)
{
	for (struct fact *f = world->model->facts; f != NULL; f = f->next) {
		if (f->version <= version &&
		    strcmp(f->rec.stable_id, stable_id) == 0)
			return f;
	}
	return NULL;
}

/* What it calls synced is on the store, as it is here. */
static int
check_synced(void *arg, const struct held *held)
{
	struct proc *p = arg;
	const struct fact *f;

	if (strcmp(held->sync_status, "synced") != 0 ||
	    held->remote_version == 0)
		return 0;
	f = fact_of(held->rec.stable_id, held->remote_version);
	if (f == NULL || f->version != held->remote_version ||
	    !shared_same(&f->rec, &held->rec))
		world_fail("%c: %s is called synced, and version %lld has it "
			   "otherwise",
		    'a' + p->site->at, held->rec.stable_id,
		    (long long)held->remote_version);
	return 0;
}

static int
on_fault(void *arg, const char *fault)
{
	struct proc *p = arg;

	if (!p->disk->is_dead)
		world_fail("%c: %s", 'a' + p->site->at, fault);
	return 0;
}

int
model_check_proc(struct proc *p)
{
	static const struct record_filter all = { 0 };
	int rc;

	if ((rc = check_saved(p)) != 0 ||
	    (rc = record_each(p->db, &all, check_synced, p)) != 0 ||
	    (rc = record_check(p->db, on_fault, p)) != 0)
		return rc;
	return blob_check(p->blobs, p->db, false, false, on_fault, p);
}

/* ---- at the end ------------------------------------------------------------------------------ */

static int
check_last(struct proc *p)
{
	char hex[HASH_HEX_SIZE], *state;
	struct record_counts counts;
	int rc;

	if ((rc = model_check_proc(p)) != 0 ||
	    (rc = meta_find(p->db, world->mem, "state", &state)) < 0 ||
	    (rc = record_counts(p->db, &counts)) != 0)
		return rc;
	if (world->model->version > 0 &&
	    strcmp(state, hash_hex(&world->model->last.state, hex)) != 0)
		world_fail("%c: its state is not that of the store",
		    'a' + p->site->at);
	if (counts.to_send + counts.pending_download + counts.conflicts > 0)
		world_fail("%c: not everything is in step", 'a' + p->site->at);
	return 0;
}

void
model_check_end(struct world *w)
{
	for (int i = 0; i < w->sites_n && !w->has_failed; i++) {
		struct proc *p = &w->sites[i].procs[PROC_USER];

		proc_do(p, "is checked", check_last);
		if (proc_finish(p) != 0)
			world_fail("%c: cannot be checked", 'a' + i);
	}
}

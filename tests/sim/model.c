/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sim/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "local/blob.h"
#include "local/conflict.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "sim/files.h"
#include "sim/user.h"
#include "sync/commit.h"
#include "sync/name.h"

/* A content that a user wrote. */
struct text {
	struct text *next;
	char id[HASH_HEX_SIZE];
	const char *text;
};

/* A content that a user was told is kept. */
struct saved {
	struct saved *next;
	int site;
	int64_t days; /* of the replica by then */
	const char *stable_id;
	char id[HASH_HEX_SIZE];
	const char *text;
};

/* What a user did, or tried to do, with a record. */
struct act {
	struct act *next;
	int at; /* its number */
	int site;
	const char *stable_id; /* NULL: any of doc_id */
	const char *doc_id;
	bool lives;
	bool is_acknowledged;    /* a deletion */
	int64_t store_version;   /* at that time */
	int64_t library_version; /* what the replica had seen of it */
};

/* What a user wrote into a field. */
struct value {
	struct value *next;
	const char *text;
};

/* A record as a version of the store has it. */
struct fact {
	struct fact *next;
	int64_t version;
	struct record rec;
	const char *user;
};

struct model {
	struct world *w;
	struct mem *mem;
	struct disk *disk; /* where commits are read */
	struct text *texts;
	struct saved *saved;
	struct act *acts; /* the newest first */
	int acts_n;
	struct value *values;
	struct history {
		struct fact *facts; /* the newest first */
		int64_t version;
		struct hash id;
		struct commit last;
	} h, backup;
	bool was_restored;
	bool is_at_end;
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
model_offers(const char *id, const char *text)
{
	struct model *m = world->model;
	struct text *t = mem_alloc(m->mem, sizeof(*t));

	memcpy(t->id, id, HASH_HEX_SIZE);
	t->text = mem_strdup(m->mem, text);
	t->next = m->texts;
	m->texts = t;
}

void
model_saved(struct proc *p, const char *stable_id, const char *id,
    const char *text)
{
	struct model *m = world->model;
	struct saved *s = mem_alloc(m->mem, sizeof(*s));

	s->site = p->site->at;
	s->days = p->site->days;
	s->stable_id = mem_strdup(m->mem, stable_id);
	memcpy(s->id, id, HASH_HEX_SIZE);
	s->text = mem_strdup(m->mem, text);
	s->next = m->saved;
	m->saved = s;
}

void
model_wrote(const char *value)
{
	struct model *m = world->model;
	struct value *v = mem_alloc(m->mem, sizeof(*v));

	v->text = mem_strdup(m->mem, value);
	v->next = m->values;
	m->values = v;
}

static struct act *
note_act(struct proc *p, const char *stable_id, const char *doc_id)
{
	struct model *m = world->model;
	struct act *a = mem_alloc(m->mem, sizeof(*a));

	a->at = ++m->acts_n;
	a->site = p->site->at;
	a->stable_id = mem_strdup(m->mem, stable_id);
	a->doc_id = mem_strdup(m->mem, doc_id);
	a->store_version = m->h.version;
	if (meta_int(p->db, "version", &a->library_version) != 0)
		a->library_version = 0;
	a->next = m->acts;
	m->acts = a;
	return a;
}

void
model_tries(struct proc *p, const char *stable_id, const char *doc_id,
    bool lives)
{
	note_act(p, stable_id, doc_id)->lives = lives;
}

void
model_deleted(struct proc *p, const char *stable_id)
{
	note_act(p, stable_id, NULL)->is_acknowledged = true;
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
	for (struct text *t = world->model->texts; t != NULL; t = t->next) {
		if (strcmp(t->id, id) == 0)
			return t->text;
	}
	return NULL;
}

/* ---- seen on the store ----------------------------------------------------------------- */

int64_t
model_version(void)
{
	return world->model->h.version;
}

void
model_backup(void)
{
	world->model->backup = world->model->h;
}

void
model_restore(void)
{
	world->model->h = world->model->backup;
	world->model->was_restored = true;
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

	/* What was sent before the store went back, and is not in the copy, is
	 * missed by a recovery only. */
	if (o == NULL && m->was_restored && !m->is_at_end)
		return;
	if (o == NULL) {
		world_fail("version %lld names %s, which is not there",
		    (long long)m->h.version, path);
		return;
	}
	hash_bytes(o->bytes->data, o->bytes->len, &id);
	if (strcmp(hash_hex(&id, hex), rec->id) != 0)
		world_fail("version %lld names %s, which is damaged",
		    (long long)m->h.version, path);
}

static int
note_change(void *arg, const struct commit_change *change)
{
	struct model *m = arg;
	struct fact *f = mem_alloc(m->mem, sizeof(*f));

	f->version = m->h.version;
	shared_copy(m->mem, &change->rec, &f->rec);
	f->user = mem_strdup(m->mem, change->user);
	f->next = m->h.facts;
	m->h.facts = f;
	if (!change->is_delete)
		check_content(m, &change->rec);
	return 0;
}

static void
read_commit(struct model *m, const struct object *o)
{
	struct commit c = { 0 };
	int rc;

	if ((rc = file_write("/sim/commit", o->bytes->data, o->bytes->len,
		 0600)) != 0 ||
	    (rc = commit_read_header(m->mem, "/sim/commit", &c)) != 0 ||
	    (rc = commit_follows(&c, m->h.version > 1 ? &m->h.last : NULL,
		 &m->h.id)) != 0 ||
	    (rc = commit_each("/sim/commit", note_change, m)) != 0)
		world_fail("version %lld: %s", (long long)m->h.version,
		    err_text());
	m->h.last = c;
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
	    was != m->h.version || !hash_eq(&was_id, &m->h.id)) {
		world_fail("the head went from %s to %s", from, to);
		return;
	}
	m->h.version = version;
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
	m->h.id = id;
	world_say("  version %lld", (long long)version);
}

/* ---- checks of one replica ---------------------------------------------------------------- */

/* Where there is a retention: as many days went by here. */
static bool
may_be_over(const struct proc *p, const struct saved *s)
{
	return p->opt.retention_days > 0 &&
	    p->site->days - s->days >= p->opt.retention_days;
}

/* What it acknowledged is held by something, and is here. */
static int
check_saved(struct proc *p)
{
	struct mem *mem = mem_new();
	int64_t size;

	for (struct saved *s = world->model->saved; s != NULL; s = s->next) {
		struct stmt *st;
		int rc, held;

		if (s->site != p->site->at || may_be_over(p, s))
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
	for (struct fact *f = world->model->h.facts; f != NULL; f = f->next) {
		if (f->version <= version &&
		    strcmp(f->rec.stable_id, stable_id) == 0)
			return f;
	}
	return NULL;
}

int
model_gone(struct proc *p, int64_t *n)
{
	struct model *m = world->model;
	struct mem *mem = mem_new();
	const struct fact *was;
	struct held held;
	int rc = 0;

	*n = 0;
	for (struct fact *f = m->h.facts; f != NULL && rc >= 0; f = f->next) {
		if (!f->rec.deleted || f->version <= p->from ||
		    fact_of(f->rec.stable_id, m->h.version) != f)
			continue;
		was = fact_of(f->rec.stable_id, p->from);
		if (was == NULL || was->rec.deleted)
			continue;
		rc = record_find(p->db, mem, f->rec.stable_id, &held);
		*n += rc == 1 && held.rec.deleted &&
		    strcmp(held.sync_status, "synced") == 0;
	}
	mem_free(mem);
	return rc < 0 ? rc : 0;
}

/* What it calls synced is on the store, as it is here. */
static int
check_synced(void *arg, const struct held *held)
{
	struct proc *p = arg;
	const struct fact *f;

	if (strcmp(held->sync_status, "synced") != 0 ||
	    held->remote_version == 0 ||
	    (world->model->was_restored && !world->is_calm))
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

/* The same on both sides is no conflict. */
static int
check_conflict(void *arg, const struct conflict *c)
{
	struct proc *p = arg;
	struct mem *mem = mem_new();
	struct held held;

	if (record_find(p->db, mem, c->stable_id, &held) == 1 &&
	    strcmp(c->type, "modified_both") == 0 && c->their_id != NULL &&
	    strcmp(c->their_id, held.rec.id) == 0)
		world_fail("%c: %s is in conflict with itself",
		    'a' + p->site->at, c->stable_id);
	mem_free(mem);
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
	    (rc = conflict_each(p->db, check_conflict, p)) != 0 ||
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
	if (world->model->h.version > 0 &&
	    strcmp(state, hash_hex(&world->model->h.last.state, hex)) != 0)
		world_fail("%c: its state is not that of the store",
		    'a' + p->site->at);
	if (counts.to_send + counts.pending_download + counts.conflicts > 0)
		world_fail(
		    "%c: %lld to be sent, %lld to be had, %lld conflicts",
		    'a' + p->site->at, (long long)counts.to_send,
		    (long long)counts.pending_download,
		    (long long)counts.conflicts);
	return 0;
}

/* ---- what became of each record ----------------------------------------------------------- */

static bool
is_about(const struct act *a, const struct record *r)
{
	return a->stable_id != NULL ? strcmp(a->stable_id, r->stable_id) == 0
				    : strcmp(a->doc_id, r->doc_id) == 0;
}

/* The version that published what this replica did, or -1: none did yet. */
static int64_t
published(const struct act *a, const struct record *r)
{
	int64_t first = -1;

	for (struct fact *f = world->model->h.facts; f != NULL; f = f->next) {
		if (f->version > a->store_version && f->user != NULL &&
		    strcmp(f->user, user_name(a->site)) == 0 &&
		    strcmp(f->rec.stable_id, r->stable_id) == 0)
			first = f->version;
	}
	return first;
}

/* Was it done later, or without having seen the deletion? */
static bool
explains_life(const struct act *a, const struct act *deletion,
    const struct record *r)
{
	int64_t version;

	if (!a->lives || !is_about(a, r))
		return false;
	if (a->at > deletion->at)
		return true;
	if (a->site == deletion->site)
		return false;
	version = published(a, r);
	return version < 0 || version > deletion->library_version;
}

static void
check_life(const struct record *r)
{
	const struct act *deletion = NULL, *a;

	for (a = world->model->acts; a != NULL && deletion == NULL; a = a->next)
		if (a->is_acknowledged && is_about(a, r))
			deletion = a;
	if (deletion == NULL)
		return;
	for (a = world->model->acts; a != NULL; a = a->next)
		if (explains_life(a, deletion, r))
			return;
	world_fail("%s was deleted by %c, and lives", r->stable_id,
	    'a' + deletion->site);
}

static void
check_death(const struct record *r)
{
	for (const struct act *a = world->model->acts; a != NULL; a = a->next)
		if (!a->lives && is_about(a, r))
			return;
	world_fail("nobody deleted %s, and it is gone", r->stable_id);
}

static bool
was_written(const char *value)
{
	for (const struct value *v = world->model->values; v != NULL;
	     v = v->next)
		if (strcmp(v->text, value) == 0)
			return true;
	return false;
}

/* Each of its lines stands in something that a user saved. */
static bool
is_merged(const struct object *o)
{
	const char *at = (const char *)o->bytes->data;
	const char *end = at + o->bytes->len;

	while (at < end) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((feed != NULL ? feed : end) - at);
		struct text *t = world->model->texts;

		while (t != NULL &&
		    memmem(t->text, strlen(t->text), at, len) == NULL)
			t = t->next;
		if (t == NULL)
			return false;
		at += len + 1;
	}
	return true;
}

static void
check_invention(const struct record *r)
{
	struct object *o = tree_find(&world->server.tree,
	    name_content(world->mem, r->id, r->file_type, r->generation));

	if (r->label != NULL && !was_written(r->label))
		world_fail("nobody wrote the label %s", r->label);
	if (model_text(r->id) == NULL && (o == NULL || !is_merged(o)))
		world_fail("nobody wrote the content %.8s of %s", r->id,
		    r->stable_id);
}

static void
check_records(struct model *m)
{
	m->is_at_end = true;
	for (struct fact *f = m->h.facts; f != NULL; f = f->next) {
		if (fact_of(f->rec.stable_id, m->h.version) != f)
			continue;
		if (f->rec.deleted)
			check_death(&f->rec);
		else if (!m->was_restored)
			check_life(&f->rec);
		if (f->rec.deleted)
			continue;
		check_invention(&f->rec);
		check_content(m, &f->rec);
	}
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
	if (!w->has_failed)
		check_records(w->model);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "unit/site.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/conflict.h"
#include "local/db.h"
#include "local/meta.h"
#include "remote/remote_ops.h"
#include "sync/fsck.h"
#include "sync/commit.h"
#include "sync/name.h"
#include "sync/store.h"
#include "unit/temp.h"

#define MUST(ok) must((ok), __func__, #ok)

static void
must(bool ok, const char *where, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "# %s: %s: %s\n", where, what, err_text());
	abort();
}

/* ---- time that waits for nobody ------------------------------------------------ */

static int64_t skipped_ms;

static int64_t
wall_ms(void *arg)
{
	struct timespec now;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000 + skipped_ms;
}

static int64_t
mono_ms(void *arg)
{
	struct timespec now;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000 + skipped_ms;
}

static void
skip_ms(void *arg, int64_t ms)
{
	(void)arg;
	skipped_ms += ms;
}

void
site_skip_days(int days)
{
	skipped_ms += days * (24 * 60 * 60 * 1000LL);
}

static const struct clock_source hurried = { wall_ms, mono_ms, skip_ms, NULL };

/* ---- the world --------------------------------------------------------------- */

struct world *
world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	MUST(w != NULL);
	clock_set(&hurried);
	w->dir = temp_dir();
	w->mem = mem_new();
	return w;
}

void
world_free(struct world *w)
{
	temp_remove(w->dir);
	mem_free(w->mem);
	free(w);
}

char *
world_path(struct world *w, const char *fmt, ...)
{
	va_list ap;
	char *path;

	va_start(ap, fmt);
	path = mem_vprintf(w->mem, fmt, ap);
	va_end(ap);
	return path_join(w->mem, w->dir, path);
}

void
world_run(struct world *w, const char *fmt, ...)
{
	va_list ap;
	char *command;

	va_start(ap, fmt);
	command = mem_vprintf(w->mem, fmt, ap);
	va_end(ap);
	command = mem_printf(w->mem, "cd '%s' && %s", w->dir, command);
	if (system(command) != 0)
		must(false, "world_run", command);
}

struct world *
world_copy(struct world *from)
{
	struct world *w = world_new();

	world_run(w, "cp -a '%s'/. .", from->dir);
	return w;
}

/* ---- the head, renamed with tricks ----------------------------------------------- */

/* The one replica whose remote is spied upon; found by its remote. */
#define SITES_MAX 8
static struct site *sites[SITES_MAX];
static const struct remote_ops *plain;

static struct site *
site_of(const struct remote *remote)
{
	for (int i = 0; i < SITES_MAX; i++) {
		if (sites[i] != NULL && sites[i]->remote == remote)
			return sites[i];
	}
	return NULL;
}

static int
tricky_move(struct remote *remote, const char *from, const char *to,
    enum remote_move_kind kind)
{
	struct site *r = site_of(remote);
	void (*before)(struct site * r);
	int rc;

	if (r == NULL || kind != REMOTE_MOVE_FILE || !str_starts(from, "head/"))
		return plain->move_once(remote, from, to, kind);
	before = r->before_swap;
	r->before_swap = NULL;
	if (before != NULL)
		before(r);
	if (r->lose_swap)
		return err_set(E_REMOTE, "the answer was lost");
	rc = plain->move_once(remote, from, to, kind);
	if (r->stop_after_swap)
		r->stop_after = 1;
	r->stop_after_swap = false;
	return r->mute_swap ? err_set(E_REMOTE, "the answer was lost") : rc;
}

/* ---- a step before and after each ------------------------------------------------ */

void (*site_step)(void);

static void
step(void)
{
	if (site_step != NULL)
		site_step();
}

static int
after(int rc)
{
	step();
	return rc;
}

static int
step_list(struct remote *remote, const char *dir,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg)
{
	step();
	return after(plain->list(remote, dir, fn, arg));
}

static int
step_get(struct remote *remote, const char *path, size_t limit, struct buf *out)
{
	step();
	return after(plain->get(remote, path, limit, out));
}

static int
step_put(struct remote *remote, const char *path, const struct source *src)
{
	step();
	return after(plain->put(remote, path, src));
}

static int
step_replace(struct remote *remote, const char *path, const struct source *src)
{
	step();
	return after(plain->replace(remote, path, src));
}

static int
step_make_dir(struct remote *remote, const char *dir)
{
	step();
	return after(plain->make_dir(remote, dir));
}

static int
step_move(struct remote *remote, const char *from, const char *to,
    enum remote_move_kind kind)
{
	step();
	return after(tricky_move(remote, from, to, kind));
}

/* Of many, each that is handed out or done is a step too. */
struct many_steps {
	int (*next)(void *arg, struct remote_transfer *t);
	int (*done)(void *arg, const struct remote_transfer *t, int rc);
	void *arg;
};

static int
step_next(void *arg, struct remote_transfer *t)
{
	struct many_steps *m = arg;

	step();
	return m->next(m->arg, t);
}

static int
step_done(void *arg, const struct remote_transfer *t, int rc)
{
	struct many_steps *m = arg;

	step();
	return after(m->done(m->arg, t, rc));
}

static int
step_run(struct remote *remote,
    int (*next)(void *arg, struct remote_transfer *t),
    int (*done)(void *arg, const struct remote_transfer *t, int rc), void *arg)
{
	struct many_steps m = { next, done, arg };

	step();
	return after(plain->run(remote, step_next, step_done, &m));
}

static void
be_tricky(struct site *r)
{
	static struct remote_ops tricky;

	plain = r->remote->ops;
	tricky = *plain;
	tricky.list = step_list;
	tricky.get = step_get;
	tricky.put = step_put;
	tricky.replace = step_replace;
	tricky.make_dir = step_make_dir;
	tricky.move_once = step_move;
	tricky.run = step_run;
	r->remote->ops = &tricky;
	for (int i = 0; i < SITES_MAX; i++) {
		if (sites[i] == NULL) {
			sites[i] = r;
			return;
		}
	}
	MUST(false);
}

static void
be_plain(struct site *r)
{
	r->remote->ops = plain;
	for (int i = 0; i < SITES_MAX; i++) {
		if (sites[i] == r)
			sites[i] = NULL;
	}
}

/* ---- a replica --------------------------------------------------------------------- */

static void
hear(void *arg, const char *sentence)
{
	struct site *r = arg;
	size_t len = strlen(r->said);

	snprintf(r->said + len, sizeof(r->said) - len, "%s\n", sentence);
}

static void
hear_failure(void *arg, const char *file, const char *reason)
{
	hear(arg, file);
	hear(arg, reason);
}

static int
asked_to_stop(void *arg)
{
	struct site *r = arg;

	return r->stop_after > 0 && --r->stop_after == 0;
}

static void
open_store(struct site *r)
{
	struct remote_config config = { .url = mem_printf(r->mem,
					    "file://%s/store", r->w->dir) };

	MUST(remote_open(&config, &r->remote) == 0);
	be_tricky(r);
}

struct site *
site_open(struct world *w, const char *name)
{
	struct site *r = calloc(1, sizeof(*r));

	MUST(r != NULL);
	r->w = w;
	r->name = name;
	r->mem = w->mem;
	MUST(path_make_dirs(world_path(w, "%s", name), 0750) == 0);
	MUST(db_open(world_path(w, "%s/library.db", name), DB_LIBRARY, true,
		 &r->db) == 0);
	MUST(blobs_open(world_path(w, "%s/content", name), &r->blobs) == 0);
	db_set_blobs(r->db, r->blobs);
	open_store(r);
	r->opt = (struct sync_options){
		.db = r->db,
		.blobs = r->blobs,
		.remote = r->remote,
		.work_dir = world_path(w, "%s/work", name),
		.max_delete_percent = 10,
		.message = hear,
		.failure = hear_failure,
		.stop = asked_to_stop,
		.arg = r,
	};
	MUST(store_join(r->db, r->remote, NULL) == 0);
	return r;
}

void
site_close(struct site *r)
{
	be_plain(r);
	remote_close(r->remote);
	blobs_close(r->blobs);
	db_close(r->db);
	free(r);
}

/* ---- what users do ------------------------------------------------------------------ */

static int64_t
put_text(struct site *r, const char *text, struct hash *id)
{
	int fd = memfd_create("content", MFD_CLOEXEC);
	int64_t size = -1;

	MUST(fd >= 0);
	MUST(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	MUST(lseek(fd, 0, SEEK_SET) == 0);
	MUST(blob_put(r->blobs, fd, "tei", 0, id, &size) == 0);
	close(fd);
	return size;
}

const char *
id_of(struct site *r, const char *text)
{
	struct hash id;

	hash_bytes(text, strlen(text), &id);
	return hash_hex(&id, mem_alloc(r->mem, HASH_HEX_SIZE));
}

const char *
site_add(struct site *r, const char *doc, const char *variant, const char *text)
{
	struct hash id;
	struct record_new n = {
		.id = id_of(r, text),
		.file_size = put_text(r, text, &id),
		.file_type = "tei",
		.filename = mem_printf(r->mem, "%s.tei.xml", doc),
		.doc_id = doc,
		.variant = variant,
		.user = r->name,
	};
	char *stable_id;
	bool was_there;

	MUST(record_add(r->db, r->mem, &n, &stable_id, &was_there) == 0);
	return stable_id;
}

void
site_save(struct site *r, const char *stable_id, const char *text)
{
	struct hash id;
	int64_t size = put_text(r, text, &id);

	MUST(record_save(r->db, stable_id, id_of(r, text), size, NULL,
		 r->name) == 0);
}

void
site_label(struct site *r, const char *stable_id, const char *label)
{
	struct record_set set = { .label = label, .is_gold = -1 };

	MUST(record_set(r->db, stable_id, &set, r->name) == 0);
}

void
site_tag(struct site *r, const char *stable_id, const char *collections)
{
	struct record_set set = { .doc_collections = collections,
		.is_gold = -1 };

	MUST(record_set(r->db, stable_id, &set, r->name) == 0);
}

void
site_delete(struct site *r, const char *stable_id)
{
	MUST(record_delete(r->db, stable_id, r->name) == 0);
}

void
site_add_many(struct site *r, const char *doc, int n)
{
	MUST(db_begin(r->db) == 0);
	for (int i = 0; i < n; i++)
		site_add(r, mem_printf(r->mem, "%s%d", doc, i), NULL,
		    mem_printf(r->mem, "<%s n='%d'/>", doc, i));
	MUST(db_end(r->db, 0) == 0);
}

struct many {
	struct site *r;
	const char *doc;
	int left;
};

static int
delete_one(void *arg, const struct held *held)
{
	struct many *m = arg;

	if (!str_starts(held->rec.doc_id, m->doc))
		return 0;
	site_delete(m->r, held->rec.stable_id);
	return --m->left == 0;
}

void
site_delete_many(struct site *r, const char *doc, int n)
{
	static const struct record_filter live = { .live = true };
	struct many m = { r, doc, n };

	MUST(record_each(r->db, &live, delete_one, &m) == 1);
}

/* ---- syncs ------------------------------------------------------------------------- */

int
site_sync(struct site *r)
{
	r->said[0] = '\0';
	return sync_run(&r->opt, &r->sum);
}

static int
fault(void *arg, const char *sentence)
{
	struct site *r = arg;

	fprintf(stderr, "# %s: %s\n", r->name, sentence);
	return E_CORRUPT;
}

void
site_check(struct site *r)
{
	MUST(record_check(r->db, fault, r) == 0);
	MUST(blob_check(r->blobs, r->db, true, false, fault, r) == 0);
}

/* What a crash leaves behind is no fault. */
static int
finding(void *arg, enum fsck_kind kind, const char *sentence)
{
	return kind == FSCK_STRAY ? 0 : fault(arg, sentence);
}

void
site_check_store(struct site *r)
{
	const struct fsck_wish wish = { .sample = 100,
		.told = finding,
		.arg = r };
	struct fsck_counts counts;

	MUST(fsck_store(&r->opt, &wish, &counts) == 0);
}

void
must_sync(struct site *r)
{
	int rc = site_sync(r);

	if (rc != 0)
		fprintf(stderr, "# %s: %d\n", r->name, rc);
	MUST(rc == 0);
	site_check(r);
}

static bool
is_idle(struct site *r, int64_t version)
{
	return site_sync(r) == 0 && r->sum.skipped && r->sum.requests == 1 &&
	    r->sum.new_version == version;
}

void
must_converge(struct site **r, int n)
{
	int64_t version;

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < n; i++)
			must_sync(r[i]);
	}
	site_check_store(r[0]);
	version = r[0]->sum.new_version;
	for (int i = 0; i < n; i++) {
		MUST(is_idle(r[i], version));
		MUST(str_eq(site_state(r[i]), site_state(r[0])));
		if (site_conflicts(r[i]) + site_conflicts(r[0]) == 0)
			MUST(str_eq(site_dump(r[i], true),
			    site_dump(r[0], true)));
	}
}

/* ---- what is there ------------------------------------------------------------------ */

struct held
site_held(struct site *r, const char *stable_id)
{
	struct held held;

	MUST(record_find(r->db, r->mem, stable_id, &held) == 1);
	return held;
}

bool
site_has(struct site *r, const char *stable_id)
{
	struct held held;
	int rc = record_find(r->db, r->mem, stable_id, &held);

	MUST(rc >= 0);
	return rc == 1 && !held.rec.deleted;
}

static const char *
text_of(struct site *r, const struct record *rec)
{
	int fd = blob_open(r->blobs, rec->id, rec->file_type);
	char *text = mem_alloc(r->mem, (size_t)rec->file_size + 1);

	if (fd < 0)
		return NULL;
	MUST(read(fd, text, (size_t)rec->file_size + 1) == rec->file_size);
	close(fd);
	return text;
}

const char *
site_text(struct site *r, const char *stable_id)
{
	struct held held = site_held(r, stable_id);

	return text_of(r, &held.rec);
}

struct looking {
	struct site *r;
	const char *id;
	bool found;
	int n;
};

static int
look_at(void *arg, const struct past *past)
{
	struct looking *l = arg;

	if (strcmp(past->rec.id, l->id) == 0 &&
	    text_of(l->r, &past->rec) != NULL)
		l->found = true;
	return 0;
}

bool
site_past(struct site *r, const char *stable_id, const char *text)
{
	struct looking l = { r, id_of(r, text), false, 0 };

	MUST(history_each(r->db, stable_id, look_at, &l) == 0);
	return l.found;
}

static int
count_lineage(void *arg, const struct lineage *l)
{
	struct looking *count = arg;

	count->n++;
	count->id = mem_strdup(count->r->mem, l->parents);
	return 0;
}

int
site_lineage(struct site *r, const char *stable_id)
{
	struct looking l = { r, NULL, false, 0 };

	MUST(lineage_each(r->db, stable_id, count_lineage, &l) == 0);
	return l.n;
}

const char *
site_parents(struct site *r, const char *stable_id)
{
	struct looking l = { r, NULL, false, 0 };

	MUST(lineage_each(r->db, stable_id, count_lineage, &l) == 0);
	return l.id;
}

const char *
site_state(struct site *r)
{
	struct hash state;

	MUST(state_find(r->db, &state) == 0);
	return hash_hex(&state, mem_alloc(r->mem, HASH_HEX_SIZE));
}

struct dump {
	struct buf out;
	bool times;
};

static int
dump_one(void *arg, const struct held *held)
{
	struct dump *d = arg;
	struct record rec = held->rec;

	if (!d->times) {
		rec.created_at = rec.updated_at = "2026-01-01T00:00:00.000Z";
		rec.created_by = NULL;
	}
	buf_printf(&d->out, "%s ", held->sync_status);
	shared_encode(&rec, &d->out);
	buf_putc(&d->out, '\n');
	return 0;
}

const char *
site_dump(struct site *r, bool times)
{
	static const struct record_filter all = { 0 };
	struct dump d = { { 0 }, times };
	const char *text;

	MUST(record_each(r->db, &all, dump_one, &d) == 0);
	text = mem_strdup(r->mem, buf_text(&d.out));
	buf_release(&d.out);
	return text;
}

int64_t
site_conflicts(struct site *r)
{
	struct record_counts counts;

	MUST(record_counts(r->db, &counts) == 0);
	return counts.conflicts;
}

const char *
site_meta(struct site *r, const char *key)
{
	char *value;
	int rc = meta_find(r->db, r->mem, key, &value);

	MUST(rc >= 0);
	return rc == 1 ? value : NULL;
}

struct remote_head
world_head(struct site *r)
{
	struct remote_head head;

	MUST(remote_head_read(r->remote, &head) == 0);
	return head;
}

/* ---- a stranger's hand -------------------------------------------------------------- */

void
site_stage(struct site *r, struct sync *s)
{
	MUST(run_open(s, &r->opt, &r->sum) == 0);
}

void
site_unstage(struct sync *s)
{
	run_close(s);
}

static void
fill_ancestors(struct site *r, struct commit *c)
{
	char *text;

	for (int64_t v = c->version - 1;
	     v > 0 && c->ancestors_n < COMMIT_ANCESTORS; v--) {
		MUST(passed_find(r->db, r->mem, v, &text) == 1);
		MUST(hash_parse(text, &c->ancestors[c->ancestors_n++]) == 0);
	}
}

static void
add_state(struct site *r, struct hash *state, const struct record *rec)
{
	struct record side;
	struct hash one;

	if (record_side(r->db, r->mem, rec->stable_id, &side, NULL) == 1) {
		shared_digest(&side, &one);
		hash_sum_sub(state, &one);
	}
	shared_digest(rec, &one);
	hash_sum_add(state, &one);
}

static struct commit
next_commit(struct site *r, struct sync *s)
{
	struct commit c = s->last;

	c.version++;
	c.parent = s->last_id;
	c.ancestors_n = 0;
	fill_ancestors(r, &c);
	c.store = s->store;
	c.nonce = rand_hex(mem_alloc(r->mem, 33), 16);
	c.txn = rand_hex(mem_alloc(r->mem, 33), 16);
	c.replica = "stranger";
	c.counter = 1;
	c.at = "2026-02-01T00:00:00.000Z";
	c.min_reader = 1;
	c.min_writer = s->last.min_writer > 0 ? s->last.min_writer : 1;
	MUST(state_find(r->db, &c.state) == 0);
	return c;
}

void
site_publish(struct site *r, void (*change)(struct commit *c),
    const struct commit_change *lines, int n)
{
	struct buf out = { 0 };
	struct remote_head from, to;
	struct sync s;
	struct commit c;

	site_stage(r, &s);
	c = next_commit(r, &s);
	c.changes = n;
	for (int i = 0; i < n; i++)
		add_state(r, &c.state, &lines[i].rec);
	if (change != NULL)
		change(&c);
	commit_header(&c, &out);
	for (int i = 0; i < n; i++)
		commit_line(&lines[i], &out);
	from = (struct remote_head){ s.last.version, s.last_id };
	to.version = c.version;
	hash_bytes(out.data, out.len, &to.commit);
	MUST(remote_make_dir(r->remote, "commits/00000000") == 0);
	MUST(remote_put(r->remote, name_commit(r->mem, to.version, &to.commit),
		 out.data, out.len) == 0);
	MUST(remote_head_swap(r->remote, &from, &to) == 0);
	buf_release(&out);
	site_unstage(&s);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sim/user.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "local/blob.h"
#include "local/conflict.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "local/resolution.h"
#include "remote/remote.h"
#include "sim/model.h"
#include "sync/resolve.h"
#include "sync/store.h"

#define PICK_MAX 96
#define LINES 6
#define MANY 25 /* more than the guard lets pass */

const char *
user_name(int site)
{
	static const char *const names[] = { "anna", "berta", "carl", "dora",
		"emil", "fritz" };

	return names[site];
}

static const char *
name_of(const struct proc *p)
{
	return user_name(p->site->at);
}

/* ---- contents --------------------------------------------------------------------- */

static char *
first_text(struct mem *mem, int doc, int which)
{
	struct buf text = { 0 };
	char *copy;

	buf_puts(&text, "<TEI>\n<teiHeader/>\n<text>\n");
	for (int i = 0; i < LINES; i++)
		buf_printf(&text, "<p n=\"%d\">%d.%d</p>\n\n\n", i, doc, which);
	buf_puts(&text, "</text>\n</TEI>\n");
	copy = mem_strdup(mem, text.data);
	buf_release(&text);
	return copy;
}

/* One paragraph is written anew. */
static char *
changed_text(struct mem *mem, const char *was, uint64_t number)
{
	char *key = mem_printf(mem, "<p n=\"%d\">", (int)(number % LINES));
	const char *from = strstr(was, key), *to;

	if (from == NULL || (to = strstr(from, "</p>")) == NULL)
		return mem_printf(mem, "%s<!-- %d -->\n", was,
		    (int)(number % 97));
	return mem_printf(mem, "%.*s%s%d%s", (int)(from - was), was, key,
	    (int)(number / 7 % 1000), to);
}

static int
put_text(struct proc *p, const char *text, char id[HASH_HEX_SIZE],
    int64_t *size)
{
	struct hash hash;
	int fd = memfd_create("text", MFD_CLOEXEC), rc;

	if (fd < 0 || file_write_all(fd, text, strlen(text)) != 0)
		abort();
	lseek(fd, 0, SEEK_SET);
	rc = blob_put(p->blobs, fd, "tei", 0, &hash, size);
	close(fd);
	if (rc == 0)
		model_offers(hash_hex(&hash, id), text);
	return rc;
}

static int
read_text(struct proc *p, struct mem *mem, const char *id, char **text)
{
	struct buf out = { 0 };
	int rc;

	rc = file_read(blob_path(p->blobs, mem, id, "tei"), 1 << 20, &out);
	if (rc == 0)
		*text = mem_strdup(mem, buf_text(&out));
	buf_release(&out);
	return rc;
}

/* ---- choosing a record ---------------------------------------------------------------- */

struct pick {
	struct mem *mem;
	struct held all[PICK_MAX];
	int n;
};

static int
pick_one(void *arg, const struct held *held)
{
	struct pick *pick = arg;

	if (pick->n == PICK_MAX)
		return 1;
	pick->all[pick->n] = *held;
	shared_copy(pick->mem, &held->rec, &pick->all[pick->n].rec);
	pick->n++;
	return 0;
}

/* 1, or 0: there is none. */
static int
pick_record(struct proc *p, struct mem *mem, bool is_deleted, struct record *r)
{
	struct record_filter filter = { .live = !is_deleted };
	struct pick *pick = mem_alloc(mem, sizeof(*pick));
	int rc, n = 0;

	pick->mem = mem;
	if ((rc = record_each(p->db, &filter, pick_one, pick)) < 0)
		return rc;
	for (int i = 0; i < pick->n; i++) {
		if (pick->all[i].rec.deleted == is_deleted)
			pick->all[n++] = pick->all[i];
	}
	if (n == 0)
		return 0;
	*r = pick->all[rng_below(&p->rng, (uint64_t)n)].rec;
	return 1;
}

/* What a user may be told, and then lets be. */
static int
polite(int rc)
{
	return rc == E_DENIED || rc == E_CONFLICT || rc == E_ABSENT ||
		rc == E_EXISTS || rc == E_BUSY
	    ? 0
	    : rc;
}

/* ---- what users do ------------------------------------------------------------------------ */

static int
import(struct proc *p, struct mem *mem)
{
	int doc = (int)rng_below(&p->rng, 4);
	int which = (int)rng_below(&p->rng, 3);
	char *text = first_text(mem, doc, which), id[HASH_HEX_SIZE];
	struct record_new n = { .id = id,
		.file_type = "tei",
		.filename = mem_printf(mem, "d%d.tei.xml", doc),
		.doc_id = mem_printf(mem, "d%d", doc),
		.variant = rng_chance(&p->rng, 30) ? "v" : NULL,
		.user = name_of(p) };
	char *stable_id;
	bool was_there;
	int rc;

	if ((rc = put_text(p, text, id, &n.file_size)) != 0)
		return polite(rc);
	model_tries(p, NULL, n.doc_id, true);
	if ((rc = record_add(p->db, mem, &n, &stable_id, &was_there)) != 0)
		return polite(rc);
	world_say("  %c imports %s %.8s%s", 'a' + p->site->at, stable_id, id,
	    was_there ? ", which is there" : "");
	model_saved(p, stable_id, id, text);
	return 0;
}

/* A folder of small texts, at once. */
static int
import_many(struct proc *p, struct mem *mem)
{
	int rc = db_begin(p->db);

	for (int i = 0; rc == 0 && i < MANY; i++) {
		char *text = mem_printf(mem, "<many n=\"%d\"/>\n", i);
		char id[HASH_HEX_SIZE], *stable_id;
		struct record_new n = { .id = id,
			.file_type = "tei",
			.filename = "many.tei.xml",
			.doc_id = mem_printf(mem, "m%d", i),
			.user = name_of(p) };
		bool was_there;

		if ((rc = put_text(p, text, id, &n.file_size)) == 0) {
			model_tries(p, NULL, n.doc_id, true);
			rc = record_add(p->db, mem, &n, &stable_id, &was_there);
		}
	}
	if (rc == 0 || db_is_writing(p->db))
		rc = db_end(p->db, rc);
	world_say("  %c imports many", 'a' + p->site->at);
	return polite(rc);
}

static int
delete_many(struct proc *p, struct mem *mem)
{
	struct record_filter filter = { .live = true };
	struct pick *pick = mem_alloc(mem, sizeof(*pick));
	int rc;

	pick->mem = mem;
	if ((rc = record_each(p->db, &filter, pick_one, pick)) < 0)
		return rc;
	rc = 0;
	for (int i = 0; rc == 0 && i < pick->n; i++) {
		const char *stable_id = pick->all[i].rec.stable_id;

		model_tries(p, stable_id, NULL, false);
		rc = record_delete(p->db, stable_id, name_of(p));
		if (rc == 0)
			model_deleted(p, stable_id);
		rc = polite(rc);
	}
	world_say("  %c deletes all that there is", 'a' + p->site->at);
	return rc;
}

static int
edit(struct proc *p, struct mem *mem)
{
	char id[HASH_HEX_SIZE], *text = NULL;
	struct record r;
	int64_t size;
	int rc;

	if ((rc = pick_record(p, mem, false, &r)) <= 0)
		return rc;
	if ((rc = read_text(p, mem, r.id, &text)) != 0)
		return polite(rc);
	text = changed_text(mem, text, rng_next(&p->rng) >> 8);
	model_tries(p, r.stable_id, NULL, true);
	if ((rc = put_text(p, text, id, &size)) != 0 ||
	    (rc = record_save(p->db, r.stable_id, id, size, NULL,
		 name_of(p))) != 0)
		return polite(rc);
	world_say("  %c edits %s to %.8s", 'a' + p->site->at, r.stable_id, id);
	model_saved(p, r.stable_id, id, text);
	return 0;
}

static const char *const words[] = { "alpha", "beta", "gamma", "delta" };

static const char *
word(struct proc *p)
{
	return words[rng_below(&p->rng, 4)];
}

static int
describe(struct proc *p, struct mem *mem)
{
	struct record_set set = { .is_gold = -1 };
	const char *field = "label", *value = NULL;
	struct record r;
	int rc;

	if ((rc = pick_record(p, mem, false, &r)) <= 0)
		return rc;
	switch (rng_below(&p->rng, 4)) {
	case 0:
		set.label = value = mem_printf(mem, "%s-%c-%d", word(p),
		    'a' + p->site->at, (int)rng_below(&p->rng, 1000));
		break;
	case 1:
		field = "doc_collections";
		set.doc_collections = value = mem_printf(mem, "[\"%s\"]",
		    word(p));
		break;
	case 2:
		field = "doc_metadata";
		if ((rc = object_set(mem, r.doc_metadata, word(p),
			 mem_printf(mem, "\"%s\"", word(p)), &value)) != 0)
			return rc;
		set.doc_metadata = value;
		break;
	default:
		field = "is_gold";
		set.is_gold = (int)rng_below(&p->rng, 2);
		value = set.is_gold ? "1" : "0";
	}
	model_tries(p, r.stable_id, NULL, true);
	if (set.label != NULL)
		model_wrote(set.label);
	if ((rc = record_set(p->db, r.stable_id, &set, name_of(p))) != 0)
		return polite(rc);
	world_say("  %c sets %s of %s to %s", 'a' + p->site->at, field,
	    r.stable_id, value);
	return 0;
}

static int
delete_it(struct proc *p, struct mem *mem)
{
	struct record r;
	int rc;

	if ((rc = pick_record(p, mem, false, &r)) <= 0)
		return rc;
	model_tries(p, r.stable_id, NULL, false);
	if ((rc = record_delete(p->db, r.stable_id, name_of(p))) != 0)
		return polite(rc);
	world_say("  %c deletes %s", 'a' + p->site->at, r.stable_id);
	model_deleted(p, r.stable_id);
	return 0;
}

static int
restore(struct proc *p, struct mem *mem)
{
	struct record r;
	int rc;

	if ((rc = pick_record(p, mem, true, &r)) <= 0)
		return rc;
	model_tries(p, r.stable_id, NULL, true);
	if ((rc = record_restore(p->db, r.stable_id, 0, name_of(p))) != 0)
		return polite(rc);
	world_say("  %c restores %s", 'a' + p->site->at, r.stable_id);
	return 0;
}

/* ---- conflicts -------------------------------------------------------------------------------- */

struct open_conflicts {
	struct mem *mem;
	const char *ids[PICK_MAX];
	const char *types[PICK_MAX];
	int n;
};

static int
note_conflict(void *arg, const struct conflict *c)
{
	struct open_conflicts *open = arg;

	if (open->n == PICK_MAX)
		return 1;
	open->ids[open->n] = mem_strdup(open->mem, c->stable_id);
	open->types[open->n++] = mem_strdup(open->mem, c->type);
	return 0;
}

static int
settle_as(struct proc *p, struct mem *mem, const char *stable_id,
    enum resolution how)
{
	static const char *const ways[] = { "local", "remote", "both",
		"merge" };
	char *made = NULL;
	int rc;

	model_tries(p, stable_id, NULL, false);
	model_tries(p, stable_id, NULL, true);
	rc = resolve_conflict(p->db, mem, stable_id, how,
	    mem_printf(mem, "%c%d", 'a' + p->site->at,
		(int)rng_below(&p->rng, 1000)),
	    NULL, 0, name_of(p), &made);
	if (rc != 0)
		return rc;
	p->settled++;
	world_say("  %c settles %s: %s%s%s", 'a' + p->site->at, stable_id,
	    ways[how], made != NULL ? ", as " : "", made != NULL ? made : "");
	return 0;
}

/* Not all ways are open to all of them. */
static int
settle(struct proc *p, struct mem *mem, const char *stable_id)
{
	int how = (int)rng_below(&p->rng, 4), rc = E_INPUT;

	for (int i = 0; i < 4 && (rc == E_INPUT || rc == E_CONFLICT); i++)
		rc = settle_as(p, mem, stable_id,
		    (enum resolution)((how + i) % 4));
	return polite(rc);
}

static int
resolve_some(struct proc *p, struct mem *mem, bool all)
{
	struct open_conflicts *open = mem_alloc(mem, sizeof(*open));
	int rc;

	open->mem = mem;
	if ((rc = conflict_each(p->db, note_conflict, open)) < 0)
		return rc;
	rc = 0;
	for (int i = 0; rc == 0 && i < open->n; i++) {
		if (all || rng_chance(&p->rng, 50))
			rc = settle(p, mem, open->ids[i]);
	}
	return rc;
}

static int
undo(struct proc *p, struct mem *mem)
{
	struct record r;
	int rc;

	if ((rc = pick_record(p, mem, rng_chance(&p->rng, 30), &r)) <= 0)
		return rc;
	model_tries(p, r.stable_id, NULL, false);
	model_tries(p, r.stable_id, NULL, true);
	rc = resolve_undo(p->db, "/sim/work", r.stable_id, name_of(p));
	if (rc == 0)
		world_say("  %c takes a decision back: %s", 'a' + p->site->at,
		    r.stable_id);
	return polite(rc);
}

static int
look(struct proc *p, struct mem *mem)
{
	(void)mem;
	return model_check_proc(p);
}

/* ---- jobs ------------------------------------------------------------------------------------------ */

static int
resolve(struct proc *p, struct mem *mem)
{
	return resolve_some(p, mem, false);
}

int
user_does(struct proc *p)
{
	static const struct {
		int weight;
		int (*act)(struct proc *p, struct mem *mem);
	} acts[] = {
		{ 20, import },
		{ 1, import_many },
		{ 1, delete_many },
		{ 28, edit },
		{ 15, describe },
		{ 10, delete_it },
		{ 6, restore },
		{ 12, resolve },
		{ 4, undo },
		{ 3, look },
	};
	struct mem *mem = mem_new();
	int dice = (int)rng_below(&p->rng, 100), i = 0, rc;

	while ((dice -= acts[i].weight) >= 0)
		i++;
	rc = acts[i].act(p, mem);
	mem_free(mem);
	return rc;
}

/* After a restored backup a record may be left whose content came to nobody,
 * and which its owner deleted: its name is all that there is. */
static int
give_up(struct proc *p, struct mem *mem)
{
	struct record_filter filter = { .live = true };
	struct pick *pick = mem_alloc(mem, sizeof(*pick));
	int rc;

	pick->mem = mem;
	if ((rc = record_each(p->db, &filter, pick_one, pick)) < 0)
		return rc;
	rc = 0;
	for (int i = 0; rc == 0 && i < pick->n; i++) {
		const struct record *r = &pick->all[i].rec;

		if (pick->all[i].remote_version > 0 ||
		    blob_is_here(p->blobs, r->id, r->file_type))
			continue;
		model_tries(p, r->stable_id, NULL, false);
		rc = record_delete(p->db, r->stable_id, name_of(p));
		world_say("  %c gives %s up", 'a' + p->site->at, r->stable_id);
		p->settled++;
	}
	return rc;
}

int
user_resolves(struct proc *p)
{
	struct mem *mem = mem_new();
	int rc;

	p->settled = 0;
	if ((rc = resolve_some(p, mem, true)) == 0 && world->has_backup)
		rc = give_up(p, mem);

	mem_free(mem);
	return rc;
}

/* Nobody is copied here: whoever is called a copy was taken for another. */
static int
check_replica(struct proc *p, struct mem *mem)
{
	char *id;
	int rc = meta_find(p->db, mem, "replica", &id);

	if (rc != 1)
		return rc;
	if (p->site->replica[0] != '\0' && strcmp(p->site->replica, id) != 0)
		world_fail("%c takes itself for another", 'a' + p->site->at);
	snprintf(p->site->replica, sizeof(p->site->replica), "%s", id);
	return 0;
}

/* More than the guard lets pass, without a word of a person. */
static int
check_guard(struct proc *p)
{
	int64_t n = p->sum.deleted_local + p->sum.deleted_remote;
	struct record_counts counts;
	int rc;

	if (p->confirms || n <= 20)
		return 0;
	if ((rc = model_gone(p, &n)) == 0 && n > 20 &&
	    (rc = record_counts(p->db, &counts)) == 0 &&
	    n > (counts.live + n) / 10)
		world_fail("%c deleted %lld of %lld, and nobody said yes",
		    'a' + p->site->at, (long long)n,
		    (long long)(counts.live + n));
	return rc;
}

static int
check_sync(struct proc *p)
{
	struct mem *mem = mem_new();
	int rc;

	if (p->sum.conflicts > 0 && p->site->w->plan.sites == 1)
		world_fail("%c is alone, and in conflict", 'a' + p->site->at);
	if ((rc = check_replica(p, mem)) == 0 && (rc = check_guard(p)) == 0 &&
	    rng_chance(&p->rng, 20))
		rc = model_check_proc(p);
	mem_free(mem);
	return rc;
}

int
user_syncs(struct proc *p)
{
	int rc;

	memset(&p->sum, 0, sizeof(p->sum));
	if (!p->site->is_joined) {
		if ((rc = store_join(p->db, p->remote, NULL)) != 0)
			return rc;
		p->site->is_joined = true;
	}
	p->opt.confirm_deletions = p->confirms;
	p->from = 0;
	if ((rc = meta_int(p->db, "version", &p->from)) < 0)
		return rc;
	rc = sync_run(&p->opt, &p->sum);
	if (rc == 0 && !p->sum.skipped)
		world_say("  %c synced: %lld", 'a' + p->site->at,
		    (long long)p->sum.new_version);
	return rc == 0 && !p->sum.skipped ? check_sync(p) : rc;
}

int
user_cleans(struct proc *p)
{
	struct sync_gc_summary sum;
	int rc;

	if (!p->site->is_joined)
		return 0;
	p->opt.confirm_deletions = p->confirms;
	rc = sync_gc(&p->opt, SYNC_GC_STORE, NULL, NULL, &sum);
	world_say("  %c removes %lld of the past, %lld contents, %lld files",
	    'a' + p->site->at, (long long)sum.history, (long long)sum.contents,
	    (long long)sum.store_files);
	return rc;
}

int
user_recovers(struct proc *p)
{
	struct sync_recover_wish wish = { .join = true };
	struct sync_recovery found;
	int rc;

	if (!p->site->is_joined)
		return 0;
	p->opt.confirm_deletions = p->confirms;
	rc = sync_recover(&p->opt, &wish, &found, &p->sum);
	if (rc == 0)
		world_say("  %c recovered: %s; %lld sent again, %lld taken, "
			  "%lld to decide",
		    'a' + p->site->at, sync_trouble_name(found.trouble),
		    (long long)found.sent_again, (long long)found.taken,
		    (long long)found.to_decide);
	return rc;
}

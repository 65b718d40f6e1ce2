/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/resolve.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/conflict.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "local/ref.h"
#include "local/resolution.h"
#include "local/side.h"
#include "sync/propose.h"
#include "sync/run.h"
#include "tei/merge.h"

#define MERGE_LIMIT_MS 5000

static const struct {
	const char *word;
	enum resolution resolution;
} words[] = {
	{ "local", RESOLVE_LOCAL },
	{ "local_wins", RESOLVE_LOCAL },
	{ "remote", RESOLVE_REMOTE },
	{ "remote_wins", RESOLVE_REMOTE },
	{ "both", RESOLVE_BOTH },
	{ "keep_both", RESOLVE_BOTH },
	{ "merge", RESOLVE_MERGE },
};

int
resolution_parse(const char *text, enum resolution *resolution)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, text) == 0) {
			*resolution = words[i].resolution;
			return 0;
		}
	}
	return err_set(E_INPUT,
	    "%s: a resolution is local, remote, both or "
	    "merge",
	    text);
}

/* ---- settling ------------------------------------------------------------------ */

struct settle {
	struct db *db;
	struct mem *mem;
	struct conflict c;
	struct held ours;
	struct record theirs;
	bool have_theirs; /* what is proposed, the store may not have */
	const char *variant;
	const char *merge_id;
	int64_t merge_size;
	const char *user;
	char *new_id;
};

static int
load(struct settle *t, const char *stable_id)
{
	int rc;

	if ((rc = conflict_find(t->db, t->mem, stable_id, &t->c)) != 1)
		return rc < 0
		    ? rc
		    : err_set(E_ABSENT, "%s is not in conflict", stable_id);
	if ((rc = record_find(t->db, t->mem, stable_id, &t->ours)) == 1)
		rc = record_side(t->db, t->mem, stable_id, &t->theirs, NULL);
	t->have_theirs = rc == 1;
	if (rc == 0 && !propose_is(t->c.type))
		return err_set(E_CORRUPT, "the conflict of %s lacks a side",
		    stable_id);
	return rc < 0 ? rc : 0;
}

/* Both sides as parents: theirs, and what ours was made from. */
static const char *
both_parents(struct settle *t, const char *other)
{
	const char *sid = t->c.stable_id;

	if (other == NULL || strcmp(other, t->theirs.id) == 0)
		return mem_printf(t->mem, "[[\"%s\",\"%s\"]]", sid,
		    t->theirs.id);
	return mem_printf(t->mem, "[[\"%s\",\"%s\"],[\"%s\",\"%s\"]]", sid,
	    t->theirs.id, sid, other);
}

static const char *
ancestor_id(struct settle *t)
{
	return t->c.has_ancestor ? t->c.ancestor.id : NULL;
}

static int
write_row(struct settle *t, const struct record *row, const char *parents)
{
	struct record_write w = { .row = row,
		.kind = "resolve",
		.user = t->user,
		.by_user = true,
		.parents = parents };

	return record_write(t->db, &w);
}

/* Theirs becomes the row first, in every case: so ours is in the history, and
 * whatever stands in the end is a change made to theirs. */
static int
take_theirs(struct settle *t)
{
	return write_row(t, &t->theirs, NULL);
}

/* The later of both stamps, and a little more. */
static const char *
stamp(struct settle *t)
{
	char *at = mem_alloc(t->mem, 25);

	record_stamp(str_cmp(t->ours.rec.updated_at, t->theirs.updated_at) > 0
		? t->ours.rec.updated_at
		: t->theirs.updated_at,
	    at);
	return at;
}

/* A record that came from another replica, and whose content did not come before
 * the store was set back, has a side that only that replica can send. */
static int
need_content(struct settle *t)
{
	const struct record *ours = &t->ours.rec;
	int64_t generation;
	int rc;

	if ((rc = ref_is_here(t->db, ours->id, ours->file_type)) == 0)
		rc = name_find(t->db, ours->id, ours->file_type, &generation);
	if (rc == 0)
		return err_set(E_CONFLICT,
		    "the content of this side is neither here nor on the "
		    "store: sync the library that has it first, or take the "
		    "other side");
	return rc < 0 ? rc : 0;
}

static int
put_ours(struct settle *t)
{
	struct record row = t->ours.rec;
	int rc;

	row.updated_at = stamp(t);
	if ((rc = need_content(t)) != 0 || (rc = take_theirs(t)) != 0)
		return rc;
	return write_row(t, &row, both_parents(t, ancestor_id(t)));
}

static int
delete_theirs(struct settle *t)
{
	int rc;

	if ((rc = take_theirs(t)) != 0)
		return rc;
	return record_delete(t->db, t->c.stable_id, t->user);
}

static int
local_wins(struct settle *t)
{
	if (strcmp(t->c.type, "deleted_local") == 0)
		return delete_theirs(t);
	return put_ours(t);
}

/* Ours becomes a new record of the variant that was named. */
static int
add_ours(struct settle *t)
{
	const struct record *ours = &t->ours.rec;
	struct record_new n = {
		.id = ours->id,
		.file_size = ours->file_size,
		.file_type = ours->file_type,
		.filename = ours->filename,
		.doc_id = ours->doc_id,
		.doc_id_type = ours->doc_id_type,
		.variant = t->variant,
		.label = ours->label,
		.doc_collections = ours->doc_collections,
		.upload_source = "conflict",
		.user = t->user,
	};
	struct record_write w = { .by_user = true, .user = t->user };
	struct held fresh;
	struct record row;
	bool was_there;
	int rc;

	if ((rc = record_add_id(t->db, t->mem, &n, &t->new_id)) < 0 ||
	    (rc = resolution_keep_row(t->db, t->c.stable_id, t->new_id)) != 0)
		return rc;
	if ((rc = record_add(t->db, t->mem, &n, &t->new_id, &was_there)) != 0)
		return rc;
	if (was_there)
		return err_set(E_EXISTS,
		    "the variant %s of this document is "
		    "there already, with this content",
		    t->variant);
	if ((rc = record_find(t->db, t->mem, t->new_id, &fresh)) != 1)
		return rc < 0 ? rc : E_CORRUPT;
	row = fresh.rec;
	row.doc_metadata = ours->doc_metadata;
	w.row = &row;
	w.parents = both_parents(t, ancestor_id(t));
	return record_write(t->db, &w);
}

static int
keep_both(struct settle *t)
{
	int rc;

	if (strcmp(t->c.type, "deleted_local") == 0)
		return take_theirs(t);
	if (t->variant == NULL || t->variant[0] == '\0')
		return err_set(E_INPUT,
		    "new_variant required for keep_both "
		    "resolution: name the variant that ours is to become");
	if ((rc = take_theirs(t)) != 0)
		return rc;
	return add_ours(t);
}

static int
take_merge(struct settle *t)
{
	struct record row = t->ours.rec;
	int rc;

	if (strcmp(t->c.type, "modified_both") != 0)
		return err_set(E_INPUT,
		    "a deletion and an edit cannot be "
		    "merged: local, remote or both");
	if (t->merge_id == NULL)
		return err_set(E_CONFLICT, "there is no merge to take: %s",
		    t->c.merge_reason ? t->c.merge_reason
				      : "none was proposed yet");
	row.id = t->merge_id;
	row.file_size = t->merge_size;
	row.updated_at = stamp(t);
	if ((rc = take_theirs(t)) != 0)
		return rc;
	return write_row(t, &row, both_parents(t, t->ours.rec.id));
}

/* ---- what is proposed ------------------------------------------------------------ */

/* The store never had it: it waits to be sent, or goes to the trash. */
static int
settle_unknown(struct settle *t, enum resolution resolution)
{
	int rc;

	if (resolution == RESOLVE_MERGE)
		return err_set(E_INPUT,
		    "the store has nothing that this could be merged with: "
		    "local, remote or both");
	if (resolution != RESOLVE_REMOTE && (rc = need_content(t)) != 0)
		return rc;
	if ((rc = write_row(t, &t->ours.rec, t->ours.parents)) != 0 ||
	    resolution != RESOLVE_REMOTE)
		return rc;
	return record_delete(t->db, t->c.stable_id, t->user);
}

/* Then it is one of the three kinds: which, the two sides say. */
static void
name_proposal(struct settle *t)
{
	if (t->ours.rec.deleted)
		t->c.type = "deleted_local";
	else if (t->theirs.deleted)
		t->c.type = "deleted_remote";
	else
		t->c.type = "modified_both";
}

static int
settle(struct settle *t, enum resolution resolution)
{
	if (!t->have_theirs)
		return settle_unknown(t, resolution);
	if (propose_is(t->c.type))
		name_proposal(t);
	switch (resolution) {
	case RESOLVE_LOCAL:
		return local_wins(t);
	case RESOLVE_REMOTE:
		return take_theirs(t);
	case RESOLVE_BOTH:
		return keep_both(t);
	case RESOLVE_MERGE:
		return take_merge(t);
	}
	return E_INPUT;
}

static int
settle_all(struct settle *t, const char *stable_id, enum resolution resolution)
{
	int rc;

	if ((rc = load(t, stable_id)) != 0)
		return rc;
	if (t->merge_id == NULL && t->c.merge_id != NULL) {
		t->merge_id = t->c.merge_id;
		if ((rc = content_size(t->db, t->merge_id, "tei",
			 &t->merge_size)) != 0)
			return rc;
	}
	if ((rc = resolution_keep(t->db, stable_id)) != 0 ||
	    (rc = settle(t, resolution)) != 0)
		return rc;
	return resolution_done(t->db, stable_id);
}

int
resolve_conflict(struct db *db, struct mem *mem, const char *stable_id,
    enum resolution resolution, const char *variant, const char *merge_id,
    int64_t merge_size, const char *user, char **new_id)
{
	struct settle t = { .db = db,
		.mem = mem,
		.variant = variant,
		.merge_id = merge_id,
		.merge_size = merge_size,
		.user = user };
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	rc = db_end(db, settle_all(&t, stable_id, resolution));
	if (rc == 0 && new_id != NULL)
		*new_id = t.new_id;
	return rc;
}

/* ---- taking back --------------------------------------------------------------- */

/* No sync may be on its way with what is taken back. */
static int
undo_locked(struct db *db, const char *stable_id, const char *user)
{
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	return db_end(db, resolution_undo(db, stable_id, user));
}

int
resolve_undo(struct db *db, const char *work_dir, const char *stable_id,
    const char *user)
{
	int lock, rc;

	if ((lock = run_lock_file(work_dir)) < 0)
		return lock;
	rc = undo_locked(db, stable_id, user);
	close(lock);
	return rc;
}

/* ---- proposing ------------------------------------------------------------------- */

#define PROPOSE_AT_ONCE 16

/* Conflicts that may be tried; their ids, so that trying may write. */
struct waiting {
	struct mem *mem;
	struct db *db;
	struct blobs *blobs;
	const char *ids[PROPOSE_AT_ONCE];
	int n;
};

static bool
all_here(struct waiting *w, const struct conflict *c, const char *ours,
    const char *theirs)
{
	return blob_is_here(w->blobs, c->ancestor.id, "tei") &&
	    blob_is_here(w->blobs, ours, "tei") &&
	    blob_is_here(w->blobs, theirs, "tei");
}

static int
find_waiting(void *arg, const struct conflict *c)
{
	struct waiting *w = arg;
	struct held ours;
	struct record theirs;

	if (w->n == PROPOSE_AT_ONCE)
		return 1;
	if (strcmp(c->type, "modified_both") != 0 || !c->has_ancestor ||
	    c->merge_id != NULL || c->merge_reason != NULL)
		return 0;
	if (record_find(w->db, w->mem, c->stable_id, &ours) != 1 ||
	    record_side(w->db, w->mem, c->stable_id, &theirs, NULL) != 1 ||
	    strcmp(ours.rec.file_type, "tei") != 0 ||
	    !all_here(w, c, ours.rec.id, theirs.id))
		return 0;
	w->ids[w->n++] = mem_strdup(w->mem, c->stable_id);
	return 0;
}

static int
store_merge(struct blobs *blobs, const char *file, struct hash *id,
    int64_t *size)
{
	int fd, rc;

	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
		return err_set(E_IO, "%s: cannot be read", file);
	rc = blob_put(blobs, fd, "tei", 0, id, size);
	close(fd);
	return rc;
}

static int
propose(struct waiting *w, const char *stable_id)
{
	struct conflict c;
	struct held ours;
	struct record theirs;
	char *out = blob_temp(w->blobs, w->mem);
	char hex[HASH_HEX_SIZE];
	struct hash id;
	int64_t size = 0;
	int rc;

	if (conflict_find(w->db, w->mem, stable_id, &c) != 1 ||
	    record_find(w->db, w->mem, stable_id, &ours) != 1 ||
	    record_side(w->db, w->mem, stable_id, &theirs, NULL) != 1)
		return 0;
	rc = tei_merge(blob_path(w->blobs, w->mem, c.ancestor.id, "tei"),
	    blob_path(w->blobs, w->mem, ours.rec.id, "tei"),
	    blob_path(w->blobs, w->mem, theirs.id, "tei"), out, MERGE_LIMIT_MS);
	if (rc == 0)
		rc = conflict_propose(w->db, stable_id, NULL, 0,
		    mem_strdup(w->mem, err_text()));
	else if (rc == 1 && (rc = store_merge(w->blobs, out, &id, &size)) == 0)
		rc = conflict_propose(w->db, stable_id, hash_hex(&id, hex),
		    size, NULL);
	file_remove(out);
	return rc == E_ABSENT ? 0 : rc; /* resolved meanwhile */
}

static int
propose_some(struct waiting *w)
{
	int rc;

	mem_reset(w->mem);
	w->n = 0;
	if ((rc = conflict_each(w->db, find_waiting, w)) < 0)
		return rc;
	for (int i = 0; i < w->n; i++) {
		if ((rc = propose(w, w->ids[i])) != 0)
			return rc;
	}
	return w->n == PROPOSE_AT_ONCE;
}

int
resolve_propose(struct db *db, struct blobs *blobs)
{
	struct waiting w = { .mem = mem_new(), .db = db, .blobs = blobs };
	int rc;

	while ((rc = propose_some(&w)) == 1)
		continue;
	mem_free(w.mem);
	return rc;
}

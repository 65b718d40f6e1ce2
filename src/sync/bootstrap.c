/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/bootstrap.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "local/checkpoint.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "local/side.h"
#include "sync/apply.h"
#include "sync/chain.h"
#include "sync/guard.h"
#include "sync/name.h"
#include "sync/propose.h"

/* What gzip can make of a byte at most, and a floor for small files. */
#define UNPACK_RATIO 1100
#define UNPACK_MIN (1024 * 1024)

bool
bootstrap_is_due(const struct sync *s, const struct commit *head)
{
	if (head->checkpoint.version <= s->last.version)
		return false;
	return s->last.version == 0 || s->last.version + 1 < head->floor;
}

/* ---- having it ------------------------------------------------------------- */

int
bootstrap_get(struct sync *s, const struct commit_checkpoint *cp, char **plain)
{
	char *packed = path_join(s->mem, s->opt->work_dir, "checkpoint.gz");
	struct remote_transfer get = {
		.kind = REMOTE_GET_FILE,
		.path = name_checkpoint(s->mem, cp->version, &cp->hash),
		.file = packed,
		.size_bytes = cp->size_bytes,
		.limit_bytes = cp->size_bytes,
		.want = cp->hash,
	};
	int rc;

	*plain = path_join(s->mem, s->opt->work_dir, "checkpoint.db");
	if ((rc = file_remove(packed)) != 0)
		return rc;
	if ((rc = run_transfer(s, &get)) != 0)
		return err_wrap(rc, "checkpoint %s", get.path);
	rc = checkpoint_unpack(packed, *plain,
	    cp->size_bytes * UNPACK_RATIO + UNPACK_MIN);
	file_remove(packed);
	return rc;
}

/* ---- may we jump? ------------------------------------------------------------ */

struct jump {
	struct sync *s;
	struct mem *mem;
	struct checkpoint *cp;
	int64_t deletions;
	int64_t counter; /* our last one in it; 0: none */
	char txn[64];    /* and its txn */
	const char *at;  /* when the head was made, by its writer's clock */
};

static int
not_our_past(struct sync *s, const char *stable_id)
{
	return err_set(E_ROLLBACK,
	    "The store at %s is not the one that this "
	    "library knows, or lost something since: record %s differs in "
	    "its checkpoint.  Nothing was changed here; \"stemma recover "
	    "--dry-run\" tells how the two would be united.",
	    remote_name(s->remote), stable_id);
}

/* A row that is not newer than us must equal ours. */
static int
row_is_ours(void *arg, const struct record *rec, int64_t version)
{
	struct jump *j = arg;
	struct record side;
	struct held held;
	int rc;

	mem_reset(j->mem);
	if (version > j->s->last.version) {
		rc = record_find(j->s->db, j->mem, rec->stable_id, &held);
		j->deletions += rc == 1 && rec->deleted && !held.rec.deleted;
		return rc < 0 ? rc : 0;
	}
	rc = record_side(j->s->db, j->mem, rec->stable_id, &side, NULL);
	if (rc < 0)
		return rc;
	return rc == 1 && shared_equal(&side, rec)
	    ? 0
	    : not_our_past(j->s, rec->stable_id);
}

static int
ours_is_there(void *arg, const struct held *held)
{
	struct jump *j = arg;
	struct record rec;
	int64_t version;
	int rc;

	if (held->remote_version == 0)
		return 0;
	mem_reset(j->mem);
	rc = checkpoint_find(j->cp, j->mem, held->rec.stable_id, &rec,
	    &version);
	if (rc == 0)
		return not_our_past(j->s, held->rec.stable_id);
	return rc < 0 ? rc : 0;
}

static int
our_counter(void *arg, const struct replica *r)
{
	struct jump *j = arg;

	if (strcmp(r->replica, j->s->replica) != 0)
		return 0;
	j->counter = r->counter;
	snprintf(j->txn, sizeof(j->txn), "%s", r->txn);
	return 1;
}

/* One that we know of, and its last number in the checkpoint. */
struct known {
	const struct replica *replica;
	int64_t counter;
};

static int
its_counter(void *arg, const struct replica *r)
{
	struct known *k = arg;

	if (strcmp(r->replica, k->replica->replica) != 0)
		return 0;
	k->counter = r->counter;
	return 1;
}

/* What others published, and we have seen, must be in it as well: a store that
 * was made anew and has outgrown us may name all our records, but older. */
static int
theirs_is_there(void *arg, const struct replica *r)
{
	struct jump *j = arg;
	struct known k = { r, 0 };
	int rc = checkpoint_each_replica(j->cp, its_counter, &k);

	if (rc < 0 || k.counter >= r->counter)
		return rc < 0 ? rc : 0;
	return err_set(E_ROLLBACK,
	    "The store at %s lacks what replica %s published and this library "
	    "has seen: it was restored from an older copy, or made anew.  "
	    "Nothing was changed here; \"stemma recover --dry-run\" tells how "
	    "the two would be united.",
	    remote_name(j->s->remote), r->replica);
}

/* What we published must be in it. */
static int
check_counter(struct jump *j)
{
	int64_t counter;
	int rc;

	if ((rc = meta_int(j->s->db, "counter", &counter)) != 0)
		return rc;
	if (j->counter < counter)
		return err_set(E_ROLLBACK,
		    "The store at %s lacks what this "
		    "replica published: it was restored from an older copy.  "
		    "Nothing was changed here; \"stemma recover --dry-run\" "
		    "tells what would be published again.",
		    remote_name(j->s->remote));
	return 0;
}

static int
may_jump(struct jump *j)
{
	static const struct record_filter all = { 0 };
	int rc;

	if ((rc = checkpoint_each_replica(j->cp, our_counter, j)) < 0)
		return rc;
	if (j->s->last.version == 0)
		return 0;
	if ((rc = checkpoint_each(j->cp, row_is_ours, j)) != 0 ||
	    (rc = record_each(j->s->db, &all, ours_is_there, j)) != 0 ||
	    (rc = check_counter(j)) != 0 ||
	    (rc = replica_each(j->s->db, theirs_is_there, j)) != 0)
		return rc;
	return guard_check(j->s, j->deletions, "here");
}

/* ---- jumping ------------------------------------------------------------------ */

static int
take_row(void *arg, const struct record *rec, int64_t version)
{
	struct jump *j = arg;
	struct theirs theirs = { rec, version, rec->updated_at, NULL, NULL,
		NULL };

	if (version <= j->s->last.version)
		return 0;
	mem_reset(j->mem);
	return apply_record(j->s, j->mem, &theirs);
}

static int
take_lineage(void *arg, const struct lineage *l)
{
	struct jump *j = arg;

	return lineage_put(j->s->db, l);
}

static int
take_replica(void *arg, const struct replica *r)
{
	struct jump *j = arg;

	return replica_put(j->s->db, r);
}

static int
take_dropped(void *arg, const char *id, const char *file_type,
    int64_t generation, int64_t version, const char *at)
{
	struct jump *j = arg;

	return dropped_put(j->s->db, id, file_type, generation, version, at);
}

/* What was let go, and when, is what the checkpoint says: all replicas must say
 * the same of a name, and rows that were jumped over are not seen here. */
static int
take_all_dropped(struct jump *j)
{
	int rc;

	if ((rc = dropped_begin(j->s->db)) != 0 ||
	    (rc = checkpoint_each_dropped(j->cp, take_dropped, j)) != 0)
		return rc;
	return dropped_end(j->s->db);
}

/* Rows that are here already meet those of the checkpoint one by one. */
static int
take_rows(struct jump *j)
{
	int rc;

	if ((rc = checkpoint_each(j->cp, take_row, j)) != 0 ||
	    (rc = checkpoint_each_lineage(j->cp, take_lineage, j)) != 0 ||
	    (rc = take_all_dropped(j)) != 0)
		return rc;
	return checkpoint_each_replica(j->cp, take_replica, j);
}

static int
library_is_empty(struct sync *s)
{
	struct record_counts counts;
	int rc = record_counts(s->db, &counts);

	return rc != 0 ? rc : counts.live + counts.deleted == 0;
}

static int
learn_first(struct sync *s, const struct checkpoint_head *at)
{
	return at->gc_first > 0
	    ? meta_put_int(s->db, "gc_first", at->gc_first)
	    : 0;
}

static int
arrive(struct sync *s, const struct checkpoint_head *at)
{
	struct commit c = { .version = at->version, .gc = at->gc };
	struct hash id;
	int rc;

	if ((rc = hash_parse(at->commit, &id)) != 0 ||
	    (rc = meta_put_int(s->db, "version", at->version)) != 0 ||
	    (rc = meta_put(s->db, "commit", at->commit)) != 0 ||
	    (rc = meta_put_int(s->db, "gc", at->gc)) != 0 ||
	    (rc = meta_put_int(s->db, "forget", 0)) != 0 ||
	    (rc = learn_first(s, at)) != 0 ||
	    (rc = meta_put_int(s->db, "weight", 0)) != 0 ||
	    (rc = meta_put(s->db, "last_fetch", NULL)) != 0 ||
	    (rc = passed_put(s->db, at->version, at->commit)) != 0)
		return rc;
	chain_adopt(s, &c, &id);
	s->sum->pulled++;
	return 0;
}

static int
load(struct jump *j)
{
	int empty = library_is_empty(j->s);

	if (empty < 0)
		return empty;
	return empty ? checkpoint_load(j->s->db, j->cp) : take_rows(j);
}

/* By number and txn: a copy of this library may have used the number, too. */
static bool
is_ours(const struct jump *j, const struct outbox *outbox)
{
	return outbox->frozen && j->counter == outbox->counter &&
	    strcmp(j->txn, outbox->txn) == 0;
}

/* Was the commit under way published before the checkpoint?  Then its records
 * are the store's side that ours are compared with. */
static int
end_outbox(struct jump *j)
{
	struct sync *s = j->s;
	struct outbox outbox;
	int rc;

	if ((rc = outbox_find(s->db, s->step, &outbox)) <= 0)
		return rc;
	if (is_ours(j, &outbox)) {
		if ((rc = apply_outbox(s, &outbox)) != 0)
			return rc;
	} else if (j->counter >= outbox.counter) {
		j->counter = 0; /* of a stranger, from now on */
		return apply_become_another(s);
	}
	return outbox_clear(s->db);
}

/* Our last number in it is one that we never gave: then we are a copy. */
static int
look_for_another(struct jump *j)
{
	int64_t counter;
	int rc = meta_int(j->s->db, "counter", &counter);

	return rc == 0 && j->counter > counter ? apply_become_another(j->s)
					       : rc;
}

static int
jump(struct jump *j, const struct checkpoint_head *at)
{
	struct sync *s = j->s;
	int rc;

	if ((rc = db_begin(s->db)) != 0)
		return rc;
	if ((rc = end_outbox(j)) == 0 && (rc = look_for_another(j)) == 0 &&
	    (rc = propose_if_away(s, j->at)) == 0 && (rc = load(j)) == 0)
		rc = arrive(s, at);
	return db_end(s->db, rc);
}

/* ---- the way there -------------------------------------------------------------- */

static int
check_head(struct sync *s, const struct checkpoint_head *at,
    const struct commit *c)
{
	if (at->version != c->checkpoint.version)
		return err_set(E_CORRUPT,
		    "the checkpoint of version %" PRId64
		    " says that it is of version %" PRId64,
		    c->checkpoint.version, at->version);
	if (strcmp(at->store, s->store) != 0)
		return err_set(E_ROLLBACK,
		    "The store at %s holds a "
		    "checkpoint of another store (%s).  Nothing was changed "
		    "here; \"stemma recover --dry-run\" tells more.",
		    remote_name(s->remote), at->store);
	return 0;
}

/* The walk from the head must come down to the checkpoint's own commit. */
static int
check_arrival(struct sync *s, const struct remote_head *head,
    const struct checkpoint_head *at)
{
	char hex[HASH_HEX_SIZE];
	struct hash arrival;
	int rc;

	if ((rc = chain_fetch(s, head, at->version, &arrival)) != 0)
		return rc;
	if (strcmp(hash_hex(&arrival, hex), at->commit) != 0)
		return err_set(E_CORRUPT,
		    "the checkpoint of version %" PRId64
		    " is not of the chain that names it",
		    at->version);
	return 0;
}

static int
run_with(struct sync *s, struct checkpoint *cp,
    const struct checkpoint_head *at, const struct remote_head *head,
    const struct commit *c)
{
	struct jump j = { .s = s, .mem = mem_new(), .cp = cp, .at = c->at };
	int rc;

	if ((rc = check_head(s, at, c)) == 0 &&
	    (rc = checkpoint_verify(cp, NULL)) == 0 &&
	    (rc = check_arrival(s, head, at)) == 0 && (rc = may_jump(&j)) == 0)
		rc = jump(&j, at);
	mem_free(j.mem);
	return rc;
}

int
bootstrap_run(struct sync *s, const struct remote_head *head,
    const struct commit *c)
{
	struct checkpoint_head at;
	struct checkpoint *cp;
	char *plain;
	int rc;

	run_say(s, "Loading the checkpoint of version %" PRId64 ".",
	    c->checkpoint.version);
	if ((rc = bootstrap_get(s, &c->checkpoint, &plain)) != 0)
		return rc;
	if ((rc = checkpoint_open(plain, &cp, &at)) == 0) {
		rc = run_with(s, cp, &at, head, c);
		checkpoint_close(cp);
	}
	file_remove(plain);
	return rc;
}

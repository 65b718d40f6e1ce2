/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "local/blob.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob_private.h"
#include "local/db.h"
#include "local/ref.h"

#include <stdio.h>
#include <unistd.h>

struct check {
	struct blobs *blobs; /* borrowed */
	struct db *db;       /* borrowed */
	bool hash;
	bool repair;
	bool is_thorough; /* what the next sync would note counts too */
	int (*fn)(void *arg, const char *fault);
	void *arg;
};

/* A row of storage_refs. */
struct content {
	char id[65];
	char file_type[8];
	int64_t size;
	bool is_here;
	int64_t refs;
};

static int
tell(const struct check *c, const char *id, const char *file_type,
    const char *words)
{
	struct mem *mem = mem_new();
	int rc;

	rc = c->fn(c->arg,
	    mem_printf(mem, "content %s (%s): %s", id, file_type, words));
	mem_free(mem);
	return rc;
}

/* ---- counts -------------------------------------------------------------- */

static int
tell_count(const struct check *c, struct stmt *st)
{
	struct mem *mem = mem_new();
	int rc;

	rc = tell(c, db_text(st, 0), db_text(st, 1),
	    mem_printf(mem, "%lld hold it, %lld are counted",
		(long long)db_int(st, 2), (long long)db_int(st, 3)));
	mem_free(mem);
	return rc;
}

static int
run_plain(struct db *db, enum sql sql)
{
	struct stmt *st;
	int rc = db_stmt(db, sql, &st);

	return rc != 0 ? rc : db_run(st);
}

static int
mend_counts(struct db *db)
{
	int rc;

	if ((rc = db_begin(db)) != 0)
		return rc;
	if ((rc = run_plain(db, BLOB_MEND_COUNTS)) == 0)
		rc = run_plain(db, BLOB_MEND_UNHELD);
	return db_end(db, rc);
}

static int
tell_counts(const struct check *c, bool *is_wrong)
{
	struct stmt *st;
	int rc;

	*is_wrong = false;
	if ((rc = db_stmt(c->db, BLOB_MISCOUNTED, &st)) != 0)
		return rc;
	while ((rc = db_step(st)) == 1) {
		*is_wrong = true;
		if ((rc = tell_count(c, st)) != 0)
			break;
	}
	db_reset(st);
	return rc;
}

/* The lock is taken only where there is something to mend. */
static int
check_counts(const struct check *c)
{
	bool is_wrong;
	int rc;

	if ((rc = tell_counts(c, &is_wrong)) != 0)
		return rc;
	return is_wrong && c->repair ? mend_counts(c->db) : 0;
}

/* ---- one content --------------------------------------------------------- */

static int
next_content(struct db *db, struct content *x)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, BLOB_NEXT, &st)) != 0)
		return rc;
	db_bind_text(st, 1, x->id);
	db_bind_text(st, 2, x->file_type);
	if ((rc = db_step(st)) != 1)
		return rc;
	snprintf(x->id, sizeof(x->id), "%s", db_text(st, 0));
	snprintf(x->file_type, sizeof(x->file_type), "%s", db_text(st, 1));
	x->size = db_int(st, 2);
	x->is_here = db_int(st, 3) != 0;
	x->refs = db_int(st, 4);
	db_reset(st);
	return 1;
}

/* What the row says now; 0: there is none any more. */
static int
find_content(struct db *db, struct content *x)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(db, REF_FIND, &st)) != 0)
		return rc;
	db_bind_text(st, 1, x->id);
	db_bind_text(st, 2, x->file_type);
	if ((rc = db_step(st)) != 1)
		return rc;
	x->refs = db_int(st, 0);
	x->size = db_int(st, 1);
	x->is_here = db_int(st, 2) != 0;
	db_reset(st);
	return 1;
}

/* Does it have the hash that is its name?  1 yes, 0 no; E_IO. */
static int
has_its_hash(const struct check *c, const struct content *x)
{
	char text[HASH_HEX_SIZE];
	struct hash hash;
	int fd, rc;

	if ((fd = blob_open(c->blobs, x->id, x->file_type)) < 0)
		return fd;
	rc = hash_fd(fd, &hash, NULL);
	close(fd);
	return rc < 0 ? rc : str_eq(hash_hex(&hash, text), x->id);
}

/* What is wrong with a content that should be here; NULL: nothing. */
static const char *
fault_of(const struct check *c, const struct content *x)
{
	int64_t size;
	int rc;

	rc = blob_find(c->blobs, x->id, x->file_type, &size);
	if (rc == 0)
		return "its file is missing";
	if (rc == 1 && size != x->size)
		return "its file has a wrong length";
	if (rc == 1 && c->hash)
		rc = has_its_hash(c, x);
	if (rc == 0)
		return "its file is damaged (another hash)";
	return rc < 0 ? "its file cannot be read" : NULL;
}

/* Aside, so that a person can look at it; none is fine. */
static int
move_away(const struct check *c, const struct content *x)
{
	char name[BLOB_NAME_SIZE], to[BLOB_NAME_SIZE + 16];
	int rc;

	if ((rc = blob_name(x->id, x->file_type, name)) != 0 ||
	    (rc = blob_make_side(c->blobs, ".damaged")) != 0)
		return rc;
	snprintf(to, sizeof(to), ".damaged/%s", name + 3);
	if (renameat(c->blobs->root_fd, name, c->blobs->root_fd, to) != 0 &&
	    blob_is_here(c->blobs, x->id, x->file_type))
		return blob_io(c->blobs, name);
	return 0;
}

static int
check_present(const struct check *c, const struct content *x)
{
	const char *fault = fault_of(c, x);
	int rc;

	if (fault == NULL)
		return 0;
	if ((rc = tell(c, x->id, x->file_type, fault)) != 0 || !c->repair)
		return rc;
	if ((rc = move_away(c, x)) != 0)
		return rc;
	return ref_lost(c->db, x->id, x->file_type, fault);
}

/* A crash came between the file and the note of it. */
static int
note_arrival(const struct check *c, const struct content *x, int64_t size)
{
	struct stmt *st;
	int rc;

	if ((rc = db_stmt(c->db, BLOB_MEND_SIZE, &st)) != 0)
		return rc;
	db_bind_text(st, 1, x->id);
	db_bind_text(st, 2, x->file_type);
	db_bind_int(st, 3, size);
	if ((rc = db_run(st)) != 0)
		return rc;
	return ref_arrived(c->db, x->id, x->file_type);
}

static int
check_absent(const struct check *c, const struct content *x)
{
	int64_t size;
	int rc;

	if (blob_find(c->blobs, x->id, x->file_type, &size) != 1 ||
	    has_its_hash(c, x) != 1)
		return 0;
	if (size == x->size && !c->is_thorough)
		return 0; /* a sync was stopped; the next one notes it */
	rc = tell(c, x->id, x->file_type, "is here, but was thought missing");
	return rc != 0 || !c->repair ? rc : note_arrival(c, x, size);
}

/* What nobody holds may be half gone. */
static int
check_one(const struct check *c, const struct content *x)
{
	if (x->refs == 0)
		return 0;
	return x->is_here ? check_present(c, x) : check_absent(c, x);
}

/* Under the lock, and as it is now: it may just have come or gone. */
static int
check_again(const struct check *c, const struct content *before)
{
	struct content x = *before;
	int rc;

	if ((rc = db_begin(c->db)) != 0)
		return rc;
	if ((rc = find_content(c->db, &x)) == 1)
		rc = check_one(c, &x);
	return db_end(c->db, rc);
}

static int
tell_nobody(void *arg, const char *fault)
{
	(void)fault;
	*(bool *)arg = true;
	return 0;
}

int
blob_check(struct blobs *blobs, struct db *db, bool hash, bool repair,
    int (*fn)(void *arg, const char *fault), void *arg)
{
	struct check c = { blobs, db, hash, repair, repair, fn, arg };
	struct content x = { 0 };
	bool is_suspect;
	struct check look = { blobs, db, hash, false, repair, tell_nobody,
		&is_suspect };
	int rc;

	rc = check_counts(&c);
	while (rc == 0 && (rc = next_content(db, &x)) == 1) {
		is_suspect = false;
		rc = check_one(&look, &x);
		if (rc == 0 && is_suspect)
			rc = check_again(&c, &x);
	}
	return rc;
}

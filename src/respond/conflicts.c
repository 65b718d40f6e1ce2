/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/status.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/conflict.h"
#include "local/db.h"
#include "local/record.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "tei/merge.h"
#include "web/request.h"
#include "web/response.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DIFF_MAX (1 << 20) /* bytes that are told */
#define DIFF_CONTEXT 3

/* A conflict and its two sides. */
struct sides {
	struct conflict c;
	struct held ours;
	struct record theirs;
	bool have_theirs; /* what is proposed, the store may not have */
};

static int
find_sides(struct db *db, struct mem *mem, const struct conflict *c,
    struct sides *s)
{
	int rc;

	s->c = *c;
	if ((rc = record_find(db, mem, c->stable_id, &s->ours)) != 1)
		return rc;
	rc = record_side(db, mem, c->stable_id, &s->theirs, NULL);
	s->have_theirs = rc == 1;
	if (rc != 0 || !str_eq(c->type, "proposed"))
		return rc;
	memset(&s->theirs, 0, sizeof(s->theirs));
	s->theirs.deleted = true;
	return 1;
}

static void
put(struct buf *out, const char *key, const char *text)
{
	json_put_key(out, key);
	json_put_string(out, text);
}

/* A side that was deleted has no content to compare. */
static void
put_sides(struct buf *out, const struct sides *s)
{
	const struct record *ours = &s->ours.rec;

	put(out, "file_id", s->c.stable_id);
	put(out, "stable_id", s->c.stable_id);
	put(out, "filename", ours->filename);
	put(out, "doc_id", ours->doc_id);
	put(out, "local_modified_at", s->ours.local_modified_at);
	put(out, "local_hash", ours->deleted ? NULL : ours->id);
	put(out, "remote_modified_at", s->theirs.updated_at);
	put(out, "remote_hash", s->theirs.deleted ? NULL : s->theirs.id);
	put(out, "conflict_type", s->c.type);
	put(out, "remote_user", s->c.their_user);
	put(out, "remote_replica", s->c.their_replica);
	put(out, "ancestor_hash", s->c.has_ancestor ? s->c.ancestor.id : NULL);
	put(out, "merge_hash", s->c.merge_id);
	put(out, "merge_reason", s->c.merge_reason);
	put(out, "seen_at", s->c.seen_at);
}

/* ---- all of them --------------------------------------------------------------- */

struct list {
	struct request *req;
	struct mem *mem; /* of one conflict */
	int64_t n;
};

static int
put_one(struct list *l, const struct sides *s)
{
	struct buf out = { 0 };
	int rc;

	buf_puts(&out, l->n++ > 0 ? ",{" : "{");
	put_sides(&out, s);
	buf_putc(&out, '}');
	rc = response_write(l->req, out.data, out.len);
	buf_release(&out);
	return rc;
}

/* One that was settled meanwhile, or that the caller may not know of, is passed
 * over. */
static int
list_one(void *arg, const struct conflict *c)
{
	struct list *l = arg;
	struct sides s;
	int rc;

	mem_reset(l->mem);
	rc = find_sides(state_of(l->req)->site.db, l->mem, c, &s);
	if (rc == 1)
		rc = pick_may_read(l->req, &s.ours.rec);
	return rc == 1 ? put_one(l, &s) : rc;
}

int
status_conflicts(struct request *req)
{
	struct list l = { .req = req };
	int rc;

	response_type(req, "application/json");
	if ((rc = response_puts(req, "{\"conflicts\":[")) != 0)
		return rc;
	l.mem = mem_new();
	rc = conflict_each(state_of(req)->site.db, list_one, &l);
	mem_free(l.mem);
	if (rc != 0)
		return rc;
	return response_printf(req, "],\"total\":%" PRId64 "}", l.n);
}

/* ---- one, with all that decides it ------------------------------------------------ */

static void
put_record(struct buf *out, const char *key, const struct record *rec)
{
	json_put_key(out, key);
	if (rec != NULL)
		shared_encode(rec, out);
	else
		buf_puts(out, "null");
}

/* A file of at most `max` bytes as a JSON string; what is longer is cut at a
 * line's end. */
static int
put_file(struct buf *out, int fd, size_t max, bool *is_cut)
{
	struct buf text = { 0 };
	char piece[16384];
	ssize_t n = 0;

	*is_cut = false;
	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_set(E_IO, "a temporary file cannot be read");
	while (text.len <= max && (n = read(fd, piece, sizeof(piece))) > 0)
		buf_add(&text, piece, (size_t)n);
	if (text.len > max) {
		*is_cut = true;
		while (text.len > 0 &&
		    (text.len > max || text.data[text.len - 1] != '\n'))
			text.data[--text.len] = '\0';
	}
	json_put_string(out, buf_text(&text));
	buf_release(&text);
	return n < 0 ? err_set(E_IO, "a temporary file cannot be read") : 0;
}

static const char *
why_no_diff(struct request *req, const struct sides *s)
{
	const struct blobs *blobs = state_of(req)->site.blobs;
	const struct record *ours = &s->ours.rec;

	if (ours->deleted || s->theirs.deleted)
		return "one side is deleted";
	if (str_eq(ours->file_type, "pdf"))
		return "PDFs are not compared";
	if (!blob_is_here(blobs, s->theirs.id, s->theirs.file_type))
		return "the content of the store's side was not fetched yet";
	if (!blob_is_here(blobs, ours->id, ours->file_type))
		return "the content is not here";
	return NULL;
}

static int
diff_to(struct request *req, const struct sides *s, int fd, struct buf *out)
{
	const struct blobs *blobs = state_of(req)->site.blobs;
	const struct record *ours = &s->ours.rec;
	bool is_cut = false;
	int rc;

	rc = tei_diff(blob_path(blobs, req->mem, s->theirs.id,
			  s->theirs.file_type),
	    blob_path(blobs, req->mem, ours->id, ours->file_type), "remote",
	    "local", DIFF_CONTEXT, fd);
	if (rc == 0) {
		put(out, "diff", NULL);
		put(out, "diff_reason", err_text());
	} else if (rc == 1) {
		json_put_key(out, "diff");
		rc = put_file(out, fd, DIFF_MAX, &is_cut);
		put(out, "diff_reason", is_cut ? "it goes on" : NULL);
	}
	return rc < 0 ? rc : 0;
}

/* By way of a file without a name: a diff may be long. */
static int
put_diff(struct request *req, const struct sides *s, struct buf *out)
{
	const char *why = why_no_diff(req, s);
	FILE *file;
	int rc;

	if (why != NULL) {
		put(out, "diff", NULL);
		put(out, "diff_reason", why);
		return 0;
	}
	if ((file = tmpfile()) == NULL)
		return err_set(E_IO, "a temporary file: %s", strerror(errno));
	rc = diff_to(req, s, fileno(file), out);
	fclose(file);
	return rc;
}

/* The text that "merge" takes: so that a person can read it before. */
static int
put_merge(struct request *req, const struct sides *s, struct buf *out)
{
	bool is_cut;
	int fd, rc;

	json_put_key(out, "merge");
	if (s->c.merge_id == NULL) {
		buf_puts(out, "null");
		return 0;
	}
	fd = blob_open(state_of(req)->site.blobs, s->c.merge_id, "tei");
	if (fd < 0)
		return fd;
	buf_putc(out, '{');
	put(out, "content_hash", s->c.merge_id);
	json_put_key(out, "xml_string");
	rc = put_file(out, fd, 2 * TEI_MERGE_MAX, &is_cut);
	buf_putc(out, '}');
	close(fd);
	return rc;
}

static int
put_all(struct request *req, const struct sides *s, struct buf *out)
{
	int rc;

	buf_putc(out, '{');
	put_sides(out, s);
	put_record(out, "local", &s->ours.rec);
	put_record(out, "remote", s->have_theirs ? &s->theirs : NULL);
	put_record(out, "base", s->c.has_ancestor ? &s->c.ancestor : NULL);
	if ((rc = put_diff(req, s, out)) != 0 ||
	    (rc = put_merge(req, s, out)) != 0)
		return rc;
	buf_putc(out, '}');
	return 0;
}

/* In one snapshot: a sync may change all of it. */
static int
find_one(struct request *req, struct sides *s)
{
	struct db *db = state_of(req)->site.db;
	struct conflict c;
	int rc;

	if ((rc = db_begin_read(db)) != 0)
		return rc;
	rc = conflict_find(db, req->mem, req->arg[0], &c);
	if (rc == 1)
		rc = find_sides(db, req->mem, &c, s);
	return db_end(db, rc);
}

int
status_conflict(struct request *req)
{
	struct buf out = { 0 };
	struct sides s;
	int rc = find_one(req, &s);

	if (rc == 0)
		return request_fail(req, 404, "%s is not in conflict",
		    req->arg[0]);
	if (rc < 0 || (rc = pick_deny_read(req, &s.ours.rec)) != 0)
		return rc;
	if ((rc = put_all(req, &s, &out)) == 0)
		rc = response_json(req, &out);
	buf_release(&out);
	return rc;
}

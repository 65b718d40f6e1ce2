/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/files.h"

#include "base/mem.h"
#include "local/db.h"
#include "local/document.h"
#include "local/lock.h"
#include "respond/fold.h"
#include "respond/group.h"
#include "respond/list_cache.h"
#include "respond/list_place.h"
#include "respond/responder.h"
#include "web/request.h"
#include "web/response.h"

#include <string.h>

/*
 * Documents in one of three orders (local/document.h).  As long as they are
 * listed the newest first, or by name, a cursor holds while people work.
 */
#define PAGE 64 /* documents of one snapshot */
#define LIMIT_MAX 10000
#define KEEP_BYTES (32 * 1024) /* not sent before there is more */
#define MARKS_MAX 1000
#define MARKS_PAGE 1024 /* documents of one snapshot, when they are counted */

/* ---- what is asked for --------------------------------------------------------- */

struct ask {
	int64_t limit; /* 0: all */
	int64_t marks; /* a place after each so many; 0: documents */
	enum document_sort sort;
	enum document_state state;
	const char *doc_id; /* that one alone; NULL: all */
	bool has_place;
	struct place place; /* the last that was told */
};

static const char *
query_text(struct request *req, const char *name)
{
	const char *text = request_query(req, name);

	return text != NULL && *text != '\0' ? text : NULL;
}

/* One of some names: its number; the first, where nothing is asked. */
static int
read_name(struct request *req, const char *field, const char *const *names,
    const char *msg, int *value)
{
	const char *text = query_text(req, field);

	*value = 0;
	if (text == NULL)
		return 0;
	for (; names[*value] != NULL; (*value)++)
		if (str_eq(names[*value], text))
			return 0;
	return request_invalid(req, "query", field, "enum", msg, NULL);
}

static int
read_order(struct request *req, struct ask *ask)
{
	static const char *const sorts[] = {
		[DOCUMENT_NEWEST] = "newest",
		[DOCUMENT_CHANGED] = "changed",
		[DOCUMENT_NAME] = "name",
		NULL,
	};
	static const char *const states[] = {
		[DOCUMENT_ANY] = "any",
		[DOCUMENT_IN_STEP] = "in_step",
		[DOCUMENT_TO_SEND] = "to_send",
		[DOCUMENT_TO_FETCH] = "to_fetch",
		[DOCUMENT_CONFLICT] = "conflict",
		NULL,
	};
	int sort, state, rc;

	if ((rc = read_name(req, "sort", sorts,
		 "Input should be 'newest', 'changed' or 'name'", &sort)) !=
		0 ||
	    (rc = read_name(req, "state", states,
		 "Input should be 'any', 'in_step', 'to_send', 'to_fetch' or "
		 "'conflict'",
		 &state)) != 0)
		return rc;
	ask->sort = (enum document_sort)sort;
	ask->state = (enum document_state)state;
	return 0;
}

static int
read_query(struct request *req, struct listing *l, struct ask *ask)
{
	const char *cursor = query_text(req, "cursor");
	const char *q = query_text(req, "q");
	struct buf folded = { 0 };
	bool refresh = false; /* a listing is always fresh */
	int rc;

	if ((rc = request_query_int(req, "limit", 1, LIMIT_MAX, 0,
		 &ask->limit)) != 0 ||
	    (rc = request_query_int(req, "marks", 1, MARKS_MAX, 0,
		 &ask->marks)) != 0 ||
	    (rc = request_query_bool(req, "refresh", &refresh)) != 0 ||
	    (rc = read_order(req, ask)) != 0)
		return rc;
	ask->doc_id = query_text(req, "doc_id");
	ask->has_place = cursor != NULL;
	if (cursor != NULL &&
	    !place_read_cursor(&ask->place, ask->sort, cursor))
		return request_invalid(req, "query", "cursor", "value_error",
		    "Input should be the next_cursor of an earlier answer",
		    NULL);
	l->variant = query_text(req, "variant");
	l->collection = query_text(req, "collection");
	if (q != NULL) {
		fold_text(q, &folded);
		l->folded = mem_strdup(req->mem, buf_text(&folded));
		buf_release(&folded);
	}
	return 0;
}

/* ---- locks ------------------------------------------------------------------------ */

static int
note_any(void *arg, const char *stable_id)
{
	struct listing *l = arg;

	(void)stable_id;
	l->any_lock = true;
	return 1;
}

static int
note_locked(void *arg, const char *stable_id)
{
	struct listing *l = arg;
	const char **more;
	size_t room = l->locked_count;

	/* As many again, whenever that many are full. */
	if ((room & (room - 1)) == 0) {
		more = mem_alloc(l->req->mem,
		    (room > 0 ? 2 * room : 1) * sizeof(*more));
		if (room > 0)
			memcpy(more, l->locked, room * sizeof(*more));
		l->locked = more;
	}
	l->locked[l->locked_count++] = mem_strdup(l->req->mem, stable_id);
	return 0;
}

/* ---- page by page --------------------------------------------------------------------- */

/* A page under way: `told` Groups so far; `is_more`: the limit was reached, and
 * there is another. */
struct walk {
	struct listing *l;
	struct ask *ask;
	int64_t told;
	struct place last; /* that was told */
	bool is_more;
	struct buf marks;
};

/* A document that is counted, and not told. */
static int
count_document(struct walk *w, const struct document *doc)
{
	int rc = group_put(w->l, doc->doc_id, true);

	if (rc == 1 && w->told > 0 && w->told % w->ask->marks == 0) {
		buf_puts(&w->marks, ",\"");
		place_put_cursor(&w->last, w->ask->sort, &w->marks);
		buf_putc(&w->marks, '"');
	}
	w->ask->has_place = true;
	place_note(&w->ask->place, doc);
	if (rc == 1) {
		w->last = w->ask->place;
		w->told++;
	}
	return rc < 0 ? rc : 0;
}

static int
put_document(struct walk *w, const struct document *doc)
{
	bool is_full = w->ask->limit > 0 && w->told == w->ask->limit;
	int rc = group_put(w->l, doc->doc_id, is_full);

	if (rc == 1 && is_full)
		w->is_more = true;
	w->ask->has_place = true;
	place_note(&w->ask->place, doc);
	if (rc == 1 && !is_full) {
		w->last = w->ask->place;
		w->told++;
	}
	return rc < 0 ? rc : 0;
}

/* Documents behind the place; answers how many there were. */
static int
put_page(struct walk *w, struct mem *mem, int max)
{
	const struct document after = {
		.at = w->ask->place.at,
		.stable_id = w->ask->place.stable_id,
	};
	struct document *page = mem_alloc(mem, (size_t)max * sizeof(*page));
	struct db *db = state_of(w->l->req)->site.db;
	int i, n, rc = 0;

	n = document_page(db, mem, w->ask->sort, w->ask->state,
	    w->ask->has_place ? &after : NULL, max, page);
	for (i = 0; i < n && rc == 0 && !w->is_more; i++)
		rc = w->ask->marks > 0 ? count_document(w, &page[i])
				       : put_document(w, &page[i]);
	return rc < 0 ? rc : n;
}

/* In one snapshot, which ends before the client is waited for. */
static int
put_snapshot(struct walk *w, int max)
{
	struct db *db = state_of(w->l->req)->site.db;
	struct mem *mem = mem_new();
	int rc, n = 0;

	if ((rc = db_begin_read(db)) == 0) {
		n = put_page(w, mem, max);
		rc = db_end(db, n < 0 ? n : 0);
	}
	mem_free(mem);
	if (rc == 0)
		rc = listing_write(w->l, KEEP_BYTES);
	return rc < 0 ? rc : n;
}

/* One document is no page: it is there or not. */
static int
put_one(struct walk *w)
{
	struct db *db = state_of(w->l->req)->site.db;
	int rc;

	if ((rc = db_begin_read(db)) == 0) {
		rc = group_put(w->l, w->ask->doc_id, false);
		rc = db_end(db, rc < 0 ? rc : 0);
	}
	return rc;
}

static int
put_all(struct walk *w)
{
	int64_t left = w->ask->limit > 0 ? w->ask->limit + 1 : PAGE;
	int max = left < PAGE ? (int)left : PAGE;
	int n;

	do
		n = put_snapshot(w, max);
	while (n == max && !w->is_more);
	return n < 0 ? n : 0;
}

/* How many there are, and the cursors behind each so many of them. */
static int
answer_marks(struct listing *l, struct ask *ask)
{
	struct walk w = { .l = l, .ask = ask };
	int n, rc;

	response_type(l->req, "application/json");
	do
		n = put_snapshot(&w, MARKS_PAGE);
	while (n == MARKS_PAGE);
	buf_printf(&l->out, "{\"total\":%lld,\"marks\":[\"\"",
	    (long long)w.told);
	buf_add(&l->out, w.marks.data, w.marks.len);
	buf_puts(&l->out, "]}");
	buf_release(&w.marks);
	rc = listing_write(l, 0);
	return n < 0 ? n : rc;
}

static int
answer(struct listing *l, struct ask *ask)
{
	struct walk w = { .l = l, .ask = ask };
	int rc;

	if (ask->marks > 0 && ask->doc_id == NULL)
		return answer_marks(l, ask);
	response_type(l->req, "application/json");
	buf_puts(&l->out, "{\"files\":[");
	rc = ask->doc_id != NULL ? put_one(&w) : put_all(&w);
	if (rc != 0)
		return rc;
	buf_putc(&l->out, ']');
	if (w.is_more) {
		buf_puts(&l->out, ",\"next_cursor\":\"");
		place_put_cursor(&w.last, ask->sort, &l->out);
		buf_putc(&l->out, '"');
	}
	buf_putc(&l->out, '}');
	return listing_write(l, 0);
}

/* ---- answers that are kept --------------------------------------------------------- */

/* A lock that ends changes no library: what shows locks does not stay. */
#define LOCKED_MS 1000

int
files_open(struct state *st)
{
	st->own = list_cache_new();
	return 0;
}

void
files_close(struct state *st)
{
	list_cache_free(st->own);
}

static void
put_part(struct buf *key, const char *part)
{
	/* No part has a control character in it. */
	buf_printf(key, "%s%s\n", part != NULL ? "=" : "",
	    part != NULL ? part : "");
}

/* Who asks, as far as it makes a difference, and what for. */
static const char *
make_key(const struct listing *l, const struct ask *ask)
{
	const struct caller *who = &l->req->caller;
	struct buf key = { 0 };
	const char *text;

	put_part(&key, who->user);
	put_part(&key, l->any_lock ? who->session : NULL);
	put_part(&key, l->variant);
	put_part(&key, l->collection);
	put_part(&key, l->folded);
	put_part(&key, ask->doc_id);
	put_part(&key, ask->has_place ? ask->place.at : NULL);
	put_part(&key, ask->has_place ? ask->place.stable_id : NULL);
	buf_printf(&key, "%u %lld %lld %d %d", who->roles,
	    (long long)ask->limit, (long long)ask->marks, ask->sort,
	    ask->state);
	text = mem_strdup(l->req->mem, buf_text(&key));
	buf_release(&key);
	return text;
}

static int
make_answer(struct listing *l, struct ask *ask, const char *key,
    int64_t version)
{
	int rc;

	l->mem = mem_new();
	rc = answer(l, ask);
	if (rc == 0)
		list_cache_put(state_of(l->req)->own, key, version,
		    l->any_lock ? LOCKED_MS : 0, &l->sent);
	mem_free(l->mem);
	buf_release(&l->out);
	buf_release(&l->sent);
	buf_release(&l->work);
	return rc;
}

/* The version is asked for first: what changes later is no part of it. */
int
files_list(struct request *req)
{
	struct state *st = state_of(req);
	struct listing l = { .req = req };
	struct ask ask = { 0 };
	const struct buf *kept;
	const char *key;
	int64_t version;
	int rc;

	if ((rc = read_query(req, &l, &ask)) != 0 ||
	    (rc = db_version(st->site.db, &version)) != 0 ||
	    (rc = lock_each_other(st->site.db, NULL, note_any, &l)) < 0)
		return rc;
	key = make_key(&l, &ask);
	if ((kept = list_cache_find(st->own, key, version)) != NULL)
		return response_json(req, kept);
	if (l.any_lock &&
	    (rc = lock_each_other(st->site.db, req->caller.session, note_locked,
		 &l)) != 0)
		return rc;
	return make_answer(&l, &ask, key, version);
}

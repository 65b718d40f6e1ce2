/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/files.h"

#include "base/json.h"
#include "base/str.h"
#include "local/ref.h"
#include "respond/item.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "web/request.h"
#include "web/response.h"

#include <inttypes.h>

/* The past of one record, and the trash: rows of one table, told alike. */

#define KEEP_BYTES (32 * 1024) /* not sent before there is more */
#define LIMIT_MAX 10000
#define LIMIT_USUAL 1000

struct telling {
	struct request *req;
	struct buf out;
	int64_t limit;
	int64_t told;
	int64_t next; /* of the trash: its cursor, or 0 */
};

static void
put_text(struct buf *out, const char *key, const char *text)
{
	json_put_key(out, key);
	json_put_string(out, text);
}

static void
put_int(struct buf *out, const char *key, int64_t value)
{
	json_put_key(out, key);
	buf_printf(out, "%" PRId64, value);
}

static void
put_bool(struct buf *out, const char *key, bool value)
{
	json_put_key(out, key);
	buf_puts(out, value ? "true" : "false");
}

static void
put_stored(struct buf *out, const char *key, const char *json, char open)
{
	json_put_key(out, key);
	item_put_json(out, json, open);
}

/* `version` is what restoring wants; the record's own is record_version. */
static void
put_past(struct telling *t, const struct past *past, bool is_here)
{
	const struct record *r = &past->rec;
	struct buf *out = &t->out;

	put_int(out, "version", past->seq);
	put_int(out, "seq", past->seq);
	put_text(out, "at", past->at);
	put_text(out, "kind", past->kind);
	put_text(out, "user", past->user);
	put_text(out, "content_hash", r->id);
	put_bool(out, "is_here", is_here);
	put_text(out, "filename", r->filename);
	put_text(out, "doc_id", r->doc_id);
	put_text(out, "file_type", r->file_type);
	put_text(out, "label", r->label);
	put_text(out, "variant", r->variant);
	put_int(out, "record_version", r->version);
	put_bool(out, "is_gold_standard", r->is_gold);
	put_int(out, "file_size", r->file_size);
	put_stored(out, "doc_collections", r->doc_collections, '[');
	put_stored(out, "doc_metadata", r->doc_metadata, '{');
	put_stored(out, "file_metadata", r->file_metadata, '{');
	put_text(out, "created_at", r->created_at);
	put_text(out, "updated_at", r->updated_at);
}

static int
write_out(struct telling *t, size_t keep)
{
	int rc;

	if (t->out.len <= keep)
		return 0;
	rc = response_write(t->req, t->out.data, t->out.len);
	buf_clear(&t->out);
	return rc;
}

static int
tell(struct telling *t, const struct past *past)
{
	int is_here = ref_is_here(state_of(t->req)->site.db, past->rec.id,
	    past->rec.file_type);

	if (is_here < 0)
		return is_here;
	buf_puts(&t->out, t->told++ > 0 ? ",{" : "{");
	put_text(&t->out, "id", past->rec.stable_id);
	put_past(t, past, is_here == 1);
	buf_putc(&t->out, '}');
	return write_out(t, KEEP_BYTES);
}

static int
finish(struct telling *t, int rc)
{
	if (rc >= 0) {
		buf_putc(&t->out, ']');
		if (t->next > 0)
			buf_printf(&t->out, ",\"next_cursor\":\"%" PRId64 "\"",
			    t->next);
		buf_putc(&t->out, '}');
		rc = write_out(t, 0);
	}
	buf_release(&t->out);
	return rc;
}

/* ---- of one record ------------------------------------------------------------ */

static int
tell_past(void *arg, const struct past *past)
{
	return tell(arg, past);
}

/* Of what was deleted too: who looks into the trash wants to know. */
int
files_history(struct request *req)
{
	struct telling t = { .req = req };
	struct held held;
	int rc;

	if ((rc = pick_read_any(req, req->arg[0], &held)) != 0)
		return rc;
	response_type(req, "application/json");
	buf_putc(&t.out, '{');
	put_text(&t.out, "id", held.rec.stable_id);
	json_put_key(&t.out, "history");
	buf_putc(&t.out, '[');
	rc = history_each(state_of(req)->site.db, held.rec.stable_id, tell_past,
	    &t);
	return finish(&t, rc);
}

/* ---- the trash ------------------------------------------------------------------ */

static int
tell_deleted(void *arg, const struct past *past)
{
	struct telling *t = arg;
	int may = pick_may_read(t->req, &past->rec);

	if (may <= 0)
		return may;
	if (t->told == t->limit)
		return 1;
	t->next = past->seq;
	return tell(t, past);
}

static int
read_cursor(struct request *req, int64_t *before)
{
	const char *text = request_query(req, "cursor");

	*before = 0;
	if (text == NULL || *text == '\0' ||
	    (str_int64(text, before) == 0 && *before > 0))
		return 0;
	return request_invalid(req, "query", "cursor", "value_error",
	    "Input should be the next_cursor of an earlier answer", NULL);
}

int
files_trash(struct request *req)
{
	struct telling t = { .req = req };
	int64_t before;
	int rc;

	if ((rc = request_query_int(req, "limit", 1, LIMIT_MAX, LIMIT_USUAL,
		 &t.limit)) != 0 ||
	    (rc = read_cursor(req, &before)) != 0)
		return rc;
	response_type(req, "application/json");
	buf_puts(&t.out, "{\"files\":[");
	rc = history_trash(state_of(req)->site.db, before, tell_deleted, &t);
	if (rc == 0)
		t.next = 0;
	return finish(&t, rc);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/files.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "event/publish.h"
#include "local/db.h"
#include "local/meta.h"
#include "respond/responder.h"
#include "web/json.h"
#include "web/request.h"
#include "web/response.h"

#include <stddef.h>
#include <string.h>

/*
 * The replicas that have ever published, and what people here call them.  A name
 * is this library's own, as a name in an address book is: the store knows of
 * none.
 */
#define BODY_MAX 65536
#define NAME_MAX_BYTES 80

struct listing {
	struct request *req;
	struct db *db;
	const char *own; /* NULL: of no store yet */
	struct buf out;
	bool has_own;
};

static const char *
key_of(struct request *req, const char *replica)
{
	return mem_printf(req->mem, "replica_name/%s", replica);
}

static void
put_text(struct buf *out, const char *key, const char *text)
{
	json_put_key(out, key);
	json_put_string(out, text);
}

static int
put_replica(struct listing *l, const char *replica)
{
	char *name = NULL;
	int rc = meta_find(l->db, l->req->mem, key_of(l->req, replica), &name);
	bool is_ours = str_eq(replica, l->own);

	if (rc < 0)
		return rc;
	l->has_own |= is_ours;
	buf_puts(&l->out, l->out.data[l->out.len - 1] == '[' ? "{" : ",{");
	put_text(&l->out, "replica", replica);
	put_text(&l->out, "name", rc == 1 ? name : NULL);
	json_put_key(&l->out, "is_ours");
	buf_puts(&l->out, is_ours ? "true}" : "false}");
	return 0;
}

/* They are few, and read whole: none is asked for while others are read. */
struct ids {
	struct mem *mem;
	struct buf text; /* each closed with a line feed */
};

static int
note_replica(void *arg, const struct replica *r)
{
	struct ids *ids = arg;

	buf_printf(&ids->text, "%s\n", r->replica);
	return 0;
}

static int
put_all(struct listing *l)
{
	struct ids ids = { l->req->mem, { 0 } };
	char *rest = NULL, *id;
	int rc;

	rc = replica_each(l->db, note_replica, &ids);
	if (rc == 0 && ids.text.len > 0)
		for (id = strtok_r(ids.text.data, "\n", &rest);
		     rc == 0 && id != NULL; id = strtok_r(NULL, "\n", &rest))
			rc = put_replica(l, id);
	if (rc == 0 && l->own != NULL && !l->has_own)
		rc = put_replica(l, l->own);
	buf_release(&ids.text);
	return rc;
}

static int
answer(struct request *req)
{
	struct listing l = { .req = req, .db = state_of(req)->site.db };
	char *own = NULL;
	int rc;

	if ((rc = meta_find(l.db, req->mem, "replica", &own)) < 0)
		return rc;
	l.own = own;
	buf_puts(&l.out, "{\"replicas\":[");
	if ((rc = put_all(&l)) == 0) {
		buf_puts(&l.out, "]}");
		rc = response_json(req, &l.out);
	}
	buf_release(&l.out);
	return rc;
}

int
replicas_list(struct request *req)
{
	return answer(req);
}

/* ---- naming one ------------------------------------------------------------------ */

struct wish {
	const char *name;
};

static int
is_known(struct request *req, const char *id)
{
	struct db *db = state_of(req)->site.db;
	struct replica r;
	char *own = NULL;
	int rc;

	if ((rc = replica_find(db, req->mem, id, &r)) != 0 ||
	    (rc = meta_find(db, req->mem, "replica", &own)) != 1)
		return rc;
	return str_eq(own, id);
}

static int
set_name(struct request *req, const char *id, const char *name)
{
	struct db *db = state_of(req)->site.db;
	int rc;

	if ((rc = db_begin(db)) == 0)
		rc = db_end(db, meta_put(db, key_of(req, id), name));
	if (rc == 0)
		publish(state_of(req)->publisher, "settingsChanged",
		    "{\"keys\":[]}", NULL);
	return rc;
}

/* An empty name is none. */
int
replicas_name(struct request *req)
{
	static const struct field fields[] = {
		{ "name", FIELD_TEXT, true, offsetof(struct wish, name) },
		{ 0 },
	};
	struct wish wish = { NULL };
	const char *id = req->arg[0];
	int rc;

	if ((rc = json_fields(req, BODY_MAX, fields, &wish)) != 0)
		return rc;
	if (strlen(wish.name) > NAME_MAX_BYTES)
		return request_invalid(req, "body", "name", "string_too_long",
		    "String should have at most 80 bytes", NULL);
	if ((rc = is_known(req, id)) != 1)
		return rc < 0 ? rc
			      : request_fail(req, 404, "No replica %s", id);
	rc = set_name(req, id, *wish.name != '\0' ? wish.name : NULL);
	return rc != 0 ? rc : answer(req);
}

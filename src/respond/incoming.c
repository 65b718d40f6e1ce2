/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/incoming.h"

#include "auth/access.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "local/blob.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"
#include "respond/changed.h"
#include "respond/pick.h"
#include "respond/responder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MIB (INT64_C(1) << 20)
#define WRAPPING MIB /* at most, that a form has around its file */

/* ---- what the client says -------------------------------------------------- */

/* Names with commas between, as a JSON array. */
static void
put_names(struct mem *mem, const char *text, struct buf *json)
{
	char *names = mem_strdup(mem, text), *name, *save = NULL;

	buf_putc(json, '[');
	for (name = strtok_r(names, ",", &save); name != NULL;
	     name = strtok_r(NULL, ",", &save)) {
		size_t len = strlen(name += strspn(name, " "));

		while (len > 0 && name[len - 1] == ' ')
			name[--len] = '\0';
		if (len == 0)
			continue;
		if (json->len > 1)
			buf_putc(json, ',');
		json_put_string(json, name);
	}
	buf_putc(json, ']');
}

static int
set_collections(struct request *req, struct incoming *in, const char *text)
{
	struct buf json = { 0 }, canon = { 0 };
	int rc;

	if (text[0] == '[')
		buf_puts(&json, text);
	else
		put_names(req->mem, text, &json);
	rc = collections_canon(json.data, &canon);
	if (rc == 0)
		in->collections = mem_strndup(req->mem, canon.data, canon.len);
	buf_release(&json);
	buf_release(&canon);
	return rc;
}

static int
set_text(struct request *req, const char **to, const char *text)
{
	if (!shared_is_plain(text, SHARED_TEXT_MAX))
		return err_set(E_INPUT,
		    "at most %d bytes of UTF-8 without control characters",
		    SHARED_TEXT_MAX);
	*to = mem_strdup(req->mem, text);
	return 0;
}

int
incoming_set(struct request *req, struct incoming *in, const char *name,
    const char *value, size_t len)
{
	const char *text;

	if (len == 0)
		return 0;
	if (!str_is_utf8(value, len))
		return err_set(E_INPUT, "it is no UTF-8, or has a NUL in it");
	text = mem_strndup(req->mem, value, len);
	/* It is a name for people; record_add makes a safe one of it. */
	if (str_eq(name, "filename"))
		in->filename = text;
	else if (str_eq(name, "doc_id"))
		return set_text(req, &in->doc_id, text);
	else if (str_eq(name, "label"))
		return set_text(req, &in->label, text);
	else if (str_eq(name, "collections"))
		return set_collections(req, in, text);
	return 0;
}

/* ---- how much ---------------------------------------------------------------- */

int64_t
incoming_limit(const struct request *req)
{
	return state_of(req)->site.conf->max_upload_mb * MIB;
}

int
incoming_too_large(struct request *req)
{
	return request_fail(req, 413, "A file may have at most %d MiB here",
	    state_of(req)->site.conf->max_upload_mb);
}

/* It is nobody's input that is wrong: what is here already is kept. */
static int
no_room(struct request *req)
{
	(void)request_fail(req, 507,
	    "There is no room for this on the server's disk: tell its "
	    "administrator");
	return E_IO;
}

int
incoming_deny_size(struct request *req, int64_t size_bytes)
{
	struct statvfs fs;

	if (size_bytes > incoming_limit(req) + WRAPPING)
		return incoming_too_large(req);
	if (statvfs(state_of(req)->site.conf->data_root, &fs) == 0 &&
	    size_bytes > (int64_t)(fs.f_bavail * fs.f_frsize))
		return no_room(req);
	return 0;
}

int
incoming_failed(struct request *req, int rc)
{
	if (rc == E_IO && strstr(err_text(), "disk full") != NULL)
		return no_room(req);
	return rc;
}

int
incoming_temp(struct request *req)
{
	char *path = blob_temp(state_of(req)->site.blobs, req->mem);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set(E_IO, "%s: %s", path, strerror(errno));
	unlink(path);
	return fd;
}

/* ---- what it is -------------------------------------------------------------- */

int
incoming_look(struct request *req, int fd, struct looked *looked)
{
	int rc = tei_sniff(fd, &looked->kind);

	if (rc == E_INPUT)
		return request_fail(req, 400,
		    "Invalid file type. Allowed types: application/pdf, "
		    "application/xml");
	if (rc != 0)
		return rc;
	memset(&looked->ref, 0, sizeof(looked->ref));
	/* A TEI whose key or variant cannot be used has none. */
	if (looked->kind == TEI_XML && fileref_find(fd, &looked->ref) < 0)
		memset(&looked->ref, 0, sizeof(looked->ref));
	return 0;
}

/* ---- arrivals ------------------------------------------------------------------ */

static char *
arrival_key(struct mem *mem, const char *mark)
{
	return mem_printf(mem, "arrival/%s", mark);
}

int
arrival_find(struct request *req, const char *mark, struct arrival *arrival)
{
	char *value, *status;
	int rc;

	if (mark == NULL)
		return 0;
	rc = meta_find(state_of(req)->site.db, req->mem,
	    arrival_key(req->mem, mark), &value);
	if (rc != 1)
		return rc;
	if ((status = strchr(value, ' ')) == NULL)
		return err_set(E_CORRUPT, "the note of an arrival is none");
	*status = '\0';
	arrival->stable_id = value;
	arrival->status = status + 1;
	return 1;
}

int
arrival_put(struct request *req, const char *mark,
    const struct arrival *arrival)
{
	if (mark == NULL)
		return 0;
	return meta_put(state_of(req)->site.db, arrival_key(req->mem, mark),
	    mem_printf(req->mem, "%s %s", arrival->stable_id, arrival->status));
}

int
arrival_forget(struct db *db, const char *mark)
{
	struct mem *mem = mem_new();
	int rc = meta_put(db, arrival_key(mem, mark), NULL);

	mem_free(mem);
	return rc;
}

/* ---- a record ------------------------------------------------------------------- */

/* The document that the client names has a type of its own already. */
struct joining {
	struct mem *mem;
	struct record_new *n;
};

static int
see_type(void *arg, const struct held *held)
{
	struct joining *j = arg;

	j->n->doc_id_type = mem_strdup(j->mem, held->rec.doc_id_type);
	return 1;
}

static int
join_document(struct request *req, struct record_new *n)
{
	const struct record_filter filter = { .doc_id = n->doc_id,
		.live = true };
	const struct record stranger = { .doc_id = n->doc_id,
		.file_type = "tei" };
	struct joining j = { req->mem, n };
	int rc;

	if (n->doc_id == NULL)
		return 0;
	rc = record_each(state_of(req)->site.db, &filter, see_type, &j);
	if (rc < 0)
		return rc;
	return pick_deny_edit(req, &stranger);
}

/* A gold standard that was deleted lives again only for those who may. */
static int
deny_gold(struct request *req, const struct record *rec, bool was_there)
{
	if (was_there || !rec->is_gold || access_may_gold(req->caller.roles))
		return 0;
	return request_fail(req, 403,
	    "Only reviewers can edit gold standard files");
}

static int
add(struct request *req, struct record_new *n, struct held *held,
    bool *was_there)
{
	struct db *db = state_of(req)->site.db;
	char *stable_id;
	int rc;

	if ((rc = join_document(req, n)) != 0)
		return rc;
	rc = record_add(db, req->mem, n, &stable_id, was_there);
	if (rc == E_DENIED)
		return request_fail(req, 409, "%s", err_text());
	if (rc != 0)
		return rc;
	if ((rc = record_find(db, req->mem, stable_id, held)) < 0)
		return rc;
	return deny_gold(req, &held->rec, *was_there);
}

static int
add_once(struct request *req, struct record_new *n, const char *mark,
    struct arrival *arrival, struct held *held, bool *was_there)
{
	int rc = arrival_find(req, mark, arrival);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if ((rc = add(req, n, held, was_there)) != 0)
		return rc;
	arrival->stable_id = held->rec.stable_id;
	arrival->status = "uploaded";
	return arrival_put(req, mark, arrival);
}

int
incoming_add(struct request *req, const struct incoming *in,
    const struct looked *looked, const char *id, int64_t size_bytes,
    const char *mark, struct arrival *arrival)
{
	struct db *db = state_of(req)->site.db;
	struct record_new n = {
		.id = id,
		.file_size = size_bytes,
		.file_type = tei_kind_name(looked->kind),
		.filename = in->filename,
		.doc_id = in->doc_id,
		.label = in->label,
		.doc_collections = in->collections,
		.upload_source = "api",
		.user = req->caller.user,
	};
	struct held held = { 0 };
	bool was_there = true;
	int rc;

	if (looked->ref.variant[0] != '\0')
		n.variant = looked->ref.variant;
	if ((rc = db_begin(db)) != 0)
		return rc;
	rc = add_once(req, &n, mark, arrival, &held, &was_there);
	if ((rc = db_end(db, rc)) == 0 && !was_there)
		changed(req, &held.rec, "uploaded");
	return rc;
}

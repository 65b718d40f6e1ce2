/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/sync.h"

#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/conflict.h"
#include "local/record.h"
#include "local/side.h"
#include "respond/changed.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "respond/store_fail.h"
#include "sync/resolve.h"
#include "tei/parse.h"
#include "web/json.h"
#include "web/request.h"
#include "web/response.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BODY_MAX (32 << 20) /* a text is in it, whole */
#define BODY_UNDO_MAX 65536
#define VARIANT_MAX 255

struct wish {
	const char *file_id;
	const char *word;
	const char *new_variant;
	const char *xml_string;
	enum resolution resolution;
};

static const struct field wish_fields[] = {
	{ "file_id", FIELD_TEXT, true, offsetof(struct wish, file_id) },
	{ "resolution", FIELD_TEXT, true, offsetof(struct wish, word) },
	{ "new_variant", FIELD_TEXT_OR_NULL, false,
	    offsetof(struct wish, new_variant) },
	{ "xml_string", FIELD_TEXT_OR_NULL, false,
	    offsetof(struct wish, xml_string) },
	{ NULL, FIELD_TEXT, false, 0 },
};

/* ---- what is meant -------------------------------------------------------------- */

/* The API's words, not the short ones of the command line. */
static int
parse_resolution(struct request *req, struct wish *wish)
{
	static const char *const words[] = { "local_wins", "remote_wins",
		"keep_both", "merge" };
	struct buf input = { 0 };
	int rc = 1;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(wish->word, words[i]) == 0)
			return resolution_parse(wish->word, &wish->resolution);
	json_put_string(&input, wish->word);
	rc = request_invalid(req, "body", "resolution", "enum",
	    "Input should be 'local_wins', 'remote_wins', 'keep_both' or "
	    "'merge'",
	    input.data);
	buf_release(&input);
	return rc;
}

static int
check_variant(struct request *req, const struct wish *wish)
{
	const char *variant = wish->new_variant;

	if (variant == NULL)
		return 0;
	if (strlen(variant) > VARIANT_MAX)
		return request_invalid(req, "body", "new_variant",
		    "string_too_long",
		    "String should have at most 255 characters", NULL);
	for (const char *s = variant; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return request_invalid(req, "body", "new_variant",
			    "string_pattern_mismatch",
			    "String should have no control characters", NULL);
	return 0;
}

/* Of several records with one content, the one in conflict. */
struct search {
	struct db *db;
	struct mem *mem;
	const char *stable_id;
};

static int
is_in_conflict(void *arg, const struct held *held)
{
	struct search *s = arg;

	if (!str_eq(held->sync_status, "conflict"))
		return 0;
	s->stable_id = mem_strdup(s->mem, held->rec.stable_id);
	return 1;
}

static int
find_by_hash(struct request *req, const char *id, struct held *held)
{
	static const char *const types[] = { "tei", "pdf", "rng" };
	struct db *db = state_of(req)->site.db;
	struct search s = { db, req->mem, NULL };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(types) / sizeof(*types); i++)
		rc = record_each_with(db, id, types[i], is_in_conflict, &s);
	return rc == 1 ? record_find(db, req->mem, s.stable_id, held) : rc;
}

/* A record that is deleted here may be in conflict, too. */
static int
find_record(struct request *req, const char *id, struct held *held)
{
	int rc = 0;

	if (str_is_hex(id, HASH_HEX_SIZE - 1))
		rc = find_by_hash(req, id, held);
	return rc != 0 ? rc : pick_find_any(req, id, held);
}

static int
pick_record(struct request *req, const char *id, struct held *held)
{
	int rc;

	if ((rc = pick_check_id(req, "file_id", id)) != 0)
		return rc;
	if ((rc = find_record(req, id, held)) == 0)
		return request_fail(req, 404, "File not found: %s", id);
	if (rc < 0)
		return rc;
	return pick_deny_edit(req, &held->rec);
}

/* ---- a merge that was given ------------------------------------------------------- */

struct merge {
	char id[HASH_HEX_SIZE];
	int64_t size;
	bool is_given;
};

static int
check_text(struct request *req, int fd)
{
	enum tei_kind kind;
	int rc = tei_sniff(fd, &kind);

	if (rc == E_INPUT || (rc == 0 && kind != TEI_XML))
		return request_fail(req, 400, "Invalid XML: %s",
		    rc != 0 ? err_text() : "it is no TEI");
	return rc;
}

static int
rewound(FILE *file, int rc)
{
	if (rc == 0 && lseek(fileno(file), 0, SEEK_SET) != 0)
		return err_set(E_IO, "a temporary file: %s", strerror(errno));
	return rc;
}

/* By way of a file, as contents come in. */
static int
put_text(struct request *req, const char *text, struct merge *m)
{
	FILE *file = tmpfile();
	struct hash id;
	int rc;

	if (file == NULL)
		return err_set(E_IO, "a temporary file: %s", strerror(errno));
	rc = file_write_all(fileno(file), text, strlen(text));
	if ((rc = rewound(file, rc)) == 0)
		rc = rewound(file, check_text(req, fileno(file)));
	if (rc == 0)
		rc = blob_put(state_of(req)->site.blobs, fileno(file), "tei", 0,
		    &id, &m->size);
	fclose(file);
	if (rc == 0)
		hash_hex(&id, m->id);
	return rc;
}

static int
take_text(struct request *req, const struct wish *wish, const struct held *held,
    struct merge *m)
{
	if (wish->resolution != RESOLVE_MERGE || wish->xml_string == NULL)
		return 0;
	if (!str_eq(held->rec.file_type, "tei"))
		return request_fail(req, 400,
		    "Only TEI files can be merged: %s is a %s",
		    held->rec.stable_id, held->rec.file_type);
	m->is_given = true;
	return put_text(req, wish->xml_string, m);
}

/* ---- settling ------------------------------------------------------------------- */

static int
refuse(struct request *req, const struct wish *wish, int rc)
{
	const char *text = mem_strdup(req->mem, err_text());

	switch (rc) {
	case E_ABSENT:
		return request_fail(req, 404, "%s", text);
	case E_INPUT:
		if (wish->resolution == RESOLVE_BOTH &&
		    (wish->new_variant == NULL || *wish->new_variant == '\0'))
			return request_fail(req, 400,
			    "new_variant required for keep_both resolution");
		return request_fail(req, 400, "%s", text);
	case E_CONFLICT:
	case E_EXISTS:
		return request_fail(req, 409, "%s", text);
	default:
		return rc;
	}
}

static int
answer(struct request *req, const char *stable_id, const char *message,
    const char *new_id)
{
	struct buf out = { 0 };
	struct held held;
	int rc;

	rc = record_find(state_of(req)->site.db, req->mem, stable_id, &held);
	if (rc < 0)
		return rc;
	buf_puts(&out, "{\"message\":");
	json_put_string(&out, message);
	json_put_key(&out, "stable_id");
	json_put_string(&out, stable_id);
	json_put_key(&out, "new_id");
	json_put_string(&out, new_id);
	if (rc == 1) {
		json_put_key(&out, "sync_status");
		json_put_string(&out, held.sync_status);
		json_put_key(&out, "record");
		shared_encode(&held.rec, &out);
	}
	buf_putc(&out, '}');
	rc = response_json(req, &out);
	buf_release(&out);
	return rc;
}

/* It is as it is now that others are told. */
static void
tell(struct request *req, const char *stable_id, const char *change)
{
	struct held held;

	if (stable_id != NULL &&
	    record_find(state_of(req)->site.db, req->mem, stable_id, &held) ==
		1)
		changed(req, &held.rec, change);
}

static int
settle(struct request *req, const struct wish *wish, const struct held *held)
{
	struct merge m = { .is_given = false };
	const char *sid = held->rec.stable_id;
	char *new_id = NULL;
	int rc;

	if ((rc = take_text(req, wish, held, &m)) != 0)
		return rc;
	rc = resolve_conflict(state_of(req)->site.db, req->mem, sid,
	    wish->resolution, wish->new_variant, m.is_given ? m.id : NULL,
	    m.size, req->caller.user, &new_id);
	if (rc != 0)
		return refuse(req, wish, rc);
	tell(req, sid, "resolved");
	tell(req, new_id, "uploaded");
	return answer(req, sid,
	    mem_printf(req->mem, "Conflict resolved: %s", wish->word), new_id);
}

static int
check_conflict(struct request *req, const struct held *held)
{
	if (str_eq(held->sync_status, "conflict"))
		return 0;
	return request_fail(req, 404, "%s is not in conflict",
	    held->rec.stable_id);
}

int
sync_resolve(struct request *req)
{
	struct wish wish = { .file_id = NULL };
	struct held held;
	int rc;

	if ((rc = json_fields(req, BODY_MAX, wish_fields, &wish)) != 0 ||
	    (rc = parse_resolution(req, &wish)) != 0 ||
	    (rc = check_variant(req, &wish)) != 0 ||
	    (rc = pick_record(req, wish.file_id, &held)) != 0 ||
	    (rc = check_conflict(req, &held)) != 0 ||
	    (rc = pick_deny_locked(req, held.rec.stable_id)) != 0)
		return rc;
	return settle(req, &wish, &held);
}

/* ---- taking back ----------------------------------------------------------------- */

static const struct field undo_fields[] = {
	{ "file_id", FIELD_TEXT, true, offsetof(struct wish, file_id) },
	{ NULL, FIELD_TEXT, false, 0 },
};

static int
undo(struct request *req, const char *stable_id)
{
	struct site *site = &state_of(req)->site;
	char *work_dir;
	int rc;

	if ((rc = site_work_dir(site, &work_dir)) != 0)
		return rc;
	rc = resolve_undo(site->db, work_dir, stable_id, req->caller.user);
	if (rc == E_BUSY)
		return store_fail(req, rc, "");
	return rc; /* 404 and 409 in their own words */
}

int
sync_unresolve(struct request *req)
{
	struct wish wish = { .file_id = NULL };
	struct held held;
	int rc;

	if ((rc = json_fields(req, BODY_UNDO_MAX, undo_fields, &wish)) != 0 ||
	    (rc = pick_record(req, wish.file_id, &held)) != 0 ||
	    (rc = pick_deny_locked(req, held.rec.stable_id)) != 0 ||
	    (rc = undo(req, held.rec.stable_id)) != 0)
		return rc;
	tell(req, held.rec.stable_id, "unresolved");
	return answer(req, held.rec.stable_id,
	    "Resolution taken back: in conflict again", NULL);
}

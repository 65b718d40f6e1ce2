/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/saving.h"

#include "auth/access.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/db.h"
#include "local/lock.h"
#include "local/record.h"
#include "respond/changed.h"
#include "respond/incoming.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "tei/fileref.h"
#include "tei/parse.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ID_MIN 5 /* characters of a file_id that may name a record */

enum action { SAVE_OVER, SAVE_VERSION, SAVE_GOLD };

/* A save under way. */
struct saving {
	struct request *req;
	struct db *db;
	const struct save_wish *wish;

	/* what the text is and says; not known yet: neither is set */
	enum tei_kind kind;
	struct fileref ref;

	/* what the library says to it */
	bool is_named; /* file_id names this record */
	struct held held;
	const char *key;
	const char *doc_id;
	const char *doc_id_type;
	bool has_gold; /* of this variant */
	enum action action;

	/* the text as it is stored */
	char id[HASH_HEX_SIZE];
	int64_t size;
};

static const char *
variant_of(const struct saving *s)
{
	return s->ref.variant[0] != '\0' ? s->ref.variant : NULL;
}

/* ---- which document ----------------------------------------------------------- */

static int
find_named(struct saving *s)
{
	int rc = 0;

	if (strlen(s->wish->file_id) >= ID_MIN)
		rc = pick_find(s->req, s->wish->file_id, &s->held);
	s->is_named = rc == 1;
	if (s->is_named && str_eq(s->held.rec.file_type, "pdf"))
		return request_fail(s->req, 400,
		    "%s is a PDF: give the id of a TEI file, or the document's "
		    "key",
		    s->held.rec.stable_id);
	return rc < 0 ? rc : 0;
}

/* Of a path only the name of its file counts, without what says its kind. */
static const char *
key_of_hint(struct mem *mem, const char *hint)
{
	char *key, *dot;

	if (strchr(hint, '/') == NULL)
		return hint;
	key = mem_strdup(mem, path_base(hint));
	if ((dot = strrchr(key, '.')) != NULL)
		*dot = '\0';
	if (str_ends(key, ".tei"))
		key[strlen(key) - 4] = '\0';
	return key;
}

static void
find_key(struct saving *s)
{
	if (s->ref.key[0] != '\0')
		s->key = s->ref.key;
	else if (s->is_named && fileref_check(s->held.rec.doc_id) == 0)
		s->key = s->held.rec.doc_id;
	else
		s->key = key_of_hint(s->req->mem, s->wish->file_id);
}

static int
see_record(void *arg, const struct held *held)
{
	struct saving *s = arg;

	if (s->doc_id_type == NULL)
		s->doc_id_type = mem_strdup(s->req->mem, held->rec.doc_id_type);
	if (held->rec.is_gold && str_eq(held->rec.file_type, "tei") &&
	    str_eq(held->rec.variant, variant_of(s)))
		s->has_gold = true;
	return 0;
}

static int
find_document(struct saving *s)
{
	struct record_filter filter = { .live = true };

	s->doc_id = s->is_named ? s->held.rec.doc_id : s->key;
	s->doc_id_type = s->is_named ? s->held.rec.doc_id_type : NULL;
	s->has_gold = false;
	filter.doc_id = s->doc_id;
	return record_each(s->db, &filter, see_record, s);
}

static void
choose_action(struct saving *s)
{
	if (s->is_named && !s->wish->new_version)
		s->action = SAVE_OVER;
	else if (s->wish->new_version || s->has_gold)
		s->action = SAVE_VERSION;
	else
		s->action = SAVE_GOLD;
}

/* ---- who may -------------------------------------------------------------------- */

static int
deny_role(const struct saving *s)
{
	static const char *const only[] = {
		"Only annotators or reviewers can edit version files",
		"Only annotators or reviewers can create version files",
		"Only reviewers can create new gold standard files",
	};
	unsigned roles = s->req->caller.roles;
	bool is_gold = s->action == SAVE_OVER ? s->held.rec.is_gold
					      : s->action == SAVE_GOLD;

	if (is_gold ? access_may_gold(roles) : access_may_write(roles))
		return 0;
	if (is_gold && s->action == SAVE_OVER)
		return request_fail(s->req, 403,
		    "Only reviewers can edit gold standard files");
	return request_fail(s->req, 403, "%s", only[s->action]);
}

/* A new record has no metadata of its own yet: its document's counts. */
static int
deny_access(const struct saving *s)
{
	const struct record fresh = { .doc_id = s->doc_id, .file_type = "tei" };

	return pick_deny_edit(s->req,
	    s->action == SAVE_OVER ? &s->held.rec : &fresh);
}

static int
deny_hash(const struct saving *s)
{
	const char *want = s->wish->if_hash;

	if (want == NULL || (s->is_named && str_eq(want, s->held.rec.id)))
		return 0;
	if (!s->is_named)
		return request_fail(s->req, 412,
		    "There is no such file (any more) whose content could be "
		    "%s",
		    want);
	return request_fail(s->req, 412,
	    "The file was changed since: its content is now %s",
	    s->held.rec.id);
}

/* What can be known without the text; what is only found with it is not asked
 * of those who may write. */
static int
decide(struct saving *s)
{
	int rc;

	if ((rc = find_named(s)) != 0)
		return rc;
	find_key(s);
	if ((rc = find_document(s)) != 0)
		return rc;
	choose_action(s);
	return 0;
}

static int
deny(const struct saving *s)
{
	int rc;

	if ((rc = deny_role(s)) != 0 || (rc = deny_access(s)) != 0)
		return rc;
	return deny_hash(s);
}

static int
check_hash_form(struct request *req, const char *if_hash)
{
	if (if_hash == NULL || str_is_hex(if_hash, HASH_HEX_SIZE - 1))
		return 0;
	return request_invalid(req, "body", "if_hash", "value_error",
	    "A content hash has 64 lower-case hex digits", NULL);
}

int
saving_check(struct request *req, const struct save_wish *wish)
{
	struct saving s = { .req = req,
		.db = state_of(req)->site.db,
		.wish = wish };
	int rc;

	if ((rc = pick_check_id(req, "file_id", wish->file_id)) != 0 ||
	    (rc = check_hash_form(req, wish->if_hash)) != 0 ||
	    (rc = decide(&s)) != 0)
		return rc;
	if (!access_may_write(req->caller.roles))
		return deny_role(&s);
	return s.is_named ? deny(&s) : 0;
}

/* ---- the text --------------------------------------------------------------------- */

static int
invalid(const struct saving *s, const char *why)
{
	return request_fail(s->req, 400, "Invalid XML: %s", why);
}

static int
no_key(const struct saving *s, const char *why)
{
	return request_fail(s->req, 400, "Cannot extract file_id from XML: %s",
	    why);
}

static int
look(struct saving *s, int fd)
{
	int rc = tei_sniff(fd, &s->kind);

	if (rc == E_INPUT)
		return invalid(s, err_text());
	if (rc == 0 && s->kind == TEI_PDF)
		return invalid(s, "it is a PDF");
	if (rc != 0)
		return rc;
	rc = fileref_find(fd, &s->ref);
	if (rc == E_INPUT)
		return no_key(s, err_text());
	return rc < 0 ? rc : 0;
}

static int
check_key(const struct saving *s)
{
	if (s->key[0] == '\0')
		return no_key(s,
		    "it has no idno of the type fileref, and file_id names no "
		    "document");
	if (fileref_check(s->key) != 0)
		return no_key(s, err_text());
	return 0;
}

/* A record stays what it is; what is made here is a TEI. */
static int
check_kind(const struct saving *s)
{
	const char *want = s->action == SAVE_OVER ? s->held.rec.file_type
						  : "tei";

	if (str_eq(want, tei_kind_name(s->kind)))
		return 0;
	return request_fail(s->req, 400,
	    "The text is a %s, where a %s is to be saved",
	    tei_kind_name(s->kind), want);
}

/* With its key in it, to where contents are.  It is not noted yet: what comes to
 * nothing is swept by blob_collect. */
static int
store(struct saving *s, int fd)
{
	struct hash hash;
	int out, rc;

	if ((out = incoming_temp(s->req)) < 0)
		return out;
	rc = fileref_put(fd, out, s->key);
	if (rc == E_INPUT)
		rc = invalid(s, err_text());
	if (rc >= 0 && lseek(out, 0, SEEK_SET) != 0)
		rc = err_set(E_IO, "seek: %s", strerror(errno));
	if (rc >= 0)
		rc = blob_put(state_of(s->req)->site.blobs, out,
		    tei_kind_name(s->kind), 0, &hash, &s->size);
	close(out);
	if (rc == 0)
		hash_hex(&hash, s->id);
	return incoming_failed(s->req, rc);
}

/* ---- the record --------------------------------------------------------------------- */

static int
take_lock(struct saving *s, const char *stable_id)
{
	int rc = lock_put(s->db, stable_id, s->req->caller.session,
	    s->req->caller.user);

	if (rc == E_BUSY)
		return request_fail(s->req, 423, "Failed to acquire lock");
	return rc;
}

static int
save_over(struct saving *s, struct arrival *arrival)
{
	const struct record_set set = { .label = s->wish->label,
		.is_gold = -1 };
	const char *stable_id = s->held.rec.stable_id;
	int rc;

	if ((rc = take_lock(s, stable_id)) != 0)
		return rc;
	rc = record_save(s->db, stable_id, s->id, s->size, NULL,
	    s->req->caller.user);
	if (rc == 0 && set.label != NULL)
		rc = record_set(s->db, stable_id, &set, s->req->caller.user);
	if (rc == E_DENIED)
		return request_fail(s->req, 409,
		    "%s was also changed elsewhere: resolve that conflict "
		    "first (POST /sync/resolve-conflict)",
		    stable_id);
	arrival->stable_id = stable_id;
	arrival->status = "saved";
	return rc;
}

/* A key may have slashes, a name may not. */
static int
make_name(const struct saving *s, char **name)
{
	const char *variant = variant_of(s);
	struct buf text = { 0 };
	int64_t version;
	char *c;
	int rc;

	rc = record_next_version(s->db, s->doc_id, "tei", variant, &version);
	if (rc != 0)
		return rc;
	buf_puts(&text, s->key);
	if (variant != NULL)
		buf_printf(&text, ".%s", variant);
	if (s->action == SAVE_VERSION)
		buf_printf(&text, ".v%lld", (long long)version);
	buf_puts(&text, ".tei.xml");
	*name = mem_strndup(s->req->mem, text.data, text.len);
	buf_release(&text);
	for (c = *name; *c != '\0'; c++)
		if (*c == '/' || *c == '\\')
			*c = '_';
	return 0;
}

static int
save_new(struct saving *s, struct arrival *arrival)
{
	struct record_new n = {
		.id = s->id,
		.file_size = s->size,
		.file_type = "tei",
		.doc_id = s->doc_id,
		.doc_id_type = s->doc_id_type,
		.variant = variant_of(s),
		.label = s->wish->label,
		.upload_source = "api",
		.is_gold = s->action == SAVE_GOLD,
		.is_distinct = true,
		.user = s->req->caller.user,
	};
	char *name, *stable_id;
	bool was_there;
	int rc;

	if ((rc = make_name(s, &name)) != 0)
		return rc;
	n.filename = name;
	rc = record_add(s->db, s->req->mem, &n, &stable_id, &was_there);
	if (rc != 0 || (rc = take_lock(s, stable_id)) != 0)
		return rc;
	arrival->stable_id = stable_id;
	arrival->status = s->action == SAVE_GOLD ? "new_gold" : "new";
	return 0;
}

/* ---- all of it ------------------------------------------------------------------------ */

/* In the transaction: is it still as it was when the text was stored? */
static int
commit_new(struct saving *s, struct arrival *arrival)
{
	const char *key = s->key;
	int rc;

	if ((rc = decide(s)) != 0 || (rc = deny(s)) != 0 ||
	    (rc = check_kind(s)) != 0)
		return rc;
	if (!str_eq(key, s->key))
		return request_fail(s->req, 409,
		    "The document was changed at the same moment: save again");
	rc = s->action == SAVE_OVER ? save_over(s, arrival)
				    : save_new(s, arrival);
	return rc != 0 ? rc : arrival_put(s->req, s->wish->mark, arrival);
}

static int
commit(struct saving *s, struct arrival *arrival)
{
	int rc;

	if ((rc = db_begin(s->db)) != 0)
		return rc;
	rc = arrival_find(s->req, s->wish->mark, arrival);
	if (rc == 0)
		rc = commit_new(s, arrival);
	rc = db_end(s->db, rc);
	return rc < 0 ? rc : 0;
}

static void
tell(const struct saving *s, const struct arrival *arrival)
{
	struct held held;

	if (record_find(s->db, s->req->mem, arrival->stable_id, &held) == 1 &&
	    !held.rec.deleted)
		changed(s->req, &held.rec, "saved");
}

int
saving_run(struct request *req, const struct save_wish *wish, int fd,
    struct arrival *arrival)
{
	struct saving s = { .req = req,
		.db = state_of(req)->site.db,
		.wish = wish };
	int rc;

	/* What was saved before the answer was lost need not be allowed again. */
	if ((rc = arrival_find(req, wish->mark, arrival)) != 0)
		return rc < 0 ? rc : 0;
	if ((rc = look(&s, fd)) != 0 || (rc = decide(&s)) != 0 ||
	    (rc = check_key(&s)) != 0 || (rc = deny(&s)) != 0 ||
	    (rc = check_kind(&s)) != 0 || (rc = store(&s, fd)) != 0 ||
	    (rc = commit(&s, arrival)) != 0)
		return rc;
	tell(&s, arrival);
	return 0;
}

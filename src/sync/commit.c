/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#define CHECKPOINT_BYTES_MAX (1LL << 40)

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
put_hash(struct buf *out, const char *key, const struct hash *hash)
{
	char hex[HASH_HEX_SIZE];

	put_text(out, key, hash_hex(hash, hex));
}

static void
put_ancestors(struct buf *out, const struct commit *c)
{
	char hex[HASH_HEX_SIZE];

	json_put_key(out, "ancestors");
	buf_putc(out, '[');
	for (int i = 0; i < c->ancestors_n; i++)
		buf_printf(out, "%s\"%s\"", i ? "," : "",
		    hash_hex(&c->ancestors[i], hex));
	buf_putc(out, ']');
}

static void
put_checkpoint(struct buf *out, const struct commit_checkpoint *cp)
{
	json_put_key(out, "checkpoint");
	if (cp->version == 0) {
		buf_puts(out, "null");
		return;
	}
	buf_putc(out, '{');
	put_hash(out, "hash", &cp->hash);
	put_int(out, "size", cp->size_bytes);
	put_int(out, "version", cp->version);
	buf_putc(out, '}');
}

/* The keys stand in the order of their bytes: the line is canonical. */
void
commit_header(const struct commit *c, struct buf *out)
{
	buf_putc(out, '{');
	put_int(out, "adopted", c->adopted);
	put_ancestors(out, c);
	put_text(out, "at", c->at);
	put_int(out, "changes", c->changes);
	put_checkpoint(out, &c->checkpoint);
	put_int(out, "counter", c->counter);
	put_int(out, "floor", c->floor);
	if (c->forget > 0)
		put_int(out, "forget", c->forget);
	put_text(out, "format", COMMIT_FORMAT);
	put_int(out, "gc", c->gc);
	put_int(out, "min_reader", c->min_reader);
	put_int(out, "min_writer", c->min_writer);
	if (c->moved_to != NULL)
		put_text(out, "moved_to", c->moved_to);
	put_text(out, "nonce", c->nonce);
	put_hash(out, "parent", &c->parent);
	put_text(out, "replica", c->replica);
	put_hash(out, "state", &c->state);
	put_text(out, "store", c->store);
	put_text(out, "txn", c->txn);
	put_int(out, "version", c->version);
	buf_puts(out, "}\n");
}

void
commit_line(const struct commit_change *change, struct buf *out)
{
	buf_putc(out, '{');
	put_text(out, "op", change->is_delete ? "delete" : "put");
	json_put_key(out, "parents");
	buf_puts(out, change->parents ? change->parents : "[]");
	json_put_key(out, "record");
	shared_encode(&change->rec, out);
	put_text(out, "replica", change->replica);
	put_text(out, "user", change->user);
	buf_puts(out, "}\n");
}

/* ---- reading ------------------------------------------------------------ */

static int
get(struct json line, const char *key, struct json *value)
{
	int rc = json_find(line, key, value);

	if (rc == 1)
		return 0;
	return err_set(E_CORRUPT, "a commit has no \"%s\"", key);
}

static int
get_text(struct mem *mem, struct json line, const char *key, const char **text)
{
	struct json value;
	char *s;
	int rc;

	if ((rc = get(line, key, &value)) != 0)
		return rc;
	if (json_string(mem, value, &s) != 0 ||
	    !shared_is_plain(s, SHARED_TEXT_MAX))
		return err_set(E_CORRUPT, "a commit's \"%s\" is no text", key);
	*text = s;
	return 0;
}

static int
get_int(struct json line, const char *key, int64_t *number)
{
	struct json value;
	int rc;

	if ((rc = get(line, key, &value)) != 0)
		return rc;
	if (json_int64(value, number) != 0 || *number < 0)
		return err_set(E_CORRUPT, "a commit's \"%s\" is no number",
		    key);
	return 0;
}

/* Where it is not there, it is 0. */
static int
get_int_or_none(struct json line, const char *key, int64_t *number)
{
	struct json value;

	return json_find(line, key, &value) == 1 ? get_int(line, key, number)
						 : 0;
}

static int
get_hash(struct mem *mem, struct json line, const char *key, struct hash *hash)
{
	const char *text;
	int rc;

	if ((rc = get_text(mem, line, key, &text)) != 0)
		return rc;
	if (hash_parse(text, hash) != 0)
		return err_set(E_CORRUPT, "a commit's \"%s\" is no hash", key);
	return 0;
}

struct ancestors {
	struct mem *mem;
	struct commit *c;
};

static int
one_ancestor(void *arg, struct json value)
{
	struct ancestors *a = arg;
	struct commit *c = a->c;
	char *text;

	if (c->ancestors_n == COMMIT_ANCESTORS ||
	    json_string(a->mem, value, &text) != 0 ||
	    hash_parse(text, &c->ancestors[c->ancestors_n]) != 0)
		return err_set(E_CORRUPT,
		    "a commit's ancestors are no list "
		    "of at most %d hashes",
		    COMMIT_ANCESTORS);
	c->ancestors_n++;
	return 0;
}

static int
get_ancestors(struct mem *mem, struct json line, struct commit *c)
{
	struct ancestors a = { mem, c };
	struct json value;
	int rc;

	if ((rc = get(line, "ancestors", &value)) != 0)
		return rc;
	if (json_each_item(value, one_ancestor, &a) != 0)
		return err_set(E_CORRUPT,
		    "a commit's ancestors are no list "
		    "of at most %d hashes",
		    COMMIT_ANCESTORS);
	return 0;
}

static int
get_checkpoint(struct mem *mem, struct json line, struct commit_checkpoint *cp)
{
	struct json value;
	int rc;

	if ((rc = get(line, "checkpoint", &value)) != 0)
		return rc;
	if (json_kind(value) == JSON_NULL)
		return 0;
	if (json_kind(value) != JSON_OBJECT)
		return err_set(E_CORRUPT, "a commit's checkpoint is no object");
	if ((rc = get_hash(mem, value, "hash", &cp->hash)) != 0 ||
	    (rc = get_int(value, "size", &cp->size_bytes)) != 0 ||
	    (rc = get_int(value, "version", &cp->version)) != 0)
		return rc;
	if (cp->size_bytes > CHECKPOINT_BYTES_MAX)
		return err_set(E_CORRUPT,
		    "a commit's checkpoint has a size "
		    "that cannot be");
	return 0;
}

/* Of the seal of a store that was moved. */
static int
get_moved_to(struct mem *mem, struct json line, struct commit *c)
{
	struct json value;

	if (json_find(line, "moved_to", &value) != 1)
		return 0;
	return get_text(mem, line, "moved_to", &c->moved_to);
}

static int
check_format(struct mem *mem, struct json line, struct commit *c)
{
	const char *format;
	int rc;

	if ((rc = get_text(mem, line, "format", &format)) != 0)
		return rc;
	if (strcmp(format, COMMIT_FORMAT) != 0)
		return err_set(E_CORRUPT, "a commit is of no known format");
	if ((rc = get_int(line, "min_reader", &c->min_reader)) != 0 ||
	    (rc = get_int(line, "min_writer", &c->min_writer)) != 0)
		return rc;
	if (c->min_reader > COMMIT_READER)
		return err_set(E_INPUT,
		    "The store needs a Stemma that reads format %" PRId64
		    " of it, and this one reads %d.  Install the newer "
		    "version here; nothing was changed.",
		    c->min_reader, COMMIT_READER);
	return 0;
}

/* The first version has no ancestors; every other begins with its parent. */
static int
check_header(const struct commit *c)
{
	static const struct hash zero;
	int64_t at_ms;
	int want = c->version - 1 < COMMIT_ANCESTORS ? (int)c->version - 1
						     : COMMIT_ANCESTORS;

	if (c->version < 1 || c->changes > COMMIT_CHANGES_MAX)
		return err_set(E_CORRUPT,
		    "a commit has a version or a number "
		    "of changes that cannot be");
	if (c->ancestors_n != want ||
	    !hash_eq(&c->parent, want ? &c->ancestors[0] : &zero))
		return err_set(E_CORRUPT,
		    "commit %" PRId64 " does not name "
		    "its ancestors",
		    c->version);
	if (c->checkpoint.version >= c->version ||
	    c->floor > c->checkpoint.version + 1 || c->forget > c->version ||
	    clock_parse(c->at, &at_ms) != 0)
		return err_set(E_CORRUPT,
		    "commit %" PRId64 " has a "
		    "checkpoint, floor or time that cannot be",
		    c->version);
	return 0;
}

static int
decode_header(struct mem *mem, struct json line, struct commit *c)
{
	int rc;

	memset(c, 0, sizeof(*c));
	if (json_check(line.text, line.len) != 0 ||
	    json_kind(line) != JSON_OBJECT)
		return err_set(E_CORRUPT, "a commit's header is no JSON");
	if ((rc = check_format(mem, line, c)) != 0 ||
	    (rc = get_text(mem, line, "store", &c->store)) != 0 ||
	    (rc = get_int(line, "version", &c->version)) != 0 ||
	    (rc = get_hash(mem, line, "parent", &c->parent)) != 0 ||
	    (rc = get_ancestors(mem, line, c)) != 0 ||
	    (rc = get_text(mem, line, "nonce", &c->nonce)) != 0 ||
	    (rc = get_text(mem, line, "replica", &c->replica)) != 0 ||
	    (rc = get_int(line, "counter", &c->counter)) != 0 ||
	    (rc = get_text(mem, line, "txn", &c->txn)) != 0 ||
	    (rc = get_text(mem, line, "at", &c->at)) != 0 ||
	    (rc = get_int(line, "gc", &c->gc)) != 0 ||
	    (rc = get_int(line, "floor", &c->floor)) != 0 ||
	    (rc = get_int_or_none(line, "forget", &c->forget)) != 0 ||
	    (rc = get_checkpoint(mem, line, &c->checkpoint)) != 0 ||
	    (rc = get_int(line, "adopted", &c->adopted)) != 0 ||
	    (rc = get_moved_to(mem, line, c)) != 0 ||
	    (rc = get_hash(mem, line, "state", &c->state)) != 0 ||
	    (rc = get_int(line, "changes", &c->changes)) != 0)
		return rc;
	return check_header(c);
}

struct header_read {
	struct mem *mem;
	struct commit *c;
};

static int
first_line(void *arg, char *line, size_t len)
{
	struct header_read *r = arg;
	int rc = decode_header(r->mem, (struct json){ line, len }, r->c);

	return rc != 0 ? rc : 1;
}

/* So no line is longer than that. */
static int
check_size(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set(E_IO, "a commit: %s", strerror(errno));
	if (st.st_size > COMMIT_READ_MAX)
		return err_set(E_CORRUPT, "a commit has more than %d bytes",
		    COMMIT_READ_MAX);
	return 0;
}

static int
each_line(const char *file, int (*fn)(void *arg, char *line, size_t len),
    void *arg)
{
	int fd, rc;

	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
		return err_set(E_IO, "%s: cannot be read", file);
	if ((rc = check_size(fd)) == 0)
		rc = file_each_line(fd, COMMIT_READ_MAX, fn, arg);
	close(fd);
	return rc;
}

int
commit_read_header(struct mem *mem, const char *file, struct commit *c)
{
	struct header_read r = { mem, c };
	int rc = each_line(file, first_line, &r);

	if (rc == 0)
		return err_set(E_CORRUPT, "a commit is empty");
	return rc == 1 ? 0 : rc;
}

/* ---- changes ------------------------------------------------------------ */

struct parent_read {
	struct mem *mem;
	int n;      /* parents so far */
	int fields; /* of the present one */
};

static int
parent_field(void *arg, struct json value)
{
	struct parent_read *p = arg;
	char *text;

	if (json_string(p->mem, value, &text) != 0)
		return E_INPUT;
	p->fields++;
	if (p->fields == 1)
		return stable_id_is(text) ? 0 : E_INPUT;
	return p->fields == 2 && str_is_hex(text, 64) ? 0 : E_INPUT;
}

static int
one_parent(void *arg, struct json value)
{
	struct parent_read *p = arg;

	p->n++;
	p->fields = 0;
	if (json_each_item(value, parent_field, p) != 0 || p->fields != 2)
		return E_INPUT;
	return p->n <= 2 ? 0 : E_INPUT;
}

int
parents_check(const char *parents)
{
	struct parent_read p = { mem_new(), 0, 0 };
	int rc = json_each_item(json_of(parents), one_parent, &p);

	mem_free(p.mem);
	if (rc != 0 || !json_is_canon(parents, strlen(parents)))
		return err_set(E_CORRUPT,
		    "the parents of a version are no "
		    "list of at most two pairs of stable_id and hash");
	return 0;
}

struct changes_read {
	struct mem *mem;
	int (*fn)(void *arg, const struct commit_change *change);
	void *arg;
	int64_t expected; /* -1 before the header */
	int64_t n;
	char last[STABLE_ID_SIZE];
};

/* The members of a line, in one pass over it. */
struct change_read {
	struct mem *mem;
	struct commit_change *change;
	const char *op;
	int seen; /* of the five that must be there */
};

static int
member_text(struct change_read *r, const char *key, struct json value,
    const char **text)
{
	char *s;

	if (json_string(r->mem, value, &s) != 0 ||
	    !shared_is_plain(s, SHARED_TEXT_MAX))
		return err_set(E_CORRUPT, "a change's \"%s\" is no text", key);
	*text = s;
	return 0;
}

static int
member_record(struct change_read *r, struct json value)
{
	if (shared_decode(r->mem, value, &r->change->rec) != 0)
		return err_wrap(E_CORRUPT, "a change");
	return 0;
}

static int
member_parents(struct change_read *r, struct json value)
{
	r->change->parents = mem_strndup(r->mem, value.text, value.len);
	return strcmp(r->change->parents, "[]") == 0
	    ? 0
	    : parents_check(r->change->parents);
}

static int
one_member(void *arg, const char *key, struct json value)
{
	struct change_read *r = arg;
	struct commit_change *change = r->change;

	r->seen++;
	if (strcmp(key, "record") == 0)
		return member_record(r, value);
	if (strcmp(key, "parents") == 0)
		return member_parents(r, value);
	if (strcmp(key, "op") == 0)
		return member_text(r, key, value, &r->op);
	if (strcmp(key, "replica") == 0)
		return member_text(r, key, value, &change->replica);
	if (strcmp(key, "user") == 0)
		return json_kind(value) == JSON_NULL
		    ? 0
		    : member_text(r, key, value, &change->user);
	r->seen--;
	return 0;
}

static int
decode_change(struct mem *mem, struct json line, struct commit_change *change)
{
	struct change_read r = { mem, change, NULL, 0 };
	int rc;

	memset(change, 0, sizeof(*change));
	rc = json_each_member(line, one_member, &r);
	if (rc == E_CORRUPT)
		return rc;
	if (rc != 0)
		return err_set(E_CORRUPT, "a change is no JSON object");
	if (r.seen != 5)
		return err_set(E_CORRUPT,
		    "a change lacks op, parents, record, "
		    "replica or user");
	change->is_delete = strcmp(r.op, "delete") == 0;
	if ((!change->is_delete && strcmp(r.op, "put") != 0) ||
	    change->rec.deleted != change->is_delete)
		return err_set(E_CORRUPT, "a change is neither put nor delete");
	return 0;
}

static int
next_line(void *arg, char *text, size_t len)
{
	struct changes_read *r = arg;
	struct json line = { text, len };
	struct commit_change change;
	struct commit c;
	int rc;

	mem_reset(r->mem);
	if (r->expected == -1) {
		rc = decode_header(r->mem, line, &c);
		r->expected = c.changes;
		return rc;
	}
	if ((rc = decode_change(r->mem, line, &change)) != 0)
		return rc;
	if (strcmp(r->last, change.rec.stable_id) >= 0)
		return err_set(E_CORRUPT, "a commit's changes are not sorted");
	memcpy(r->last, change.rec.stable_id, strlen(change.rec.stable_id) + 1);
	r->n++;
	return r->fn(r->arg, &change);
}

int
commit_each(const char *file,
    int (*fn)(void *arg, const struct commit_change *change), void *arg)
{
	struct changes_read r = { mem_new(), fn, arg, -1, 0, "" };
	int rc = each_line(file, next_line, &r);

	mem_free(r.mem);
	if (rc == 0 && r.n != r.expected)
		return err_set(E_CORRUPT,
		    "a commit has %" PRId64 " changes, but says %" PRId64, r.n,
		    r.expected);
	return rc;
}

static int
steps_back(const struct commit *c, const struct commit *before)
{
	return c->gc < before->gc || c->floor < before->floor ||
	    c->forget < before->forget ||
	    c->checkpoint.version < before->checkpoint.version ||
	    c->adopted < before->adopted ||
	    c->min_reader < before->min_reader ||
	    c->min_writer < before->min_writer;
}

/* A generation is begun by a commit that lists nothing: so a name of an older
 * one that the state does not name then can never be named again. */
static int
begins_wrongly(const struct commit *c, const struct commit *before)
{
	return c->gc != before->gc &&
	    (c->gc != before->gc + 1 || c->changes != 0);
}

/* The checkpoint of one version is one object. */
static int
renames_checkpoint(const struct commit *c, const struct commit *before)
{
	const struct commit_checkpoint *a = &before->checkpoint,
				       *b = &c->checkpoint;

	return a->version == b->version &&
	    (!hash_eq(&a->hash, &b->hash) || a->size_bytes != b->size_bytes);
}

int
commit_follows(const struct commit *c, const struct commit *before,
    const struct hash *before_id)
{
	static const struct commit none;
	static const struct hash zero;

	if (before == NULL) {
		before = &none;
		before_id = &zero;
	}
	if (c->version != before->version + 1 ||
	    !hash_eq(&c->parent, before_id))
		return err_set(E_CORRUPT,
		    "commit %" PRId64 " does not follow "
		    "version %" PRId64,
		    c->version, before->version);
	if (steps_back(c, before))
		return err_set(E_CORRUPT,
		    "commit %" PRId64 " goes back in "
		    "what may never go back",
		    c->version);
	if (begins_wrongly(c, before))
		return err_set(E_CORRUPT,
		    "commit %" PRId64 " begins a generation "
		    "in a way that may not be",
		    c->version);
	if (renames_checkpoint(c, before))
		return err_set(E_CORRUPT,
		    "commit %" PRId64 " names another "
		    "checkpoint of the same version",
		    c->version);
	return 0;
}

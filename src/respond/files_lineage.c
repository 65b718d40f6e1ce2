/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/files.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/meta.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "web/request.h"
#include "web/response.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * The family tree of a document: a node for each published version of each of
 * its records, and one for what is not published yet.
 */
#define NODES_MAX 5000
#define PARENTS_MAX 2 /* of one version */
#define LOCAL_VERSION INT64_MAX

struct node {
	const char *stable_id;
	const char *id;  /* content */
	int64_t version; /* of the store; LOCAL_VERSION; 0: only known as the
			    parent of another */
	const char *kind;
	const char *replica, *user, *at;
	const char *parents; /* JSON, or NULL */
	bool has_child;
};

struct edge {
	size_t from, to;
};

struct tree {
	struct request *req;
	char *replica; /* this one; NULL: of no store yet */
	struct node *nodes;
	size_t count;
	size_t known; /* those that are sorted; parents of unknown origin
			   follow them */
	struct edge *edges;
	size_t edge_count;
	size_t child; /* whose parents are looked at */
	int parents;  /* of it, so far */
	bool is_cut;  /* there is more than is told */
};

/* ---- the nodes ------------------------------------------------------------------- */

static struct node *
add_node(struct tree *t)
{
	if (t->count == NODES_MAX) {
		t->is_cut = true;
		return NULL;
	}
	return &t->nodes[t->count++];
}

static bool
has_parents(const char *parents, int n)
{
	int commas = 0;

	/* [] none, [["a","b"]] one, [["a","b"],["c","d"]] two */
	for (; parents != NULL && *parents != '\0'; parents++)
		commas += *parents == ',';
	return commas >= 2 * n - 1;
}

static const char *
kind_of(const struct lineage *l)
{
	if (l->deleted)
		return "delete";
	if (has_parents(l->parents, 2))
		return "merge";
	return has_parents(l->parents, 1) ? "save" : "new";
}

static int
add_version(void *arg, const struct lineage *l)
{
	struct tree *t = arg;
	struct mem *mem = t->req->mem;
	struct node *n = add_node(t);

	if (n == NULL)
		return 1;
	*n = (struct node){
		.stable_id = mem_strdup(mem, l->stable_id),
		.id = mem_strdup(mem, l->id),
		.version = l->version,
		.kind = kind_of(l),
		.replica = mem_strdup(mem, l->replica),
		.user = mem_strdup(mem, l->user),
		.at = mem_strdup(mem, l->at),
		.parents = mem_strdup(mem, l->parents),
	};
	return 0;
}

/* Is there a content, or a deletion, that the store does not have yet? */
static bool
is_unpublished(const struct held *held)
{
	if (held->rec.deleted)
		return str_eq(held->sync_status, "pending_delete");
	return !str_eq(held->rec.id, held->sync_hash);
}

static const char *
local_parents(struct tree *t, const struct held *held)
{
	if (held->parents != NULL)
		return mem_strdup(t->req->mem, held->parents);
	if (held->sync_hash == NULL)
		return NULL;
	return mem_printf(t->req->mem, "[[\"%s\",\"%s\"]]", held->rec.stable_id,
	    held->sync_hash);
}

static int
add_local(struct tree *t, const struct held *held)
{
	struct mem *mem = t->req->mem;
	struct node *n;

	if (!is_unpublished(held))
		return 0;
	if ((n = add_node(t)) == NULL)
		return 1;
	*n = (struct node){
		.stable_id = mem_strdup(mem, held->rec.stable_id),
		.id = mem_strdup(mem, held->rec.id),
		.version = LOCAL_VERSION,
		.kind = held->rec.deleted ? "delete" : "local",
		.replica = t->replica,
		.at = mem_strdup(mem, held->local_modified_at),
		.parents = local_parents(t, held),
	};
	return 0;
}

static int
add_record(void *arg, const struct held *held)
{
	struct tree *t = arg;
	int rc = pick_may_read(t->req, &held->rec);

	if (rc <= 0)
		return rc;
	rc = lineage_each(state_of(t->req)->site.db, held->rec.stable_id,
	    add_version, t);
	return rc != 0 ? rc : add_local(t, held);
}

/* ---- the edges ------------------------------------------------------------------- */

static int
by_content(const void *a, const void *b)
{
	const struct node *na = a, *nb = b;
	int rc = strcmp(na->stable_id, nb->stable_id);

	if (rc == 0)
		rc = strcmp(na->id, nb->id);
	if (rc == 0)
		rc = (na->version > nb->version) - (na->version < nb->version);
	return rc;
}

/* The newest version of that content that is older than the child. */
static bool
find_older(const struct tree *t, const struct node *want, size_t *at)
{
	size_t low = 0, high = t->known, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (by_content(&t->nodes[mid], want) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*at = low - 1;
	return low > 0 && str_eq(t->nodes[*at].stable_id, want->stable_id) &&
	    str_eq(t->nodes[*at].id, want->id);
}

static bool
find_unknown(const struct tree *t, const struct node *want, size_t *at)
{
	for (*at = t->known; *at < t->count; ++*at)
		if (str_eq(t->nodes[*at].stable_id, want->stable_id) &&
		    str_eq(t->nodes[*at].id, want->id))
			return true;
	return false;
}

static int
add_edge(struct tree *t, const char *stable_id, const char *id)
{
	struct node want = { .stable_id = stable_id,
		.id = id,
		.version = t->nodes[t->child].version };
	struct node *n;
	size_t at;

	if (!find_older(t, &want, &at) && !find_unknown(t, &want, &at)) {
		if ((n = add_node(t)) == NULL)
			return 0;
		*n = want;
		n->version = 0;
		n->kind = "unknown";
		at = t->count - 1;
	}
	t->nodes[at].has_child = true;
	t->edges[t->edge_count++] = (struct edge){ at, t->child };
	return 0;
}

struct parent {
	struct mem *mem;
	char *part[2];
	int parts;
};

static int
take_part(void *arg, struct json value)
{
	struct parent *p = arg;

	if (p->parts == 2)
		return 1;
	return json_string(p->mem, value, &p->part[p->parts++]);
}

static int
take_parent(void *arg, struct json value)
{
	struct tree *t = arg;
	struct parent p = { .mem = t->req->mem };

	if (t->parents == PARENTS_MAX ||
	    json_each_item(value, take_part, &p) != 0 || p.parts != 2)
		return 0;
	t->parents++;
	return add_edge(t, p.part[0], p.part[1]);
}

/* Parents that are no JSON have no edges. */
static void
add_edges(struct tree *t)
{
	if (t->count > 0)
		qsort(t->nodes, t->count, sizeof(*t->nodes), by_content);
	t->known = t->count;
	for (t->child = 0; t->child < t->known; t->child++) {
		t->parents = 0;
		if (t->nodes[t->child].parents != NULL)
			json_each_item(json_of(t->nodes[t->child].parents),
			    take_parent, t);
	}
}

/* ---- the answer --------------------------------------------------------------------- */

static void
put_name(struct buf *out, const struct node *n)
{
	buf_puts(out, "\"");
	buf_puts(out, n->stable_id);
	if (n->version == LOCAL_VERSION)
		buf_puts(out, ":local\"");
	else if (n->version == 0)
		buf_printf(out, ":%.12s\"", n->id);
	else
		buf_printf(out, ":%" PRId64 "\"", n->version);
}

static void
put_text(struct buf *out, const char *key, const char *text)
{
	json_put_key(out, key);
	json_put_string(out, text);
}

static void
put_node(struct buf *out, const struct node *n)
{
	buf_puts(out, "{\"id\":");
	put_name(out, n);
	put_text(out, "stable_id", n->stable_id);
	put_text(out, "content_hash", n->id);
	json_put_key(out, "version");
	if (n->version == LOCAL_VERSION || n->version == 0)
		buf_puts(out, "null");
	else
		buf_printf(out, "%" PRId64, n->version);
	put_text(out, "kind", n->kind);
	put_text(out, "replica", n->replica);
	put_text(out, "user", n->user);
	put_text(out, "time", n->at);
	buf_putc(out, '}');
}

static void
put_edges(struct buf *out, const struct tree *t)
{
	size_t i;

	buf_puts(out, "],\"edges\":[");
	for (i = 0; i < t->edge_count; i++) {
		buf_puts(out, i > 0 ? ",{\"from\":" : "{\"from\":");
		put_name(out, &t->nodes[t->edges[i].from]);
		buf_puts(out, ",\"to\":");
		put_name(out, &t->nodes[t->edges[i].to]);
		buf_putc(out, '}');
	}
}

static void
put_heads(struct buf *out, const struct tree *t)
{
	bool is_first = true;
	size_t i;

	buf_puts(out, "],\"heads\":[");
	for (i = 0; i < t->count; i++) {
		if (t->nodes[i].has_child)
			continue;
		if (!is_first)
			buf_putc(out, ',');
		put_name(out, &t->nodes[i]);
		is_first = false;
	}
}

static int
answer(const struct tree *t, const char *doc_id)
{
	struct buf json = { 0 };
	size_t i;
	int rc;

	buf_puts(&json, "{\"doc_id\":");
	json_put_string(&json, doc_id);
	put_text(&json, "replica", t->replica);
	buf_printf(&json, ",\"is_complete\":%s,\"nodes\":[",
	    t->is_cut ? "false" : "true");
	for (i = 0; i < t->count; i++) {
		if (i > 0)
			buf_putc(&json, ',');
		put_node(&json, &t->nodes[i]);
	}
	put_edges(&json, t);
	put_heads(&json, t);
	buf_puts(&json, "]}");
	rc = response_json(t->req, &json);
	buf_release(&json);
	return rc;
}

int
files_lineage(struct request *req)
{
	struct tree t = { .req = req };
	struct db *db = state_of(req)->site.db;
	struct record_filter all = { 0 };
	struct held held;
	int rc;

	if ((rc = pick_read_any(req, req->arg[0], &held)) != 0)
		return rc;
	if ((rc = meta_find(db, req->mem, "replica", &t.replica)) < 0)
		return rc;
	t.nodes = mem_alloc(req->mem, NODES_MAX * sizeof(*t.nodes));
	t.edges = mem_alloc(req->mem,
	    NODES_MAX * PARENTS_MAX * sizeof(*t.edges));
	all.doc_id = held.rec.doc_id;
	rc = record_each(db, &all, add_record, &t);
	if (rc < 0)
		return rc;
	add_edges(&t);
	return answer(&t, held.rec.doc_id);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/conflict.h"
#include "local/record.h"
#include "sync/resolve.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/pick.h"
#include "tool/say.h"
#include "tool/take.h"
#include "tool/tool.h"

#include <string.h>

/* Conflicts: listed here, settled by resolve; diff shows the sides. */

/* clang-format off */
static const struct out_column columns[] = {
	{ "stable_id",     "ID",     12 },
	{ "conflict_type", "TYPE",   14 },
	{ "remote_user",   "THEIRS BY", 12 },
	{ "seen_at",       "SEEN (UTC)", 19 },
	{ "merge",         "MERGE",   5 },
	{ "filename",      "FILE",    0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

struct conflict_list {
	struct tool *tool;
	struct out out;
	struct mem *mem; /* of one conflict */
	int64_t n;
};

static const char *
merge_word(const struct conflict *c)
{
	if (c->merge_id != NULL)
		return "yes";
	return c->merge_reason != NULL ? "no" : "-";
}

static void
conflict_put_row(struct out *out, const struct conflict *c,
    const struct held *ours, const struct record *theirs)
{
	out_text(out, "stable_id", c->stable_id);
	out_text(out, "conflict_type", c->type);
	out_text(out, "filename", ours->rec.filename);
	out_text(out, "doc_id", ours->rec.doc_id);
	out_text(out, "local_modified_at", ours->local_modified_at);
	out_text(out, "local_hash", ours->rec.id);
	out_text(out, "remote_modified_at", theirs->updated_at);
	out_text(out, "remote_hash", theirs->id);
	out_text(out, "remote_user", c->their_user);
	out_text(out, "remote_replica", c->their_replica);
	if (out->is_json) {
		out_text(out, "ancestor_hash",
		    c->has_ancestor ? c->ancestor.id : NULL);
		out_text(out, "merge_hash", c->merge_id);
	}
	out_text(out, "merge", merge_word(c));
	out_text(out, "merge_reason", c->merge_reason);
	out_time(out, "seen_at", c->seen_at);
}

static int
conflict_one(void *arg, const struct conflict *c)
{
	struct conflict_list *l = arg;
	struct held ours;
	struct record theirs;
	int rc;

	mem_reset(l->mem);
	memset(&ours, 0, sizeof(ours));
	memset(&theirs, 0, sizeof(theirs));
	if ((rc = record_find(l->tool->site.db, l->mem, c->stable_id, &ours)) <
		0 ||
	    (rc = record_side(l->tool->site.db, l->mem, c->stable_id, &theirs,
		 NULL)) < 0)
		return rc;
	l->n++;
	conflict_put_row(&l->out, c, &ours, &theirs);
	return out_row(&l->out);
}

int
cmd_conflicts(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	const struct option_row rows[] = {
		{ 'j', "json", NULL, "JSON, one conflict a line",
		    .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "conflicts", NULL,
		"Print the open conflicts",
		"\"stemma diff ID\" shows the two sides, \"stemma resolve\" "
		"settles one.  Status 3 when there are some.",
		rows, 0, 0, false };
	struct conflict_list l = { .tool = tool };
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = site_library(&tool->site, false)) != 0)
		return rc;
	l.mem = mem_new();
	out_init(&l.out, is_json, columns);
	rc = conflict_each(tool->site.db, conflict_one, &l);
	out_release(&l.out);
	mem_free(l.mem);
	return rc == 0 && l.n > 0 ? STATUS_LEFT : rc;
}

/* ---- resolve ------------------------------------------------------------ */

struct settling {
	enum resolution resolution;
	const char *variant;
	const char *file; /* of a merge, or NULL */
	char merge_id[HASH_HEX_SIZE];
	int64_t merge_size;
};

/* What stands behind "both" is a variant, behind "merge" a file. */
static int
settling_parse(const struct usage *usage, int argc, char **argv,
    struct settling *s)
{
	const char *rest = argc > 2 ? argv[2] : NULL;

	memset(s, 0, sizeof(*s));
	if (resolution_parse(argv[1], &s->resolution) != 0)
		return options_wrong(usage, "%s: local, remote, both or merge?",
		    argv[1]);
	if (s->resolution == RESOLVE_BOTH && rest == NULL)
		return options_wrong(usage,
		    "both: what is the new variant to be called?");
	if (s->resolution == RESOLVE_BOTH)
		s->variant = rest;
	else if (s->resolution == RESOLVE_MERGE)
		s->file = rest;
	else if (rest != NULL)
		return options_wrong(usage, "%s takes nothing more", argv[1]);
	return 0;
}

static int
merge_put(struct tool *tool, const struct record *r, const struct taken *t,
    struct settling *s)
{
	struct hash id;
	int rc;

	if (!str_eq(tei_kind_name(t->kind), r->file_type))
		return err_set(E_INPUT, "it is a %s, the record is a %s",
		    tei_kind_name(t->kind), r->file_type);
	rc = blob_put(tool->site.blobs, t->fd, r->file_type, 0, &id,
	    &s->merge_size);
	hash_hex(&id, s->merge_id);
	return rc;
}

static int
merge_take(struct tool *tool, const struct record *r, struct settling *s)
{
	struct taken t;
	int rc;

	if (s->file == NULL)
		return 0;
	if ((rc = take_open(s->file, &t)) == 0) {
		rc = merge_put(tool, r, &t, s);
		take_close(&t);
	}
	return rc != 0 ? err_wrap(rc, "%s", s->file) : 0;
}

static int
settle(struct tool *tool, const struct record *r, struct settling *s)
{
	char *new_id = NULL;
	int rc;

	if ((rc = merge_take(tool, r, s)) != 0)
		return rc;
	rc = resolve_conflict(tool->site.db, tool->site.mem, r->stable_id,
	    s->resolution, s->variant, s->file != NULL ? s->merge_id : NULL,
	    s->merge_size, open_user(tool), &new_id);
	if (rc != 0)
		return rc;
	if (new_id != NULL)
		say("%s %s is settled; ours is now %s", r->stable_id,
		    r->filename, new_id);
	else
		say("%s %s is settled", r->stable_id, r->filename);
	say("The next sync publishes it.");
	return 0;
}

int
cmd_resolve(struct tool *tool, int argc, char **argv)
{
	const struct usage usage = { "resolve",
		"ID local|remote|both NAME|merge [FILE]",
		"Settle a conflict; the next sync publishes it",
		"  local          ours counts\n"
		"  remote         theirs counts\n"
		"  both NAME      theirs keeps the record, ours becomes variant "
		"NAME\n"
		"  merge [FILE]   the proposed merge, or this file\n"
		"The side that gives way stays in the history.",
		NULL, 2, 3, false };
	struct settling s;
	struct held held;
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = settling_parse(&usage, argc, argv, &s)) != 0)
		return rc;
	if ((rc = site_library(&tool->site, false)) != 0 ||
	    (rc = pick_record(tool, argv[0], true, &held)) != 0)
		return rc;
	return settle(tool, &held.rec, &s);
}

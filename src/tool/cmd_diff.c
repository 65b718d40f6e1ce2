/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/conflict.h"
#include "local/record.h"
#include "tei/merge.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/pick.h"
#include "tool/say.h"
#include "tool/tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DIFF_CONTEXT 3

/* The two sides of a record; all that is needed to show them. */
struct sides {
	struct held ours;
	struct record theirs;
	bool have_theirs;
	struct conflict conflict;
	bool is_conflict;
};

static int
sides_find(struct tool *tool, const char *typed, struct sides *s)
{
	int rc;

	memset(s, 0, sizeof(*s));
	if ((rc = pick_record(tool, typed, true, &s->ours)) != 0 ||
	    (rc = conflict_find(tool->site.db, tool->site.mem,
		 s->ours.rec.stable_id, &s->conflict)) < 0)
		return rc;
	s->is_conflict = rc == 1;
	rc = record_side(tool->site.db, tool->site.mem, s->ours.rec.stable_id,
	    &s->theirs, NULL);
	s->have_theirs = rc == 1;
	if (rc == 0 && !s->is_conflict)
		return err_set(E_ABSENT, "%s: the store does not have it yet",
		    s->ours.rec.stable_id);
	if (rc == 0) /* it is proposed, and nobody else has it */
		s->theirs = (struct record){ .stable_id = "", .deleted = true };
	return rc < 0 ? rc : 0;
}

/* ---- as lines ----------------------------------------------------------- */

static void
add_field(struct buf *text, const char *key, const char *theirs,
    const char *ours)
{
	if (str_eq(theirs, ours))
		return;
	if (theirs != NULL)
		buf_printf(text, "-%s: %s\n", key, theirs);
	if (ours != NULL)
		buf_printf(text, "+%s: %s\n", key, ours);
}

static void
add_fields(struct buf *text, const struct record *theirs,
    const struct record *ours)
{
	add_field(text, "deleted", theirs->deleted ? "yes" : "no",
	    ours->deleted ? "yes" : "no");
	add_field(text, "filename", theirs->filename, ours->filename);
	add_field(text, "doc_id", theirs->doc_id, ours->doc_id);
	add_field(text, "label", theirs->label, ours->label);
	add_field(text, "variant", theirs->variant, ours->variant);
	add_field(text, "gold", theirs->is_gold ? "yes" : "no",
	    ours->is_gold ? "yes" : "no");
	add_field(text, "doc_collections", theirs->doc_collections,
	    ours->doc_collections);
	add_field(text, "doc_metadata", theirs->doc_metadata,
	    ours->doc_metadata);
	add_field(text, "file_metadata", theirs->file_metadata,
	    ours->file_metadata);
	add_field(text, "content", theirs->id, ours->id);
}

static int
fields_print(const struct sides *s)
{
	struct buf text = { NULL, 0, 0 };
	struct buf lines = { NULL, 0, 0 };
	int rc = 0;

	add_fields(&lines, &s->theirs, &s->ours.rec);
	buf_printf(&text, "--- the store's, %s\n+++ ours, %s\n",
	    s->have_theirs ? s->theirs.updated_at : "nothing",
	    s->ours.rec.updated_at);
	buf_puts(&text, buf_text(&lines));
	if (lines.len == 0)
		say("%s: both sides are the same", s->ours.rec.stable_id);
	else
		rc = out_write(text.data, text.len);
	buf_release(&lines);
	buf_release(&text);
	return rc;
}

/* ---- the contents ------------------------------------------------------- */

/* By way of a file, so that whoever reads no further is noticed as always. */
static int
diff_print(const char *theirs, const char *ours)
{
	FILE *file = tmpfile();
	int rc;

	if (file == NULL)
		return err_set(E_IO, "a temporary file: %s", strerror(errno));
	rc = tei_diff(theirs, ours, "the store's", "ours", DIFF_CONTEXT,
	    fileno(file));
	if (rc == 0)
		say("The contents are not compared: %s", err_text());
	if (rc == 1)
		rc = lseek(fileno(file), 0, SEEK_SET) == 0
		    ? pick_copy(fileno(file))
		    : err_set(E_IO, "a temporary file: %s", strerror(errno));
	fclose(file);
	return rc;
}

/* Its path, if it is here. */
static int
content_path(struct tool *tool, const struct record *r, const char **path)
{
	int fd = pick_content(tool, r->id, r->file_type, NULL);

	if (fd < 0)
		return fd;
	close(fd);
	*path = blob_path(tool->site.blobs, tool->site.mem, r->id,
	    r->file_type);
	return 0;
}

static int
contents_print(struct tool *tool, const struct sides *s)
{
	const char *theirs;
	const char *ours;
	int rc;

	if (str_eq(s->theirs.id, s->ours.rec.id) || s->theirs.deleted ||
	    s->ours.rec.deleted)
		return 0;
	if (str_eq(s->ours.rec.file_type, "pdf")) {
		say("The contents are PDFs, which cannot be shown side by "
		    "side here.");
		return 0;
	}
	if ((rc = content_path(tool, &s->theirs, &theirs)) != 0 ||
	    (rc = content_path(tool, &s->ours.rec, &ours)) != 0)
		return rc;
	return diff_print(theirs, ours);
}

/* ---- as JSON ------------------------------------------------------------ */

static void
put_record(struct out *out, const char *key, const struct record *r)
{
	struct buf text = { NULL, 0, 0 };

	shared_encode(r, &text);
	out_json(out, key, buf_text(&text));
	buf_release(&text);
}

static int
sides_json(const struct sides *s)
{
	struct out out;
	int rc;

	out_init(&out, true, NULL);
	out_text(&out, "stable_id", s->ours.rec.stable_id);
	out_text(&out, "conflict_type",
	    s->is_conflict ? s->conflict.type : NULL);
	put_record(&out, "local", &s->ours.rec);
	if (s->have_theirs)
		put_record(&out, "remote", &s->theirs);
	else
		out_json(&out, "remote", "null");
	if (s->is_conflict && s->conflict.has_ancestor)
		put_record(&out, "ancestor", &s->conflict.ancestor);
	else
		out_json(&out, "ancestor", "null");
	rc = out_row(&out);
	out_release(&out);
	return rc;
}

static void
tell_merge(const struct sides *s)
{
	if (!s->is_conflict)
		return;
	if (s->conflict.merge_id != NULL)
		say("A merge of both is proposed: \"stemma resolve %s merge\" "
		    "takes it.",
		    s->ours.rec.stable_id);
	else if (s->conflict.merge_reason != NULL)
		say("No merge is proposed: %s", s->conflict.merge_reason);
}

int
cmd_diff(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	const struct option_row rows[] = {
		{ 'j', "json", NULL, "both records, as one JSON object",
		    .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "diff", "ID",
		"Print how a record here differs from the store's", NULL, rows,
		1, 1, false };
	struct sides s;
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = site_library(&tool->site, false)) != 0 ||
	    (rc = sides_find(tool, argv[0], &s)) != 0)
		return rc;
	if (is_json)
		return sides_json(&s);
	if ((rc = fields_print(&s)) != 0 ||
	    (rc = contents_print(tool, &s)) != 0)
		return rc;
	tell_merge(&s);
	return STATUS_DONE;
}

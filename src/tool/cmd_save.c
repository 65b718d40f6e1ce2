/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"
#include "local/blob.h"
#include "local/record.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/pick.h"
#include "tool/say.h"
#include "tool/take.h"
#include "tool/tool.h"

static int
save_taken(struct tool *tool, const struct record *r, const struct taken *t,
    const char *if_id)
{
	char hex[HASH_HEX_SIZE];
	struct hash id;
	int64_t size;
	int rc;

	if (!str_eq(tei_kind_name(t->kind), r->file_type))
		return err_set(E_INPUT, "it is a %s, the record is a %s",
		    tei_kind_name(t->kind), r->file_type);
	rc = blob_put(tool->site.blobs, t->fd, r->file_type, 0, &id, &size);
	if (rc != 0)
		return rc;
	hash_hex(&id, hex);
	rc = record_save(tool->site.db, r->stable_id, hex, size, if_id,
	    open_user(tool));
	if (rc != 0)
		return rc;
	if (str_eq(hex, r->id))
		say("%s %s has this content already", r->stable_id,
		    r->filename);
	else
		say("%s %s was saved", r->stable_id, r->filename);
	return 0;
}

int
cmd_save(struct tool *tool, int argc, char **argv)
{
	const char *if_id = NULL;
	const struct option_row rows[] = {
		{ 0, "if-hash", "HASH", "only if its content is this one now",
		    .text = &if_id },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "save", "ID FILE",
		"Give a record a new content",
		"What it was stays in the history.", rows, 2, 2, false };
	struct taken t;
	struct held held;
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = site_library(&tool->site, false)) != 0 ||
	    (rc = pick_record(tool, argv[0], false, &held)) != 0)
		return rc;
	if ((rc = take_open(argv[1], &t)) != 0)
		return err_wrap(rc, "%s", argv[1]);
	rc = save_taken(tool, &held.rec, &t, if_id);
	take_close(&t);
	return rc != 0 ? err_wrap(rc, "%s", argv[1]) : 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/str.h"
#include "local/record.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/pick.h"
#include "tool/say.h"
#include "tool/tool.h"

/* Out of sight and back again: rm, restore. */

static int
delete_one(struct tool *tool, const char *typed)
{
	struct held held;
	int rc;

	if ((rc = pick_record(tool, typed, false, &held)) != 0)
		return rc;
	rc = record_delete(tool->site.db, held.rec.stable_id, open_user(tool));
	if (rc != 0)
		return err_wrap(rc, "%s", typed);
	say("%s %s was deleted", held.rec.stable_id, held.rec.filename);
	return 0;
}

int
cmd_rm(struct tool *tool, int argc, char **argv)
{
	const struct usage usage = { "rm", "ID...",
		"Delete records, here and with the next sync everywhere",
		"They stay in the trash until their retention is over: "
		"\"stemma restore ID\".",
		NULL, 1, -1, false };
	int failed = 0;
	int status;
	int rc;
	int i;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = site_library(&tool->site, false)) != 0)
		return rc;
	for (i = 0; i < argc; i++) {
		rc = delete_one(tool, argv[i]);
		if (rc != 0 && rc != E_ABSENT && rc != E_INPUT &&
		    rc != E_DENIED)
			return rc;
		if (rc != 0)
			complain("%s", err_text());
		failed += rc != 0;
	}
	return failed > 0 ? STATUS_FAILED : STATUS_DONE;
}

int
cmd_restore(struct tool *tool, int argc, char **argv)
{
	int64_t seq = 0;
	const struct option_row rows[] = {
		{ 'n', "version", "N", "what it was before change N",
		    .number = &seq },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "restore", "ID",
		"Bring back a deleted record, or what a record was",
		"\"stemma history ID\" tells the numbers of changes.", rows, 1,
		1, false };
	struct held held;
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = site_library(&tool->site, false)) != 0 ||
	    (rc = pick_record(tool, argv[0], true, &held)) != 0)
		return rc;
	if (seq == 0 && !held.rec.deleted)
		return err_set(E_INPUT,
		    "%s is not deleted; --version says which of its past is "
		    "wanted",
		    held.rec.stable_id);
	rc = record_restore(tool->site.db, held.rec.stable_id, seq,
	    open_user(tool));
	if (rc != 0)
		return err_wrap(rc, "%s", held.rec.stable_id);
	say("%s %s is back", held.rec.stable_id, held.rec.filename);
	return STATUS_DONE;
}

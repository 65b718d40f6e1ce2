/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"
#include "local/record.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/pick.h"
#include "tool/tool.h"

/* What a record was: here (history), and in the store (lineage). */

/* clang-format off */
static const struct out_column history_columns[] = {
	{ "seq",       "N",     -6 },
	{ "at",        "UNTIL (UTC)", 19 },
	{ "kind",      "THEN",   8 },
	{ "user",      "BY",    12 },
	{ "file_size", "SIZE",  -9 },
	{ "short_id",  "CONTENT", 12 },
	{ "filename",  "FILE",   0 },
	{ NULL, NULL, 0 }
};

static const struct out_column lineage_columns[] = {
	{ "version",   "VERSION", -7 },
	{ "at",        "AT (UTC)", 19 },
	{ "user",      "BY",      12 },
	{ "short_replica", "REPLICA", 8 },
	{ "short_id",  "CONTENT", 12 },
	{ "from",      "FROM",     0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

/* A hash as far as a person compares it; whole where no person reads. */
static void
put_short(struct out *out, const char *key, const char *text, int len)
{
	char part[16];

	if (out->is_json)
		return;
	snprintf(part, sizeof(part), "%.*s", len, text);
	out_text(out, key, out->is_terminal ? part : text);
}

static int
history_one(void *arg, const struct past *past)
{
	struct out *out = arg;
	struct buf record = { NULL, 0, 0 };

	out_int(out, "seq", past->seq);
	out_time(out, "at", past->at);
	out_text(out, "kind", past->kind);
	out_text(out, "user", past->user);
	if (out->is_json) {
		shared_encode(&past->rec, &record);
		out_json(out, "record", buf_text(&record));
		buf_release(&record);
		return out_row(out);
	}
	out_size(out, "file_size", past->rec.file_size);
	put_short(out, "short_id", past->rec.id, 12);
	out_text(out, "filename", past->rec.filename);
	return out_row(out);
}

/* A parent is ["stable_id","hash"]; the second tells. */
static int
parent_part(void *arg, struct json value)
{
	struct buf *text = arg;

	/* hashes have no escapes; ids are shorter */
	if (value.len == HASH_HEX_SIZE + 1)
		buf_printf(text, "%s%.*s", text->len > 0 ? " " : "",
		    HASH_HEX_SIZE - 1, value.text + 1);
	return 0;
}

static int
parent_one(void *arg, struct json value)
{
	return json_each_item(value, parent_part, arg);
}

/* All parents of a version, as far as a person compares them. */
static void
put_parents(struct out *out, const char *parents)
{
	struct buf text = { NULL, 0, 0 };

	json_each_item(json_of(parents), parent_one, &text);
	out_text(out, "from", text.len > 0 ? text.data : NULL);
	buf_release(&text);
}

static int
lineage_one(void *arg, const struct lineage *l)
{
	struct out *out = arg;

	out_int(out, "version", l->version);
	out_time(out, "at", l->at);
	out_text(out, "user", l->user);
	if (out->is_json) {
		out_bool(out, "deleted", l->deleted);
		out_text(out, "id", l->id);
		out_text(out, "replica", l->replica);
		out_json(out, "parents", l->parents);
		return out_row(out);
	}
	put_short(out, "short_id", l->deleted ? "deleted" : l->id, 12);
	put_short(out, "short_replica", l->replica, 8);
	put_parents(out, l->parents);
	return out_row(out);
}

/* Both commands, but for their tables and what they walk over. */
static int
past_print(struct tool *tool, const struct usage *usage, const bool *is_json,
    bool is_lineage, int argc, char **argv)
{
	struct held held;
	struct out out;
	int status;
	int rc;

	if (!options_parse(usage, &argc, &argv, &status))
		return status;
	if ((rc = site_library(&tool->site, false)) != 0 ||
	    (rc = pick_record(tool, argv[0], true, &held)) != 0)
		return rc;
	out_init(&out, *is_json,
	    is_lineage ? lineage_columns : history_columns);
	if (is_lineage)
		rc = lineage_each(tool->site.db, held.rec.stable_id,
		    lineage_one, &out);
	else
		rc = history_each(tool->site.db, held.rec.stable_id,
		    history_one, &out);
	out_release(&out);
	return rc;
}

int
cmd_history(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	const struct option_row rows[] = {
		{ 'j', "json", NULL, "JSON, one change a line",
		    .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "history", "ID",
		"Print what a record was on this replica, newest first",
		"Each line is what it was until a change; \"stemma restore ID "
		"--version N\"\nbrings it back.",
		rows, 1, 1, false };

	return past_print(tool, &usage, &is_json, false, argc, argv);
}

int
cmd_lineage(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	const struct option_row rows[] = {
		{ 'j', "json", NULL, "JSON, one version a line",
		    .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "lineage", "ID",
		"Print the published versions of a record, oldest first", NULL,
		rows, 1, 1, false };

	return past_print(tool, &usage, &is_json, true, argc, argv);
}

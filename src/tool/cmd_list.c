/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/record.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/pick.h"
#include "tool/stop.h"
#include "tool/tool.h"

/* Records, many or one: list, show, trash. */

/* clang-format off */
static const struct out_column list_columns[] = {
	{ "stable_id",   "ID",     12 },
	{ "sync_status", "STATUS", 16 },
	{ "file_type",   "TYPE",    4 },
	{ "version",     "VER",    -3 },
	{ "file_size",   "SIZE",   -9 },
	{ "filename",    "FILE",    0 },
	{ NULL, NULL, 0 }
};

static const struct out_column trash_columns[] = {
	{ "stable_id",   "ID",      12 },
	{ "updated_at",  "DELETED (UTC)", 19 },
	{ "sync_status", "STATUS",  14 },
	{ "file_type",   "TYPE",     4 },
	{ "file_size",   "SIZE",    -9 },
	{ "filename",    "FILE",     0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

struct listing {
	struct out out;
	struct mem *mem; /* of one record */
	const char *collection;
	bool is_trash;
};

static int
is_name(void *arg, struct json value)
{
	struct listing *l = arg;
	char *name;

	if (json_string(l->mem, value, &name) != 0)
		return 0;
	return str_eq(name, l->collection) ? 1 : 0;
}

static bool
is_listed(struct listing *l, const struct record *r)
{
	if (l->is_trash && !r->deleted)
		return false;
	if (l->collection == NULL)
		return true;
	mem_reset(l->mem);
	return json_each_item(json_of(r->doc_collections), is_name, l) == 1;
}

static int
list_one(void *arg, const struct held *held)
{
	struct listing *l = arg;
	int rc;

	if ((rc = stop_asked(NULL)) != 0 || !is_listed(l, &held->rec))
		return rc;
	pick_row(&l->out, held);
	return out_row(&l->out);
}

static int
list_all(struct tool *tool, struct listing *l,
    const struct record_filter *filter, bool is_json)
{
	int rc;

	if ((rc = site_library(&tool->site, false)) != 0)
		return rc;
	stop_catch();
	l->mem = mem_new();
	out_init(&l->out, is_json, l->is_trash ? trash_columns : list_columns);
	rc = record_each(tool->site.db, filter, list_one, l);
	out_release(&l->out);
	mem_free(l->mem);
	return rc;
}

/* Tombstones are listed where a status asks for them. */
static int
filter_status(struct record_filter *filter, const char *status)
{
	static const char *const live[] = { "synced", "modified",
		"pending_upload", "pending_download" };
	static const char *const any[] = { "pending_delete", "conflict" };
	size_t i;

	filter->status = status;
	filter->live = true;
	for (i = 0; i < sizeof(live) / sizeof(*live); i++)
		if (str_eq(status, live[i]))
			return 0;
	filter->live = false;
	for (i = 0; i < sizeof(any) / sizeof(*any); i++)
		if (str_eq(status, any[i]))
			return 0;
	return E_INPUT;
}

int
cmd_list(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	const char *status_name = NULL;
	struct listing l = { .is_trash = false };
	struct record_filter filter = { .live = true };
	const struct option_row rows[] = {
		{ 'C', "collection", "NAME", "only what is in this collection",
		    .text = &l.collection },
		{ 's', "status", "STATUS", "only what has this sync status",
		    .text = &status_name },
		{ 'd', "doc-id", "ID", "only what belongs to this document",
		    .text = &filter.doc_id },
		{ 'j', "json", NULL, "JSON, one record a line",
		    .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "list", NULL,
		"Print the records, in order of their id",
		"STATUS is one of synced, modified, pending_upload, "
		"pending_download,\npending_delete, conflict.",
		rows, 0, 0, false };
	int status;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if (status_name != NULL && filter_status(&filter, status_name) != 0)
		return options_wrong(&usage, "%s is no status", status_name);
	return list_all(tool, &l, &filter, is_json);
}

int
cmd_trash(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	struct listing l = { .is_trash = true };
	struct record_filter filter = { .live = false };
	const struct option_row rows[] = {
		{ 'j', "json", NULL, "JSON, one record a line",
		    .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "trash", NULL,
		"Print the records that were deleted",
		"\"stemma restore ID\" brings one back, until its retention is "
		"over.",
		rows, 0, 0, false };
	int status;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	return list_all(tool, &l, &filter, is_json);
}

int
cmd_show(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	const struct option_row rows[] = {
		{ 'j', "json", NULL, "one JSON object", .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "show", "ID",
		"Print all that is known about a record", NULL, rows, 1, 1,
		false };
	struct out out;
	struct held held;
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = site_library(&tool->site, false)) != 0 ||
	    (rc = pick_record(tool, argv[0], true, &held)) != 0)
		return rc;
	out_init(&out, is_json, NULL);
	pick_row(&out, &held);
	rc = out_row(&out);
	out_release(&out);
	return rc;
}

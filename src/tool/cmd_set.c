/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/record.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/pick.h"
#include "tool/say.h"
#include "tool/tool.h"

#include <stdbool.h>
#include <string.h>

/* A value as JSON: itself if it is JSON, else as a text; NULL: "" removes. */
static const char *
value_json(struct mem *mem, const char *value)
{
	struct buf text = { NULL, 0, 0 };
	const char *json;

	if (value[0] == '\0')
		return NULL;
	if (json_check(value, strlen(value)) == 0)
		return value;
	json_put_string(&text, value);
	json = mem_strdup(mem, buf_text(&text));
	buf_release(&text);
	return json;
}

static int
set_collection(struct mem *mem, struct record *r, const char *name, bool in)
{
	if (name[0] == '\0')
		return err_set(E_INPUT, "a collection needs a name");
	return collections_change(mem, r->doc_collections, name, in,
	    &r->doc_collections);
}

static int
set_gold(struct record *r, const char *value)
{
	r->is_gold = str_eq(value, "yes");
	if (!r->is_gold && !str_eq(value, "no"))
		return err_set(E_INPUT, "gold is \"yes\" or \"no\"");
	return 0;
}

/* One word of the command line, "KEY=VALUE": what it says is done to `r`. */
static int
set_word(struct mem *mem, struct record *r, const char *word)
{
	const char *value = strchr(word, '=') + 1;
	char *key = mem_strndup(mem, word, (size_t)(value - 1 - word));

	if (str_eq(key, "label")) {
		r->label = value;
		return 0;
	}
	if (str_eq(key, "gold"))
		return set_gold(r, value);
	if (str_starts(key, "collection"))
		return set_collection(mem, r, value, str_ends(key, "+"));
	if (str_starts(key, "meta."))
		return object_set(mem, r->doc_metadata, key + 5,
		    value_json(mem, value), &r->doc_metadata);
	return object_set(mem, r->file_metadata, key + 5,
	    value_json(mem, value), &r->file_metadata);
}

/* Has it the form of one? */
static bool
is_word(const char *word)
{
	static const char *const keys[] = { "label=", "gold=", "collection+=",
		"collection-=" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (str_starts(word, keys[i]))
			return true;
	return (str_starts(word, "meta.") || str_starts(word, "file.")) &&
	    word[5] != '=' && strchr(word, '=') != NULL;
}

static int
set_all(struct tool *tool, char **argv)
{
	struct record_set set = { .is_gold = -1 };
	struct held held;
	struct record *r = &held.rec;
	int rc;
	int i;

	if ((rc = pick_record(tool, argv[0], false, &held)) != 0)
		return rc;
	for (i = 1; argv[i] != NULL; i++)
		if ((rc = set_word(tool->site.mem, r, argv[i])) != 0)
			return rc;
	set.label = r->label;
	set.doc_collections = r->doc_collections;
	set.doc_metadata = r->doc_metadata;
	set.file_metadata = r->file_metadata;
	set.is_gold = r->is_gold ? 1 : 0;
	rc = record_set(tool->site.db, r->stable_id, &set, open_user(tool));
	if (rc != 0)
		return err_wrap(rc, "%s", r->stable_id);
	say("%s %s was changed", r->stable_id, r->filename);
	return 0;
}

int
cmd_set(struct tool *tool, int argc, char **argv)
{
	const struct usage usage = { "set", "ID KEY=VALUE...",
		"Change the metadata of a record",
		"  label=TEXT          its label\n"
		"  gold=yes|no         whether it is a gold standard\n"
		"  collection+=NAME    put it into a collection\n"
		"  collection-=NAME    take it out of one\n"
		"  meta.KEY=VALUE      metadata of the document\n"
		"  file.KEY=VALUE      metadata of the file\n"
		"A VALUE that is JSON counts as such, another as a text; an "
		"empty one removes.",
		NULL, 2, -1, false };
	int status;
	int rc;
	int i;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	for (i = 1; i < argc; i++)
		if (!is_word(argv[i]))
			return options_wrong(&usage,
			    "%s: not one of label=, gold=, collection+=, "
			    "collection-=, meta.KEY=, file.KEY=",
			    argv[i]);
	if ((rc = site_library(&tool->site, false)) != 0 ||
	    (rc = db_begin(tool->site.db)) != 0)
		return rc;
	return db_end(tool->site.db, set_all(tool, argv));
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "tool/open.h"
#include "tool/options.h"
#include "tool/out.h"
#include "tool/say.h"
#include "tool/tool.h"

/* clang-format off */
static const struct out_column columns[] = {
	{ "key",   "KEY",   20 },
	{ "value", "VALUE", 30 },
	{ "from",  "FROM",   0 },
	{ NULL, NULL, 0 }
};
/* clang-format on */

struct printing {
	struct out out;
};

static int
key_print(void *arg, const char *key, const char *value, const char *from,
    bool is_secret)
{
	struct printing *p = arg;

	if (str_eq(from, "--store"))
		from = "stemma init --store";
	out_text(&p->out, "key", key);
	out_text(&p->out, "value", value);
	out_text(&p->out, "from", from);
	if (p->out.is_json)
		out_bool(&p->out, "is_secret", is_secret);
	return out_row(&p->out);
}

int
cmd_config(struct tool *tool, int argc, char **argv)
{
	bool is_json = false;
	const struct option_row rows[] = {
		{ 'j', "json", NULL, "JSON, one key a line", .flag = &is_json },
		{ 0, NULL, NULL, NULL },
	};
	const struct usage usage = { "config", NULL,
		"Print the configuration in force, and where it comes from",
		"Secrets are not shown.", rows, 0, 0, false };
	struct printing p;
	int status;
	int rc;

	if (!options_parse(&usage, &argc, &argv, &status))
		return status;
	if ((rc = site_conf(&tool->site)) != 0)
		return rc;
	/* a library may have noted a store; that there is none yet is fine */
	site_library(&tool->site, false);
	if (tool->site.conf->file != NULL)
		say("read from %s", tool->site.conf->file);
	out_init(&p.out, is_json, columns);
	rc = conf_each(tool->site.conf, key_print, &p);
	out_release(&p.out);
	return rc;
}

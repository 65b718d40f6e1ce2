/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/probing.h"

#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "local/meta.h"
#include "remote/probe.h"
#include "remote/remote.h"
#include "tool/open.h"
#include "tool/say.h"
#include "tool/tool.h"

static void
on_sentence(void *arg, const char *sentence)
{
	(void)arg;
	say("%s", sentence);
}

/* 1: the library belongs to a store already. */
static int
is_joined(struct tool *tool)
{
	char *uuid;

	if (tool->site.db == NULL)
		return 0;
	return meta_find(tool->site.db, tool->site.mem, "store", &uuid);
}

int
probing_run(struct tool *tool, int64_t largest_body,
    struct probe_findings *findings)
{
	struct remote_config config;
	int rc;

	if ((rc = open_remote(tool)) != 0 ||
	    (rc = site_remote_config(&tool->site, &config)) != 0 ||
	    (rc = is_joined(tool)) < 0)
		return rc;
	if (rc == 0 && (rc = remote_make_root(tool->site.remote)) != 0)
		return rc;
	say("Trying the store at %s; this takes about ten seconds.",
	    remote_name(tool->site.remote));
	return probe_run(&config, largest_body, on_sentence, NULL, findings);
}

int
probing_keep(struct tool *tool, const struct probe_findings *findings)
{
	struct buf json = { NULL, 0, 0 };
	int rc;

	probe_json(findings, &json);
	rc = meta_put(tool->site.db, "probe", buf_text(&json));
	buf_release(&json);
	return rc;
}

int
probing_verdict(struct tool *tool, const struct probe_findings *findings)
{
	return tool->site.conf->single_writer ? 0 : probe_verdict(findings);
}

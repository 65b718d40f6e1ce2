/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_OPEN_H
#define TOOL_OPEN_H

struct sync_options;
struct tool;
struct walk;

/*
 * What commands work with besides the site (site/site.h).
 */

/* open_remote - the store, which a person can stop waiting for. */
int open_remote(struct tool *tool);

/*
 * open_sync - all that a sync needs.  The options have no callback but `stop`.
 */
int open_sync(struct tool *tool, struct sync_options *options);

/* open_forbid - a walk must not go into the folders of the library. */
int open_forbid(struct tool *tool, struct walk *w);

/* open_user - who makes changes here: the login name; memory of the tool. */
const char *open_user(struct tool *tool);

#endif

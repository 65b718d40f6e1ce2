/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

#include "site/site.h"

/* How a command ends. */
enum status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_LEFT = 3, /* conflicts exist, or work is left */
	STATUS_BUSY = 4,
};

/* What a command works with.  Released by main. */
struct tool {
	struct site site;
	const char *user; /* who makes changes; see open_user */
};

/*
 * A command: argv[0] is its name.  Answers a status, or an error whose text is
 * then told and which becomes a status.
 */
typedef int command_fn(struct tool *tool, int argc, char **argv);

command_fn cmd_cat;
command_fn cmd_config;
command_fn cmd_conflicts;
command_fn cmd_diff;
command_fn cmd_export;
command_fn cmd_fsck;
command_fn cmd_gc;
command_fn cmd_history;
command_fn cmd_import;
command_fn cmd_init;
command_fn cmd_lineage;
command_fn cmd_list;
command_fn cmd_locks;
command_fn cmd_log;
command_fn cmd_move_store;
command_fn cmd_probe;
command_fn cmd_recover;
command_fn cmd_resolve;
command_fn cmd_restore;
command_fn cmd_rm;
command_fn cmd_save;
command_fn cmd_set;
command_fn cmd_show;
command_fn cmd_status;
command_fn cmd_sync;
command_fn cmd_trash;
command_fn cmd_user;
command_fn cmd_version;

#endif

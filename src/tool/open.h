/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_OPEN_H
#define TOOL_OPEN_H

#include <stdbool.h>

struct remote_config;
struct sync_options;
struct tool;
struct walk;

/*
 * What commands work with, opened into the tool; what is open already stays.
 * Errors come with the sentence that says what to do.
 */

/* open_conf - the configuration. */
int open_conf(struct tool *tool);

/*
 * open_conf_store - the configuration, with another store (NULL: as it is).
 * E_INPUT: that is no address, or has a name or password in it.
 */
int open_conf_store(struct tool *tool, const char *url);

/*
 * open_library - the library and its contents.  E_ABSENT: there is none yet
 * ("run stemma init").  With `create` it is made, with its folders.  A store
 * that is noted in it (open_note_store) is taken into the configuration.
 */
int open_library(struct tool *tool, bool create);

/*
 * open_note_store - note in the library the store that --store gave, so that
 * it counts until the configuration changes.
 */
int open_note_store(struct tool *tool);

/* open_remote_config - how to reach the store.  E_ABSENT: there is none. */
int open_remote_config(struct tool *tool, struct remote_config *config);

/* open_remote - the store; nothing is asked of it yet.  E_ABSENT: none. */
int open_remote(struct tool *tool);

/*
 * open_sync - all that a sync needs.  The options have no callback but `stop`.
 */
int open_sync(struct tool *tool, struct sync_options *options);

/* open_work_dir - where syncs keep their lock and files on their way; made. */
int open_work_dir(struct tool *tool, char **dir);

/* open_forbid - a walk must not go into the folders of the library. */
int open_forbid(struct tool *tool, struct walk *w);

/* open_user - who makes changes here: the login name; memory of the tool. */
const char *open_user(struct tool *tool);

void open_close(struct tool *tool);

#endif

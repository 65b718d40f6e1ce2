/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_HEARING_H
#define TOOL_HEARING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct sync_options;
struct sync_summary;
struct telling;
struct tool;

/* What is heard of a sync while it runs: shown to the person here, and told to
 * stemma-hub. */
struct hearing {
	struct telling *telling; /* NULL: nobody is told */
	struct buf failures;     /* items of a JSON array */
	size_t failures_told;    /* bytes of those that an event tells */
	int failures_n;
};

/* hearing_begin - from now on, by the callbacks of `options`; `h` stays where it
 * is.  hearing_end - how it ended is told, and all is released. */
void hearing_begin(struct hearing *h, struct tool *tool,
    struct sync_options *options);
void hearing_end(struct hearing *h, const struct sync_summary *sum, int rc);

/*
 * hearing_show - how it went (`rc`), in words, or as one JSON object: the
 * Summary, failures, and where it failed error and detail.
 *
 *   more  a JSON object whose members stand there too; NULL: none
 */
int hearing_show(const struct hearing *h, const struct sync_summary *sum,
    int rc, bool is_json, const char *more);

/* hearing_status - with which status a sync that went well ends. */
int hearing_status(const struct sync_summary *sum);

#endif

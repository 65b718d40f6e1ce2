/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_PROBING_H
#define TOOL_PROBING_H

#include <stdint.h>

struct probe_findings;
struct tool;

/*
 * probing_run - make the store's folder, unless the library knows a store (it
 * is never made anew), and find out what it can do.  Told as it goes on.
 */
int probing_run(struct tool *tool, int64_t largest_body,
    struct probe_findings *findings);

/* probing_keep - note the findings in the library. */
int probing_keep(struct tool *tool, const struct probe_findings *findings);

/*
 * probing_verdict - may this library write there?  E_DENIED with a sentence;
 * one who declared that nobody else writes may.
 */
int probing_verdict(struct tool *tool, const struct probe_findings *findings);

#endif

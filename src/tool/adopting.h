/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_ADOPTING_H
#define TOOL_ADOPTING_H

#include "sync/adopt.h"

struct tool;

/* adopting_run - adopt_run, told to a person while it goes on. */
int adopting_run(struct tool *tool, const struct adopt_wish *wish);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_PICK_H
#define TOOL_PICK_H

#include <stdbool.h>
#include <stdint.h>

struct held;
struct out;
struct tool;

/*
 * pick_record - the record that a person means: a stable_id, a content hash, or
 * a unique prefix of either.  E_ABSENT, E_INPUT (several begin so), with a
 * sentence.  Texts are memory of the tool.
 */
int pick_record(struct tool *tool, const char *typed, bool want_deleted,
    struct held *held);

/* pick_row - all values of a record, for JSON and for tables. */
void pick_row(struct out *out, const struct held *held);

/*
 * pick_content - open a content for reading: the descriptor, or E_ABSENT with
 * the sentence that says why it is not here.
 */
int pick_content(struct tool *tool, const char *id, const char *file_type,
    const char *reason);

/* pick_copy - all of `fd` to stdout; E_IO, E_STOPPED. */
int pick_copy(int fd);

#endif

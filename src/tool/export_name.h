/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TOOL_EXPORT_NAME_H
#define TOOL_EXPORT_NAME_H

struct mem;
struct record;

/*
 * Names of exported files, made of the shared record alone, so that they are
 * the same on all replicas.  They may stand on any file system: what some of
 * them refuse becomes "_", and they have at most 255 bytes.
 */

/* export_folder - one for each document; memory of `mem`. */
const char *export_folder(struct mem *mem, const struct record *r);

/*
 * export_file - "<filename without extension>.<stable_id>.<ext>": no two
 * records have the same; memory of `mem`.
 */
const char *export_file(struct mem *mem, const struct record *r);

#endif

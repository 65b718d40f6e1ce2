/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TEI_MERGE_H
#define TEI_MERGE_H

#include <stdint.h>

#define TEI_MERGE_MAX (4 << 20) /* bytes of each file */
#define TEI_MERGE_LIMIT_MS 5000 /* a good limit */

/*
 * tei_merge - propose a text that has the changes of both sides.
 *
 *   base_file, ours_file, theirs_file  paths
 *   out_file  path of the proposal: a new file of mode 0640, not synced
 *   limit_ms  then the merge is given up
 *
 * A three-way merge by lines, as git does it (libgit2), in a child process with
 * limits on time, and on memory (512 MiB).  It is taken only when no line was
 * changed on both sides in different ways, the result is well-formed XML, and
 * no line of it looks like a conflict marker.
 *
 * Answers 1 when out_file is a clean merge.  0 when there is no proposal:
 * err_text() says why in words (too large, not text, the same lines changed,
 * not well-formed, took too long, crashed), and there is no out_file.  Negative
 * only when a file cannot be read or written, or no child made: E_IO.
 */
int tei_merge(const char *base_file, const char *ours_file,
    const char *theirs_file, const char *out_file, int64_t limit_ms);

/*
 * tei_diff - write what differs between two texts as a unified diff.
 *
 *   a_name, b_name  what its head calls them
 *   context         unchanged lines around each change
 *   out_fd          written where it stands
 *
 * Made by libgit2, in the same kind of child process, with TEI_MERGE_LIMIT_MS.
 * Answers 1 when the diff is in out_fd (nothing for the same texts); 0 when
 * there is none, with the reason in err_text(): then nothing was written.
 * The lines are as in the files: a terminal may not want all characters of
 * them.  E_IO.
 */
int tei_diff(const char *a_file, const char *b_file, const char *a_name,
    const char *b_name, int context, int out_fd);

#endif

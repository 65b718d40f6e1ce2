/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_SUMMARY_H
#define RESPOND_SUMMARY_H

struct buf;
struct run;

/*
 * summary_put - a Summary as the API has it, from the JSON that a sync left:
 * null where there is none (a sync that has not ended says nothing yet).
 */
void summary_put(struct buf *out, const char *json);

/* summary_run - a run: {"run_id","started_at","ended_at","outcome","error",
 * "in_progress","summary"}; `is_syncing`: a sync runs now. */
void summary_run(struct buf *out, const struct run *run, int is_syncing);

#endif

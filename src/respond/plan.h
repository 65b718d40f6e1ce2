/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_PLAN_H
#define RESPOND_PLAN_H

struct request;

/* plan_answer - what a sync would do, counted and listed: {"summary":{...},
 * "guard":bool,"guard_reason":text or null,"steps":[...],"more":n}. */
int plan_answer(struct request *req);

/* plan_dry_run - its Summary alone: what the sync itself would answer. */
int plan_dry_run(struct request *req);

#endif

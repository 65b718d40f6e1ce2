/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_SYNC_H
#define RESPOND_SYNC_H

struct request;

/* The handlers of stemma-sync: what takes its time, and what settles a
 * conflict. */
int sync_start(struct request *req);     /* POST /sync */
int sync_resolve(struct request *req);   /* POST /sync/resolve-conflict */
int sync_unresolve(struct request *req); /* POST /sync/unresolve */
int sync_probe(struct request *req);     /* POST /store/probe */

int store_recover(struct request *req);  /* POST /store/recover */

/* sync_ask - have the hub do it, and answer with the Summary when it is over, or
 * 202 when that takes longer than this request may. */
struct ask_sync;
int sync_ask(struct request *req, const struct ask_sync *ask);

#endif

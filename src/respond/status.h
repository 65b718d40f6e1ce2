/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_STATUS_H
#define RESPOND_STATUS_H

struct buf;
struct request;
struct state;

/* The handlers of stemma-status: what must answer at once, and what an
 * administrator looks at. */

/* What a thread of it keeps between requests: the part of /sync/status that
 * only the library knows, and which state of the library it is of. */
struct status_own {
	struct buf *library; /* JSON, without its first brace */
	long long version;   /* of db_version; -1: nothing was read yet */
	int needs_sync;      /* as far as the library knows */
	long long local_version;
	long long changed_ms; /* when it was seen to have changed last */
	char needs_recovery[1024]; /* as the last sync found; "": nothing */
};

int status_sync(struct request *req);      /* GET /sync/status */
int status_conflicts(struct request *req); /* GET /sync/conflicts */
int status_conflict(struct request *req);  /* GET /sync/conflicts/{} */

int status_history(struct request *req);   /* GET /sync/history */
int status_run(struct request *req);       /* GET /sync/runs/{} */
int status_settings(struct request *req);  /* GET /settings */
int status_set(struct request *req);       /* PATCH /settings */
int status_metrics(struct request *req);   /* GET /metrics */

#endif

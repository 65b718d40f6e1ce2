/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_IDENTIFY_H
#define RESPOND_IDENTIFY_H

struct request;

/*
 * identify - fill in req->caller from the session id of a request: the first
 * that is not empty of the header X-Session-Id, the query's sessionId, and the
 * cookie sessionId.  A wrong one is not rescued by a right one further on.
 *
 * The query counts for /sse/subscribe alone; elsewhere it is refused (400), so
 * that ids stay out of logs.  0, also for nobody, and for a session whose user
 * was removed; E_LOGIN "Session expired".
 */
int identify(struct request *req);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_CHANGED_H
#define RESPOND_CHANGED_H

struct record;
struct request;

/*
 * changed - tell every page that a record changed, after it did: the event
 * fileChanged, {"stable_id","doc_id","change","user"}.
 *
 *   change  "uploaded", "saved", "deleted", "restored", "metadata", "fetched"
 *
 * Of a private record only whoever changed it is told.  Cannot fail.
 */
void changed(struct request *req, const struct record *rec, const char *change);

#endif

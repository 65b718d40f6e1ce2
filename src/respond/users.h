/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_USERS_H
#define RESPOND_USERS_H

struct request;

/* Handlers of the auth responder: what is done to users.  PATCH and DELETE take
 * the name from the path, or else from `username` of the body. */
int users_list(struct request *req);
int users_add(struct request *req);
int users_change(struct request *req);
int users_remove(struct request *req);
int users_password(struct request *req); /* one's own */

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_STORE_FAIL_H
#define RESPOND_STORE_FAIL_H

struct request;

/*
 * store_fail - answer a sync, a plan or a look that ended with this error and
 * this text: 409 when one is running, 428 when the guard wants a word, 502 with
 * "Sync failed: <text>" where the store is to blame, else 500.
 */
int store_fail(struct request *req, int rc, const char *text);

/* store_blame - the same, where it was no sync that failed: 502 with
 * "<what>: " and err_text(). */
int store_blame(struct request *req, int rc, const char *what);

#endif

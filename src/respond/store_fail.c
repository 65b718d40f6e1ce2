/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/store_fail.h"

#include "base/err.h"
#include "base/mem.h"
#include "web/request.h"

static int
fail(struct request *req, int rc, const char *what, const char *text)
{
	switch (rc) {
	case E_BUSY:
		return request_fail(req, 409,
		    "A sync of this library is running");
	case E_GUARD:
		return request_fail(req, 428, "%s", text);
	case E_REMOTE:
	case E_LOGIN:
	case E_DENIED:
	case E_ROLLBACK:
	case E_MOVED:
	case E_CORRUPT:
	case E_ABSENT: /* no store was joined, or it has no head */
	case E_INPUT:  /* what the store is, we cannot read */
		return request_fail(req, 502, "%s: %s", what, text);
	case E_STOPPED:
		return request_fail(req, 503,
		    "The sync was stopped; the next one goes on from there");
	default: /* of this machine: the log has the rest */
		return err_set(E_IO, "%s: %s", what, text);
	}
}

int
store_fail(struct request *req, int rc, const char *text)
{
	return fail(req, rc, "Sync failed", mem_strdup(req->mem, text));
}

int
store_blame(struct request *req, int rc, const char *what)
{
	return fail(req, rc, what, mem_strdup(req->mem, err_text()));
}

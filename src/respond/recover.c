/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/sync.h"

#include "event/ask.h"
#include "web/json.h"
#include "web/request.h"

#include <stdbool.h>
#include <stddef.h>

#define BODY_MAX 4096

struct wish {
	bool dry_run;
	bool join;
};

static const struct field fields[] = {
	{ "dry_run", FIELD_BOOL, false, offsetof(struct wish, dry_run) },
	{ "join", FIELD_BOOL, false, offsetof(struct wish, join) },
	{ NULL, FIELD_BOOL, false, 0 },
};

/* Looking takes its time too: the hub does both. */
int
store_recover(struct request *req)
{
	struct wish wish = { false, false };
	struct ask_sync ask = { .recover = true, .user = req->caller.user };
	int rc;

	if ((rc = json_fields(req, BODY_MAX, fields, &wish)) != 0)
		return rc;
	ask.dry_run = wish.dry_run;
	ask.join = wish.join;
	return sync_ask(req, &ask);
}

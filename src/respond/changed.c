/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/changed.h"

#include "auth/access.h"
#include "base/json.h"
#include "base/str.h"
#include "event/publish.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "web/request.h"

static void
put(struct buf *data, const char *key, const char *text)
{
	json_put_key(data, key);
	json_put_string(data, text);
}

void
changed(struct request *req, const struct record *rec, const char *change)
{
	struct access access = { .is_private = true };
	struct buf data = { 0 };

	/* Where it is not known who may read it, nobody else is told. */
	if (pick_access(req, rec, &access) != 0)
		access.is_private = true;
	buf_putc(&data, '{');
	put(&data, "stable_id", rec->stable_id);
	put(&data, "doc_id", rec->doc_id);
	put(&data, "change", change);
	put(&data, "user", req->caller.user);
	buf_putc(&data, '}');
	publish(state_of(req)->publisher, "fileChanged", buf_text(&data),
	    access.is_private ? req->caller.user : NULL);
	buf_release(&data);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/moved.h"

#include "base/err.h"
#include "base/mem.h"
#include "local/db.h"
#include "local/meta.h"

char *
moved_text(struct mem *mem, const char *from, const char *to)
{
	return mem_printf(mem,
	    "The store at %s was moved to %s.  Nothing was "
	    "changed here; if you trust that address, go there with \"stemma "
	    "move-store --follow %s\".",
	    from, to, to);
}

/* The seal won where our commit was to be; it is tried again elsewhere. */
static int
thaw(struct sync *s, int64_t version)
{
	struct outbox outbox;
	int rc = outbox_find(s->db, s->mem, &outbox);

	if (rc <= 0 || outbox.version < version)
		return rc < 0 ? rc : 0;
	outbox.frozen = 0;
	if ((rc = outbox_rows_clear(s->db)) != 0)
		return rc;
	return outbox_put(s->db, &outbox);
}

int
moved_reset(struct sync *s, int64_t version)
{
	int rc;

	if ((rc = db_begin(s->db)) != 0)
		return rc;
	if ((rc = upload_clear(s->db)) == 0)
		rc = thaw(s, version);
	return db_end(s->db, rc);
}

int
moved_say(struct sync *s, const struct commit *c)
{
	return err_set(E_MOVED, "%s",
	    moved_text(s->mem, remote_name(s->remote), c->moved_to));
}

int
moved_note(struct sync *s, const struct commit *c)
{
	int rc;

	if ((rc = moved_reset(s, c->version)) != 0 ||
	    (rc = meta_put(s->db, "moved_to", c->moved_to)) != 0)
		return rc;
	return moved_say(s, c);
}

int
moved_forget(struct sync *s)
{
	char *known;
	int rc = meta_find(s->db, s->mem, "moved_to", &known);

	return rc == 1 ? meta_put(s->db, "moved_to", NULL) : rc;
}

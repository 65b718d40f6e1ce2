/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/moved.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "local/db.h"
#include "local/meta.h"

/* The address is the store's word, and a person may paste the command: for the
 * shell it is one word, whatever is in it. */
static const char *
one_word(struct mem *mem, const char *address)
{
	struct buf out = { 0 };
	const char *word;

	if (strspn(address,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789+-./:=@_%,[]") == strlen(address))
		return address;
	buf_putc(&out, '\'');
	for (; *address != '\0'; address++)
		if (*address == '\'')
			buf_puts(&out, "'\\''");
		else
			buf_putc(&out, *address);
	buf_putc(&out, '\'');
	word = mem_strdup(mem, buf_text(&out));
	buf_release(&out);
	return word;
}

char *
moved_text(struct mem *mem, const char *from, const char *to)
{
	return mem_printf(mem,
	    "The store at %s was moved to %s.  Nothing was "
	    "changed here; if you trust that address, go there with \"stemma "
	    "move-store --follow %s\".",
	    from, to, one_word(mem, to));
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
	    (rc = meta_put(s->db, "moved_from", remote_name(s->remote))) != 0 ||
	    (rc = meta_put(s->db, "moved_to", c->moved_to)) != 0)
		return rc;
	return moved_say(s, c);
}

int
moved_check(struct sync *s)
{
	char *from, *to;
	int rc;

	if ((rc = meta_find(s->db, s->mem, "moved_from", &from)) <= 0 ||
	    (rc = meta_find(s->db, s->mem, "moved_to", &to)) <= 0)
		return rc;
	if (strcmp(from, remote_name(s->remote)) != 0)
		return 0;
	return err_set(E_MOVED, "%s", moved_text(s->mem, from, to));
}

int
moved_forget(struct sync *s)
{
	char *known;
	int rc;

	if ((rc = meta_find(s->db, s->mem, "moved_to", &known)) <= 0 ||
	    (rc = meta_put(s->db, "moved_from", NULL)) != 0)
		return rc;
	return meta_put(s->db, "moved_to", NULL);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/propose.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "local/conflict.h"
#include "local/db.h"
#include "local/meta.h"
#include "local/record.h"

#define DAY_MS (24 * 60 * 60 * INT64_C(1000))

bool
propose_is(const char *conflict_type)
{
	return strcmp(conflict_type, "proposed") == 0;
}

/* ---- one record ------------------------------------------------------------- */

static int
put_conflict(struct sync *s, const struct record_both *both)
{
	const struct record *ours = &both->held.rec;
	struct conflict c = {
		.stable_id = ours->stable_id,
		.type = "proposed",
		.has_ancestor = both->have_side,
		.ancestor = both->side,
		.file_type = ours->file_type,
	};

	s->sum->conflicts++;
	return conflict_put(s->db, &c);
}

int
propose_record(struct sync *s, const char *stable_id)
{
	struct mem *mem = mem_new();
	struct record_both both;
	struct record_write w = { .status = "conflict", .was = &both };
	int rc;

	if ((rc = record_find_both(s->db, mem, stable_id, &both)) == 0 &&
	    both.have_row) {
		w.row = &both.held.rec;
		w.parents = both.held.parents;
		if ((rc = record_write(s->db, &w)) == 0)
			rc = put_conflict(s, &both);
	}
	mem_free(mem);
	return rc;
}

/* ---- all that was done here --------------------------------------------------- */

/* The later of both clocks: one that went back says that no time has passed. */
static int64_t
latest_ms(const char *at)
{
	int64_t now_ms = clock_wall_ms(), at_ms;

	if (clock_parse(at, &at_ms) == 0 && at_ms > now_ms)
		return at_ms;
	return now_ms;
}

int
propose_would(struct sync *s, const char *at)
{
	int64_t then_ms;
	char *text;
	int rc;

	if (s->last.version == 0 || s->opt->retention_days <= 0)
		return 0;
	rc = meta_find(s->db, s->mem, "last_success", &text);
	if (rc <= 0 || clock_parse(text, &then_ms) != 0)
		return rc < 0 ? rc : 0;
	return latest_ms(at) - then_ms > s->opt->retention_days * DAY_MS;
}

struct proposing {
	struct sync *s;
	int64_t n;
};

static int
propose_held(void *arg, const struct held *held)
{
	struct proposing *p = arg;

	p->n++;
	return propose_record(p->s, held->rec.stable_id);
}

int
propose_if_away(struct sync *s, const char *at)
{
	static const char *const status[] = { "pending_delete", "modified",
		"pending_upload" };
	struct proposing p = { s, 0 };
	int rc = propose_would(s, at);

	if (rc != 1)
		return rc;
	rc = 0;
	for (int i = 0; i < 3 && rc == 0; i++) {
		struct record_filter filter = { .status = status[i] };

		rc = record_each(s->db, &filter, propose_held, &p);
	}
	if (rc == 0 && p.n > 0)
		run_say(s,
		    "This replica was away for more than %d days: %" PRId64
		    " changes that were made here are not sent, but proposed.  "
		    "See stemma conflicts.",
		    s->opt->retention_days, p.n);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/plan.h"

#include <string.h>

#include "base/str.h"
#include "local/shared.h"

/* Rows: what happened here.  Columns: what happened there. */
/* clang-format off */
#define IDLE ACTION_NOTHING
#define TAKE ACTION_TAKE
#define SEND ACTION_SEND
#define MERG ACTION_MERGE
#define BOTH ACTION_CONFLICT_BOTH
#define REMO ACTION_CONFLICT_REMOTE
#define LOCA ACTION_CONFLICT_LOCAL
#define NEVR ACTION_NEVER
static const enum action table[CHANGE_N][CHANGE_N] = {
	/*                    NONE  NAME  META  CONT  DELE  BORN */
	[CHANGE_NONE]    = { IDLE, TAKE, TAKE, TAKE, TAKE, TAKE },
	[CHANGE_NAME]    = { SEND, MERG, MERG, TAKE, TAKE, NEVR },
	[CHANGE_META]    = { SEND, MERG, MERG, MERG, REMO, NEVR },
	[CHANGE_CONTENT] = { SEND, SEND, MERG, BOTH, REMO, NEVR },
	[CHANGE_DELETED] = { SEND, SEND, LOCA, LOCA, TAKE, NEVR },
	[CHANGE_BORN]    = { SEND, NEVR, NEVR, NEVR, NEVR, BOTH },
};
/* clang-format on */

static enum change
change_of_live(const struct record *base, const struct record *now)
{
	if (now->deleted)
		return CHANGE_DELETED;
	if (strcmp(base->id, now->id) != 0)
		return CHANGE_CONTENT;
	if (!shared_same(base, now))
		return CHANGE_META;
	return base->generation == now->generation ? CHANGE_NONE : CHANGE_NAME;
}

enum change
plan_change(const struct record *base, const struct record *now)
{
	if (now == NULL)
		return CHANGE_NONE;
	if (base == NULL || base->deleted)
		return now->deleted ? CHANGE_NONE : CHANGE_BORN;
	return change_of_live(base, now);
}

enum action
plan_action(enum change here, enum change there, bool same_content)
{
	enum action action = table[here][there];

	if (action == ACTION_CONFLICT_BOTH && same_content)
		return ACTION_MERGE;
	return action;
}

bool
plan_same_thing(const struct record *a, const struct record *b)
{
	return strcmp(a->doc_id, b->doc_id) == 0 &&
	    strcmp(a->file_type, b->file_type) == 0 &&
	    str_eq(a->variant, b->variant);
}

bool
plan_guard(int64_t n, int64_t live, int percent)
{
	return n > PLAN_GUARD_MIN &&
	    n > live / 100 * percent + live % 100 * percent / 100;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_PLAN_H
#define SYNC_PLAN_H

#include <stdbool.h>
#include <stdint.h>

struct record;

/*
 * The policy of a sync, pure: what happened here, what happened there, one
 * action out.  No disk, no net, no clock.
 */

/* What happened to a record on one side since both last agreed (the base). */
enum change {
	CHANGE_NONE,
	CHANGE_NAME,    /* its content has another name on the store: no edit */
	CHANGE_META,    /* fields, not the content */
	CHANGE_CONTENT, /* the content, perhaps fields too */
	CHANGE_DELETED,
	CHANGE_BORN, /* not there or deleted before; lives now */
	CHANGE_N
};

enum action {
	ACTION_NOTHING,
	ACTION_TAKE,  /* theirs stands here */
	ACTION_SEND,  /* ours stays, to be published */
	ACTION_MERGE, /* field by field; one content at most has changed */
	ACTION_CONFLICT_BOTH,   /* modified_both */
	ACTION_CONFLICT_REMOTE, /* deleted_remote: we edited */
	ACTION_CONFLICT_LOCAL,  /* deleted_local: they edited */
	ACTION_NEVER            /* cannot be: the two cannot share this base */
};

/*
 * plan_change - classify one side against the base.
 *
 *   base  NULL: there was none
 *   now   NULL: there is none
 *
 * Equal but for times is CHANGE_NONE; but for the generation too, CHANGE_NAME.
 * A record that vanished is CHANGE_NONE: nothing is deleted because it is
 * absent.
 */
enum change plan_change(const struct record *base, const struct record *now);

/* plan_action - the table.  Where both contents changed: `same_content` tells
 * whether they changed to the same. */
enum action plan_action(enum change here, enum change there, bool same_content);

/*
 * plan_same_thing - do two records of one stable_id speak of the same thing
 * (document, type and variant)?  Short ids of other origin may not.
 */
bool plan_same_thing(const struct record *a, const struct record *b);

/*
 * plan_guard - would removing `n` of `live` records be too much?  More than 20
 * and more than `percent` of them.
 */
#define PLAN_GUARD_MIN 20
bool plan_guard(int64_t n, int64_t live, int percent);

#endif

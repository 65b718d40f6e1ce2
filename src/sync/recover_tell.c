/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "base/str.h"
#include "local/shared.h"
#include "remote/remote.h"
#include "sync/recover.h"

const char *
sync_trouble_name(enum sync_trouble trouble)
{
	switch (trouble) {
	case SYNC_TROUBLE_NONE:
		return "none";
	case SYNC_TROUBLE_OLDER:
		return "older";
	case SYNC_TROUBLE_FORKED:
		return "forked";
	case SYNC_TROUBLE_REPLACED:
		return "replaced";
	case SYNC_TROUBLE_EMPTIED:
		return "emptied";
	case SYNC_TROUBLE_NO_HEAD:
		return "no-head";
	case SYNC_TROUBLE_TWO_HEADS:
		return "two-heads";
	case SYNC_TROUBLE_CUT:
		break;
	}
	return "cut";
}

/* What happened: what stands before and behind the store's address. */
struct sentence {
	const char *before;
	const char *behind;
};

static const struct sentence findings[] = {
	[SYNC_TROUBLE_NONE] = { "The store at",
	    "continues what this library knows." },
	[SYNC_TROUBLE_OLDER] = { "The store at",
	    "was restored from an older copy: it lacks versions that this "
	    "library has seen." },
	[SYNC_TROUBLE_FORKED] = { "The store at",
	    "has another history than this library knows: it was restored "
	    "from an older copy, or made anew, and then written to." },
	[SYNC_TROUBLE_REPLACED] = { "The store at",
	    "is another one than this library belongs to." },
	[SYNC_TROUBLE_EMPTIED] = { "Nothing of a store is left at",
	    ": the folder was emptied, moved or mistyped." },
	[SYNC_TROUBLE_NO_HEAD] = { "The store at",
	    "lost its head/, but its commits are there." },
	[SYNC_TROUBLE_TWO_HEADS] = { "The store at",
	    "shows a leftover beside its head." },
	[SYNC_TROUBLE_CUT] = { "The store at",
	    "lost commits or checkpoints that its history needs." },
};

static const char *
remedy(const struct sync_recovery *f, bool joins, bool cuts_back)
{
	switch (f->trouble) {
	case SYNC_TROUBLE_NONE:
		return "There is nothing to unite; contents that it lost are "
		       "sent again.";
	case SYNC_TROUBLE_REPLACED:
		return joins ? "This library joins it, and all that both have "
			       "is united."
			     : "If that is what you want, \"stemma recover "
			       "--join\" makes this library join it and unites "
			       "both; otherwise correct the address.";
	case SYNC_TROUBLE_EMPTIED:
		return "If the address is right, the store is made anew under "
		       "its old name and all that is here is published again; "
		       "other libraries then do the same.";
	case SYNC_TROUBLE_NO_HEAD:
		return "The head is set to the newest version that can be "
		       "read, and what it lacks is published again.";
	case SYNC_TROUBLE_TWO_HEADS:
		return "The leftover, an older version's name, is removed.";
	case SYNC_TROUBLE_CUT:
		return cuts_back
		    ? "Its head is set back to the newest version that can be "
		      "read, and what it lacks then is published again; a "
		      "library that has seen all of it should do this first."
		    : "A new checkpoint is made from here, so that newcomers "
		      "do not need what is missing.";
	default:
		return "What the store lacks or has older is published again, "
		       "and what it has is taken; nothing is deleted.";
	}
}

void
recover_say(struct sync *s, struct recover *r, bool cuts_back)
{
	struct sync_recovery *f = r->found;

	snprintf(f->found, sizeof(f->found), "%s %s%s%s",
	    findings[f->trouble].before, remote_name(s->remote),
	    findings[f->trouble].behind[0] == ':' ? "" : " ",
	    findings[f->trouble].behind);
	snprintf(f->remedy, sizeof(f->remedy), "%s",
	    remedy(f, r->wish->join, cuts_back));
}

int
recover_tell(struct recover *r, const char *action, const struct record *rec)
{
	struct sync_step step = { action, rec->stable_id, rec->filename,
		rec->doc_id, rec->file_size, rec };

	return r->wish->step == NULL ? 0 : r->wish->step(r->wish->arg, &step);
}

void
sync_recovery_json(const struct sync_recovery *f, struct buf *out)
{
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{ "known_version", f->known_version },
		{ "store_version", f->store_version },
		{ "common_version", f->common_version },
		{ "sent_again", f->sent_again },
		{ "taken", f->taken },
		{ "united", f->merged },
		{ "to_decide", f->to_decide },
		{ "forgotten", f->forgotten },
		{ "not_here", f->not_here },
		{ "contents_missing", f->contents_missing },
		{ "contents_lost", f->contents_lost },
	};

	buf_puts(out, "\"trouble\":");
	json_put_string(out, sync_trouble_name(f->trouble));
	buf_puts(out, ",\"found\":");
	json_put_string(out, f->found);
	buf_puts(out, ",\"remedy\":");
	json_put_string(out, f->remedy);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		buf_printf(out, ",\"%s\":%" PRId64, numbers[i].key,
		    numbers[i].value);
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_MOVED_H
#define SYNC_MOVED_H

#include "sync/commit.h"
#include "sync/run.h"

/* What a library knows of a move of its store. */

/*
 * moved_note - the head's commit says `moved_to`: note it, and forget what was
 * sent to the old place but is in no commit: it must be sent again.  E_MOVED
 * with two sentences, always.
 */
int moved_note(struct sync *s, const struct commit *c);

/*
 * moved_check - E_MOVED when this library saw a seal at this very address, even
 * if it is not to be seen there any more: what was lost or restored since must
 * not be written to beside the store that was moved.  No request.
 */
int moved_check(struct sync *s);

/* moved_say - those sentences alone; writes nothing. */
int moved_say(struct sync *s, const struct commit *c);

/* moved_text - those sentences; memory of `mem`. */
char *moved_text(struct mem *mem, const char *from, const char *to);

/* moved_forget - the library is where its store is. */
int moved_forget(struct sync *s);

/* moved_reset - forget uploads that no commit names, and let the records of a
 * commit under way at `version` or later be taken anew. */
int moved_reset(struct sync *s, int64_t version);

#endif

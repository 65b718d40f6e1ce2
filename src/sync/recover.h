/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_RECOVER_H
#define SYNC_RECOVER_H

#include "sync/run.h"

/* A recovery under way: what a person asked for, and what is found. */
struct recover {
	const struct sync_recover_wish *wish;
	struct sync_recovery *found;
	bool wants_floor; /* a checkpoint and a floor above what cannot be
			     read */
};

/*
 * recover_begin - look at the store, mend its head where that is needed (see
 * sync_recover) and unite the library with it; what waits to be sent then is
 * published by the steps of a sync.  A dry run only looks and counts.
 */
int recover_begin(struct sync *s, struct recover *r);

/* recover_end - after what waited was published: what could not be read is made
 * superfluous by a checkpoint and a floor above it. */
int recover_end(struct sync *s, struct recover *r);

/* recover_say - the two sentences; `cuts_back`: the head is set back. */
void recover_say(struct sync *s, struct recover *r, bool cuts_back);

/* recover_tell - this record, and what is done about it. */
int recover_tell(struct recover *r, const char *action,
    const struct record *rec);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_UNITE_H
#define SYNC_UNITE_H

#include "sync/beside.h"
#include "sync/recover.h"
#include "sync/run.h"

/*
 * unite_run - the store, as the library `b` beside knows it, does not continue
 * what this library knows of it: take the store's side of everything from there,
 * and keep what is here.  In one transaction, which a dry run takes back.
 *
 * Up to the version `common` the two are the same.  What we know of a record and
 * what the store has of it are compared:
 *
 *   the store has none                  ours waits to be sent again
 *   it has it as before that version    ours is a change of it, to be sent
 *   it alone was changed since          theirs, but a deletion: a conflict
 *   both were changed since             a merge without a base, or a conflict
 *   deleted on one side, live on the
 *   other, and not known which is newer a conflict: a person says
 *
 * Nothing is deleted.  What is done is counted and told.
 */
int unite_run(struct sync *s, struct beside *b, int64_t common,
    struct recover *r);

#endif

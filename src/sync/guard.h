/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_GUARD_H
#define SYNC_GUARD_H

#include <stdint.h>

#include "sync/run.h"

/*
 * guard_check - may `n` more records be removed, `where` ("here", "on the
 * store")?  Counts what this sync and the unconfirmed syncs of the last 24 hours
 * removed already.  E_GUARD in words, unless a person said yes.
 */
int guard_check(struct sync *s, int64_t n, const char *where);

#endif

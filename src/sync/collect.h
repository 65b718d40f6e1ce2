/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_COLLECT_H
#define SYNC_COLLECT_H

#include <stdint.h>

#include "sync/garbage.h"

#define COLLECT_FOLDERS 256

/*
 * collect_over - names that commits below `version` let go are over: let go for
 * longer than retention_days, by the clock and by the count of days, and more
 * than 1,000 versions ago.  0: none are.
 */
int collect_over(struct sync *s, int64_t *version);

/*
 * collect_folder - of the contents in one of the 256 folders, remove those under
 * names of an older generation which the state does not name.  Names without a
 * generation that no commit ever named, as far as this library knows, stay:
 * older software put them there.  Names of the present generation that nobody
 * names are counted in g->waiting: some may be just on their way.
 *
 * It is safe whenever it is done: a commit may name only what its parent's state
 * names or names of the parent's generation, so what is removed here no later
 * commit can name.
 */
int collect_folder(struct garbage *g, int folder);

#endif

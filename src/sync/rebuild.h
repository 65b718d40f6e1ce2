/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_REBUILD_H
#define SYNC_REBUILD_H

#include "sync/run.h"

/*
 * rebuild_run - the state digest differed: build the store's side anew in a
 * library beside this one, from the checkpoint and the commits up to where we
 * are, and set right what differs here (edits made here stay).  Where the digest
 * is still another then, or the store cannot give what is needed, that is
 * reported once, and the sync goes on: the chain is the truth.
 */
int rebuild_run(struct sync *s);

#endif

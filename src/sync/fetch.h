/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_FETCH_H
#define SYNC_FETCH_H

#include "sync/run.h"

/*
 * fetch_contents - have what is referenced here and not here yet: in parallel,
 * verified while it streams, resumed after a break, made durable in batches.
 * What cannot be had is told (run_fail), leaves its record pending_download and
 * is tried again at the next sync; the rest goes on.
 */
int fetch_contents(struct sync *s);

#endif

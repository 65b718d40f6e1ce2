/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SIM_USER_H
#define SIM_USER_H

#include "sim/world.h"

/* Jobs of a process: what a user does, as p->rng decides. */
int user_does(struct proc *p);

/* user_resolves - every conflict that is open, in one way or another. */
int user_resolves(struct proc *p);

/* user_syncs - join the store where that was not done yet, and sync. */
int user_syncs(struct proc *p);

/* user_cleans - what is over goes, here and on the store. */
int user_cleans(struct proc *p);

/* user_recovers - the store went back, and is published again. */
int user_recovers(struct proc *p);

/* user_name - who works at a replica. */
const char *user_name(int site);

#endif

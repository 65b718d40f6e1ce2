/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SIM_STORY_H
#define SIM_STORY_H

#include "sim/world.h"

/*
 * story_tell - the steps of the plan, then calm: all sync until nothing is
 * left, a fresh replica joins, and the model is asked.
 */
void story_tell(struct world *w);

#endif

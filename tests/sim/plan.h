/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/world.h"

/* plan_of - what a seed decides by itself. */
void plan_of(uint64_t seed, struct plan *plan);

/*
 * plan_print - as options of the program that tell this very story again;
 * plan_option - one of these; false: it is none.
 */
void plan_print(const struct plan *plan, FILE *out);
bool plan_option(struct plan *plan, const char *name, const char *value);

bool plan_leaves_out(const struct plan *plan, int step);

/*
 * plan_shrink - a shorter story that fails in the same way: with fewer kinds of
 * trouble, replicas and steps.  `fails` tells one and answers how it failed, or
 * NULL.
 */
void plan_shrink(struct plan *plan,
    const char *(*fails)(const struct plan *plan));

#endif

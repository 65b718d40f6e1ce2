/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers that a seed decides (splitmix64). */
struct rng {
	uint64_t state;
};

/* rng_mix - a seed of its own for each pair. */
uint64_t rng_mix(uint64_t a, uint64_t b);

uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t limit); /* 0 where limit is 0 */
bool rng_chance(struct rng *r, int percent);
void rng_fill(struct rng *r, void *data, size_t len);

#endif

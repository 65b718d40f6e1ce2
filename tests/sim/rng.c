/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sim/rng.h"

#include <string.h>

static uint64_t
scramble(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t
rng_mix(uint64_t a, uint64_t b)
{
	return scramble(scramble(a + UINT64_C(0x9e3779b97f4a7c15)) ^
	    (b * UINT64_C(0xd6e8feb86659fd93)));
}

uint64_t
rng_next(struct rng *r)
{
	r->state += UINT64_C(0x9e3779b97f4a7c15);
	return scramble(r->state);
}

uint64_t
rng_below(struct rng *r, uint64_t limit)
{
	return limit == 0 ? 0 : rng_next(r) % limit;
}

bool
rng_chance(struct rng *r, int percent)
{
	return (int)rng_below(r, 100) < percent;
}

void
rng_fill(struct rng *r, void *data, size_t len)
{
	unsigned char *p = data;

	while (len > 0) {
		uint64_t n = rng_next(r);
		size_t part = len < sizeof(n) ? len : sizeof(n);

		memcpy(p, &n, part);
		p += part;
		len -= part;
	}
}

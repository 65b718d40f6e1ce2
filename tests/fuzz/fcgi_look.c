/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "web/fcgi_look.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* More bytes never turn a verdict into another, but for "more". */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int id = 0;
	enum look all = fcgi_look(data, size, &id);

	for (size_t n = 0; n < size; n += 1 + size / 50) {
		enum look l = fcgi_look(data, n, &id);

		if (l != LOOK_MORE && l != all)
			abort();
	}
	if (all != LOOK_BAD && all != LOOK_MORE && id == 0)
		abort();
	return 0;
}

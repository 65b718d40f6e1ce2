/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef TESTS_FUZZ_SCRATCH_H
#define TESTS_FUZZ_SCRATCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* For what is read from a file: one in memory, with these bytes; a process has
 * one, whose path stays the same. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
must(int fact)
{
	if (!fact)
		abort();
}

static int scratch_fd = -1;

static inline const char *
scratch_file(const uint8_t *data, size_t size)
{
	static char path[64];

	if (scratch_fd == -1) {
		scratch_fd = memfd_create("scratch", MFD_CLOEXEC);
		must(scratch_fd != -1);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", scratch_fd);
	}
	must(ftruncate(scratch_fd, 0) == 0);
	must(pwrite(scratch_fd, data, size, 0) == (ssize_t)size);
	return path;
}

#endif

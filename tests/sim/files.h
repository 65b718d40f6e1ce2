/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SIM_FILES_H
#define SIM_FILES_H

#include <stdint.h>

#include "sim/disk.h"

/*
 * The system's calls for files, as the engine's objects call them (the linker
 * sends them here: module.am): a path that begins with "/sim/" is on the disk
 * of the process that is running, any other is the machine's.
 */

/* files_use - whose disk, and whose clock in files' times. */
void files_use(struct disk *disk, int64_t (*now_ms)(void));
struct disk *files_disk(void);

/* files_register - SQLite's files are there too, from now on. */
void files_register(void);

#endif

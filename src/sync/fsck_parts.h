/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_FSCK_PARTS_H
#define SYNC_FSCK_PARTS_H

#include "sync/fsck.h"
#include "sync/inventory.h"
#include "sync/run.h"

/* Parts of a check of the store: for fsck*.c alone. */

#define FSCK_WAVE 512
#define FSCK_CHECKPOINTS 256

/* A content whose bytes are read. */
struct fsck_read {
	struct inventory_item item;
	const char *path;
	const char *file;
	int rc;
};

struct fsck {
	struct sync *s;
	const struct fsck_wish *wish;
	struct fsck_counts *counts;
	struct remote_head head;
	int64_t lowest;      /* commit that the chain must have */
	bool is_chain_whole; /* its commits lie here as files */
	bool is_broken;      /* who comes anew cannot begin */

	struct hash checkpoints[FSCK_CHECKPOINTS]; /* that commits name */
	int checkpoints_n;

	struct mem *mem; /* of a wave */
	struct fsck_read reads[FSCK_WAVE];
	int n;
	int next;
};

/* fsck_tell - one finding; non-zero stops. */
int fsck_tell(struct fsck *k, enum fsck_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* fsck_chain - commits, which lie here as files afterwards, and checkpoint. */
int fsck_chain(struct fsck *k);

/* fsck_build - the way of a newcomer, which uses these files up. */
int fsck_build(struct fsck *k);

/* fsck_contents - those that the newest state names; mends them, too. */
int fsck_contents(struct fsck *k);

/* fsck_strays - what lies there and is named by nothing; the commits of the
 * chain must still lie here. */
int fsck_strays(struct fsck *k);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SYNC_REPAIR_H
#define SYNC_REPAIR_H

#include "sync/run.h"

/*
 * repair_contents - look whether every content that the store's state names is
 * there and has its size (one listing for each folder).  One that is missing is
 * put again under its name, where this library has it; one that is damaged is
 * sent under the current generation (which is begun when the damaged name is of
 * it), and the records that name it are marked to be published with the new
 * name.
 */
int repair_contents(struct sync *s);

/*
 * repair_item - one content that was found missing or damaged (`state`): as
 * above.  What it marks is published by push_changes.
 */
struct inventory_item;
int repair_item(struct sync *s, const struct inventory_item *item);

#endif

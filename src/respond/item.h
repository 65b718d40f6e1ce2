/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_ITEM_H
#define RESPOND_ITEM_H

#include <stdbool.h>

struct access;
struct buf;
struct held;
struct request;

/* What an Item of the API says besides its own row. */
struct item {
	const struct held *held;
	const char *doc_collections; /* of its document; NULL: its own */
	const char *doc_metadata;
	const struct access *access;
	bool is_locked; /* by another session */
};

/* item_put - append it as a JSON object.  Whatever the row holds, it is JSON. */
void item_put(const struct item *item, struct buf *out);

/* item_put_json - append stored JSON of the kind that begins with `open`; an
 * empty one in place of what is none. */
void item_put_json(struct buf *out, const char *json, char open);

/* item_answer - 200 with the Item of a live record, as it is now. */
int item_answer(struct request *req, const char *stable_id);

#endif

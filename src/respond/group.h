/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_GROUP_H
#define RESPOND_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct mem;
struct request;

/* A listing under way: what all its Groups have in common. */
struct listing {
	struct request *req;
	struct mem *mem;        /* of one Group: reset at each */
	const char *variant;    /* only TEI of it; NULL: all */
	const char *collection; /* only documents in it; NULL: all */
	const char *folded;     /* what to look for; NULL: nothing */
	const char **locked;    /* records that others hold, sorted */
	size_t locked_count;
	bool any_lock;   /* anybody's */
	bool has_groups; /* so that a comma is due */
	struct buf out;  /* not written yet */
	struct buf sent; /* a copy of all that was, up to a bound */
	struct buf work;
};

/* listing_write - send what is there, if it is more than `keep` bytes. */
int listing_write(struct listing *l, size_t keep);

/*
 * group_put - append the Group of a document, after a comma where one is due.
 * 1 it was; 0 it has nothing that is wanted and that the caller may read.
 * With `probe` nothing is appended: would it be?  Memory is flat, whatever the
 * document has.
 */
int group_put(struct listing *l, const char *doc_id, bool probe);

#endif

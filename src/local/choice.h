/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_CHOICE_H
#define LOCAL_CHOICE_H

struct db;

/*
 * Which contents are kept here: those of documents in one of the chosen
 * collections, and of documents that are in none at all.  A document's
 * collections are its PDF's, or, where it has none, its record's own.  The
 * records of the others are known and wait (pending_download, with
 * CHOICE_REASON), their contents are not fetched unless somebody asks for one.
 * What is here already stays.
 *
 * `collections` is closed with NULL; NULL itself: all are kept.
 */
#define CHOICE_REASON \
	"not kept here: its collections are not chosen; it is fetched when " \
	"somebody opens it"

/* choice_has_changed - since choice_apply last looked: 1 yes, 0 no. */
int choice_has_changed(struct db *db, const char *const *collections);

/*
 * choice_apply - mark, of all contents that are not here, those that nobody
 * wants.  Costs what is not here and not marked yet; after the choice was
 * changed, all that is not here.
 */
int choice_apply(struct db *db, const char *const *collections);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_SAVING_H
#define RESPOND_SAVING_H

#include <stdbool.h>

struct arrival;
struct request;

/* A save that is wished for; texts that are not said are NULL. */
struct save_wish {
	const char *file_id; /* a record, or a hint of the document's key */
	const char *label;
	const char *if_hash; /* the content that it must have now */
	bool new_version;
	const char *mark; /* as incoming_add's */
};

/*
 * saving_check - refuse what can be refused before there is any text: a PDF's
 * id (400), an if_hash that is no hash (422) or another's (412), and whoever
 * may not write at all, with the words that the save would end with (403).
 */
int saving_check(struct request *req, const struct save_wish *wish);

/*
 * saving_run - save the XML file `fd` (borrowed; of any size): what
 * POST /files/save of the API does after it has decoded the text.
 *
 * Check, change and lock are one transaction: of two saves that want to replace
 * the same content, one is done.  400, 403, 409 (the record is in conflict),
 * 412, 423.
 */
int saving_run(struct request *req, const struct save_wish *wish, int fd,
    struct arrival *arrival);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_TUS_H
#define RESPOND_TUS_H

#include "respond/incoming.h"
#include "respond/saving.h"

struct request;
struct tus_upload;

/* What the files tus*.c share. */

/* Upload-Metadata, taken apart. */
#define TUS_META_MAX 4096 /* bytes of the header */
struct tus_meta {
	struct incoming said;
	struct save_wish save;
	bool is_save; /* file_id, new_version or if_hash is there */
};

/*
 * tus_meta_parse - "key base64,key base64,..." (NULL: nothing is said).  Keys
 * that nobody here knows are ignored; one that is there twice, a value that is
 * no base64 or of no use are E_INPUT with a sentence.
 */
int tus_meta_parse(struct request *req, const char *text,
    struct tus_meta *meta);

/*
 * tus_take_body - append the body of the request: `up->offset` is what is on
 * the disk afterwards, whatever is answered.  Without Upload-Checksum that is
 * also what came before the sender was gone; with it all or nothing (460).
 * 400, 413 when there is more than Upload-Length says.
 */
int tus_take_body(struct request *req, struct tus_upload *up);

/*
 * tus_finish - when all has come: make it what it is to be, once; otherwise
 * nothing.  What can never become anything (400) is removed.
 */
int tus_finish(struct request *req, struct tus_upload *up);

#endif

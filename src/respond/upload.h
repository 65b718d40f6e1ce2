/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_UPLOAD_H
#define RESPOND_UPLOAD_H

struct request;

/*
 * What brings bytes into the library: handlers for the routes of `files`.
 *
 *	{ "POST",    "/files/upload",     NEED_WRITE, files_upload },
 *	{ "POST",    "/files/save",       NEED_LOGIN, files_save },
 *	{ "OPTIONS", "/files/uploads",    NEED_NOTHING, tus_options },
 *	{ "POST",    "/files/uploads",    NEED_WRITE, tus_create },
 *	{ "GET",     "/files/uploads/{}", NEED_WRITE, tus_head },
 *	{ "PATCH",   "/files/uploads/{}", NEED_WRITE, tus_patch },
 *	{ "DELETE",  "/files/uploads/{}", NEED_WRITE, tus_remove },
 *	{ "POST",    "/files/uploads/{}", NEED_WRITE, tus_override },
 *
 * They stand before "/files/{}" and its kin.  A save says itself who may do
 * what: its refusals have words of their own.
 */

/* files_upload - multipart/form-data, its field `file` streamed to disk. */
int files_upload(struct request *req);

/*
 * files_save - XML in a JSON body of at most SAVE_BODY_MAX bytes, which is held
 * in memory; larger ones come by tus (413 says so).
 */
#define SAVE_BODY_MAX (32 << 20)
int files_save(struct request *req);

/*
 * Resumable uploads: tus 1.0.0 (https://tus.io/protocols/resumable-upload) with
 * creation, creation-with-upload, checksum, termination and expiration.  When
 * the last byte is there the upload becomes what files_upload or files_save
 * makes; Stemma-Id then names the record, and Stemma-Status is "uploaded", or
 * what a save says.
 */
int tus_options(struct request *req);
int tus_create(struct request *req);
int tus_head(struct request *req); /* GET is 405 */
int tus_patch(struct request *req);
int tus_remove(struct request *req);
/* tus_override - a POST with X-HTTP-Method-Override, for clients and proxies
 * that know no PATCH. */
int tus_override(struct request *req);

#endif

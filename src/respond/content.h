/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef RESPOND_CONTENT_H
#define RESPOND_CONTENT_H

struct record;
struct request;

/*
 * content_send - answer with the content of a record: by the web server where
 * it can.  Of `rec`, id, file_type and filename count.  404 "File content not
 * found: <id>" where it is not kept here.
 */
int content_send(struct request *req, const struct record *rec, const char *id);

/*
 * content_find - one of the contents that belong to a record, by its hash:
 * `past` is the record with it.  404 where it is none of its own.
 */
int content_find(struct request *req, const struct record *rec, const char *id,
    struct record *past);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef WEB_STREAM_H
#define WEB_STREAM_H

#include <stddef.h>
#include <stdint.h>

/*
 * FastCGI records (FastCGI specification 1.0, section 3.3) for a connection
 * that was taken over: FCGI_STDOUT with up to 65,535 bytes each.
 */
#define STREAM_HEADER 8
#define STREAM_MAX 65535

/* stream_header - of a record of FCGI_STDOUT with `len` bytes. */
void stream_header(unsigned char out[STREAM_HEADER], int request_id,
    size_t len);

/* stream_end - the records that end the answer: 24 bytes. */
#define STREAM_END_SIZE 24
void stream_end(unsigned char out[STREAM_END_SIZE], int request_id);

#endif

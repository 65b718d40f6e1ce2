/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "web/stream.h"

#include <string.h>

#define FCGI_END_REQUEST 3
#define FCGI_STDOUT 6
#define END_BODY 8

static void
put_header(unsigned char *out, unsigned type, int request_id, size_t len)
{
	unsigned id = (unsigned)request_id;

	out[0] = 1; /* the version */
	out[1] = (unsigned char)type;
	out[2] = (unsigned char)(id >> 8 & 0xff);
	out[3] = (unsigned char)(id & 0xff);
	out[4] = (unsigned char)(len >> 8 & 0xff);
	out[5] = (unsigned char)(len & 0xff);
	out[6] = 0; /* padding */
	out[7] = 0;
}

void
stream_header(unsigned char out[STREAM_HEADER], int request_id, size_t len)
{
	put_header(out, FCGI_STDOUT, request_id, len);
}

/* STDOUT is closed by an empty record, then the request by its own. */
void
stream_end(unsigned char out[STREAM_END_SIZE], int request_id)
{
	put_header(out, FCGI_STDOUT, request_id, 0);
	put_header(out + STREAM_HEADER, FCGI_END_REQUEST, request_id, END_BODY);
	memset(out + 2 * STREAM_HEADER, 0, END_BODY);
}

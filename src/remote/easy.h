/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_EASY_H
#define REMOTE_EASY_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct http_call;

/* One of libcurl's handles, made once and used for many tries. */
struct easy {
	CURL *curl;
	char error[CURL_ERROR_SIZE];
	struct easy *next; /* in a list of idle ones */
};

/* What all handles of a session share. */
struct easy_settings {
	char *username; /* NULL: none */
	char *password;
	char *sigv4;   /* NULL: Basic or Digest */
	char *ca_file; /* NULL: libcurl's own */
	char *ca_dir;
	bool is_loopback;
	bool is_digest;
	int connect_timeout_ms;
};

struct easy *easy_new(const struct easy_settings *s);
void easy_free(struct easy *e);

/*
 * easy_prepare - for a try of `call`, whose answer and counters are begun anew.
 */
void easy_prepare(struct easy *e, const struct easy_settings *s,
    struct http_call *call);

/* easy_limit - from now on, in a try too: bytes per second, 0 for no limit. */
void easy_limit(struct easy *e, int64_t rate_up, int64_t rate_down);

#endif

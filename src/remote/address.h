/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_ADDRESS_H
#define REMOTE_ADDRESS_H

#include <stdbool.h>

struct buf;

/* The address of a store over HTTP, taken apart. */
struct address {
	char *origin;   /* "https://host:8443", no slash at the end */
	char *path;     /* "/dav/store", encoded, no slash at the end */
	char *username; /* from the address; NULL: none; decoded */
	char *password;
	bool is_https;
	bool is_loopback;
};

/*
 * address_parse - from "http://…" or "https://…".  A query or a fragment is
 * refused: E_INPUT.
 */
int address_parse(const char *url, struct address *a);
void address_release(struct address *a);

/*
 * address_of - append the whole URL of `path` (parts not encoded) below the
 * address; `as_dir` puts a slash at its end.
 */
void address_of(const struct address *a, const char *path, bool as_dir,
    struct buf *out);

/*
 * address_redirect - where `location` leads, seen from `url`: 1 and the whole
 * URL in `out` when it has the same scheme, host and port; 0 when it has not
 * (`out` says where); E_REMOTE when it is no address.
 */
int address_redirect(const char *url, const char *location, struct buf *out);

/* address_path - the part of a URL behind the host: "/dav/store". */
const char *address_path(const char *url);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef REMOTE_MULTISTATUS_H
#define REMOTE_MULTISTATUS_H

#include <stdbool.h>
#include <stddef.h>

struct remote_entry;

/*
 * The answer to PROPFIND (RFC 4918, 13 and 14.16), read as it streams: memory
 * does not grow with it.  Any bytes lead to an error at worst: document types
 * are refused (so there are no entities), nesting, names and texts are bounded,
 * nothing is fetched.
 */
struct multistatus;

enum multistatus_of {
	MULTISTATUS_CHILDREN, /* what is directly in `path` */
	MULTISTATUS_SELF      /* `path` itself; its entry's name is "" */
};

/*
 * multistatus_new - for the answer about `path`, the encoded path that was
 * asked for.  `fn` is called for each entry; non-zero from it stops.  Addresses
 * in the answer may be whole or paths, encoded in any way; those of other
 * places are passed over.
 */
struct multistatus *multistatus_new(const char *path, enum multistatus_of of,
    int (*fn)(void *arg, const struct remote_entry *entry), void *arg);
void multistatus_free(struct multistatus *ms); /* NULL is fine */

/*
 * multistatus_feed - the next bytes.  0; what `fn` answered; E_CORRUPT for what
 * is no such answer, or has a name that no store has.
 */
int multistatus_feed(struct multistatus *ms, const void *data, size_t len);

/*
 * multistatus_end - there are no more bytes.  As feed; E_REMOTE when it ends
 * too early or has the server's words of an error behind it (ask again);
 * E_DENIED when it speaks of other places only.
 */
int multistatus_end(struct multistatus *ms);

#endif

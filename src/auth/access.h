/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef AUTH_ACCESS_H
#define AUTH_ACCESS_H

#include <stdbool.h>

struct mem;

/*
 * Who may do what: the table of roles of the API, and what a record says of
 * itself.  `roles` are bits of enum user_role (auth/user.h), 0 for nobody.
 */

/* access_may_write - locks, uploads, new versions, syncs, resolving: whoever is
 * annotator, reviewer or admin. */
bool access_may_write(unsigned roles);

/* access_may_gold - make and change gold standards: reviewer, admin. */
bool access_may_gold(unsigned roles);

/* access_is_admin - users, settings, probe, recover, metrics. */
bool access_is_admin(unsigned roles);

/*
 * What `access_control` in the metadata of a record says:
 *
 *	{"visibility": "public"|"private",
 *	 "editability": "editable"|"protected", "owner": <username>|null}
 */
struct access {
	bool is_private;   /* read by its owner and admins alone */
	bool is_protected; /* written by them alone */
	const char *owner; /* or NULL: nobody */
};

/*
 * access_parse - from the JSON of doc_metadata and file_metadata; each may be
 * NULL.  What file_metadata says of one of the three counts before
 * doc_metadata; what neither says is public, editable, nobody's.
 *
 * It cannot fail: metadata, an access_control or one of its values that cannot
 * be understood was meant to say something, and until an admin has looked it
 * says: private, protected, nobody's.
 */
void access_parse(const char *doc_metadata, const char *file_metadata,
    struct mem *mem, struct access *access);

/*
 * access_may_read - may this user (NULL: nobody) know of the record and have
 * its content?  Whether reading is public at all (PUBLIC_READ) is the router's
 * question.
 */
bool access_may_read(const struct access *access, const char *user,
    unsigned roles);

/*
 * access_may_edit - may this user change it, as far as access_control and
 * access_may_write say?  For gold standards ask access_may_gold too.
 */
bool access_may_edit(const struct access *access, const char *user,
    unsigned roles);

#endif

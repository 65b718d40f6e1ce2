/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_SCHEMA_H
#define LOCAL_SCHEMA_H

#include "local/sql.h"

/*
 * The files of schema/, as they were when the program was built: NNN-*.sql are
 * the library's, auth-NNN-*.sql those of auth.db.  schema.c is made from them
 * by schema/embed.
 */
struct schema {
	enum db_kind kind;
	int version; /* NNN: user_version when it has run */
	const char *name;
	const unsigned char *sql; /* closed with NUL */
};
extern const struct schema schemas[]; /* by version; the last has no name */

#endif

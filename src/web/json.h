/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef WEB_JSON_H
#define WEB_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct request;

/*
 * The body of a request as a table of fields, read into a struct of the
 * handler's:
 *
 *	struct wish { const char *file_id; bool force; };
 *	static const struct field fields[] = {
 *		{ "file_id", FIELD_TEXT, true, offsetof(struct wish, file_id) },
 *		{ "force", FIELD_BOOL, false, offsetof(struct wish, force) },
 *		{ NULL }
 *	};
 *	if ((rc = json_fields(req, 65536, fields, &wish)) != 0)
 *		return rc;
 *
 * A field that is not there leaves the struct as it was.  Texts are strict,
 * UTF-8 without NUL; booleans are lax (true, "yes", 1, "on", and their
 * opposites); numbers are whole.  Unknown fields are ignored; a field that is
 * there twice is refused.  Read by json-c, nested at most 32 deep.  What is
 * wrong is told for all fields at once, 422 in the API's form, with the types
 * that existing clients know: missing, string_type, bool_parsing, int_type,
 * list_type, dict_type, json_invalid.
 */
enum field_kind {
	FIELD_TEXT,         /* const char * */
	FIELD_TEXT_OR_NULL, /* const char *; null gives NULL */
	FIELD_BOOL,         /* bool */
	FIELD_FLAG,         /* int: 0 or 1, of the same texts and numbers */
	FIELD_INT,          /* int64_t */
	FIELD_TEXTS,        /* struct texts */
	FIELD_OBJECT,       /* const char *: its JSON text, as it was written */
	FIELD_ARRAY,        /* the same, of an array */
};

struct texts {
	const char *const *items;
	size_t n;
};

struct field {
	const char *name; /* NULL closes the table */
	enum field_kind kind;
	bool is_required;
	size_t offset;
};

/* json_fields - `limit` bytes of body at most (413).  An empty body is 422. */
int json_fields(struct request *req, size_t limit, const struct field *fields,
    void *out);

/* json_texts - a body that is an array of texts. */
int json_texts(struct request *req, size_t limit, struct texts *out);

#endif

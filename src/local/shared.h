/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef LOCAL_SHARED_H
#define LOCAL_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/json.h"

struct buf;
struct mem;

/*
 * The shared record: the part of a record that all replicas have in common.
 * The same in commits, checkpoints and the digest (doc/INTERFACES.md).  Texts
 * belong to whoever made the struct, usually a struct mem.
 */
struct record {
	const char *stable_id;
	const char *id; /* SHA-256 of the content, 64 hex digits */
	int64_t generation;
	const char *filename;
	const char *doc_id;
	const char *doc_id_type;
	const char *file_type; /* pdf, tei, rng */
	const char *mime_type;
	int64_t file_size;   /* bytes */
	const char *label;   /* or NULL */
	const char *variant; /* or NULL */
	int64_t version;
	bool is_gold;
	const char *doc_collections; /* canonical JSON array of texts, sorted,
					each once */
	const char *doc_metadata;    /* canonical JSON object */
	const char *file_metadata;   /* canonical JSON object */
	bool deleted;
	const char *created_at;
	const char *created_by; /* or NULL */
	const char *updated_at;
	const char *extra; /* canonical JSON object of fields that a newer
			      version added, or NULL */
};

/* Bounds of what comes from outside, in bytes. */
#define SHARED_NAME_MAX 255          /* of filename */
#define SHARED_TEXT_MAX 4096         /* of one text column */
#define SHARED_JSON_MAX (256 * 1024) /* of one JSON column, and of extra */

/*
 * The columns from stable_id to updated_at (all but extra), in the order of the
 * struct, of the tables and of the digest: who goes through them all asks this
 * table.
 */
enum shared_form {
	FORM_STABLE_ID,
	FORM_HASH,
	FORM_NUMBER, /* not negative; an int64_t in the struct */
	FORM_FLAG,   /* 0 or 1, false or true; a bool in the struct */
	FORM_NAME,   /* of a file */
	FORM_TEXT,
	FORM_TEXT_OR_NULL,
	FORM_FILE_TYPE,
	FORM_COLLECTIONS,
	FORM_OBJECT,
	FORM_TIME
};
struct shared_column {
	const char *name;
	enum shared_form form;
	size_t offset; /* in struct record */
};
#define SHARED_COLUMNS 20
extern const struct shared_column shared_columns[SHARED_COLUMNS];

/* shared_is_number - is it one of the columns that are no texts? */
bool shared_is_number(const struct shared_column *column);

/* The value of a column that is a text, or a number or flag; and to set it. */
const char *shared_text(const struct record *r,
    const struct shared_column *column);
int64_t shared_number(const struct record *r,
    const struct shared_column *column);
void shared_set_text(struct record *r, const struct shared_column *column,
    const char *text);
void shared_set_number(struct record *r, const struct shared_column *column,
    int64_t number);

/* shared_encode - append the record as one canonical JSON object. */
void shared_encode(const struct record *r, struct buf *out);

/*
 * shared_decode - from a JSON object; all columns must be there and in bounds
 * (shared_check); unknown members go to `extra`.  Texts are memory of `mem`.
 * E_INPUT names the column.
 */
int shared_decode(struct mem *mem, struct json object, struct record *r);

/*
 * shared_check - is every column of the right form: stable_id of 6 to 12
 * characters of its alphabet, hash, known file_type, sizes not negative, times,
 * canonical JSON of the right kind, texts that are not empty and UTF-8 without
 * control characters, no '/' in filename?  `extra` has no member that is a
 * column, and is not empty.  E_INPUT names the column.
 */
int shared_check(const struct record *r);

/*
 * shared_digest - SHA-256 over the columns from stable_id to updated_at in the
 * order of the struct, each as a netstring of its text ("5:hello,"), NULL as
 * "-"; numbers in decimal, booleans as 0 or 1.  `extra` does not count.
 */
void shared_digest(const struct record *r, struct hash *digest);

/* shared_equal - every column (extra too) is the same. */
bool shared_equal(const struct record *a, const struct record *b);

/* shared_same - equal but for created_at, updated_at and generation. */
bool shared_same(const struct record *a, const struct record *b);

/* shared_copy - a copy whose texts are memory of `mem`. */
void shared_copy(struct mem *mem, const struct record *from, struct record *to);

/* shared_is_plain - 1 to `max` bytes of UTF-8 without control characters. */
bool shared_is_plain(const char *text, size_t max);

/* shared_ext - "pdf", "tei.xml", "rng" for a file_type; NULL for others. */
const char *shared_ext(const char *file_type);

/* shared_mime - "application/pdf" or "application/xml" for a file_type. */
const char *shared_mime(const char *file_type);

#define STABLE_ID_ALPHABET "abcdefghjkmnpqrstuvwxyz23456789"
#define STABLE_ID_SIZE 13 /* 12 characters and a NUL */

/*
 * stable_id_make - SHA-256 of doc_id NUL file_type NUL variant (empty if NULL)
 * NUL first content hash (hex) NUL salt in decimal, read as a big-endian
 * number; twelve base-31 digits of it, least significant first.
 */
void stable_id_make(const char *doc_id, const char *file_type,
    const char *variant, const char *id, int64_t salt,
    char stable_id[STABLE_ID_SIZE]);

/* stable_id_is - 6 to 12 characters of the alphabet. */
bool stable_id_is(const char *text);

/*
 * collections_canon - a canonical doc_collections from any JSON array of
 * texts, appended to `out`: sorted by bytes, each once.  E_INPUT.
 */
int collections_canon(const char *json, struct buf *out);

/*
 * collections_change - with `name` put in or taken out; memory of `mem`.
 * E_INPUT.
 */
int collections_change(struct mem *mem, const char *collections,
    const char *name, bool in, const char **out);

/* object_set - a JSON object with `key` set to the JSON text `value` (NULL:
 * removed), canonical; memory of `mem`.  E_INPUT. */
int object_set(struct mem *mem, const char *object, const char *key,
    const char *value, const char **out);

#endif

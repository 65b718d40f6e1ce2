/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct mem;

/*
 * JSON text (RFC 8259) that is read, put into canonical form and taken apart
 * without its numbers ever passing through a number type: "1.10" stays "1.10"
 * and 2^70 stays itself.  A value here is a piece of text.
 *
 * Bounds: nesting of JSON_DEPTH; the caller bounds the length.  Strings are
 * UTF-8 without NUL (\u0000 is refused); lone surrogates are refused; an object
 * that has a key twice is refused.
 */
#define JSON_DEPTH 64

/* A value inside a text that somebody else holds. */
struct json {
	const char *text;
	size_t len;
};

enum json_kind {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

/* json_check - is all of this one JSON value?  E_INPUT with its place. */
int json_check(const char *text, size_t len);

/*
 * json_canon - append the canonical form: keys sorted by the bytes of their
 * decoded UTF-8, no white space, numbers as written, strings with the shortest
 * escapes (\" \\ \b \f \n \r \t, other control characters as \u00xx in lower
 * case, everything else as it is).  Two texts that say the same differ by
 * nothing afterwards (but for numbers written differently).  E_INPUT, and
 * `out` is as it was.
 */
int json_canon(const char *text, size_t len, struct buf *out);

/* json_is_canon - is this text exactly its own canonical form? */
bool json_is_canon(const char *text, size_t len);

/* json_kind - of a value that was checked; JSON_NULL for what is none. */
enum json_kind json_kind(struct json value);

/*
 * json_each_member, json_each_item - call `fn` for the members of an object or
 * the items of an array, in the order of the text; non-zero from `fn` stops and
 * is answered.  `key` is decoded and closed with NUL.  E_INPUT when the value is
 * of another kind or malformed; `fn` is not called at all then.
 */
int json_each_member(struct json object,
    int (*fn)(void *arg, const char *key, struct json value), void *arg);
int json_each_item(struct json array, int (*fn)(void *arg, struct json value),
    void *arg);

/* json_find - the member of that key: 1 found, 0 absent, E_INPUT. */
int json_find(struct json object, const char *key, struct json *value);

/* json_string - decode a string; memory of `mem`.  E_INPUT for other kinds. */
int json_string(struct mem *mem, struct json value, char **text);

/* json_int64 - an integer as written ("12", not "1.2e1").  E_INPUT. */
int json_int64(struct json value, int64_t *number);

/* json_of - a value from a text that is closed with NUL. */
struct json json_of(const char *text);

/*
 * json_put_string - append `s` as a JSON string in canonical form; NULL gives
 * null.  A byte that is no UTF-8 becomes U+FFFD, so the answer is always JSON.
 */
void json_put_string(struct buf *out, const char *s);

/*
 * json_put_key - append a comma where one is due (the last byte of `out` is
 * neither '{' nor '[' nor ':'), then "key": with the key quoted.
 */
void json_put_key(struct buf *out, const char *key);

#endif

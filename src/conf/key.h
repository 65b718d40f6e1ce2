/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef CONF_KEY_H
#define CONF_KEY_H

#include <stdbool.h>
#include <stddef.h>

struct conf;

/* Where a value came from; a later one overrides. */
enum conf_rank { FROM_DEFAULT, FROM_SETTINGS, FROM_FILE, FROM_ENVIRONMENT };

/* What was said for a key. */
struct conf_value {
	const char *text; /* NULL: nothing */
	const char *from; /* for people */
	enum conf_rank rank;
};

/* A key: what may be written, and which field of struct conf it becomes. */
struct key {
	const char *name;
	int (*parse)(const struct key *key, const char *text,
	    struct conf *conf); /* NULL: any text, no field */
	size_t field;           /* its offset in struct conf */
	const char *fallback;   /* the default; NULL: none */
	const char *allowed;    /* in words; NULL: "LOW to HIGH" */
	int low, high;
	bool is_secret;
};

/* key_at - the keys in the order of the manual; NULL behind the last. */
const struct key *key_at(int index);

/* key_index - the place of a key of that name; -1: there is none. */
int key_index(const char *name);

/* key_like - the key that is most like this name, or NULL. */
const char *key_like(const char *name);

/*
 * key_parse - check the value (NULL text: it is not set) and put it into its
 * field of `conf`.  E_INPUT with where it stands, the key and what is allowed.
 */
int key_parse(const struct key *key, const struct conf_value *value,
    struct conf *conf);

/* key_flag - yes, no, true, false, on, off, 1, 0, in any case.  E_INPUT. */
int key_flag(const char *text, bool *flag);

#endif

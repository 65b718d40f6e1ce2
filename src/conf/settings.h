/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

struct conf;
struct mem;

/*
 * What may be changed while all runs: a few keys, in DB_DIR/settings.conf,
 * which is written by Stemma.  The configuration file and the environment come
 * before it: what they say can only be changed there.  Each program reads it
 * when it reads its configuration.
 */

/* settings_may - is it one of these keys, and said nowhere else? */
bool settings_may(const struct conf *conf, const char *key);

/*
 * settings_check - may this key be set to this (NULL: back to its default)?
 * E_ABSENT: there is no such key.  E_DENIED, in words: not here.  E_INPUT: what
 * is allowed.
 */
int settings_check(const struct conf *conf, const char *key, const char *text);

/* One change; `text` NULL or "": back to the default. */
struct setting {
	const char *key;
	const char *text;
};

/*
 * settings_change - all of these, or none: durable when it returns 0.  One at a
 * time, whoever asks.  Errors of settings_check, E_IO.  `conf` stays as it is:
 * load it anew.
 */
int settings_change(const struct conf *conf, const struct setting *changes,
    size_t n);

/*
 * settings_read - for conf_load: call `fn` for what stands there.  E_INPUT: a
 * key that has no place there; no file is fine.
 */
int settings_read(struct mem *mem, const char *db_dir,
    int (*fn)(void *arg, const char *key, const char *text), void *arg);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef SITE_SITE_H
#define SITE_SITE_H

#include <stdbool.h>
#include <stdint.h>

struct blobs;
struct conf;
struct db;
struct mem;
struct remote;
struct remote_config;
struct sync_options;

/*
 * A library as it is configured: what the tool and every responder open, each
 * thread its own.  NULL until opened; site_release closes all of it.
 */
struct site {
	const char *conf_file; /* or NULL: as conf_load finds it; borrowed */
	struct mem *mem;       /* lives as long as this */
	struct conf *conf;
	const char *store_url; /* other than the configuration says, or NULL */
	const char *conf_url;  /* what that says; with store_url */
	int64_t rate_limit;    /* bytes per second each way, whatever the
				  configuration says; 0: as it says */
	struct db *db;
	struct db *auth;
	struct blobs *blobs;
	struct remote *remote;
	char *work_dir; /* of site_work_dir */
};

void site_init(struct site *s, const char *conf_file);
void site_release(struct site *s);

/* Each opens what it needs that is not open; errors come with the sentence that
 * says what to do. */
int site_conf(struct site *s);
/* site_conf_store - with another store (NULL: as it is): E_INPUT, it is no
 * address, or has a name or password in it. */
int site_conf_store(struct site *s, const char *url);
/* site_library - library and contents.  E_ABSENT: there is none yet ("run
 * stemma init").  `create`: made, with its folders.  A store that is noted in
 * it (site_note_store) is taken into the configuration. */
int site_library(struct site *s, bool create);
int site_note_store(struct site *s);
/* site_auth - the users.  E_ABSENT: there are none yet. */
int site_auth(struct site *s, bool create);
int site_remote_config(struct site *s, struct remote_config *config);
int site_remote(struct site *s); /* nothing is asked of it yet */
int site_work_dir(struct site *s, char **dir);
/* site_sync - all that a sync needs; no callback is set. */
int site_sync(struct site *s, struct sync_options *options);

#endif

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

struct conf_value;
struct mem;

/* How a web server sends a file that a responder only names. */
enum conf_sendfile {
	CONF_SENDFILE_NONE,
	CONF_SENDFILE_X_ACCEL,        /* nginx; with a prefix */
	CONF_SENDFILE_X_SENDFILE,     /* lighttpd, Apache's mod_xsendfile */
	CONF_SENDFILE_LOCAL_REDIRECT, /* CGI; with a prefix */
};

/* Where the name of an S3 bucket stands. */
enum conf_s3_style {
	CONF_S3_AUTO,
	CONF_S3_PATH, /* yes: in the path */
	CONF_S3_HOST, /* no: in the host */
};

/*
 * All that can be set, read once and const from then on.  Behind each field
 * stands its key, and what holds where it is not set.  Paths are absolute.
 */
struct conf {
	const char *file; /* where it was read; NULL: from no file */

	/* DATA_ROOT, DB_DIR ($localstatedir/lib/stemma/content, …/db) */
	const char *data_root;
	const char *db_dir;
	const char *run_dir; /* RUN_DIR ($runstatedir/stemma) */

	/*
	 * The store, whether it was set by REMOTE_URL, REMOTE_USERNAME and
	 * REMOTE_PASSWORD(_FILE), or by WEBDAV_BASE_URL, WEBDAV_REMOTE_ROOT
	 * (/stemma), WEBDAV_USERNAME and WEBDAV_PASSWORD(_FILE), which count
	 * unless WEBDAV_ENABLED is no.
	 */
	const char *remote_url; /* "webdav+https://…", "webdav+http://…",
				   "s3://BUCKET…", "s3+https://…", "s3+http://…",
				   "file:///…";
				   NULL: there is none.  Encoded, without a name
				   or password in it */
	const char *remote_username;  /* or NULL */
	const char *remote_password;  /* or NULL */
	const char *s3_endpoint;      /* S3_ENDPOINT of "s3://…"; NULL: AWS */
	const char *s3_region;        /* S3_REGION (us-east-1) */
	enum conf_s3_style s3_style;  /* S3_PATH_STYLE (auto) */
	const char *s3_session_token; /* S3_SESSION_TOKEN; or NULL */

	bool single_writer;       /* SINGLE_WRITER (no) */
	bool metadata_db;         /* METADATA_DB (no) */
	int transfer_connections; /* TRANSFER_CONNECTIONS (8); 1 to 32 */
	int stall_timeout_s;      /* STALL_TIMEOUT (30); 1 to 3600 */
	int64_t rate_limit_up;    /* RATE_LIMIT_UP; bytes/s; 0 (so it is): none;
				     may be written as 500K, 2M */
	int64_t rate_limit_down;  /* RATE_LIMIT_DOWN; the same */
	int quiet_from_min; /* QUIET_HOURS, such as 22:00-06:30, local time: */
	int quiet_to_min;   /* minutes of the day; both -1: none */
	const char *const *collections; /* COLLECTIONS (all), a,b,c: closed with
					   NULL; NULL itself: all */

	int sync_interval_s;    /* SYNC_INTERVAL (0: never); to a week */
	bool sync_on_change;    /* SYNC_ON_CHANGE (no) */
	int wait_limit_s;       /* WAIT_LIMIT (0: none); to an hour */
	int max_delete_percent; /* MAX_DELETE_PERCENT (10); 0 to 100 */
	int retention_days;     /* RETENTION_DAYS (90); 0: for ever */

	int session_timeout_s;       /* SESSION_TIMEOUT (3600); from a minute */
	bool public_read;            /* PUBLIC_READ (yes) */
	int max_upload_mb;           /* MAX_UPLOAD_MB (2048); MiB */
	enum conf_sendfile sendfile; /* SENDFILE (none); x-accel:PREFIX,
					x-sendfile, local-redirect:PREFIX */
	const char *sendfile_prefix; /* "/…", or NULL */
	const char *metrics_token;   /* METRICS_TOKEN; or NULL */
	enum log_level log_level;    /* LOG_LEVEL (info) */

	struct mem *mem;                 /* owns all of this */
	const struct conf_value *values; /* for conf_each */
};

/*
 * conf_load - read the configuration: conf_free it.
 *
 *   path  the file to read; NULL: the one that the environment names as
 *         STEMMA_CONFIG, else stemma.conf beside the program, else
 *         $sysconfdir/stemma/stemma.conf, else none
 *
 * The file has lines KEY=value.  Spaces around both, empty lines and lines
 * that begin with # do not count; a value may stand in quotes, "…" or '…'; an
 * empty one is the key's default.  A variable of the environment with the name
 * of a key overrides what the file says.  A password and its _FILE are one
 * setting: the environment's wins, and both in one place are an error.
 * What neither says may be said by DB_DIR/settings.conf (conf/settings.h).
 *
 * E_INPUT for what cannot be used: the text names the file and line (or the
 * environment), the key and what is allowed, and never a secret.  E_ABSENT
 * when a file that was named is not there; E_IO.
 */
int conf_load(const char *path, struct conf **conf);
/*
 * conf_load_store - the same, with another store, whatever file and environment
 * say of it: "--store" stands for it in errors and conf_each.
 */
int conf_load_store(const char *path, const char *url, struct conf **conf);
void conf_free(struct conf *conf); /* NULL is fine */

/* conf_rate - bytes per second as people write them: 1000, 500K, 2M, 1G (of
 * 1,024 each).  E_INPUT, without a text. */
int conf_rate(const char *text, int64_t *bytes_per_s);

/*
 * conf_each - call `fn` for each key in the order of the manual; non-zero from
 * it stops and is answered.
 *
 *   value      in force, as it would be written; NULL: not set, and no default.
 *              A secret is never shown: "***" when it is set
 *   from       "default", "settings", "environment" or "FILE:LINE"
 */
int conf_each(const struct conf *conf,
    int (*fn)(void *arg, const char *key, const char *value, const char *from,
	bool is_secret),
    void *arg);

#endif

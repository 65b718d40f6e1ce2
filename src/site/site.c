/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "site/site.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "conf/conf.h"
#include "local/blob.h"
#include "local/db.h"
#include "local/meta.h"
#include "remote/remote.h"
#include "sync/sync.h"

#include <string.h>

#define DIR_MODE 0750

void
site_init(struct site *s, const char *conf_file)
{
	memset(s, 0, sizeof(*s));
	s->conf_file = conf_file;
	s->mem = mem_new();
}

void
site_release(struct site *s)
{
	remote_close(s->remote);
	blobs_close(s->blobs);
	db_close(s->db);
	db_close(s->auth);
	conf_free(s->conf);
	mem_free(s->mem);
	memset(s, 0, sizeof(*s));
}

/* ---- the configuration -------------------------------------------------- */

int
site_conf(struct site *s)
{
	return s->conf != NULL ? 0 : conf_load(s->conf_file, &s->conf);
}

/* Not printed: what is wrong with it may be that a password stands there. */
static int
check_url(const char *url)
{
	const char *host = strstr(url, "://");

	if (host == NULL)
		return err_set(E_INPUT,
		    "--store %s: an address is wanted, such as "
		    "webdav+https://HOST/PATH or file:///PATH",
		    url);
	host += strlen("://");
	if (!str_starts(url, "file:") && host[strcspn(host, "/@")] == '@')
		return err_set(E_INPUT,
		    "--store: no name and no password can stand in the "
		    "address, where others see them; put them into "
		    "REMOTE_USERNAME and REMOTE_PASSWORD_FILE of stemma.conf");
	return 0;
}

static int
set_store(struct site *s, const char *url)
{
	struct conf *conf;
	int rc;

	if ((rc = conf_load_store(s->conf_file, url, &conf)) != 0)
		return rc;
	if (s->conf->remote_url != NULL)
		s->conf_url = mem_strdup(s->mem, s->conf->remote_url);
	conf_free(s->conf);
	s->conf = conf;
	s->store_url = mem_strdup(s->mem, url);
	return 0;
}

int
site_conf_store(struct site *s, const char *url)
{
	int rc;

	if ((rc = site_conf(s)) != 0 || url == NULL)
		return rc;
	return (rc = check_url(url)) != 0 ? rc : set_store(s, url);
}

/* ---- the library -------------------------------------------------------- */

static int
make_dirs(const struct conf *conf)
{
	int rc;

	if ((rc = path_make_dirs(conf->db_dir, DIR_MODE)) != 0)
		return err_wrap(rc, "DB_DIR");
	if ((rc = path_make_dirs(conf->data_root, DIR_MODE)) != 0)
		return err_wrap(rc, "DATA_ROOT");
	return 0;
}

static int
open_db(struct site *s, bool create)
{
	const char *dir = s->conf->db_dir;
	const char *path = path_join(s->mem, dir, "library.db");
	int rc;

	if (s->db != NULL)
		return 0;
	rc = db_open(path, DB_LIBRARY, create, &s->db);
	if (rc == E_ABSENT)
		return err_set(E_ABSENT,
		    "there is no library in %s yet: run \"stemma init\"", dir);
	return rc;
}

static int
open_contents(struct site *s)
{
	int rc = blobs_open(s->conf->data_root, &s->blobs);

	if (rc == 0)
		db_set_blobs(s->db, s->blobs);
	return rc;
}

/*
 * The store that was given at init counts as long as the configuration says
 * what it said then: whoever changes it means it.
 */
static int
take_noted_store(struct site *s)
{
	const char *now = s->conf->remote_url;
	char *url;
	char *then;
	int rc;

	if (s->store_url != NULL)
		return 0;
	rc = meta_find(s->db, s->mem, "store_url", &url);
	if (rc <= 0)
		return rc;
	rc = meta_find(s->db, s->mem, "store_url_then", &then);
	if (rc < 0 || !str_eq(rc == 1 ? then : NULL, now))
		return rc < 0 ? rc : 0;
	return set_store(s, url);
}

int
site_note_store(struct site *s)
{
	int rc;

	if (s->store_url == NULL)
		return 0;
	if ((rc = db_begin(s->db)) != 0)
		return rc;
	rc = meta_put(s->db, "store_url", s->store_url);
	if (rc == 0)
		rc = meta_put(s->db, "store_url_then", s->conf_url);
	return db_end(s->db, rc);
}

int
site_library(struct site *s, bool create)
{
	int rc;

	if (s->blobs != NULL)
		return 0;
	if ((rc = site_conf(s)) != 0 ||
	    (create && (rc = make_dirs(s->conf)) != 0) ||
	    (rc = open_db(s, create)) != 0 || (rc = take_noted_store(s)) != 0)
		return rc;
	return open_contents(s);
}

int
site_auth(struct site *s, bool create)
{
	int rc;

	if (s->auth != NULL)
		return 0;
	if ((rc = site_conf(s)) != 0)
		return rc;
	rc = db_open(path_join(s->mem, s->conf->db_dir, "auth.db"), DB_AUTH,
	    create, &s->auth);
	if (rc == E_ABSENT)
		return err_set(E_ABSENT,
		    "there are no users in %s yet: run \"stemma init\"",
		    s->conf->db_dir);
	return rc;
}

/* ---- the store ---------------------------------------------------------- */

int
site_remote_config(struct site *s, struct remote_config *config)
{
	const struct conf *conf = s->conf;

	memset(config, 0, sizeof(*config));
	if (conf->remote_url == NULL)
		return err_set(E_ABSENT,
		    "no store is configured: set REMOTE_URL in stemma.conf, "
		    "or run \"stemma init --store URL\"");
	config->url = conf->remote_url;
	config->username = conf->remote_username;
	config->password = conf->remote_password;
	config->connections = conf->transfer_connections;
	config->stall_timeout_s = conf->stall_timeout_s;
	config->rate_up = s->rate_limit > 0 ? s->rate_limit
					    : conf->rate_limit_up;
	config->rate_down = s->rate_limit > 0 ? s->rate_limit
					      : conf->rate_limit_down;
	config->s3_endpoint = conf->s3_endpoint;
	config->s3_region = conf->s3_region;
	config->s3_session_token = conf->s3_session_token;
	config->s3_style = conf->s3_style == CONF_S3_AUTO ? REMOTE_S3_AUTO
	    : conf->s3_style == CONF_S3_PATH              ? REMOTE_S3_PATH
							  : REMOTE_S3_HOST;
	return 0;
}

int
site_remote(struct site *s)
{
	struct remote_config config;
	int rc;

	if (s->remote != NULL)
		return 0;
	if ((rc = site_conf(s)) != 0 ||
	    (rc = site_remote_config(s, &config)) != 0)
		return rc;
	return remote_open(&config, &s->remote);
}

int
site_work_dir(struct site *s, char **dir)
{
	if (s->work_dir == NULL)
		s->work_dir = path_join(s->mem, s->conf->db_dir, "sync");
	*dir = s->work_dir;
	return path_make_dirs(*dir, DIR_MODE);
}

int
site_sync(struct site *s, struct sync_options *options)
{
	char *work_dir;
	int rc;

	if ((rc = site_library(s, false)) != 0 || (rc = site_remote(s)) != 0 ||
	    (rc = site_work_dir(s, &work_dir)) != 0)
		return rc;
	memset(options, 0, sizeof(*options));
	options->db = s->db;
	options->blobs = s->blobs;
	options->remote = s->remote;
	options->work_dir = work_dir;
	options->single_writer = s->conf->single_writer;
	options->metadata_db = s->conf->metadata_db;
	options->max_delete_percent = s->conf->max_delete_percent;
	options->retention_days = s->conf->retention_days;
	options->collections = s->conf->collections;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/open.h"

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
#include "tool/stop.h"
#include "tool/tool.h"
#include "tool/walk.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIR_MODE 0750

/* ---- the configuration -------------------------------------------------- */

int
open_conf(struct tool *tool)
{
	return tool->conf != NULL ? 0 : conf_load(tool->conf_file, &tool->conf);
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

/* What is wrong with it is told of the option, not of what stands for it. */
static int
wrong_url(int rc)
{
	static const char words[] = "environment: REMOTE_URL=";
	const char *text = err_text();

	if (!str_starts(text, words))
		return rc;
	return err_set(rc, "--store %s", text + strlen(words));
}

/* As if the environment said so, which overrides every file. */
static int
set_store(struct tool *tool, const char *url)
{
	int rc;

	setenv("WEBDAV_ENABLED", "no", 1);
	setenv("REMOTE_URL", url, 1);
	conf_free(tool->conf);
	tool->conf = NULL;
	tool->is_store_given = true;
	rc = open_conf(tool);
	return rc != 0 ? wrong_url(rc) : 0;
}

int
open_conf_store(struct tool *tool, const char *url)
{
	int rc;

	if ((rc = open_conf(tool)) != 0 || url == NULL)
		return rc;
	if ((rc = check_url(url)) != 0)
		return rc;
	if (tool->conf->remote_url != NULL)
		tool->conf_url = mem_strdup(tool->mem, tool->conf->remote_url);
	return set_store(tool, url);
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
open_db(struct tool *tool, bool create)
{
	const char *dir = tool->conf->db_dir;
	const char *path = path_join(tool->mem, dir, "library.db");
	int rc = db_open(path, DB_LIBRARY, create, &tool->db);

	if (rc == E_ABSENT)
		return err_set(E_ABSENT,
		    "there is no library in %s yet: run \"stemma init\"", dir);
	return rc;
}

static int
open_contents(struct tool *tool)
{
	int rc = blobs_open(tool->conf->data_root, &tool->blobs);

	if (rc == 0)
		db_set_blobs(tool->db, tool->blobs);
	return rc;
}

/*
 * The store that was given at init counts as long as the configuration says
 * what it said then: whoever changes it means it.
 */
static int
take_noted_store(struct tool *tool)
{
	const char *now = tool->conf->remote_url;
	char *url;
	char *then;
	int rc;

	if (tool->is_store_given)
		return 0;
	rc = meta_find(tool->db, tool->mem, "store_url", &url);
	if (rc <= 0)
		return rc;
	rc = meta_find(tool->db, tool->mem, "store_url_then", &then);
	if (rc < 0 || !str_eq(rc == 1 ? then : NULL, now))
		return rc < 0 ? rc : 0;
	return set_store(tool, url);
}

int
open_note_store(struct tool *tool)
{
	int rc;

	if (!tool->is_store_given)
		return 0;
	if ((rc = db_begin(tool->db)) != 0)
		return rc;
	rc = meta_put(tool->db, "store_url", getenv("REMOTE_URL"));
	if (rc == 0)
		rc = meta_put(tool->db, "store_url_then", tool->conf_url);
	return db_end(tool->db, rc);
}

int
open_library(struct tool *tool, bool create)
{
	int rc;

	if (tool->blobs != NULL)
		return 0;
	if ((rc = open_conf(tool)) != 0 ||
	    (create && (rc = make_dirs(tool->conf)) != 0) ||
	    (rc = open_db(tool, create)) != 0 ||
	    (rc = take_noted_store(tool)) != 0)
		return rc;
	return open_contents(tool);
}

int
open_forbid(struct tool *tool, struct walk *w)
{
	int rc;

	if ((rc = walk_forbid(w, tool->conf->data_root)) != 0)
		return rc;
	return walk_forbid(w, tool->conf->db_dir);
}

/* ---- the store ---------------------------------------------------------- */

int
open_remote_config(struct tool *tool, struct remote_config *config)
{
	const struct conf *conf = tool->conf;

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
	config->rate_up = conf->rate_limit_up;
	config->rate_down = conf->rate_limit_down;
	return 0;
}

int
open_remote(struct tool *tool)
{
	struct remote_config config;
	int rc;

	if (tool->remote != NULL)
		return 0;
	if ((rc = open_conf(tool)) != 0 ||
	    (rc = open_remote_config(tool, &config)) != 0 ||
	    (rc = remote_open(&config, &tool->remote)) != 0)
		return rc;
	remote_set_tick(tool->remote, stop_asked, NULL);
	return 0;
}

int
open_work_dir(struct tool *tool, char **dir)
{
	*dir = path_join(tool->mem, tool->conf->db_dir, "sync");
	return path_make_dirs(*dir, DIR_MODE);
}

int
open_sync(struct tool *tool, struct sync_options *options)
{
	char *work_dir;
	int rc;

	if ((rc = open_library(tool, false)) != 0 ||
	    (rc = open_remote(tool)) != 0 ||
	    (rc = open_work_dir(tool, &work_dir)) != 0)
		return rc;
	memset(options, 0, sizeof(*options));
	options->db = tool->db;
	options->blobs = tool->blobs;
	options->remote = tool->remote;
	options->work_dir = work_dir;
	options->single_writer = tool->conf->single_writer;
	options->metadata_db = tool->conf->metadata_db;
	options->max_delete_percent = tool->conf->max_delete_percent;
	options->retention_days = tool->conf->retention_days;
	options->stop = stop_asked;
	return 0;
}

/* ---- and the rest ------------------------------------------------------- */

const char *
open_user(struct tool *tool)
{
	const struct passwd *entry;

	if (tool->user == NULL) {
		entry = getpwuid(geteuid());
		tool->user = entry != NULL
		    ? mem_strdup(tool->mem, entry->pw_name)
		    : mem_printf(tool->mem, "uid-%ld", (long)geteuid());
	}
	return tool->user;
}

void
open_close(struct tool *tool)
{
	remote_close(tool->remote);
	blobs_close(tool->blobs);
	db_close(tool->db);
	conf_free(tool->conf);
}

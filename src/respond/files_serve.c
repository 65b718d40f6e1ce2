/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/files.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "local/blob.h"
#include "respond/changed.h"
#include "respond/content.h"
#include "respond/item.h"
#include "respond/pick.h"
#include "respond/responder.h"
#include "sync/sync.h"
#include "web/request.h"
#include "web/response.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Bytes that are sent from here whatever the web server can do: it drops the
 * connection that it keeps to us when it sends a file in our place (nginx does),
 * which costs more than to copy that many.
 */
#define SMALL (64 * 1024)

/* ---- one content ------------------------------------------------------------ */

/* The part of a content's path below DATA_ROOT, behind the prefix. */
static const char *
behind_prefix(struct request *req, const char *id, const char *file_type)
{
	const char *prefix = state_of(req)->site.conf->sendfile_prefix;

	return mem_printf(req->mem, "%s%s%.2s/%s.%s", prefix,
	    str_ends(prefix, "/") ? "" : "/", id, id, shared_ext(file_type));
}

static void
choose_sender(struct request *req, struct response_content *c,
    const char *file_type)
{
	switch (state_of(req)->site.conf->sendfile) {
	case CONF_SENDFILE_X_ACCEL:
		c->by = SEND_X_ACCEL;
		c->by_path = behind_prefix(req, c->etag, file_type);
		break;
	case CONF_SENDFILE_X_SENDFILE:
		c->by = SEND_X_SENDFILE;
		c->by_path = c->path;
		break;
	case CONF_SENDFILE_LOCAL_REDIRECT:
		c->by = SEND_REDIRECT;
		c->by_path = behind_prefix(req, c->etag, file_type);
		break;
	case CONF_SENDFILE_NONE:
		break;
	}
}

static int
send_open(struct request *req, const struct record *rec, int fd)
{
	struct response_content c = {
		.by = SEND_SELF,
		.fd = fd,
		.etag = rec->id,
		.type = shared_mime(rec->file_type),
		.filename = rec->filename,
	};
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set(E_IO, "content %.12s: %s", rec->id,
		    strerror(errno));
	c.size_bytes = st.st_size;
	c.path = blob_path(state_of(req)->site.blobs, req->mem, rec->id,
	    rec->file_type);
	if (c.size_bytes > SMALL)
		choose_sender(req, &c, rec->file_type);
	return response_content(req, &c);
}

int
content_send(struct request *req, const struct record *rec, const char *id)
{
	int fd, rc;

	fd = blob_open(state_of(req)->site.blobs, rec->id, rec->file_type);
	if (fd == E_ABSENT)
		return request_fail(req, 404, "File content not found: %s", id);
	if (fd < 0)
		return fd;
	rc = send_open(req, rec, fd);
	close(fd);
	return rc;
}

/* ---- of a record ---------------------------------------------------------------- */

int
files_serve(struct request *req)
{
	struct held held;
	int rc;

	if ((rc = pick_read(req, req->arg[0], &held)) != 0)
		return rc;
	return content_send(req, &held.rec, req->arg[0]);
}

int
content_find(struct request *req, const struct record *rec, const char *id,
    struct record *past)
{
	char *file_type;
	int rc = 0;

	if (str_is_hex(id, HASH_HEX_SIZE - 1))
		rc = history_has_content(state_of(req)->site.db, req->mem,
		    rec->stable_id, id, &file_type);
	if (rc == 0)
		return request_fail(req, 404,
		    "Version not found: %s has no content %s", rec->stable_id,
		    id);
	if (rc < 0)
		return rc;
	*past = *rec;
	past->id = id;
	past->file_type = file_type;
	return 0;
}

int
files_version(struct request *req)
{
	struct record past;
	struct held held;
	int rc;

	if ((rc = pick_read_any(req, req->arg[0], &held)) != 0 ||
	    (rc = content_find(req, &held.rec, req->arg[1], &past)) != 0)
		return rc;
	return content_send(req, &past, past.id);
}

/* ---- what is not kept here ---------------------------------------------------------- */

/* The store's own words may name hosts, and stay in the log. */
static int
tell_fetch(struct request *req, const char *id, int rc)
{
	log_line(LOG_WARN, "files", "fetch %s: %s code=%s", id, err_text(),
	    err_name(rc));
	switch (rc) {
	case E_ABSENT:
		return request_fail(req, 404, "File content not found: %s", id);
	case E_REMOTE:
	case E_LOGIN:
	case E_DENIED:
		return request_fail(req, 502,
		    "The content could not be fetched: the store cannot be "
		    "reached, or does not let this server in");
	case E_CORRUPT:
		return request_fail(req, 502,
		    "The content could not be fetched: what the store has is "
		    "damaged");
	default:
		return rc;
	}
}

static int
fetch(struct request *req, const struct record *rec)
{
	struct site *site = &state_of(req)->site;
	struct sync_options options;
	int rc;

	if (blob_is_here(site->blobs, rec->id, rec->file_type) &&
	    blob_arrived(site->db, rec->id, rec->file_type) == 0)
		return 0;
	rc = site_sync(site, &options);
	if (rc == 0)
		rc = sync_fetch_one(&options, rec->id, rec->file_type);
	if (rc == 0)
		changed(req, rec, "fetched");
	return rc;
}

int
files_fetch(struct request *req)
{
	struct held held;
	int rc;

	if ((rc = pick_read(req, req->arg[0], &held)) != 0)
		return rc;
	if ((rc = fetch(req, &held.rec)) != 0)
		return tell_fetch(req, req->arg[0], rc);
	return item_answer(req, held.rec.stable_id);
}

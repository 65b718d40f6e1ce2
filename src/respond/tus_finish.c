/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "local/blob.h"
#include "respond/responder.h"
#include "respond/tus.h"
#include "respond/tus_store.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- an upload --------------------------------------------------------------- */

/* Where its bytes are: still in its data, or among the contents since a process
 * was ended between two steps. */
static int
open_bytes(struct request *req, struct tus_upload *up)
{
	struct blobs *blobs = state_of(req)->site.blobs;
	int fd;

	if (up->content == NULL || tus_store_has_data(up))
		return tus_store_data(up);
	fd = blob_open(blobs, up->content, up->file_type);
	if (fd == E_ABSENT)
		return request_fail(req, 410,
		    "The bytes of this upload are gone: send them again");
	return fd;
}

/* Its name as a content is noted before it has it. */
static int
note_content(struct tus_upload *up, int fd, const struct looked *looked)
{
	char *hex = mem_alloc(up->mem, HASH_HEX_SIZE);
	struct hash hash;
	int rc;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_set(E_IO, "seek: %s", strerror(errno));
	if ((rc = hash_fd(fd, &hash, NULL)) != 0)
		return rc;
	up->content = hash_hex(&hash, hex);
	up->file_type = tei_kind_name(looked->kind);
	return tus_store_note(up);
}

static int
move_data(struct request *req, struct tus_upload *up)
{
	struct blob_batch *batch;
	int rc;

	rc = blob_batch_begin(state_of(req)->site.blobs, &batch);
	if (rc != 0)
		return rc;
	rc = blob_batch_take(batch, tus_store_data_path(up), up->content,
	    up->file_type);
	return blob_batch_end(batch, rc);
}

static int
make_content(struct request *req, struct tus_upload *up, struct looked *looked)
{
	int fd, rc;

	if ((fd = open_bytes(req, up)) < 0)
		return fd;
	rc = incoming_look(req, fd, looked);
	if (rc == 0 && tus_store_has_data(up) &&
	    (rc = note_content(up, fd, looked)) == 0)
		rc = move_data(req, up);
	close(fd);
	return incoming_failed(req, rc);
}

static int
finish_upload(struct request *req, struct tus_upload *up,
    const struct tus_meta *meta)
{
	struct looked looked;
	int rc;

	if ((rc = make_content(req, up, &looked)) != 0)
		return rc;
	return incoming_add(req, &meta->said, &looked, up->content, up->length,
	    up->id, &up->arrival);
}

/* ---- a save ---------------------------------------------------------------------- */

static int
finish_save(struct request *req, struct tus_upload *up, struct tus_meta *meta)
{
	int fd, rc;

	if ((fd = tus_store_data(up)) < 0)
		return incoming_failed(req, fd);
	meta->save.mark = up->id;
	rc = saving_run(req, &meta->save, fd, &up->arrival);
	close(fd);
	return rc;
}

int
tus_finish(struct request *req, struct tus_upload *up)
{
	struct tus_meta meta;
	int rc;

	if (up->offset < up->length || up->arrival.stable_id != NULL)
		return 0;
	if ((rc = tus_meta_parse(req, up->metadata, &meta)) != 0)
		return rc;
	rc = meta.is_save ? finish_save(req, up, &meta)
			  : finish_upload(req, up, &meta);
	if (rc == E_INPUT) {
		char *why = mem_strdup(req->mem, err_text());

		(void)tus_store_remove(up, state_of(req)->site.db);
		return err_set(rc, "%s", why);
	}
	return rc != 0 ? rc : tus_store_note(up);
}

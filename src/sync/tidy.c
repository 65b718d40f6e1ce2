/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "sync/tidy.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "local/checkpoint.h"
#include "local/db.h"
#include "local/meta.h"
#include "sync/bootstrap.h"
#include "sync/compact.h"
#include "sync/gc.h"
#include "sync/name.h"
#include "sync/push.h"

/* A checkpoint that is smaller (or none) weighs as much as this. */
#define CHECKPOINT_MIN_BYTES (64 * 1024)

/* ---- the checkpoint -------------------------------------------------------- */

static int
checkpoint_is_due(struct sync *s)
{
	int64_t weight, least = s->last.checkpoint.size_bytes;
	int rc;

	if (s->diverged || s->digest_reported ||
	    s->last.min_writer > COMMIT_WRITER)
		return 0;
	if ((rc = meta_int(s->db, "weight", &weight)) != 0)
		return rc;
	if (least < CHECKPOINT_MIN_BYTES)
		least = CHECKPOINT_MIN_BYTES;
	return weight > least / 4;
}

static int
send_file(struct sync *s, const char *file, const char *path,
    int64_t size_bytes)
{
	struct remote_transfer put = {
		.kind = REMOTE_PUT_FILE,
		.path = path,
		.file = file,
		.size_bytes = size_bytes,
	};
	int rc;

	if ((rc = remote_make_dir(s->remote, "checkpoints")) != 0)
		return rc;
	rc = run_transfer(s, &put);
	return rc == E_EXISTS ? 0 : rc;
}

/* What the reader's code makes of it must be the version it is of. */
static int
verify(struct sync *s, const struct commit_checkpoint *cp)
{
	struct checkpoint_head at;
	struct checkpoint *file;
	struct hash state;
	char *plain;
	int rc;

	if ((rc = state_find(s->db, &state)) != 0 ||
	    (rc = bootstrap_get(s, cp, &plain)) != 0)
		return rc;
	if ((rc = checkpoint_open(plain, &file, &at)) == 0) {
		rc = checkpoint_verify(file, NULL);
		if (rc == 0 &&
		    (at.version != cp->version || !hash_eq(&at.state, &state)))
			rc = err_set(E_CORRUPT,
			    "the checkpoint of version %" PRId64
			    " is not what was sent",
			    cp->version);
		checkpoint_close(file);
	}
	if (rc == 0 && s->opt->metadata_db)
		rc = remote_replace_file(s->remote, "metadata.db", plain);
	file_remove(plain);
	return rc;
}

static int
write_and_send(struct sync *s, struct commit_checkpoint *cp)
{
	char *plain = path_join(s->mem, s->opt->work_dir, "new.db");
	char *packed = path_join(s->mem, s->opt->work_dir, "new.db.gz");
	int rc;

	cp->version = s->last.version;
	if ((rc = checkpoint_write(s->db, plain)) == 0 &&
	    (rc = checkpoint_pack(plain, packed, &cp->hash, &cp->size_bytes)) ==
		0)
		rc = send_file(s, packed,
		    name_checkpoint(s->mem, cp->version, &cp->hash),
		    cp->size_bytes);
	file_remove(plain);
	file_remove(packed);
	return rc == 0 ? verify(s, cp) : rc;
}

static int
make_checkpoint(struct sync *s)
{
	int rc;

	if ((rc = checkpoint_is_due(s)) <= 0)
		return rc;
	if ((rc = write_and_send(s, &s->offer)) == 0 &&
	    (rc = compact_floor(s, s->offer.version, &s->raise_floor)) == 0)
		rc = push_empty(s, false);
	s->raise_floor = 0;
	memset(&s->offer, 0, sizeof(s->offer));
	return rc;
}

int
tidy_begin_here(struct sync *s)
{
	int rc;

	if (s->diverged || s->digest_reported)
		return err_set(E_CONFLICT,
		    "the state digest of this library differs from the "
		    "store's: it makes no checkpoint for others.  Another "
		    "replica may");
	if ((rc = write_and_send(s, &s->offer)) == 0) {
		s->raise_floor = s->offer.version + 1;
		rc = push_empty(s, false);
	}
	s->raise_floor = 0;
	memset(&s->offer, 0, sizeof(s->offer));
	return rc;
}

/* ---- courtesies ------------------------------------------------------------- */

static int
write_version(struct sync *s)
{
	char *text = mem_printf(s->mem, "%" PRId64 "\n", s->last.version);

	return remote_replace(s->remote, "version.txt", text, strlen(text));
}

/* Trouble with the store here is told, and does not undo the sync. */
static int
forgive(const char *what, int rc)
{
	if (rc == 0 || rc == E_STOPPED || rc == E_IO || rc == E_NOMEM ||
	    rc == E_ROLLBACK)
		return rc;
	log_line(LOG_WARN, "sync", "%s: %s", what, err_text());
	return 0;
}

int
tidy_up(struct sync *s, bool moved)
{
	int64_t version = s->last.version;
	int rc;

	run_phase(s, SYNC_TIDY, 0, 0);
	if ((rc = forgive("checkpoint", make_checkpoint(s))) != 0)
		return rc;
	if ((rc = forgive("garbage", gc_share(s))) != 0)
		return rc;
	if ((moved || s->last.version != version) &&
	    (rc = forgive("version.txt", write_version(s))) != 0)
		return rc;
	return gc_library(s);
}
